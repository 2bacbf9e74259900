"""Draw: draw something and see what the network makes of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from lepton_studio.engine import Interventions, Run, Stroke
from lepton_studio.gui import theme
from lepton_studio.gui.answer_card import AnswerCard
from lepton_studio.gui.canvas_tools import CanvasTools
from lepton_studio.gui.collecting import Collecting
from lepton_studio.gui.correction_line import CorrectionLine
from lepton_studio.gui.corrections import Corrections
from lepton_studio.gui.doubt_measuring import DoubtMeasuring
from lepton_studio.gui.draw_columns import DrawColumns
from lepton_studio.gui.draw_side import DrawSide
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.intervention_note import intervene, interventions_of
from lepton_studio.gui.page import Page, button
from lepton_studio.gui.preferences import Preferences
from lepton_studio.gui.run_choice import RunChoice
from lepton_studio.gui.session import Session
from lepton_studio.gui.sketch_strip import SketchStrip
from lepton_studio.gui.widgets.draw_pad import DrawPad
from lepton_studio.gui.widgets.form import spec_text
from lepton_studio.gui.window_memory import keep_text, kept_text

# How often the answer is renewed while the network it comes from is still learning.
REFRESH_MILLISECONDS = 200
CHOOSING_MILLISECONDS = 400
# So many classes are named on the empty canvas.
SOME_CLASSES = 4
# What is remembered from one start to the next.
KEEPS_DRAWINGS = "keeps_drawings"


class DrawPage(Page):
    """The canvas and the answer are the largest things; beside them what explains it.

    Signals:
        coverage_chosen: this share of digits shall be answered from now on, also after the next start.
    """

    coverage_chosen = Signal(float)

    object_name = "draw_page"

    def __init__(self, session: Session, title: str) -> None:
        """Builds the page; answers come as soon as torch is imported."""
        super().__init__(session, title)
        self.easel = Easel(session, self)
        self.choice = RunChoice(session, "draw_run_picker")
        self.header.addWidget(self.choice.picker)
        self._make_canvas()
        self._make_tools()
        self.card = AnswerCard(self.easel)
        self.view = self.card.view
        self._make_collecting()
        self.measuring = DoubtMeasuring(self.easel, self)
        self.side = DrawSide(self.easel, self.measuring, self.corrections, self.canvas)
        self.columns = self._arranged()
        self.body.addWidget(self.columns, 1)
        self._show_explain()
        self._live = QTimer(self, interval=REFRESH_MILLISECONDS)
        self._live.timeout.connect(self.easel.refresh)
        # A slider goes through many values; each would be written to the disk.
        self._choosing = QTimer(self, singleShot=True, interval=CHOOSING_MILLISECONDS)
        self._choosing.timeout.connect(lambda: self.coverage_chosen.emit(self.easel.coverage))
        self.easel.coverage_changed.connect(self._choosing.start)
        self.easel.network_changed.connect(self._show_network)
        self.easel.answered.connect(self._show_answer)
        self.easel.take_run()
        # A change of theme or size makes the pages anew; the mode stays.
        self.switch.setChecked(bool(session.property("is_collecting")))

    def state_text(self) -> str:
        label = self.view.label
        if not label:
            return ""
        text = self.tr("looks like {}") if self.view.is_known else self.tr("perhaps {}")
        return text.format(label)

    def shown(self) -> None:
        self.choice.refresh()
        self._live.start()
        if self.switch.isChecked():
            self._collect(True)
        self.easel.refresh()
        self.measuring.look()

    def hideEvent(self, event: object) -> None:
        self._live.stop()
        if self._choosing.isActive():
            self._choosing.stop()
            self.coverage_chosen.emit(self.easel.coverage)
        if self.switch.isChecked():
            self.collecting.leave()

    def stop(self) -> None:
        self._choosing.stop()
        self.easel.stop()
        self.card.stop()
        self.measuring.stop()
        self.side.stop()
        self.tools.stop()
        self.strip.stop()
        self.collecting.stop()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        takers = [self.collecting.take_key] if self.switch.isChecked() else [self.corrections.take_key]
        # While examples are collected, letters are the keys of classes first.
        if any(take(event) for take in (*takers, self.tools.take_key)):
            return
        # Also when the answer or a tab was clicked last.
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.canvas.clear()
        else:
            super().keyPressEvent(event)

    def keys(self) -> list[tuple[str, str]]:
        return [
            ("0 ... 9", self.tr("What you drew: keep it as an example of that class, for teaching")),
            *self.tools.keys(),
        ]

    def undo(self) -> None:
        """Takes back the last step: a drawing that was kept, or what was done on the canvas."""
        if not self.corrections.undo():
            self.canvas.undo_stroke()

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return self.corrections.can_undo or self.canvas.can_undo

    def hand_over(self) -> object:
        done = self.easel.run, interventions_of(self.easel)
        return self.canvas.hand_over(), self.side.hand_over(), self.explain.isChecked(), done

    def take_over(self, work: tuple[Any, Any, bool, tuple[Run | None, Interventions]]) -> None:
        drawn, side, explains, (run, interventions) = work
        self.canvas.take_over(drawn)
        if run is not None and run is self.easel.run:
            intervene(self.easel, interventions)
        self.side.take_over(side)
        self.explain.setChecked(explains)

    def follow(self, preferences: Preferences) -> None:
        """Lets the bars glide and drawings be drawn again, or jump; answers as many as a person wants."""
        self.view.motion = self.canvas.motion = preferences.motion
        self.easel.set_coverage(preferences.coverage)

    # --- parts

    def _arranged(self) -> DrawColumns:
        """Canvas, answer, and what explains it, side by side; a person may give each as much room as they like."""
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GAP_SMALL)
        column.addWidget(self.canvas, 1)
        for below in (self.tools, self.correction_line, self.strip):
            column.addWidget(below)
        columns = DrawColumns(left, self.card, self.collecting, self.side)
        columns.setObjectName("draw_splitter")
        self.explain = button("explain_switch", self.tr("Explain"), "search")
        self.explain.setCheckable(True)
        tip = self.tr("What goes on inside the network, why it answers so, and more, in place of the bars")
        self.explain.setToolTip(tip)
        self.explain.toggled.connect(columns.set_explaining)
        self.header.insertWidget(self.header.indexOf(self.switch), self.explain)
        columns.is_short_changed.connect(self._show_explain)
        return columns

    def _make_canvas(self) -> None:
        self.canvas = DrawPad()
        self.canvas.setObjectName("drawing_canvas")
        self.canvas.strokes_changed.connect(self._strokes_changed)

    def _make_tools(self) -> None:
        self.tools = CanvasTools(self.canvas)
        self.tools.said.connect(self._say)
        self.corrections = Corrections(self.easel, self)
        self.correction_line = CorrectionLine(self.easel, self.corrections)
        self.strip = SketchStrip(self.easel, self.canvas)
        self.strip.said.connect(self._say)
        if kept_text(KEEPS_DRAWINGS) == "no":
            self.strip.set_keeping(False)
        # Before anybody else touches the canvas: an empty one would count as cleared.
        self.strip.restore()
        self.strip.keeping_wanted.connect(lambda keeps: keep_text(KEEPS_DRAWINGS, "yes" if keeps else "no"))

    def _make_collecting(self) -> None:
        self.collecting = Collecting(self.session, self.canvas, self._answer_now, self._ink_seen)
        self.collecting.used.connect(lambda: self.page_wanted.emit("data_page"))
        self.collecting.hide()
        self.switch = button("collect_switch", self.tr("Collect"), "pencil")
        self.switch.setCheckable(True)
        self.switch.setToolTip(self.tr("Make a dataset of your own: draw, press the key of the class, and go on"))
        self.switch.toggled.connect(self._collect)
        self.header.addWidget(self.switch)

    # --- what happens

    def _collect(self, is_collecting: bool) -> None:
        """Changes between asking the network and collecting drawings for it."""
        self.session.setProperty("is_collecting", is_collecting)
        self.switch.setText(self.tr("Stop collecting") if is_collecting else self.tr("Collect"))
        self.columns.set_collecting(is_collecting)
        self._show_explain()
        if is_collecting:
            self.collecting.enter(self._class_names())
        else:
            self.collecting.leave()
        self._show_hints()

    def _show_explain(self) -> None:
        """The switch is there where answer and explanations have no room beside each other."""
        self.explain.setVisible(self.columns.is_short and not self.switch.isChecked())

    def _answer_now(self) -> tuple[str, float]:
        """What the network takes the drawing for, also when the last strokes have not been looked at yet."""
        self.easel.answer_if_due()
        return str(self.view.label), float(self.view.probability)  # type: ignore[arg-type]

    def _ink_seen(self) -> NDArray[np.uint8] | None:
        """What the network sees of a picture; None while there is no ink, or of one that reads no ink."""
        part, predictor = self.easel.part, self.easel.predictor
        return part.picture[0] if part is not None and predictor is not None and predictor.is_ink else None

    def _strokes_changed(self) -> None:
        strokes = (Stroke(stroke.points, stroke.width, stroke.pressures) for stroke in self.canvas.strokes)
        self.easel.show(tuple(strokes), self.canvas.photograph)

    def _say(self, text: str, role: str = "bad") -> None:
        """Puts a line of one of the parts above all of them."""
        if text:
            self.message.say(text, "second_text" if role == "second" else role)  # type: ignore[arg-type]
        else:
            self.message.clear()

    def _show_network(self) -> None:
        if self.easel.trouble:
            self.message.say(self.easel.trouble)
        else:
            self.message.clear()
        self._show_hints()

    def _class_names(self) -> tuple[str, ...]:
        return self.easel.predictor.class_names if self.easel.predictor is not None else ()

    def _show_hints(self) -> None:
        predictor = self.easel.predictor
        if predictor is None:
            self.canvas.set_hint(self.tr("Draw here"))
            return
        if self.switch.isChecked():
            self.canvas.set_hint(self.tr("Draw here, then press the key of its class"))
            return
        kind = spec_text(predictor.run.experiment.dataset.label())
        names = predictor.class_names
        some = ", ".join(names[:SOME_CLASSES]) + (" ..." if len(names) > SOME_CLASSES else "")
        if names == tuple("0123456789"):
            self.canvas.set_hint(self.tr("Draw a digit here, as large as you like"))
        elif predictor.is_ink:
            self.canvas.set_hint(self.tr("Draw here: the network knows {} from {}").format(some, kind))
        else:
            text = self.tr("This network learned from photographs: {} from {}. Drop one here, or paste it.")
            self.canvas.set_hint(text.format(some, kind))

    def _show_answer(self) -> None:
        if self.switch.isChecked():
            self.collecting.show_answer(self._class_names())

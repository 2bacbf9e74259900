"""Draw: draw something and see what the network makes of it."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSlider, QSplitter, QToolButton, QVBoxLayout, QWidget

from lepton_studio.engine import Stroke, render_strokes
from lepton_studio.gui import theme
from lepton_studio.gui.collecting import Collecting
from lepton_studio.gui.draw_side import DrawSide
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.page import Page, button, second
from lepton_studio.gui.run_choice import RunChoice
from lepton_studio.gui.session import Session
from lepton_studio.gui.widgets.draw_pad import DEFAULT_BRUSH, DrawPad
from lepton_studio.gui.widgets.form import spec_text
from lepton_studio.gui.widgets.pixel_view import PixelView
from lepton_studio.gui.widgets.prediction_view import PredictionView, Verdict

# How often the answer is renewed while the network it comes from is still learning.
REFRESH_MILLISECONDS = 200
# So many classes are named on the empty canvas.
SOME_CLASSES = 4


class DrawPage(Page):
    """The canvas and the answer are the largest things; below them what the network sees."""

    object_name = "draw_page"

    def __init__(self, session: Session, title: str) -> None:
        """Builds the page; answers come as soon as torch is imported."""
        super().__init__(session, title)
        self.easel = Easel(session, self)
        self.choice = RunChoice(session, "draw_run_picker")
        self.header.addWidget(self.choice.picker)
        self._make_canvas()
        self._make_tools()
        self._make_answer()
        self._make_collecting()
        self.side = DrawSide(self.easel)
        self.body.addWidget(self._arranged(), 1)
        self._live = QTimer(self, interval=REFRESH_MILLISECONDS)
        self._live.timeout.connect(self.easel.refresh)
        self.easel.network_changed.connect(self._show_network)
        self.easel.answered.connect(self._show_answer)
        self.easel.part_chosen.connect(self._show_answer)
        self.easel.take_run()
        # A change of theme or size makes the pages anew; the mode stays.
        self.switch.setChecked(bool(session.property("is_collecting")))

    def state_text(self) -> str:
        label = self.view.label
        return self.tr("looks like {}").format(label) if label else ""

    def shown(self) -> None:
        self.choice.refresh()
        self._live.start()
        if self.switch.isChecked():
            self._collect(True)
        self.easel.refresh()

    def hideEvent(self, event: object) -> None:
        self._live.stop()
        if self.switch.isChecked():
            self.collecting.leave()

    def stop(self) -> None:
        self.easel.stop()
        self.side.stop()
        self.collecting.stop()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not (self.switch.isChecked() and self.collecting.take_key(event)):
            super().keyPressEvent(event)

    def set_motion(self, motion: bool) -> None:
        """Lets the bars glide, or jump."""
        self.view.motion = motion

    # --- parts

    def _arranged(self) -> QSplitter:
        """Canvas, answer, and what explains it, side by side; a person may give each as much room as they like."""
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GAP_SMALL)
        column.addWidget(self.canvas, 1)
        column.addLayout(self._tools)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setObjectName("draw_splitter")
        splitter.setHandleWidth(theme.GAP)
        splitter.setChildrenCollapsible(False)
        for part, share in ((left, 10), (self._answer_card, 7), (self.collecting, 14), (self.side, 9)):
            splitter.addWidget(part)
            splitter.setStretchFactor(splitter.count() - 1, share)
        return splitter

    def _make_canvas(self) -> None:
        self.canvas = DrawPad()
        self.canvas.setObjectName("drawing_canvas")
        self.canvas.strokes_changed.connect(self._strokes_changed)

    def _make_tools(self) -> None:
        self._tools = QHBoxLayout()
        self._tools.setSpacing(theme.GAP_SMALL)
        self.brush_slider = QSlider(Qt.Orientation.Horizontal)
        self.brush_slider.setObjectName("canvas_brush")
        self.brush_slider.setRange(20, 160)
        self.brush_slider.setValue(round(DEFAULT_BRUSH * 1000))
        self.brush_slider.setFixedWidth(theme.px(140))
        self.brush_slider.setToolTip(self.tr("Width of the brush"))
        self.brush_slider.valueChanged.connect(lambda width: self.canvas.set_brush(width / 1000))
        brush = QLabel(self.tr("Brush"))
        brush.setBuddy(self.brush_slider)
        self.undo_button = self._tool("canvas_undo", "undo", self.tr("Take the last stroke back (Ctrl+Z)"))
        self.undo_button.clicked.connect(self.canvas.undo_stroke)
        self.redo_button = self._tool("canvas_redo", "redo", self.tr("Draw it again (Ctrl+Shift+Z)"))
        self.redo_button.clicked.connect(self.canvas.redo_stroke)
        self.clear_button = self._tool("canvas_clear", "trash", self.tr("Clear (Delete)"))
        self.clear_button.setText(self.tr("Clear"))
        self.clear_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.clear_button.clicked.connect(self.canvas.clear)
        self._tools.addWidget(brush)
        self._tools.addWidget(self.brush_slider)
        self._tools.addStretch(1)
        for each in (self.undo_button, self.redo_button, self.clear_button):
            self._tools.addWidget(each)
        self._shortcut(QKeySequence(Qt.Key.Key_Delete), self.canvas.clear)
        self._shortcut(QKeySequence(Qt.Key.Key_Backspace), self.canvas.clear)
        self._shortcut(QKeySequence(Qt.Key.Key_Escape), self.canvas.clear)

    def _shortcut(self, keys: QKeySequence, slot: object) -> None:
        shortcut = QShortcut(keys, self.canvas)
        shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
        shortcut.activated.connect(slot)

    def _tool(self, name: str, icon_name: str, tip: str) -> QToolButton:
        tool = QToolButton()
        tool.setObjectName(name)
        tool.setIcon(theme.icon(icon_name))
        tool.setToolTip(tip)
        tool.setAccessibleName(tip)
        tool.setMinimumSize(theme.px(36), theme.px(36))
        return tool

    def _make_answer(self) -> None:
        self.view = PredictionView()
        self.view.setObjectName("prediction_view")
        self.view.part_chosen.connect(self.easel.choose_part)
        self.seen = PixelView()
        self.seen.setObjectName("network_image")
        self.seen.set_placeholder("")
        self.seen.setFixedSize(theme.px(112), theme.px(112))
        self._seen_text = second(
            self.tr(
                "What the network sees: your drawing, cropped, scaled and centred like the pictures it learned from."
            )
        )
        below = QHBoxLayout()
        below.setSpacing(theme.GAP)
        below.addWidget(self.seen)
        below.addWidget(self._seen_text, 1)
        self._answer_card = QFrame()
        self._answer_card.setProperty("card", True)
        layout = QVBoxLayout(self._answer_card)
        layout.setContentsMargins(theme.GAP_LARGE, theme.GAP, theme.GAP_LARGE, theme.GAP)
        layout.setSpacing(theme.GAP)
        layout.addWidget(self.view, 1)
        layout.addLayout(below)

    def _make_collecting(self) -> None:
        self.collecting = Collecting(self.session, self.canvas, self._answer_now)
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
        self._answer_card.setVisible(not is_collecting)
        self.side.setVisible(not is_collecting)
        self.collecting.setVisible(is_collecting)
        if is_collecting:
            self.collecting.enter(self._class_names())
        else:
            self.collecting.leave()
        self._show_hints()

    def _answer_now(self) -> tuple[str, float]:
        """What the network takes the drawing for, also when the last strokes have not been looked at yet."""
        self.easel.answer_if_due()
        return str(self.view.label), float(self.view.probability)  # type: ignore[arg-type]

    def _strokes_changed(self) -> None:
        self._show_tools()
        self.easel.show(tuple(Stroke(stroke.points, stroke.width) for stroke in self.canvas.strokes))

    def _show_tools(self) -> None:
        self.undo_button.setEnabled(self.canvas.can_undo)
        self.redo_button.setEnabled(self.canvas.can_redo)
        self.clear_button.setEnabled(bool(self.canvas.strokes))

    def _show_network(self) -> None:
        if self.easel.trouble:
            self.message.say(self.easel.trouble)
        else:
            self.message.clear()
        self._show_hints()
        self._show_tools()

    def _class_names(self) -> tuple[str, ...]:
        return self.easel.predictor.class_names if self.easel.predictor is not None else ()

    def _show_hints(self) -> None:
        predictor = self.easel.predictor
        if predictor is None:
            self.view.set_placeholder(self._reason())
            self.canvas.set_hint(self.tr("Draw here"))
            return
        self.view.set_placeholder(self.tr("The answer will stand here."))
        if self.switch.isChecked():
            self.canvas.set_hint(self.tr("Draw here, then press the key of its class"))
            return
        kind = spec_text(predictor.run.experiment.dataset.label())
        names = predictor.class_names
        some = ", ".join(names[:SOME_CLASSES]) + (" ..." if len(names) > SOME_CLASSES else "")
        digits = names == tuple("0123456789")
        self.canvas.set_hint(
            self.tr("Draw a digit here, as large as you like")
            if digits
            else self.tr("Draw here: the network knows {} from {}").format(some, kind)
        )

    def _reason(self) -> str:
        """Why there is no answer."""
        if not self.session.engine_ready:
            return self.tr("Starting PyTorch ...")
        if self.session.chosen is self.session.run and self.session.training_state != "idle":
            return self.tr("The network is learning its first steps ...")
        return self.tr("This network cannot answer. Choose another one above.")

    def _show_answer(self) -> None:
        part = self.easel.part
        if part is not None:
            self.seen.set_picture(part.picture)
            parts = self.easel.reading.parts
            verdicts = [Verdict(each.label, each.probability, each.is_known) for each in parts]
            self.view.set_answer(self._class_names(), part.probabilities.tolist(), verdicts, self.easel.chosen)
        else:
            # Before there is a network, people still see what it will get.
            strokes = self.easel.strokes if self.easel.predictor is None else ()
            self.seen.set_picture(render_strokes(strokes) if strokes else None)
            self.view.set_answer(self._class_names(), ())
        if self.switch.isChecked():
            self.collecting.show_answer(self._class_names())

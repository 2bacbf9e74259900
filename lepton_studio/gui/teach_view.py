"""Teach it: the corrections, the button that has the network learn them, and what it cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QScrollArea, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from lepton_studio.engine import (
    Drawing,
    DrawingAnswers,
    LeptonError,
    Progress,
    Taught,
    answer_drawings,
    is_set_aside,
    origin_of,
    outcome_of,
    teach,
)  # fmt: skip
from lepton_studio.gui import theme
from lepton_studio.gui.collection import keys_of
from lepton_studio.gui.corrections import Corrections
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.latest_work import LatestWork
from lepton_studio.gui.outcome_card import OutcomeCard
from lepton_studio.gui.page import button, second, section
from lepton_studio.gui.progress_line import ProgressLine
from lepton_studio.gui.runner import Runner
from lepton_studio.gui.sketch_keeper import pad_strokes
from lepton_studio.gui.widgets.drawing_tiles import DrawingTile, DrawingTiles
from lepton_studio.gui.widgets.message_line import MessageLine
from lepton_studio.gui.widgets.painting import image_of

TILE_SIDE, KEY_SIDE = 52, 32
# Names of classes that stand side by side in several columns.
SHORT = 3
# So many drawings are shown; all of them are learned.
MOST_SHOWN = 200


class TeachView(QWidget):
    """Shows what there is to learn, teaches it, and chooses the network that learned it."""

    def __init__(self, easel: Easel, corrections: Corrections | None = None) -> None:
        """Makes the view.

        Args:
            easel: the drawing and the network.
            corrections: what was kept so far; keys must reach it before this view is first looked at.
        """
        super().__init__()
        self.setObjectName("teach_view")
        self._easel = easel
        self.corrections = corrections if corrections is not None else Corrections(easel, self)
        self._answers: dict[str, str] = {}
        self._classes: tuple[str, ...] = ()
        self._reading = LatestWork(self, self._read)
        self._reading.event_emitted.connect(self._take_answers)
        self._teacher = Runner(self)
        self._teacher.event_emitted.connect(self._take_teaching)
        self._teacher.job_failed.connect(lambda error: self.message.say(str(error)))
        self._teacher.finished.connect(self._end_teaching)
        self._make_parts()
        self.corrections.changed.connect(self._changed)
        easel.network_changed.connect(self._follow_network)
        easel.session.training_changed.connect(self._show_button)
        self._follow_network()

    def take_key(self, event: QKeyEvent) -> bool:
        """Keeps what is drawn under the class of a key; whether it was one."""
        return self.corrections.take_key(event)

    @property
    def is_teaching(self) -> bool:
        """Whether the network learns the drawings right now."""
        return self._teacher.isRunning()

    def stop(self) -> None:
        """Ends background work."""
        self._reading.stop()
        self._teacher.stop()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.corrections.refresh()
        self._show_all()

    # --- parts

    def _make_parts(self) -> None:
        self._keys_text = second(
            self.tr("Was it wrong? Press the key of what you drew. A right answer can be kept, too.")
        )
        self._keys = QWidget()
        self._keys_grid = QGridLayout(self._keys)
        self._keys_grid.setContentsMargins(0, 0, 0, 0)
        self._keys_grid.setSpacing(theme.px(4))
        self._heading, self._aside_heading = section(""), section("")
        self._aside_text = second(self.tr("It never learns from these: they show whether it understood."))
        self.tiles, self.aside_tiles = DrawingTiles(TILE_SIDE, wraps=True), DrawingTiles(TILE_SIDE, wraps=True)
        self.tiles.setObjectName("teach_drawings")
        self.tiles.setAccessibleName(self.tr("Drawings to learn"))
        self.aside_tiles.setObjectName("teach_aside")
        self.aside_tiles.setAccessibleName(self.tr("Drawings set aside for the test"))
        for tiles in (self.tiles, self.aside_tiles):
            tiles.removed.connect(self.corrections.remove)
        self.button = button("teach_start", self.tr("Teach it"), main=True)
        self.button.clicked.connect(self.start)
        self._reason = second()
        self.progress = ProgressLine("teach_cancel")
        self.progress.cancel_wanted.connect(self._teacher.request_stop)
        self.message = MessageLine()
        self.card = OutcomeCard()
        self.card.back_wanted.connect(self._go_back)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, theme.GAP_SMALL, 0)
        column.setSpacing(theme.GAP_SMALL)
        for part in (
            self._keys_text, self._keys, self.button, self._reason, self.progress, self.message, self.card,
            self._heading, self.tiles, self._aside_heading, self._aside_text, self.aside_tiles,
        ):  # fmt: skip
            column.addWidget(part)
        column.addStretch(1)
        area = QScrollArea(widgetResizable=True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(inner)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)

    def _make_keys(self) -> None:
        while (item := self._keys_grid.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        is_short = max(map(len, self._classes), default=0) <= SHORT
        columns = 2 if not is_short else 5 if len(self._classes) <= 10 else 7
        for at, (name, key) in enumerate(keys_of(self._classes).items()):
            tool = QToolButton()
            tool.setObjectName(f"teach_key_{name}")
            tool.setText(name if name.lower() == key or not key else f"{key.upper()}  {name}")
            tool.setToolTip(self.tr("Keep the drawing as {} (key {})").format(name, key.upper()) if key else name)
            tool.setAccessibleName(self.tr("Keep the drawing as {}").format(name))
            tool.setMinimumHeight(theme.px(KEY_SIDE))
            tool.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            # A click must not take the keys away from the canvas.
            tool.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            tool.clicked.connect(lambda _checked=False, name=name: self.corrections.keep(name))
            self._keys_grid.addWidget(tool, at // columns, at % columns)

    # --- what happens

    def start(self) -> None:
        """Has the network learn all drawings of its classes."""
        run, session = self._easel.run, self._easel.session
        if run is None or self._teacher.isRunning() or self._obstacle():
            return
        samples = session.samples if run.experiment.dataset == session.experiment.dataset else None
        self.message.clear()
        self._teacher.walk(teach(run, self.corrections.drawings, samples))
        self.progress.show_progress(Progress(self.tr("Teaching")))
        self._show_button()

    def _take_teaching(self, event: object) -> None:
        if isinstance(event, Progress):
            self.progress.show_progress(event)
        elif isinstance(event, Taught):
            self._easel.session.choose(event.run)
            self._easel.session.runs_changed.emit()

    def _end_teaching(self) -> None:
        self.progress.show_progress(None)
        self._show_button()

    def _go_back(self) -> None:
        run = self._easel.run
        if run is None:
            return
        try:
            self._easel.session.choose(origin_of(run))
        except LeptonError as error:
            self.message.say(str(error))

    def _changed(self) -> None:
        if self.isVisible():
            self._show_all()

    def _follow_network(self) -> None:
        self._answers = {}
        if self.corrections.classes != self._classes:
            self._classes = self.corrections.classes
            self._make_keys()
        if self.isVisible():
            self._show_all()

    def _read(self) -> Iterator[Any] | None:
        run, drawings = self._easel.run, self.corrections.drawings[:MOST_SHOWN]
        return answer_drawings(run, drawings) if run is not None and drawings else None

    def _take_answers(self, event: object) -> None:
        if isinstance(event, DrawingAnswers):
            self._answers = dict(event.answers)
            self._show_tiles()

    # --- what is shown

    def _show_all(self) -> None:
        self._show_tiles()
        self._show_button()
        self._show_outcome()
        self._reading.wish()

    def _show_tiles(self) -> None:
        drawings = self.corrections.drawings[:MOST_SHOWN]
        examples = [each for each in drawings if not is_set_aside(each.id)]
        aside = [each for each in drawings if is_set_aside(each.id)]
        self.tiles.show_tiles([self._tile(each) for each in examples])
        self.aside_tiles.show_tiles([self._tile(each) for each in aside])
        self._heading.setText(self.tr("To learn: {}").format(len(examples)))
        self._aside_heading.setText(self.tr("Set aside for the test: {}").format(len(aside)))
        self._heading.setVisible(bool(examples))
        for part in (self._aside_heading, self._aside_text, self.aside_tiles):
            part.setVisible(bool(aside))

    def _tile(self, drawing: Drawing) -> DrawingTile:
        answer = self._answers.get(drawing.id, "")
        picture = image_of(np.repeat(drawing.seen.array()[..., None], 3, axis=2)) if drawing.seen is not None else None
        kept = self.tr("Kept as {}.").format(drawing.label)
        if picture is not None:
            kept = self.tr("Ink of a picture, kept as {}.").format(drawing.label)
        says = self.tr("The network says {}.").format(answer)
        tile = DrawingTile(drawing.id, pad_strokes(drawing.drawn()), drawing.label, kept, picture=picture)
        if not answer:
            return tile
        if answer == drawing.label:
            return replace(tile, word=answer, tip=f"{kept} {says}", role="good", mark="✓")
        return replace(tile, word=f"{answer} → {drawing.label}", tip=f"{kept} {says}", role="bad", mark="✗")

    def _obstacle(self) -> str:
        """Why nothing can be taught now; empty if it can."""
        session = self._easel.session
        if self._easel.run is None:
            return self.tr("There is no network that could learn.")
        if not self._classes:
            return self.tr("This network learned from photographs, and reads no drawings.")
        if session.training_state in ("running", "stopping"):
            return self.tr("A training is under way. Pause it, or wait for its end.")
        if not any(not is_set_aside(each.id) for each in self.corrections.drawings):
            return self.tr("Keep a drawing first: draw, then press the key of what it is.")
        return ""

    def _show_button(self) -> None:
        if not self.isVisible():
            return
        is_teaching, obstacle = self._teacher.isRunning(), self._obstacle()
        self.button.setEnabled(not is_teaching and not obstacle)
        self._reason.setText(obstacle or self.tr("It takes a few seconds, and makes a network of its own."))
        self._reason.setVisible(not is_teaching)
        self._keys_text.setVisible(bool(self._classes))

    def _show_outcome(self) -> None:
        run = self._easel.run
        self.card.show_outcome(outcome_of(run) if run is not None else None)

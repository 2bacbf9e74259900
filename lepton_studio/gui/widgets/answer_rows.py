"""The answers of several networks below each other: each with its bars, so that they can be compared at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.answer_painter import CROSS, AnswerPainter
from lepton_studio.gui.widgets.painted_list import PaintedList
from lepton_studio.gui.widgets.painting import Bytes

# Designed pixels: a row, and what lies between two.
HIGH, GAP = 88, 6

Stance = Literal["", "agrees", "differs", "unsure", "stranger"]


@dataclass(frozen=True, eq=False)
class AnswerRow:
    """One network and its answer.

    Attributes:
        name: of the network.
        facts: a few words about it.
        names: its classes.
        probabilities: of each, 0..1; none while it has not answered.
        answer: the likeliest class; empty while it has not answered.
        is_known: whether it is sure enough to say so.
        stance: how it stands to what most say.
        stance_text: the same in words.
        picture: what it sees, uint8 C x H x W, if that is another picture than the page's; None: the same.
        trouble: why it cannot answer.
        is_own: whether it is the network of the page, which cannot be taken away.
    """

    name: str
    facts: str = ""
    names: tuple[str, ...] = ()
    probabilities: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    answer: str = ""
    is_known: bool = True
    stance: Stance = ""
    stance_text: str = ""
    picture: Bytes | None = None
    trouble: str = ""
    is_own: bool = False

    @property
    def probability(self) -> float:
        """Of the likeliest class."""
        return float(self.probabilities.max(initial=0.0))


class AnswerRows(PaintedList):
    """Up and Down go from row to row; Delete, or the cross, takes one away; a double click or Return takes it up.

    Signals:
        removal_wanted: the number of a row that a person does not want any more.
        row_activated: the number of a row that a person wants to look at closely.
    """

    removal_wanted = Signal(int)
    row_activated = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Shows none."""
        super().__init__(parent)
        self._rows: tuple[AnswerRow, ...] = ()
        self.setAccessibleName(self.tr("Networks and their answers"))

    @property
    def rows(self) -> tuple[AnswerRow, ...]:
        """What is shown."""
        return self._rows

    def show_rows(self, rows: Sequence[AnswerRow]) -> None:
        """Shows these."""
        before, self._rows = len(self._rows), tuple(rows)
        if before != len(self._rows):
            self._show_others()
        else:
            self._tell()
            self.update()

    def count(self) -> int:
        """How many networks there are."""
        return len(self._rows)

    def text_of(self, at: int) -> str:
        """A row in words."""
        row = self._rows[at]
        about = f"{row.name} ({row.facts})" if row.facts else row.name
        if row.trouble:
            return f"{about}: {row.trouble}"
        if not row.answer:
            return about
        sure = f"{100 * row.probability:.1f}\u00a0%"
        text = self.tr("{0}: {1}, {2}") if row.is_known else self.tr("{0}: does not know; most likely {1}, {2}")
        said = text.format(about, row.answer, sure)
        return f"{said} ({row.stance_text})" if row.stance_text else said

    def place_of(self, at: int) -> QRect:
        """Where a row lies."""
        high = theme.px(HIGH)
        return QRect(0, at * (high + theme.px(GAP)), self.width(), high)

    def cross_of(self, at: int) -> QRect:
        """Where to click to take a row away; empty for the network of the page."""
        if self._rows[at].is_own:
            return QRect()
        place, side = self.place_of(at), theme.px(CROSS)
        return QRect(place.right() - side + 1, place.top(), side, side)

    def arrange(self) -> None:
        """As high as its rows."""
        count = len(self._rows)
        self._set_height(max(1, count * (theme.px(HIGH) + theme.px(GAP)) - theme.px(GAP)))

    # --- Qt

    def minimumSizeHint(self) -> QSize:
        """The narrowest in which the bars can still be told apart."""
        return QSize(theme.px(200), 1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Goes to a row, or takes it away."""
        point = event.position().toPoint()
        at = self.entry_at(point)
        if event.button() != Qt.MouseButton.LeftButton or at < 0:
            return
        self._go(at)
        if self.cross_of(at).contains(point):
            self.removal_wanted.emit(at)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Takes up a row."""
        at = self.entry_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and at >= 0:
            if self.cross_of(at).contains(event.position().toPoint()):
                # Two clicks on crosses take two away.
                self.removal_wanted.emit(at)
            else:
                self.row_activated.emit(at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Goes from row to row, takes one away or up."""
        keys, key = Qt.Key, event.key()
        if not self._rows:
            event.ignore()
        elif key in (keys.Key_Up, keys.Key_Down):
            self._go(min(max(self._current + (1 if key == keys.Key_Down else -1), 0), len(self._rows) - 1))
        elif key in (keys.Key_Delete, keys.Key_Backspace) and not self._rows[self._current].is_own:
            self.removal_wanted.emit(self._current)
        elif key in (keys.Key_Return, keys.Key_Enter):
            self.row_activated.emit(self._current)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the rows in sight."""
        painter = QPainter(self)
        brush = AnswerPainter(painter, self.tr("I don't know"), self.tr("maybe {0}"))
        for at, row in enumerate(self._rows):
            place = self.place_of(at)
            if place.intersects(event.rect()):
                is_lit = at == self._hovered or (self.hasFocus() and at == self._current)
                brush.paint(row, QRectF(place), is_lit)
                cross = self.cross_of(at)
                if not cross.isEmpty():
                    inner = QRectF(cross).adjusted(*(theme.px(8) * sign for sign in (1, 1, -1, -1)))
                    ink = QColor(theme.tokens().second_text)
                    painter.drawPixmap(inner, theme.glyph("close", ink), QRectF(theme.glyph("close", ink).rect()))

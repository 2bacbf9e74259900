"""How all layers learn, below each other; stands in a scroll area. Only what is in sight is asked for and painted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.epoch_chart import scientific
from lepton_studio.gui.widgets.layer_look import Histogram, LayerLook, densities, span_of
from lepton_studio.gui.widgets.layer_row_painter import CHART, GAP, LayerRowPainter, RowPlan, RowWords
from lepton_studio.gui.widgets.painted_list import PaintedList
from lepton_studio.gui.widgets.painting import Bytes, image_of

# Columns and rows of the picture of the weights through the epochs.
_MOST_COLUMNS, _HEAT_ROWS = 400, 48


class LayerRows(PaintedList):
    """Arrows go from layer to layer; a click or Return unfolds a closer look, Escape folds it.

    Signals:
        row_reached: the place of a row that a person went to, to be scrolled to.
    """

    row_reached = Signal(QRect)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Shows none."""
        super().__init__(parent)
        self.setAccessibleName(self.tr("How the layers learn"))
        self._names: tuple[str, ...] = ()
        self._look_of: Callable[[int], LayerLook] = lambda at: LayerLook(self._names[at])
        self._weights_of: Callable[[int], tuple[NDArray[np.int64], Sequence[Histogram]]] = _no_weights
        self._looks: dict[int, LayerLook] = {}
        self._heat, self._heat_span = QImage(), (0.0, 1.0)
        self._heat_of: tuple[int, int, object] = (-1, 0, None)
        self._open = -1
        self._plan = RowPlan.fitted(0)
        self.setMinimumWidth(theme.px(160))

    def show_layers(
        self,
        names: Sequence[str],
        look_of: Callable[[int], LayerLook],
        weights_of: Callable[[int], tuple[NDArray[np.int64], Sequence[Histogram]]],
    ) -> None:
        """Shows another moment.

        Args:
            names: of the layers.
            look_of: what is known of one of them; called for those in sight.
            weights_of: the epochs and the histogram after each of them; called for the one that is unfolded.
        """
        self._names, self._look_of, self._weights_of = tuple(names), look_of, weights_of
        self._looks.clear()
        if self._open >= len(names):
            self._open = -1
        self._show_others()

    def count(self) -> int:
        """How many layers there are."""
        return len(self._names)

    @property
    def unfolded(self) -> int:
        """The layer that is looked at closely; -1: none."""
        return self._open

    def place_of(self, at: int) -> QRect:
        """Where a row lies, with the closer look if it is unfolded."""
        high = self._plan.height
        top = at * high + (self._closer() if 0 <= self._open < at else 0)
        return QRectF(0, top, self.width(), high + (self._closer() if at == self._open else 0)).toAlignedRect()

    def text_of(self, at: int) -> str:
        """A layer in words."""
        look = self._look(at)
        verdict = {
            "large": self.tr("too large"),
            "small": self.tr("hardly any"),
            "healthy": self.tr("healthy"),
        }.get(look.verdict, self.tr("not known yet"))
        text = self.tr("{0}: gradient {1}, step {2} of the weights ({3})")
        words = text.format(look.name, scientific(look.gradient), scientific(look.update), verdict)
        if look.dead == look.dead:
            words += ", " + self.tr("{0} of its units dead").format(f"{100 * look.dead:.0f}\u00a0%")
        return words

    def toggle(self, at: int) -> None:
        """Unfolds the closer look at a layer, or folds it."""
        self._open = -1 if at == self._open else at
        self._go(at)
        self.arrange()
        if self._open >= 0:
            self.row_reached.emit(self.place_of(at))

    def arrange(self) -> None:
        """Rows are higher where the name does not fit beside the curves."""
        self._plan = RowPlan.fitted(self.width())
        self._set_height(self.place_of(len(self._names) - 1).bottom() + 1 if self._names else 1)
        self.update()

    # --- Qt

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Unfolds the row under the mouse, or folds it."""
        at = self.entry_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and at >= 0:
            self.toggle(at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Goes from row to row."""
        keys, last = Qt.Key, len(self._names) - 1
        goals = {
            keys.Key_Up: self._current - 1, keys.Key_Down: self._current + 1,
            keys.Key_PageUp: self._current - 8, keys.Key_PageDown: self._current + 8,
            keys.Key_Home: 0, keys.Key_End: last,
        }  # fmt: skip
        if last < 0:
            event.ignore()
        elif event.key() in goals:
            self._go(min(max(goals[keys(event.key())], 0), last))
            self.row_reached.emit(self.place_of(self._current))
        elif event.key() in (keys.Key_Return, keys.Key_Enter, keys.Key_Space):
            self.toggle(self._current)
        elif event.key() == keys.Key_Escape and self._open >= 0:
            self.toggle(self._open)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the rows in sight."""
        painter, plan = QPainter(self), self._plan
        titles = (self.tr("Gradient"), self.tr("Step / weights"), self.tr("Weights"))
        brush = LayerRowPainter(painter, plan, RowWords(self.tr("{0} dead"), titles))
        for at in range(len(self._names)):
            place = self.place_of(at)
            if not place.intersects(event.rect()):
                continue
            brush.paint(self._look(at), place.top(), self.width(), at == self._hovered)
            if at == self._open:
                image, span = self._heated(at)
                closer = QRectF(0, place.top() + plan.height, self.width(), self._closer())
                brush.paint_closer(self._look(at), closer, image, span)
            if at == self._current and self.hasFocus():
                painter.setPen(QPen(QColor(theme.tokens().accent), theme.px(2)))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(QRectF(1, place.top() + 1, self.width() - 2, plan.height - 3))

    # --- inside

    @staticmethod
    def _closer() -> int:
        return theme.px(3 * CHART + 4 * GAP)

    def _look(self, at: int) -> LayerLook:
        if at not in self._looks:
            self._looks[at] = self._look_of(at)
        return self._looks[at]

    def _heated(self, at: int) -> tuple[QImage, tuple[float, float]]:
        """The weights of a layer through the epochs as an image, and their span; made anew when there are others."""
        epochs, histograms = self._weights_of(at)
        newest = histograms[-1][0] if histograms else None
        if self._heat_of[:2] != (at, len(histograms)) or self._heat_of[2] is not newest:
            self._heat_of = (at, len(histograms), newest)
            self._heat_span = span_of(histograms)
            self._heat = image_of(_heat(epochs, histograms, self._heat_span))
        return self._heat, self._heat_span


def _no_weights(_at: int) -> tuple[NDArray[np.int64], Sequence[Histogram]]:
    return np.zeros(0, np.int64), ()


def _heat(epochs: NDArray[np.int64], histograms: Sequence[Histogram], span: tuple[float, float]) -> Bytes:
    """Densities as colours: rows from large weights to small, a column for each epoch from the first.

    An epoch whose snapshot is gone looks like the one before it.
    """
    colours = theme.tokens()
    if not histograms:
        return np.full((1, 1, 3), _parts(colours.surface), np.uint8)
    columns = np.stack([densities(each, *span, _HEAT_ROWS)[::-1] for each in histograms], axis=1)
    count = min(int(epochs[-1]), _MOST_COLUMNS)
    wanted = np.ceil(np.arange(1, count + 1) * epochs[-1] / count).astype(np.int64)
    shown = columns[:, np.clip(np.searchsorted(epochs, wanted, side="right") - 1, 0, len(epochs) - 1)]
    paper, ink = _parts(colours.surface), _parts(colours.accent)
    # By the root, so that the thin tails of a distribution are seen.
    result: Bytes = (paper + (ink - paper) * np.sqrt(shown)[..., None]).astype(np.uint8)
    return result


def _parts(colour: str) -> NDArray[np.float64]:
    made = QColor(colour)
    return np.array([made.red(), made.green(), made.blue()], np.float64)

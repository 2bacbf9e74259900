"""The confusion matrix in a narrow column: names where they have room, one image where there are many classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QColor, QFontMetrics, QImage, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.confusion_matrix import ConfusionMatrix
from lepton_studio.gui.widgets.confusion_painter import ConfusionPainter, shades
from lepton_studio.gui.widgets.confusion_plan import ConfusionPlan
from lepton_studio.gui.widgets.painting import Bytes, image_of, mixed, paint_placeholder

# Designed pixels.
_LONGEST_NAME, _LARGEST, _EMPTY = 72, 400, 96
# More classes than this are painted as one image, without figures.
MOST_CELLS = 16


class SmallConfusion(ConfusionMatrix):
    """As high as it is wide, and no wider than its column; the shares of each class stand in a tooltip only."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Shows nothing yet."""
        super().__init__(parent)
        self._image = QImage()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._fit()

    def set_matrix(self, matrix: NDArray[np.int64], class_names: tuple[str, ...]) -> None:
        """Shows other counts (int64 K x K)."""
        super().set_matrix(matrix, class_names)
        self._image = image_of(_cells(matrix)) if len(class_names) > MOST_CELLS else QImage()
        self._fit()

    def sizeHint(self) -> QSize:
        """As high as it is wide."""
        return QSize(theme.px(280), self.height())

    def minimumSizeHint(self) -> QSize:
        """Any column is wide enough."""
        return QSize(theme.px(120), theme.px(_EMPTY))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Stays a square."""
        super().resizeEvent(event)
        self._fit()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The end of a click belongs to nobody else."""
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints cells and names, or what will be here."""
        painter = QPainter(self)
        if not self._names:
            paint_placeholder(painter, self.rect(), self._placeholder)
            return
        plan, colours = self._plan(), theme.tokens()
        brush = ConfusionPainter(painter, plan, self._matrix, theme.font_of(theme.SMALL_PIXELS))
        if self._image.isNull():
            brush.paint_cells(self._hovered)
        else:
            painter.drawImage(plan.square, self._image)
        brush.paint_titles((self.tr("is"), self.tr("answered"), ""))
        if plan.label:
            brush.paint_names(self._names, self._hovered, self._chosen)
        for cell, colour in ((self._hovered, colours.text), (self._chosen, colours.accent)):
            if cell:
                brush.paint_frame(_at_least(plan.place(*cell), theme.px(8)), colour)
        if self.hasFocus() and not self._chosen:
            brush.paint_frame(plan.square, colours.accent)

    def _fit(self) -> None:
        plan = self._plan() if self._names else None
        high = plan.square.bottom() + 1 + plan.gap if plan is not None else theme.px(_EMPTY)
        if self.height() != high:
            self.setFixedHeight(high)

    def _plan(self) -> ConfusionPlan:
        """The largest square for the width; names only where a row is as high as a line."""
        font = theme.font_of(theme.SMALL_PIXELS, semibold=True)
        metrics, gap, count = QFontMetrics(font), theme.px(4), len(self._names)
        line, titled = metrics.height(), metrics.horizontalAdvance(self.tr("is"))
        widest = max(metrics.horizontalAdvance(name) for name in self._names)
        label = min(theme.px(_LONGEST_NAME), widest)
        room = min(self.width(), theme.px(_LARGEST))
        cell = (room - titled - label - 4 * gap) // count
        if cell < 0.8 * line:
            label = 0
            cell = (room - titled - 3 * gap) // count
        upright = bool(label) and widest > cell - 2
        above = line + 3 * gap + (label if upright else line if label else 0)
        return ConfusionPlan(
            classes=count,
            cell=max(1, cell),
            left=titled + label + 3 * gap,
            top=above,
            gap=gap,
            line=line,
            label=label,
            recall=0,
            # Without names nothing but the title is above the cells.
            upright=upright or not label,
        )


def strongest_confusions(matrix: NDArray[np.int64], most: int) -> list[tuple[int, int, int]]:
    """The most frequent errors: true class, answer, how often; none that never happened.

    Args:
        matrix: int64 K x K, rows are true classes.
        most: how many at most.
    """
    errors = matrix.copy()
    np.fill_diagonal(errors, 0)
    order = np.argsort(-errors, axis=None, kind="stable")[:most]
    found = [(*divmod(int(at), len(errors)), int(errors.flat[at])) for at in order]
    return [(row, column, count) for row, column, count in found if count]


def _cells(matrix: NDArray[np.int64]) -> Bytes:
    """Each cell as one pixel, K x K x 3, coloured as the large matrix is."""
    colours = theme.tokens()
    paper, wrong = _parts(QColor(colours.raised)), _parts(QColor(colours.bad))
    pixels = paper + (wrong - paper) * shades(matrix)[..., None]
    diagonal = np.flatnonzero(np.diag(matrix))
    pixels[diagonal, diagonal] = _parts(mixed(colours.raised, colours.good, 0.6))
    result: Bytes = pixels.astype(np.uint8)
    return result


def _parts(colour: QColor) -> NDArray[np.float64]:
    return np.array([colour.red(), colour.green(), colour.blue()], np.float64)


def _at_least(place: QRect, side: int) -> QRect:
    """A place that can be seen, around a cell that hardly can."""
    more = max(0, side - place.width())
    return place.adjusted(-more // 2, -more // 2, more // 2, more // 2)

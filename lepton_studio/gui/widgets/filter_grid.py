"""The filters of a convolution as small pictures: what each of them looks for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QAccessible,
    QColor,
    QFontMetricsF,
    QHelpEvent,
    QImage,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.accessible_role import give_role
from lepton_studio.gui.widgets.painting import Bytes, image_of
from lepton_studio.gui.widgets.value_colours import short_number, value_colours

# Designed pixels.
_SIDE, _LARGEST_SIDE, _GAP, _LEGEND = 32, 56, 4, 10
# Zero is as far from black as from white.
_MIDDLE = 128.0


class FilterGrid(QWidget):
    """Filters side by side, to one scale. Those for colours are in colours, with grey for zero."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Shows none."""
        super().__init__(parent)
        self._filters = np.zeros((0, 0, 0, 0), np.float32)
        self._scale = 1.0
        self._images: list[QImage] = []
        self._legend = QImage()
        self._chosen = -1
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(theme.px(120))
        give_role(self, QAccessible.Role.Graphic)
        self.setAccessibleName(self.tr("Filters of the first convolution"))

    def show_filters(self, filters: NDArray[np.float32], scale: float) -> None:
        """Shows weights.

        Args:
            filters: F x C x H x W, float32.
            scale: the weight that has full colour, without its sign.
        """
        self._filters, self._scale = filters, max(scale, 1e-12)
        self._images = [image_of(pixels) for pixels in filter_pictures(filters, self._scale)]
        ramp = np.linspace(-self._scale, self._scale, 64, dtype=np.float32)[None, None]
        in_colours = filters.ndim == 4 and filters.shape[1] == 3
        grey = np.repeat((_MIDDLE + ramp[0] / self._scale * 127)[..., None], 3, axis=-1).astype(np.uint8)
        self._legend = image_of(grey if in_colours else value_colours(ramp[0], -self._scale, self._scale))
        self.setAccessibleDescription(self.tr("{0} filters, weights up to ±{1}").format(len(filters), self._most()))
        self._arrange()
        self.update()

    def set_chosen(self, at: int) -> None:
        """Frames one of them; -1: none."""
        if at != self._chosen:
            self._chosen = at
            self.update()

    def place_of(self, at: int) -> QRect:
        """Where a filter lies."""
        columns, side = self._columns(), self._side()
        row, column = divmod(at, columns)
        step = side + theme.px(_GAP)
        return QRect(column * step, row * step, side, side)

    # --- Qt

    def sizeHint(self) -> QSize:
        """As high as its rows."""
        return QSize(theme.px(280), self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More or fewer in a row."""
        super().resizeEvent(event)
        self._arrange()

    def event(self, event: QEvent) -> bool:
        """Tells the weights of the filter under the mouse."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            at = next((at for at in range(len(self._images)) if self.place_of(at).contains(event.pos())), -1)
            QToolTip.showText(event.globalPos(), self._told(at) if at >= 0 else "", self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the filters in sight, and the scale below them."""
        if not self._images:
            return
        painter, colours = QPainter(self), theme.tokens()
        painter.setPen(QColor(colours.line))
        for at, image in enumerate(self._images):
            place = self.place_of(at)
            if place.intersects(event.rect()):
                painter.drawImage(place, image)
                painter.drawRect(place.adjusted(0, 0, -1, -1))
        if 0 <= self._chosen < len(self._images):
            painter.setPen(QPen(QColor(colours.text), theme.px(2)))
            painter.drawRect(self.place_of(self._chosen).adjusted(0, 0, -1, -1))
        self._paint_legend(painter)

    # --- inside

    def _columns(self) -> int:
        """As many as have room at their usual size, but all rows about equally long."""
        most = max(1, (self.width() + theme.px(_GAP)) // (theme.px(_SIDE) + theme.px(_GAP)))
        count = max(1, len(self._images))
        return -(-count // -(-count // most))

    def _side(self) -> int:
        columns = self._columns()
        fitting = (self.width() - (columns - 1) * theme.px(_GAP)) // columns
        return int(max(4, min(fitting, theme.px(_LARGEST_SIDE))))

    def _arrange(self) -> None:
        rows = -(-len(self._images) // self._columns())
        line = round(QFontMetricsF(theme.font_of(theme.SMALL_PIXELS)).height())
        high = rows * (self._side() + theme.px(_GAP)) + theme.px(_LEGEND + 8) + line if rows else 1
        if self.height() != high:
            self.setFixedHeight(high)

    def _paint_legend(self, painter: QPainter) -> None:
        font = theme.font_of(theme.SMALL_PIXELS)
        metrics = QFontMetricsF(font)
        top = self.height() - metrics.height() - theme.px(_LEGEND + 2)
        wide = min(self.width(), theme.px(200))
        bar = QRectF(0, top, wide, theme.px(_LEGEND))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(bar, self._legend)
        painter.setFont(font)
        painter.setPen(QColor(theme.tokens().second_text))
        words = QRectF(0, bar.bottom() + theme.px(2), wide, metrics.height())
        flags = Qt.AlignmentFlag
        painter.drawText(words, flags.AlignLeft | flags.AlignVCenter, f"−{self._most()}")
        painter.drawText(words, flags.AlignHCenter | flags.AlignVCenter, "0")
        painter.drawText(words, flags.AlignRight | flags.AlignVCenter, self._most())

    def _most(self) -> str:
        return f"{self._scale:.2g}"

    def _told(self, at: int) -> str:
        values = self._filters[at]
        text = self.tr("Filter {0}: weights from {1} to {2}")
        return text.format(at + 1, short_number(float(values.min())), short_number(float(values.max())))


def filter_pictures(filters: NDArray[np.float32], scale: float) -> Bytes:
    """Filters as pictures of H x W pixels.

    Args:
        filters: F x C x H x W; of three channels each is a colour, of any other number the mean is shown.
        scale: the weight that has full colour.

    Returns:
        uint8, F x H x W x 3; weights of zero are neutral.
    """
    if not filters.size:
        return np.zeros((0, 1, 1, 3), np.uint8)
    if filters.shape[1] == 3:
        share = np.clip(np.nan_to_num(filters) / scale, -1, 1).transpose(0, 2, 3, 1)
        coloured: Bytes = (_MIDDLE + share * 127).astype(np.uint8)
        return coloured
    return value_colours(filters.mean(axis=1), -scale, scale)

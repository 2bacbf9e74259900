"""Curves as files: a picture, or a drawing that scales; always in the light colours, with a legend."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter
from PySide6.QtSvg import QSvgGenerator

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.curve_ground import CurveGround
from lepton_studio.gui.widgets.curve_legend import LegendEntry, arranged, paint_legend
from lepton_studio.gui.widgets.curve_painter import CurvePainter
from lepton_studio.gui.widgets.curve_paper import CurvePaper

# In designed pixels.
WIDTH, MARGIN = 900, 16
# Pixels to the inch in which the web counts, so that a unit is a pixel there, too.
DOTS_PER_INCH = 96
FINENESS = 2.0


class CurvePrint:
    """The plots of a run below each other, with a title above."""

    def __init__(self, title: str, plots: Sequence[tuple[CurvePaper, int]], legend: Sequence[LegendEntry]) -> None:
        """Takes the plots as they look now.

        Args:
            title: what they are of.
            plots: each with its height in designed pixels.
            legend: what their lines are.
        """
        self._title, self._plots, self._legend = title, plots, legend
        self._width = theme.px(WIDTH)
        self._font = theme.font_of(theme.SECTION_PIXELS, semibold=True)
        self._title_height = QFontMetricsF(self._font).height() + theme.px(theme.GAP_SMALL)
        places = arranged(legend, self._width)
        self._legend_height = (places[-1][0].bottom() if places else 0.0) + theme.px(theme.GAP_SMALL)

    def svg(self) -> bytes:
        """An SVG file whose texts are texts."""
        size, data = self._size(), QByteArray()
        buffer = QBuffer(data)
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        # Version 1.1, because 1.2 Tiny cannot cut curves off at the edge of the paper.
        generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)
        generator.setOutputDevice(buffer)
        generator.setTitle(self._title)
        generator.setResolution(DOTS_PER_INCH)
        generator.setSize(size)
        generator.setViewBox(QRect(0, 0, size.width(), size.height()))
        with QPainter(generator) as painter:
            painter.fillRect(QRect(0, 0, size.width(), size.height()), QColor(theme.LIGHT.surface))
            self._paint(painter)
        buffer.close()
        return bytes(data.data())

    def png(self) -> bytes:
        """A PNG file, twice as fine as a screen."""
        image = QImage(self._size() * FINENESS, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(QColor(theme.LIGHT.surface))
        with QPainter(image) as painter:
            painter.scale(FINENESS, FINENESS)
            self._paint(painter)
        data = QByteArray()
        buffer = QBuffer(data)
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        image.save(buffer, "PNG")  # type: ignore[call-overload]
        buffer.close()
        return bytes(data.data())

    def _size(self) -> QSize:
        heights = sum(theme.px(height) + theme.px(theme.GAP_SMALL) for _, height in self._plots)
        whole = self._title_height + self._legend_height + heights + 2 * theme.px(MARGIN)
        return QSize(self._width + 2 * theme.px(MARGIN), round(whole))

    def _paint(self, painter: QPainter) -> None:
        painter.translate(theme.px(MARGIN), theme.px(MARGIN))
        painter.setFont(self._font)
        painter.setPen(QColor(theme.LIGHT.text))
        place = QRectF(QPointF(0, 0), QPointF(self._width, self._title_height))
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, self._title)
        painter.translate(0, self._title_height)
        paint_legend(painter, theme.LIGHT, arranged(self._legend, self._width))
        painter.translate(0, self._legend_height)
        for plot, height in self._plots:
            picture = plot.picture(self._width, theme.px(height))
            CurveGround(painter, theme.LIGHT).paint(picture)
            CurvePainter(painter, theme.LIGHT).paint(picture)
            painter.translate(0, theme.px(height) + theme.px(theme.GAP_SMALL))

"""The drawing of a network as a file to print or to put into a text, always in the light colours."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRect, QRectF, QSize
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtSvg import QSvgGenerator

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.network_painter import NetworkPainter
from lepton_studio.gui.widgets.network_plan import NetworkPlan

MARGIN = 16
# Pixels to the inch in which the web counts, so that a unit is a pixel there, too.
DOTS_PER_INCH = 96
FINENESS = 2.0
# Of the longer side of a picture; other programs refuse more.
MOST_PIXELS = 16_000


def network_svg(plan: NetworkPlan, title: str) -> bytes:
    """The drawing as an SVG file whose texts are texts."""
    size, data = _size(plan), QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setTitle(title)
    generator.setResolution(DOTS_PER_INCH)
    generator.setSize(size)
    generator.setViewBox(QRect(0, 0, size.width(), size.height()))
    painter = QPainter(generator)
    _paint(painter, plan, 1.0)
    painter.end()
    buffer.close()
    return bytes(data.data())


def network_png(plan: NetworkPlan) -> bytes:
    """The drawing as a PNG file, twice as fine as a screen; a very long one less."""
    size = _size(plan)
    scale = min(FINENESS, MOST_PIXELS / max(size.width(), size.height()))
    image = QImage(size * scale, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(QColor(theme.LIGHT.surface))
    painter = QPainter(image)
    painter.scale(scale, scale)
    _paint(painter, plan, scale)
    painter.end()
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    buffer.close()
    return bytes(data.data())


def _size(plan: NetworkPlan) -> QSize:
    return QSize(round(plan.width) + 2 * MARGIN, round(plan.height) + 2 * MARGIN)


def _paint(painter: QPainter, plan: NetworkPlan, scale: float) -> None:
    painter.translate(MARGIN, MARGIN)
    NetworkPainter(painter, theme.LIGHT, scale).paint(plan, QRectF(0, 0, plan.width, plan.height))

"""The part of a plot that rests while its curves grow: card, grid, figures, and what lies beside the watched run."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPixmap

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.curve_axis import Numbers
from lepton_studio.gui.widgets.curve_data import Band, overlay_colour, overlay_dash
from lepton_studio.gui.widgets.curve_picture import CurvePicture, polygon
from lepton_studio.gui.widgets.painting import faded

# Between figures, in designed pixels.
X_SPACE, Y_SPACE = 64, 24
BAND_OPACITY = 0.18
# The marker of an overlay's epochs, by its look: corners on a circle; 0 is a cross.
_CORNERS = (3, 4, 0, 5, 6)


class CurveGround:
    """Paints with a painter that somebody else begins and ends."""

    def __init__(self, painter: QPainter, colours: theme.Tokens) -> None:
        """Takes the painter, and the colours of the screen or of paper."""
        self._painter, self._colours = painter, colours
        self._font = theme.font_of(theme.SMALL_PIXELS)
        self._metrics = QFontMetricsF(self._font)

    def paint(self, picture: CurvePicture) -> None:
        """Card, grid and figures first, so that curves lie on top."""
        self._paint_card(picture)
        self._paint_figures(picture)
        self._painter.save()
        self._painter.setClipRect(picture.paper)
        for band in picture.bands:
            self._paint_band(picture, band)
        for overlay, trend in picture.overlays:
            look, colour = overlay.look, self._overlay_colour(overlay.look)
            self._stroke(*picture.points(overlay.ends, trend, smooth=True), colour, look, 1.5)
            x, y = picture.epoch_points(overlay.validation)
            self._stroke(*picture.cut(x, y), colour, look, 1.0)
            paint_markers(self._painter, (x, y), colour, look, width=picture.paper.width())
        self._painter.restore()

    def _paint_card(self, picture: CurvePicture) -> None:
        painter, colours = self._painter, self._colours
        paint_card(painter, colours, picture.width, picture.height)
        painter.setFont(theme.font_of(theme.SMALL_PIXELS, semibold=True))
        painter.setPen(QColor(colours.text))
        above = QRectF(picture.paper.left(), 0, picture.paper.width(), picture.paper.top())
        painter.drawText(above, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, picture.title)

    def _paint_figures(self, picture: CurvePicture) -> None:
        painter, colours, paper = self._painter, self._colours, picture.paper
        painter.setFont(self._font)
        line, ink = QPen(QColor(colours.faint_line), 1), QColor(colours.second_text)
        height = self._metrics.height()
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for value, text in picture.y.ticks(max(theme.px(Y_SPACE), 1.6 * height)):
            y = round(picture.y.pixel(value)) + 0.5
            painter.setPen(line)
            painter.drawLine(QPointF(paper.left(), y), QPointF(paper.right(), y))
            painter.setPen(ink)
            painter.drawText(QRectF(0, y - height / 2, paper.left() - theme.px(6), height), right, text)
        painter.setPen(QPen(QColor(colours.line), 1))
        painter.drawLine(paper.bottomLeft(), paper.bottomRight())
        if picture.x_title:
            self._paint_figures_below(picture, ink, height)

    def _paint_figures_below(self, picture: CurvePicture, ink: QColor, height: float) -> None:
        painter, paper = self._painter, picture.paper
        top, gap = paper.bottom() + theme.px(4), theme.px(8)
        width = self._metrics.horizontalAdvance(picture.x_title) + 1
        painter.setPen(ink)
        # Before the first figure; a long word has room only behind the last.
        is_short = width + gap <= paper.left() - 2
        place = QRectF(paper.left() - gap - width if is_short else paper.right() - width, top, width, height)
        painter.drawText(place, Qt.AlignmentFlag.AlignRight, picture.x_title)
        free = picture.width if is_short else place.left() - gap
        for value, text in picture.x.ticks(theme.px(X_SPACE)):
            x, half = picture.x.pixel(value), self._metrics.horizontalAdvance(text) / 2 + 1
            painter.drawLine(QPointF(x, paper.bottom()), QPointF(x, paper.bottom() + theme.px(3)))
            if x + half < free:
                painter.drawText(QRectF(x - half, top, 2 * half, height), Qt.AlignmentFlag.AlignHCenter, text)

    def _paint_band(self, picture: CurvePicture, band: Band) -> None:
        painter, colour = self._painter, self._overlay_colour(band.look)
        there = np.isfinite(band.low) & np.isfinite(band.high)
        x, low, high = band.x[there], band.low[there], band.high[there]
        places = picture.x.pixels(x)
        (x, low), (back, high) = (picture.cut(places, picture.y.pixels(each)) for each in (low, high))
        outline = polygon(np.concatenate([x, back[::-1]]), np.concatenate([low, high[::-1]]))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(faded(colour, BAND_OPACITY))
        painter.drawPolygon(outline)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        self._stroke(*picture.points(band.x, band.mean, smooth=True), colour, band.look, 2.0)

    def _stroke(self, x: Numbers, y: Numbers, colour: QColor, look: int, width: float) -> None:
        pen = QPen(colour, theme.scale() * width, Qt.PenStyle.CustomDashLine, Qt.PenCapStyle.FlatCap)
        pen.setDashPattern(list(overlay_dash(look)))
        self._painter.setPen(pen)
        self._painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        self._painter.drawPolyline(polygon(x, y))

    def _overlay_colour(self, look: int) -> QColor:
        return QColor(overlay_colour(look, self._colours is theme.DARK))


class RestingGround:
    """The ground as a picture, painted anew only when something of it is another."""

    def __init__(self) -> None:
        """Has none yet."""
        self._key: object = None
        self._pixmap = QPixmap()

    def painted(self, picture: CurvePicture, ratio: float, key: object) -> QPixmap:
        """The ground of a picture.

        Args:
            picture: what is painted.
            ratio: pixels of the screen for each of the picture's.
            key: another value for other runs beside, another theme or another zoom.
        """
        whole = (picture.width, picture.height, picture.x, picture.y, ratio, key)
        if whole != self._key:
            colours = theme.tokens()
            self._pixmap = QPixmap(round(picture.width * ratio), round(picture.height * ratio))
            self._pixmap.setDevicePixelRatio(ratio)
            self._pixmap.fill(QColor(colours.window))
            with QPainter(self._pixmap) as painter:
                CurveGround(painter, colours).paint(picture)
            self._key = whole
        return self._pixmap


def paint_card(painter: QPainter, colours: theme.Tokens, width: float, height: float) -> None:
    """The surface that a plot lies on."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(QPen(QColor(colours.line), 1))
    painter.setBrush(QColor(colours.surface))
    painter.drawRoundedRect(QRectF(0.5, 0.5, width - 1, height - 1), 8, 8)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def paint_markers(
    painter: QPainter, places: tuple[Numbers, Numbers], colour: QColor, look: int, *, width: float, side: float = 4.0
) -> None:
    """The epochs of a run beside the watched one: a filled shape of its own, no closer than can be told apart."""
    x, y = places
    radius = theme.scale() * side
    corners = _CORNERS[look % len(_CORNERS)]
    painter.setPen(QPen(colour, theme.scale() * 1.5))
    painter.setBrush(colour)
    for at in spread(len(x), width):
        centre = QPointF(x[at], y[at])
        if corners:
            painter.drawPolygon(star(centre, radius, corners, 1.0))
        else:
            for turn in (45.0, 135.0):
                line = QLineF.fromPolar(radius, turn)
                painter.drawLine(QLineF(centre - line.p2(), centre + line.p2()))
    painter.setBrush(Qt.BrushStyle.NoBrush)


def spread(count: int, width: float) -> range:
    """Which of many markers are painted in some pixels: the last one, and others in even steps before it."""
    step = max(1, round(count * theme.px(9) / max(width, 1.0)))
    return range((count - 1) % step, count, step) if count else range(0)


def star(centre: QPointF, radius: float, points: int, waist: float = 0.45) -> list[QPointF]:
    """The corners of a star with so many points; with a waist of 1 a regular polygon. One corner is on top."""
    count = points if waist == 1.0 else 2 * points
    corners = []
    for corner in range(count):
        reach = radius if waist == 1.0 or corner % 2 == 0 else radius * waist
        corners.append(centre + QLineF.fromPolar(reach, 90.0 + 360.0 * corner / count).p2())
    return corners

"""What painted widgets share: pictures as arrays and as images, colours mixed from the theme."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter

from lepton_studio.gui import theme

Bytes = NDArray[np.uint8]

# Designed pixels: letters that must make room are never smaller.
SMALLEST_LETTERS = 9


def colour_pictures(pictures: Bytes) -> Bytes:
    """Pictures as red, green and blue.

    Args:
        pictures: uint8 N x C x H x W; of three or more channels the first three are shown, else one as grey.

    Returns:
        uint8 N x H x W x 3.
    """
    shown = pictures[:, :3] if pictures.shape[1] >= 3 else np.repeat(pictures[:, :1], 3, axis=1)
    return np.ascontiguousarray(shown.transpose(0, 2, 3, 1))


def resized_pictures(pictures: Bytes, side: int) -> Bytes:
    """Pictures at another size: enlarged with sharp pixels, shrunk by averages so that no stroke is lost.

    Args:
        pictures: uint8 N x C x H x W.
        side: pixels of the longer edge, at least 1.

    Returns:
        uint8 N x C x h x w with max(h, w) == side.
    """
    height, width = pictures.shape[2:]
    longer = max(height, width)
    result = _resized_axis(pictures, 2, max(1, round(side * height / longer)))
    return _resized_axis(result, 3, max(1, round(side * width / longer)))


def _resized_axis(pictures: Bytes, axis: int, new: int) -> Bytes:
    old = pictures.shape[axis]
    starts = np.arange(new) * old // new
    if new >= old:
        return pictures if new == old else np.take(pictures, starts, axis=axis)
    counts = np.diff(np.append(starts, old)).astype(np.uint32)
    sums = np.add.reduceat(pictures, starts, axis=axis, dtype=np.uint32)
    shape = [1] * pictures.ndim
    shape[axis] = new
    return (sums // counts.reshape(shape)).astype(np.uint8)


def image_of(pixels: Bytes) -> QImage:
    """A picture of H x W x 3 (or 4, with opacity last) bytes as an image that owns its memory."""
    pixels = np.ascontiguousarray(pixels)
    height, width, channels = pixels.shape
    kind = QImage.Format.Format_RGB888 if channels == 3 else QImage.Format.Format_RGBA8888_Premultiplied
    return QImage(pixels.data, width, height, width * channels, kind).copy()


def pixels_of(image: QImage) -> Bytes:
    """The pixels of an image that is not empty: H x W x 4, uint8, red, green, blue and opacity."""
    whole = image.convertToFormat(QImage.Format.Format_RGBA8888)
    rows = np.frombuffer(whole.constBits(), np.uint8).reshape(whole.height(), whole.bytesPerLine())
    return rows[:, : whole.width() * 4].reshape(whole.height(), whole.width(), 4).copy()


def mixed(first: str | QColor, second: str | QColor, share: float) -> QColor:
    """The colour that lies the given share (0 to 1) of the way from the first to the second."""
    one, two = QColor(first), QColor(second)
    return QColor.fromRgbF(
        one.redF() + (two.redF() - one.redF()) * share,
        one.greenF() + (two.greenF() - one.greenF()) * share,
        one.blueF() + (two.blueF() - one.blueF()) * share,
    )


def faded(colour: str | QColor, opacity: float) -> QColor:
    """The colour with an opacity of 0 to 1."""
    result = QColor(colour)
    result.setAlphaF(opacity)
    return result


def split_colour(split: str) -> QColor:
    """The colour of "train", "validation" or "test"; a quiet one for anything else."""
    colours = theme.tokens()
    known = {"train": colours.train, "validation": colours.validation, "test": colours.test}
    return QColor(known.get(split, colours.second_text))


def contrast(first: QColor, second: QColor) -> float:
    """How well one colour is read on the other, 1 to 21 (https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio)."""
    darker, lighter = sorted((_luminance(first), _luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def ink_on(paper: QColor) -> QColor:
    """A colour for small text on the given one, with a contrast of at least 4.5."""
    colours = theme.tokens()
    ink = max((QColor(colours.text), QColor(colours.surface)), key=lambda one: contrast(one, paper))
    if contrast(ink, paper) >= 4.5:
        return ink
    # On middle shades only pure black or white is enough; one of the two always is.
    pure = (QColor(Qt.GlobalColor.black), QColor(Qt.GlobalColor.white))
    return max(pure, key=lambda one: contrast(one, paper))


def _luminance(colour: QColor) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (colour.redF(), colour.greenF(), colour.blueF())
    )
    return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)


def paint_placeholder(painter: QPainter, place: QRect, text: str) -> None:
    """Writes what an empty widget will show, in the middle of the place; smaller rather than cut off."""
    margin = theme.px(theme.GAP)
    room = place.adjusted(margin, 0, -margin, 0)
    flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
    font = theme.font_of(theme.BODY_PIXELS)
    while font.pixelSize() > theme.px(SMALLEST_LETTERS):
        if QFontMetrics(font).boundingRect(room, flags, text).height() <= room.height():
            break
        font.setPixelSize(font.pixelSize() - 1)
    painter.setFont(font)
    painter.setPen(QColor(theme.tokens().second_text))
    painter.drawText(room, flags, text)

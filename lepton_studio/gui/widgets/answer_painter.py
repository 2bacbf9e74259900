"""Paints the answer of one network as a row: the class at large, who it is, and a bar for each class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.painting import colour_pictures, image_of, mixed

if TYPE_CHECKING:
    from lepton_studio.gui.widgets.answer_rows import AnswerRow

# Designed pixels: what can be clicked to take a row away, the padding, the column of the answer, what it sees.
CROSS, PAD, ANSWER_WIDE, SEEN = 28, 8, 76, 30
ANSWER_PIXELS, SMALLEST = 40, 11
# Longer class names than this have no room below a bar.
LONGEST_BELOW = 2
MOST_NAMED = 12
_CENTRE = Qt.AlignmentFlag.AlignCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class AnswerPainter:
    """Paints one row after the other."""

    def __init__(self, painter: QPainter, unsure_text: str, maybe_text: str) -> None:
        """Begins to paint.

        Args:
            painter: of the widget.
            unsure_text: what stands in place of an answer that is not sure enough.
            maybe_text: what stands below it, with a place for the likeliest class.
        """
        self._painter = painter
        self._unsure_text, self._maybe_text = unsure_text, maybe_text
        self._colours = theme.tokens()
        self._small, self._tiny = theme.font_of(theme.SMALL_PIXELS), theme.font_of(SMALLEST)
        self._line = QFontMetricsF(self._small).height()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)

    def paint(self, row: AnswerRow, place: QRectF, is_lit: bool) -> None:
        """Paints a row; a darker one with a bar at its left differs from what most say."""
        colours, painter, pad = self._colours, self._painter, theme.px(PAD)
        differs = row.stance == "differs"
        painter.setPen(QPen(QColor(colours.accent if is_lit else colours.line), 2 if is_lit else 1))
        painter.setBrush(mixed(colours.surface, colours.warning, 0.1) if differs else QColor(colours.surface))
        painter.drawRoundedRect(place.adjusted(1, 1, -1, -1), theme.RADIUS, theme.RADIUS)
        if differs:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.warning))
            painter.drawRoundedRect(QRectF(place.left() + 1, place.top() + 1, theme.px(5), place.height() - 2), 2, 2)
        inner = place.adjusted(pad + theme.px(2), pad, -pad, -pad)
        wide = min(theme.px(ANSWER_WIDE), inner.width() * 0.3)
        self._answer(row, QRectF(inner.left(), inner.top(), wide, inner.height()))
        right = inner.adjusted(wide + pad, 0, 0, 0)
        cross = 0 if row.is_own else theme.px(CROSS - PAD)
        name = QRectF(right.left(), right.top(), right.width() - cross, self._line)
        self._write(name, row.name, colours.text, semibold=True)
        facts = name.translated(0, self._line).adjusted(0, 0, cross, 0)
        if row.trouble:
            # In place of the facts, too: it is longer than they are.
            painter.setFont(self._small)
            painter.setPen(QColor(colours.bad))
            trouble = QRectF(right.left(), name.bottom(), right.width(), inner.bottom() - name.bottom())
            painter.drawText(trouble, Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap, row.trouble)
            return
        stance_wide = 0.0
        if row.stance_text:
            stance_wide = QFontMetricsF(self._small).horizontalAdvance(row.stance_text)
            ink = colours.warning if differs else colours.second_text
            self._write(facts.adjusted(facts.width() - stance_wide, 0, 0, 0), row.stance_text, ink)
        self._write(facts.adjusted(0, 0, -stance_wide - (pad if stance_wide else 0), 0), row.facts, colours.second_text)
        below = QRectF(right.left(), facts.bottom() + 2, right.width(), place.bottom() - pad - facts.bottom() - 2)
        if row.picture is not None:
            below = self._seen(row, below)
        if row.names:
            self._bars(row, below)

    def _answer(self, row: AnswerRow, place: QRectF) -> None:
        colours, painter = self._colours, self._painter
        if not row.answer:
            self._write(place, "–", colours.disabled_text, align=_CENTRE)
            return
        foot = QRectF(place.left(), place.bottom() - self._line, place.width(), self._line)
        head = QRectF(place.left(), place.top(), place.width(), place.height() - self._line)
        if not row.is_known:
            painter.setFont(theme.font_of(theme.SMALL_PIXELS, semibold=True))
            painter.setPen(QColor(colours.text))
            painter.drawText(head, _CENTRE | Qt.TextFlag.TextWordWrap, self._unsure_text)
            self._write(foot, self._maybe_text.format(row.answer), colours.second_text, align=_CENTRE)
            return
        font = theme.font_of(ANSWER_PIXELS, semibold=True)
        longest = max(QFontMetricsF(font).horizontalAdvance(word) for word in row.answer.split() or [row.answer])
        # Long class names get smaller letters, and as many lines as they have words.
        fitting = int(font.pixelSize() * min(1.0, place.width() / max(longest, 1)))
        lines = len(row.answer.split()) if fitting < font.pixelSize() else 1
        font.setPixelSize(max(theme.px(9), min(fitting, int(head.height() / (1.25 * max(lines, 1))))))
        painter.setFont(font)
        painter.setPen(QColor(colours.text))
        painter.drawText(head, _CENTRE | Qt.TextFlag.TextWordWrap, row.answer)
        self._write(foot, f"{100 * row.probability:.1f} %", colours.second_text, align=_CENTRE)

    def _bars(self, row: AnswerRow, place: QRectF) -> None:
        """One bar for each class, all rows alike, so that they stand below each other."""
        colours, painter, count = self._colours, self._painter, len(row.names)
        named = count <= MOST_NAMED and max(len(name) for name in row.names) <= LONGEST_BELOW
        foot = QFontMetricsF(self._tiny).height() * 0.9 if named else 0.0
        step = place.width() / count
        wide = max(1.0, min(step * 0.72, theme.px(18)))
        ground = QRectF(place.left(), place.top(), place.width(), place.height() - foot)
        best = int(row.probabilities.argmax()) if len(row.probabilities) else -1
        for at, name in enumerate(row.names):
            left = ground.left() + at * step + (step - wide) / 2
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.raised))
            painter.drawRect(QRectF(left, ground.top(), wide, ground.height()))
            share = float(row.probabilities[at]) if len(row.probabilities) else 0.0
            if share > 0.01:
                painter.setBrush(QColor(colours.accent if at == best and row.is_known else colours.second_text))
                high = max(1.0, ground.height() * share)
                painter.drawRect(QRectF(left, ground.bottom() - high, wide, high))
            if named:
                painter.setFont(self._tiny)
                painter.setPen(QColor(colours.text if at == best else colours.second_text))
                painter.drawText(QRectF(left - step, ground.bottom(), wide + 2 * step, foot), _CENTRE, name)

    def _seen(self, row: AnswerRow, place: QRectF) -> QRectF:
        """What it sees, at the right; returns the room that is left."""
        assert row.picture is not None
        image, side = image_of(colour_pictures(row.picture[None])[0]), min(theme.px(SEEN), place.height())
        factor = side / max(image.width(), image.height())
        target = QRectF(0, 0, image.width() * factor, image.height() * factor)
        target.moveCenter(QRectF(place.right() - side, place.top(), side, side).center())
        self._painter.drawImage(target, image)
        self._painter.setPen(QColor(self._colours.line))
        self._painter.setBrush(Qt.BrushStyle.NoBrush)
        self._painter.drawRect(target)
        return place.adjusted(0, 0, -side - theme.px(PAD), 0)

    def _write(
        self, place: QRectF, text: str, ink: str, semibold: bool = False, align: Qt.AlignmentFlag = _LEFT
    ) -> None:
        font = theme.font_of(theme.SMALL_PIXELS, semibold=True) if semibold else self._small
        self._painter.setFont(font)
        self._painter.setPen(QColor(ink))
        measures = QFontMetricsF(font)
        if measures.horizontalAdvance(text) > place.width():
            text = measures.elidedText(text, Qt.TextElideMode.ElideRight, place.width())
        self._painter.drawText(place, align, text)

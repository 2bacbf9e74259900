"""What a change did, as pairs of bars: a name, a bar for before, a bar for after, and the figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.painted_widget import PaintedWidget

BAR_HEIGHT, ROW_GAP = 6, 10


@dataclass(frozen=True)
class Change:
    """One pair: shares from 0 to 1, and how they are said."""

    name: str
    before: float
    after: float
    before_text: str
    after_text: str


class BeforeAfter(PaintedWidget):
    """The bar of before is pale, that of after strong; both begin at the same place."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts empty."""
        super().__init__(parent, QAccessible.Role.Chart)
        self._changes: tuple[Change, ...] = ()
        self.setAccessibleName(self.tr("Before and after"))

    @property
    def changes(self) -> tuple[Change, ...]:
        """What it shows."""
        return self._changes

    def show_changes(self, changes: Sequence[Change]) -> None:
        """Shows other pairs, in their order."""
        self._changes = tuple(changes)
        self.setAccessibleDescription(
            "; ".join(f"{each.name}: {each.before_text} → {each.after_text}" for each in self._changes)
        )
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(240), len(self._changes) * self._row_height())

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(160), self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for row, change in enumerate(self._changes):
            self._paint_row(painter, change, row * self._row_height())

    def _paint_row(self, painter: QPainter, change: Change, top: float) -> None:
        colours, small = theme.tokens(), theme.font_of(theme.SMALL_PIXELS)
        metrics = QFontMetrics(small)
        high, bar = metrics.height(), theme.px(BAR_HEIGHT)
        painter.setFont(small)
        painter.setPen(QColor(colours.text))
        painter.drawText(
            QRectF(0, top, self.width(), high),
            Qt.AlignmentFlag.AlignLeft,
            metrics.elidedText(change.name, Qt.TextElideMode.ElideRight, self.width()),
        )
        wide = max(
            metrics.horizontalAdvance(text) for text in (change.before_text, change.after_text, self._words()[0])
        )
        names = max(metrics.horizontalAdvance(word) for word in self._words()) + theme.px(8)
        room = max(0.0, self.width() - names - wide - theme.px(8))
        pairs = (
            (change.before, change.before_text, colours.second_text),
            (change.after, change.after_text, colours.accent),
        )
        for line, ((share, text, colour), word) in enumerate(zip(pairs, self._words(), strict=True), start=1):
            place = QRectF(0, top + line * high, self.width(), high)
            painter.setPen(QColor(colours.second_text))
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, word)
            painter.setPen(QColor(colours.text))
            painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
            painter.setPen(Qt.PenStyle.NoPen)
            ground = QRectF(names, place.center().y() - bar / 2, room, bar)
            painter.setBrush(QColor(colours.raised))
            painter.drawRoundedRect(ground, bar / 2, bar / 2)
            if share > 0:
                ground.setWidth(max(room * min(share, 1.0), bar))
                painter.setBrush(QColor(colour))
                painter.drawRoundedRect(ground, bar / 2, bar / 2)

    def _words(self) -> tuple[str, str]:
        return self.tr("before"), self.tr("now")

    def _row_height(self) -> int:
        return 3 * QFontMetrics(theme.font_of(theme.SMALL_PIXELS)).height() + theme.px(ROW_GAP)

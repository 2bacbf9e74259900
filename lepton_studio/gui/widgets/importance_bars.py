"""How much each of several things mattered: a name, a bar and a share for each."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.painted_widget import PaintedWidget

BAR_HEIGHT, ROW_GAP = 8, 10


class ImportanceBars(PaintedWidget):
    """The largest first; the name stands above its bar, so that the narrowest column has room for it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts empty."""
        super().__init__(parent, QAccessible.Role.Chart)
        self._shares: dict[str, float] = {}
        self.setAccessibleName(self.tr("Importance of each field"))

    @property
    def shares(self) -> dict[str, float]:
        """What it shows."""
        return dict(self._shares)

    def show_shares(self, shares: Mapping[str, float]) -> None:
        """Shows other shares (0 to 1), by their names, in their order."""
        if dict(shares) == self._shares:
            return
        self._shares = dict(shares)
        self.setAccessibleDescription(", ".join(f"{name} {_percent(share)}" for name, share in shares.items()))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(220), len(self._shares) * self._row_height())

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(120), self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font, colours = theme.font_of(theme.SMALL_PIXELS), theme.tokens()
        painter.setFont(font)
        metrics = QFontMetrics(font)
        high, bar = metrics.height(), theme.px(BAR_HEIGHT)
        for row, (name, share) in enumerate(self._shares.items()):
            top = row * self._row_height()
            words = _percent(share)
            wide = metrics.horizontalAdvance(words) + theme.px(4)
            painter.setPen(QColor(colours.text))
            painter.drawText(QRectF(self.width() - wide, top, wide, high), Qt.AlignmentFlag.AlignRight, words)
            room = max(0, self.width() - wide - theme.px(4))
            painter.setPen(QColor(colours.second_text))
            painter.drawText(
                QRectF(0, top, room, high),
                Qt.AlignmentFlag.AlignLeft,
                metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, room),
            )
            painter.setPen(Qt.PenStyle.NoPen)
            place = QRectF(0, top + high + theme.px(2), self.width(), bar)
            for colour, length in ((colours.raised, 1.0), (colours.accent, share)):
                place.setWidth(max(self.width() * length, 2.0))
                painter.setBrush(QColor(colour))
                painter.drawRoundedRect(place, bar / 2, bar / 2)

    def _row_height(self) -> int:
        high = QFontMetrics(theme.font_of(theme.SMALL_PIXELS)).height()
        return high + theme.px(2) + theme.px(BAR_HEIGHT) + theme.px(ROW_GAP)


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"

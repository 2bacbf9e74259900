"""One step of the path in the sidebar: icon, word, and what it has come to."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QEnterEvent, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from lepton_studio.gui import theme


class SidebarEntry(QAbstractButton):
    """A checkable button with a second, quieter line."""

    def __init__(self, text: str, icon_name: str, parent: QWidget | None = None) -> None:
        """Names the page and its icon."""
        super().__init__(parent)
        self._icon_name = icon_name
        self._state = ""
        self._compact = False
        self.setText(text)
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(text)

    def set_state(self, text: str) -> None:
        """Sets the quiet line ("98.7 %")."""
        if text != self._state:
            self._state = text
            self.setAccessibleDescription(text)
            self.setToolTip(text if self._compact else "")
            self.update()

    def set_compact(self, compact: bool) -> None:
        """Puts the word below the icon and leaves the quiet line to the tooltip."""
        self._compact = compact
        self.setToolTip(self._state if compact else "")
        self.updateGeometry()
        self.update()

    @property
    def state(self) -> str:
        """The quiet line."""
        return self._state

    def sizeHint(self) -> QSize:
        return QSize(theme.px(64), theme.px(56)) if self._compact else QSize(theme.px(152), theme.px(52))

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if self.isChecked() or self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.raised))
            painter.drawRoundedRect(box, theme.RADIUS, theme.RADIUS)
        if self.isChecked():
            # A bar beside the colour: the page is known without it.
            painter.setBrush(QColor(colours.accent))
            painter.drawRoundedRect(
                QRectF(box.x(), box.y() + box.height() * 0.25, theme.px(3), box.height() * 0.5), 1.5, 1.5
            )
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(colours.accent), 2))
            painter.drawRoundedRect(box, theme.RADIUS, theme.RADIUS)
        side = theme.px(20)
        role = "accent" if self.isChecked() else "text"
        icon = theme.icon(self._icon_name, role)
        if self._compact:
            icon.paint(painter, round((self.width() - side) / 2), theme.px(8), side, side)
            painter.setFont(theme.font_of(theme.SMALL_PIXELS, semibold=self.isChecked()))
            painter.setPen(QColor(colours.text))
            below = QRectF(0, theme.px(30), self.width(), self.height() - theme.px(32))
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, self.text())
            return
        icon.paint(painter, theme.px(12), round((self.height() - side) / 2), side, side)
        self._paint_words(painter, theme.px(24) + side)

    def _paint_words(self, painter: QPainter, left: int) -> None:
        colours = theme.tokens()
        room = self.width() - left - theme.px(4)
        font = theme.font_of(theme.BODY_PIXELS + 1, semibold=self.isChecked())
        painter.setFont(font)
        painter.setPen(QColor(colours.text))
        middle = self.height() / 2
        name = QRectF(left, 0 if not self._state else theme.px(4), room, self.height() if not self._state else middle)
        painter.drawText(name, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self.text())
        if self._state:
            small = theme.font_of(theme.SMALL_PIXELS)
            painter.setFont(small)
            painter.setPen(QColor(colours.second_text))
            text = QFontMetricsF(small).elidedText(self._state, Qt.TextElideMode.ElideRight, room)
            area = QRectF(left, middle - theme.px(2), room, middle - theme.px(2))
            painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)

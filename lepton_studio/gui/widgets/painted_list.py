"""What lists have in common whose entries are painted by one widget: one is under the mouse, one has the keys."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QAccessible, QHelpEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QToolTip, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.painted_widget import PaintedWidget


class PaintedList(PaintedWidget):
    """As wide as there is room and as high as its entries; says in words what is under the mouse or has the keys."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Shows none."""
        super().__init__(parent, QAccessible.Role.List)
        self._current, self._hovered = 0, -1
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def count(self) -> int:
        """How many entries there are."""
        raise NotImplementedError

    def text_of(self, at: int) -> str:
        """An entry in words."""
        raise NotImplementedError

    def place_of(self, at: int) -> QRect:
        """Where an entry and all that belongs to it lies."""
        raise NotImplementedError

    def arrange(self) -> None:
        """Finds the height anew, for other entries or another width."""
        raise NotImplementedError

    def entry_at(self, place: QPoint) -> int:
        """The entry at a place; -1 where there is none."""
        return next((at for at in range(self.count()) if self.place_of(at).contains(place)), -1)

    # --- Qt

    def sizeHint(self) -> QSize:
        """As high as all entries."""
        return QSize(theme.px(312), self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The width decides how entries lie."""
        super().resizeEvent(event)
        self.arrange()

    def event(self, event: QEvent) -> bool:
        """Tells what is under the mouse."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            at = self.entry_at(event.pos())
            QToolTip.showText(event.globalPos(), self.text_of(at) if at >= 0 else "", self)
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Lights up what a click would take."""
        self._hover(self.entry_at(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        """Lights up nothing."""
        super().leaveEvent(event)
        self._hover(-1)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The end of a click belongs to nobody else."""
        event.accept()

    # --- for those that are one

    def _show_others(self) -> None:
        """After the entries changed."""
        self._current = min(self._current, max(0, self.count() - 1))
        self.arrange()
        self._tell()
        self.update()

    def _set_height(self, high: int) -> None:
        if self.height() != high:
            self.setFixedHeight(high)

    def _hover(self, at: int) -> None:
        if at != self._hovered:
            for each in (self._hovered, at):
                if each >= 0:
                    self.update(self.place_of(each))
            self._hovered = at
            self.setCursor(Qt.CursorShape.ArrowCursor if at < 0 else Qt.CursorShape.PointingHandCursor)

    def _go(self, at: int) -> None:
        self._current = at
        self._tell()
        self.update()

    def _tell(self) -> None:
        self.setAccessibleDescription(self.text_of(self._current) if self.count() else "")

"""What widgets have in common that paint themselves: they say what they are, and follow another look."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QSizePolicy, QWidget

from lepton_studio.gui.widgets.accessible_role import give_role


def is_other_look(event: QEvent) -> bool:
    """Whether a change of state is one of colours, letters or style, so that what was painted is of before."""
    return event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange)


class PaintedWidget(QWidget):
    """As wide as there is room; in another look it asks for its room and is painted anew."""

    def __init__(
        self,
        parent: QWidget | None,
        role: QAccessible.Role,
        vertical: QSizePolicy.Policy = QSizePolicy.Policy.Fixed,
    ) -> None:
        """Says to screen readers what it is.

        Args:
            parent: as of every widget.
            role: what it is.
            vertical: whether it is as high as it asks for, or takes what there is.
        """
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, vertical)
        give_role(self, role)

    def changeEvent(self, event: QEvent) -> None:
        """Takes over new colours and sizes."""
        super().changeEvent(event)
        if is_other_look(event):
            self._follow_look()

    def _follow_look(self) -> None:
        """After colours, letters or style changed."""
        self.updateGeometry()
        self.update()

"""A small button that shows a sign only, and says in words what it does to the mouse and to screen readers."""

from __future__ import annotations

from PySide6.QtWidgets import QToolButton

from lepton_studio.gui import theme


def icon_button(name: str, icon: str, tip: str, role: str = "text") -> QToolButton:
    """Makes one.

    Args:
        name: its object name.
        icon: a name of the icons.
        tip: what it does, in words.
        role: the colour of the icon.
    """
    made = QToolButton()
    made.setObjectName(name)
    made.setIcon(theme.icon(icon, role))
    made.setToolTip(tip)
    made.setAccessibleName(tip)
    return made

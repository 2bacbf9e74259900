"""Tells screen readers what a painted widget is, which Qt does not know."""

from __future__ import annotations

import functools

from PySide6.QtCore import QObject
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QAccessibleWidget, QWidget

_PROPERTY = "accessible_role"


def give_role(widget: QWidget, role: QAccessible.Role) -> None:
    """Makes a widget say that it is a list, a table, a chart or a picture; before its name, when Qt may ask first."""
    widget.setProperty(_PROPERTY, role.value)
    _install_factory()


@functools.cache
def _install_factory() -> None:
    QAccessible.installFactory(_interface)


def _interface(_class_name: str, thing: QObject) -> QAccessibleInterface | None:
    if not isinstance(thing, QWidget) or thing.property(_PROPERTY) is None:
        return None
    return QAccessibleWidget(thing, QAccessible.Role(thing.property(_PROPERTY)))

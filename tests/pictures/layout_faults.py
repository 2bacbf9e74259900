"""Finds what is cut, what lies on top of something else, and what is too small to hit, without stored pictures."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFontMetrics, QFontMetricsF
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSizeGrip,
    QSplitterHandle,
    QStackedWidget,
    QTabBar,
    QWidget,
)

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.sidebar_entry import SidebarEntry

SMALLEST_TARGET = 28

# What is inside of these is Qt's own affair.
CLOSED = (QAbstractSpinBox, QComboBox, QLineEdit, QTabBar)


def layout_faults(root: QWidget) -> list[str]:
    """Every fault below a widget, as a sentence; empty if there is none."""
    return sorted({fault for widget in _seen(root) for fault in _faults_of(widget)} | set(_overlaps(root)))


def _seen(widget: QWidget) -> Iterator[QWidget]:
    """The widgets of ours that are visible."""
    yield widget
    if isinstance(widget, CLOSED):
        return
    if isinstance(widget, QAbstractScrollArea):
        if isinstance(widget, QScrollArea) and widget.widget() is not None:
            yield from _seen(widget.widget())
        return
    for child in _children(widget):
        yield from _seen(child)


def _children(widget: QWidget) -> list[QWidget]:
    return [
        child
        for child in widget.children()
        if isinstance(child, QWidget)
        and child.isVisible()
        and not child.isWindow()
        and not isinstance(child, QSplitterHandle | QSizeGrip)
        and not child.objectName().startswith("qt_")
    ]


def _name(widget: QWidget) -> str:
    text = getattr(widget, "text", lambda: "")() if not isinstance(widget, QAbstractSpinBox) else ""
    return f"{type(widget).__name__} {widget.objectName() or text!r}"


def _faults_of(widget: QWidget) -> Iterator[str]:
    parent = widget.parentWidget()
    if parent is not None and not widget.isWindow():
        yield from _cut(widget, parent)
    if isinstance(widget, QLabel):
        yield from _label(widget)
    elif isinstance(widget, SidebarEntry):
        yield from _entry(widget)
    elif isinstance(widget, QComboBox):
        # The arrow and the frame take what the style sheet says: 22 and twice 8 pixels.
        room = widget.width() - 22 - 16
        if _wide(widget, widget.currentText()) > room:
            yield f"{_name(widget)}: '{widget.currentText()}' has {room} pixels"
    elif isinstance(widget, QAbstractButton) and widget.sizeHint().width() > widget.width():
        yield f"{_name(widget)}: {widget.sizeHint().width()} wide, and has {widget.width()} pixels"
    is_button = isinstance(widget, QAbstractButton) and not isinstance(widget, QCheckBox)
    if is_button and min(widget.width(), widget.height()) < SMALLEST_TARGET:
        yield f"{_name(widget)}: {widget.width()} x {widget.height()}, too small to hit"


def _cut(widget: QWidget, parent: QWidget) -> Iterator[str]:
    place = widget.geometry()
    if isinstance(parent.parentWidget(), QScrollArea) and parent.objectName() == "qt_scrollarea_viewport":
        # Up and down is scrolled; to the side nothing is.
        if place.width() > parent.width():
            yield f"{_name(widget)}: {place.width()} wide in a column of {parent.width()}"
        return
    if not parent.rect().contains(place):
        yield f"{_name(widget)}: {_text(place)} is cut by {_name(parent)} of {parent.width()} x {parent.height()}"


def _label(label: QLabel) -> Iterator[str]:
    if not label.text():
        return
    room = label.contentsRect()
    if label.wordWrap():
        needed = label.heightForWidth(label.width())
        if needed > label.height():
            yield f"{_name(label)}: needs {needed} lines of pixels, has {label.height()}"
        if label.textFormat() != Qt.TextFormat.RichText:
            longest = max(label.text().split(), key=lambda word: _wide(label, word), default="")
            if _wide(label, longest) > room.width():
                yield f"{_name(label)}: the word '{longest}' is wider than {room.width()} pixels"
    elif label.sizeHint().width() > label.width():
        yield f"{_name(label)}: '{label.text()}' needs {label.sizeHint().width()}, has {label.width()} pixels"


def _entry(entry: SidebarEntry) -> Iterator[str]:
    room = entry.width() - theme.px(12 + 20 + 12 + 4)
    if room < theme.px(40):
        # Icons alone.
        return
    metrics = QFontMetricsF(theme.font_of(theme.SMALL_PIXELS))
    if metrics.horizontalAdvance(entry.state) > room:
        yield f"{_name(entry)}: '{entry.state}' is shortened"


def _overlaps(root: QWidget) -> Iterator[str]:
    for widget in _seen(root):
        if isinstance(widget, (*CLOSED, QAbstractScrollArea, QStackedWidget)):
            continue
        for one, other in combinations(_children(widget), 2):
            shared = one.geometry().intersected(other.geometry())
            if shared.width() > 1 and shared.height() > 1:
                yield f"{_name(one)} and {_name(other)} lie on each other: {_text(shared)}"


def _wide(widget: QWidget, text: str) -> int:
    return QFontMetrics(widget.font()).horizontalAdvance(text)


def _text(place: QRect) -> str:
    return f"{place.width()} x {place.height()} at {place.x()}, {place.y()}"

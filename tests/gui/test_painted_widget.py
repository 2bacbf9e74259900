"""What widgets share that paint themselves: a role for screen readers, a size policy, and an eye on their look."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication, QSizePolicy, QVBoxLayout, QWidget

from lepton_studio.gui.widgets.painted_widget import PaintedWidget, is_other_look

LOOKS = (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange)


class Line(PaintedWidget):
    """Paints nothing, and counts how often it is asked to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, QAccessible.Role.Chart)
        self.high, self.painted = 20, 0

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(50, self.high)

    def paintEvent(self, _event: QEvent) -> None:  # noqa: N802
        self.painted += 1


@pytest.fixture
def line(qtbot) -> Iterator[Line]:
    window = QWidget()
    line = Line()
    QVBoxLayout(window).addWidget(line)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: line.painted > 0)
    yield line
    window.close()


def test_it_takes_the_width_there_is_and_the_height_that_it_asks_for(line) -> None:
    policy = line.sizePolicy()
    assert policy.horizontalPolicy() == QSizePolicy.Policy.Expanding
    assert policy.verticalPolicy() == QSizePolicy.Policy.Fixed


def test_one_that_can_use_height_takes_what_there_is(qtbot) -> None:
    widget = PaintedWidget(None, QAccessible.Role.Graphic, QSizePolicy.Policy.Expanding)
    qtbot.addWidget(widget)
    assert widget.sizePolicy().verticalPolicy() == QSizePolicy.Policy.Expanding


def test_a_screen_reader_hears_what_it_is(line) -> None:
    assert QAccessible.queryAccessibleInterface(line).role() == QAccessible.Role.Chart


@pytest.mark.parametrize("kind", LOOKS, ids=lambda kind: kind.name)
def test_another_look_is_painted_with_the_room_that_it_needs(line, qtbot, kind: QEvent.Type) -> None:
    line.painted, line.high = 0, 34
    QApplication.sendEvent(line, QEvent(kind))
    qtbot.waitUntil(lambda: line.height() == 34 and line.painted > 0)
    assert is_other_look(QEvent(kind))


def test_getting_and_losing_the_keyboard_paints_anew_without_any_doing(line, qtbot) -> None:
    line.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    for turn in (line.setFocus, line.clearFocus):
        line.painted = 0
        turn()
        qtbot.waitUntil(lambda: line.painted > 0)
    assert not line.hasFocus()


def test_what_does_not_change_the_look_paints_nothing_anew(line) -> None:
    line.painted = 0
    QApplication.sendEvent(line, QEvent(QEvent.Type.ToolTipChange))
    QApplication.processEvents()
    assert line.painted == 0
    assert not is_other_look(QEvent(QEvent.Type.EnabledChange))

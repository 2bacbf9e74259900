"""Rows that break like words."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QPushButton, QWidget

from lepton_studio.gui.widgets.flow_layout import FlowLayout


@pytest.fixture
def four(qtbot) -> tuple[QWidget, list[QPushButton]]:
    widget = QWidget()
    qtbot.addWidget(widget)
    layout = FlowLayout(8, widget)
    buttons = [QPushButton(text) for text in ("one", "two and more", "three", "four")]
    for button in buttons:
        layout.addWidget(button)
    return widget, buttons


def test_all_stand_in_one_row_where_there_is_room(four) -> None:
    widget, buttons = four
    widget.resize(widget.sizeHint())
    widget.show()
    assert len({button.y() for button in buttons}) == 1
    assert buttons[-1].geometry().right() < widget.width()
    assert all(button.width() == button.sizeHint().width() for button in buttons)


def test_what_has_no_room_goes_on_below_and_is_not_cut(four) -> None:
    widget, buttons = four
    width = buttons[0].sizeHint().width() + 8 + buttons[1].sizeHint().width()
    widget.resize(width, widget.layout().heightForWidth(width))
    widget.show()
    assert buttons[0].y() == buttons[1].y() < buttons[2].y()
    assert all(widget.rect().contains(button.geometry()) for button in buttons)


def test_hidden_ones_take_no_room(four) -> None:
    widget, buttons = four
    widget.show()
    before = widget.sizeHint().width()
    buttons[1].hide()
    assert widget.sizeHint().width() == before - buttons[1].sizeHint().width() - 8
    assert widget.minimumSizeHint().width() < before

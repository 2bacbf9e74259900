"""The columns of Draw: the canvas is the largest, nothing is cut off, and what a person chose stays."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.draw_columns import DrawColumns


@pytest.fixture
def columns(qtbot: Any) -> DrawColumns:
    made = DrawColumns(QWidget(), QWidget(), QWidget(), QWidget())
    qtbot.addWidget(made)
    made.resize(1040, 600)
    made.show()
    QApplication.processEvents()
    return made


def fit(columns: DrawColumns, width: int) -> list[int]:
    columns.resize(width, 600)
    QApplication.processEvents()
    return columns.sizes()


@pytest.mark.parametrize("width", [870, 1040, 1650, 3400])
def test_the_canvas_is_the_largest_of_three(columns: DrawColumns, width: int) -> None:
    canvas, answer, collecting, side = fit(columns, width)
    assert not columns.is_short
    assert canvas > max(answer, side) >= min(answer, side) > 0 == collecting
    assert canvas + answer + side <= width


@pytest.mark.parametrize("width", [640, 790])
def test_without_room_for_three_answer_and_explanations_take_turns(columns: DrawColumns, width: int) -> None:
    canvas, answer, _, side = fit(columns, width)
    assert columns.is_short
    assert answer > 0 == side
    columns.set_explaining(True)
    QApplication.processEvents()
    canvas, answer, _, side = columns.sizes()
    assert canvas > side > 0 == answer
    # As soon as there is room they stand beside each other.
    assert min(fit(columns, 1040)[0], fit(columns, 1040)[1], fit(columns, 1040)[3]) > 0


def test_collecting_takes_the_room_of_both(columns: DrawColumns) -> None:
    columns.set_collecting(True)
    QApplication.processEvents()
    canvas, answer, collecting, side = columns.sizes()
    assert collecting > canvas > 0 == answer == side
    columns.set_collecting(False)
    QApplication.processEvents()
    assert columns.sizes()[2] == 0


def test_what_a_person_chose_stays_at_the_next_start(columns: DrawColumns, qtbot: Any) -> None:
    assert columns.saveState().isEmpty()
    columns.moveSplitter(400, 1)
    chosen = columns.sizes()
    again = DrawColumns(QWidget(), QWidget(), QWidget(), QWidget())
    qtbot.addWidget(again)
    assert not again.restoreState(again.saveState())
    again.resize(1040, 600)
    assert again.restoreState(columns.saveState())
    again.show()
    QApplication.processEvents()
    assert abs(again.sizes()[0] - chosen[0]) < 8
    assert abs(chosen[0] - 400) < 8


def test_the_least_widths_follow_the_size_of_letters(qapp: QApplication, qtbot: Any) -> None:
    theme.apply_theme(qapp, "light", 1.75)
    made = DrawColumns(QWidget(), QWidget(), QWidget(), QWidget())
    qtbot.addWidget(made)
    made.show()
    assert sum(fit(made, 1200)) <= 1200
    assert made.is_short
    theme.apply_theme(qapp, "light", 1.0)

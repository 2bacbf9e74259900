"""A table of rows: figures, roles, search, and a choice that stays."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.facts_table import Column, FactsRow, FactsTable

ROWS = [
    FactsRow("a", ("First", "finished", "98.7 %"), ((1, "good"),), "all is well"),
    FactsRow("b", ("Second", "failed", ""), ((1, "bad"),)),
    FactsRow("c", ("Third", "stopped", "45.1 %")),
]


@pytest.fixture
def table(qtbot) -> FactsTable:
    widget = FactsTable((Column("Name"), Column("State"), Column("Accuracy", figures=True)))
    qtbot.addWidget(widget)
    widget.resize(500, 300)
    widget.show()
    qtbot.waitExposed(widget)
    widget.show_rows(ROWS)
    return widget


@pytest.fixture
def chosen(table) -> list[str]:
    heard: list[str] = []
    table.itemSelectionChanged.connect(lambda: heard.append(table.chosen_key))
    return heard


def click(table: FactsTable, row: int) -> None:
    place = table.visualItemRect(table.item(row, 0)).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_cells_headings_and_tips_are_shown(table) -> None:
    assert [table.horizontalHeaderItem(column).text() for column in range(3)] == ["Name", "State", "Accuracy"]
    assert [table.item(0, column).text() for column in range(3)] == ["First", "finished", "98.7 %"]
    assert table.item(0, 2).toolTip() == "all is well"


def test_figures_stand_at_the_right_and_verdicts_have_their_colour(table) -> None:
    assert table.item(0, 2).textAlignment() & Qt.AlignmentFlag.AlignRight
    assert table.item(0, 1).foreground().color() == QColor(theme.tokens().good)
    assert table.item(1, 1).foreground().color() == QColor(theme.tokens().bad)
    assert table.item(2, 1).foreground().style() == Qt.BrushStyle.NoBrush


def test_the_first_row_is_chosen_and_a_click_chooses_another(table, chosen) -> None:
    assert table.chosen_key == "a"
    click(table, 2)
    assert chosen == ["c"]


def test_the_choice_stays_with_its_key_when_rows_are_read_again(table, chosen) -> None:
    click(table, 1)
    table.show_rows([FactsRow("new", ("Newest", "running", "")), *ROWS])
    assert table.chosen_key == "b"
    assert chosen == ["b", "b"]


def test_the_choice_goes_to_the_first_row_when_its_own_is_gone(table) -> None:
    click(table, 1)
    table.show_rows([ROWS[2], ROWS[0]])
    assert table.chosen_key == "c"


def test_an_empty_table_has_no_choice_and_says_what_it_will_show(table, chosen) -> None:
    table.set_placeholder("Nothing yet")
    table.show_rows([])
    table.grab()
    assert table.chosen_key == ""
    assert chosen == [""]
    table.show_rows(ROWS)
    assert table.chosen_key == "a"


def test_the_search_hides_what_does_not_match(table) -> None:
    for text, shown in (("sec", [1]), (" FINISHED ", [0]), ("%", [0, 2]), ("nothing", []), ("", [0, 1, 2])):
        table.filter(text)
        assert [row for row in range(3) if not table.isRowHidden(row)] == shown


def test_a_row_that_the_search_hides_is_chosen_no_more(table, chosen) -> None:
    table.filter("second")
    assert table.chosen_key == ""
    assert chosen == [""]
    click(table, 1)
    table.filter("sec")
    assert table.chosen_key == "b"


def test_cells_cannot_be_typed_into(table) -> None:
    click(table, 0)
    QTest.keyClicks(table, "x")
    assert table.state() != FactsTable.State.EditingState
    assert table.item(0, 0).text() == "First"


def test_tab_leaves_the_table(qtbot) -> None:
    box, table, other = QWidget(), FactsTable((Column("Name"), Column("State"))), QLineEdit()
    qtbot.addWidget(box)
    layout = QVBoxLayout(box)
    layout.addWidget(table)
    layout.addWidget(other)
    table.show_rows([FactsRow("a", ("First", "finished"))])
    box.show()
    qtbot.waitExposed(box)
    table.setFocus()
    QTest.keyClick(table, Qt.Key.Key_Tab)
    assert box.focusWidget() is other


def test_rows_that_stay_as_they_were_are_left_alone(qtbot) -> None:
    table = FactsTable((Column("Name"), Column("State")))
    qtbot.addWidget(table)
    table.show_rows([FactsRow("a", ("A", "waiting")), FactsRow("b", ("B", "waiting"))])
    first, second = table.item(0, 1), table.item(1, 1)
    table.show_rows([FactsRow("a", ("A", "waiting")), FactsRow("b", ("B", "done")), FactsRow("c", ("C", "new"))])
    assert table.item(0, 1) is first
    assert table.item(1, 1) is not second
    assert [table.item(row, 1).text() for row in range(3)] == ["waiting", "done", "new"]


def test_spare_columns_make_room_for_the_names_from_right_to_left(qtbot) -> None:
    widget = FactsTable((Column("Name"), Column("State"), Column("Time", spare=True), Column("Started", spare=True)))
    qtbot.addWidget(widget)
    widget.show()
    widget.show_rows([FactsRow("a", ("A network of a long name", "finished", "12 min 30 s", "11-27 11:01"))])

    def left_out(width: int) -> list[int]:
        widget.resize(width, 200)
        return [column for column in range(4) if widget.isColumnHidden(column)]

    assert left_out(900) == []
    widths = range(800, 250, -20)
    assert [left_out(width) for width in widths] == sorted((left_out(width) for width in widths), key=len)
    assert left_out(330) == [2, 3]
    assert any(left_out(width) == [3] for width in widths)
    assert left_out(900) == []
    assert all(widget.columnWidth(0) >= theme.px(180) for width in widths if left_out(width) in ([], [3]))


def test_a_search_that_finds_nothing_is_told(table) -> None:
    table.filter("")
    full = table.grab().toImage()
    table.filter("no such run")
    assert all(table.isRowHidden(row) for row in range(table.rowCount()))
    nothing = table.grab().toImage()
    ground = QColor(theme.tokens().surface).rgb()
    middle = [nothing.pixel(x, y) for x in range(100, 400) for y in range(120, 200)]
    assert any(pixel != ground for pixel in middle)
    assert nothing != full

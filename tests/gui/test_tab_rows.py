"""Words of tabs that are laid out in as few rows as have room for them."""

from __future__ import annotations

import pytest

from lepton_studio.gui.widgets.tab_rows import TabRows, rows_for


@pytest.mark.parametrize(
    ("widths", "room", "rows"),
    [
        ([50] * 7, 350, (7,)),
        ([50] * 7, 349, (4, 3)),
        ([100, 10, 10, 100], 120, (2, 2)),
        ([200, 50, 50], 100, (1, 1, 1)),
        ([], 100, ()),
    ],
    ids=["just enough", "one pixel less", "long ones apart", "one too long", "none"],
)
def test_words_take_as_few_rows_as_have_room(widths: list[int], room: int, rows: tuple[int, ...]) -> None:
    assert rows_for(widths, room) == rows


def test_words_are_laid_out_anew_when_the_room_changes(qtbot) -> None:
    rows = TabRows("some")
    qtbot.addWidget(rows)
    words = ("Layers & more", "Why", "Alike")
    rows.show_words(words, words, 1000)
    rows.show()
    rows.mark(1)
    assert [each.objectName() for each in rows.buttons] == ["some_0", "some_1", "some_2"]
    assert rows.buttons[0].text() == "Layers && more"
    assert rows.buttons[1].isChecked()
    before = rows.buttons
    rows.show_words(words, words, 900)
    assert rows.buttons is before
    rows.show_words(words, words, 60)
    assert len(rows.buttons) == 3
    assert rows.buttons is not before

"""Names and figures below each other, with verdicts in words and shape."""

from __future__ import annotations

import pytest

from lepton_studio.gui.widgets.figure_rows import FigureRows


@pytest.fixture
def rows(qtbot) -> FigureRows:
    rows = FigureRows()
    qtbot.addWidget(rows)
    rows.add_row("time", "One epoch", "Once through all pictures.")
    rows.add_row("memory", "Memory")
    return rows


def test_what_is_not_known_is_a_dash_and_what_is_known_is_also_read_aloud(rows: FigureRows) -> None:
    assert rows.value("time") == "–"
    rows.show_value("time", "2 s")
    assert rows.value("time") == "2 s"
    assert rows._values["time"].accessibleName() == "One epoch: 2 s"
    assert rows._values["time"].toolTip() == "Once through all pictures."
    rows.show_value("time", "")
    assert rows.value("time") == "–"


def test_a_verdict_has_words_and_a_picture_and_can_go(rows: FigureRows) -> None:
    assert rows.verdict("memory") == ""
    rows.show_verdict("memory", "", "")
    assert rows.verdict("memory") == ""
    rows.show_verdict("memory", "bad", "does not fit")
    assert rows.verdict("memory") == "does not fit"
    line, picture, words = rows._verdicts["memory"]
    bad = picture.pixmap().toImage()
    assert words.property("role") == "bad"
    rows.show_verdict("memory", "good", "fits")
    assert rows.verdict("memory") == "fits"
    assert picture.pixmap().toImage() != bad
    assert rows._layout.indexOf(line) == rows._layout.indexOf(rows._lines["memory"]) + 1
    rows.show_verdict("memory", "", "")
    assert rows.verdict("memory") == ""


def test_a_row_can_be_renamed_and_hidden(rows: FigureRows) -> None:
    rows.rename("time", "All 10 epochs")
    assert rows._names["time"].text() == "All 10 epochs"
    rows.set_row_visible("time", False)
    assert rows._lines["time"].isHidden()
    assert not rows._lines["memory"].isHidden()

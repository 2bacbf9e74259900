"""Below the canvas stands what was just kept, for as long as it can be taken back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from lepton_studio.engine import Interventions, Run, Stroke, open_book
from lepton_studio.gui.correction_line import CorrectionLine
from lepton_studio.gui.corrections import Corrections
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.intervention_note import intervene
from lepton_studio.gui.session import Session

LINE = (Stroke(((0.3, 0.2), (0.5, 0.5), (0.5, 0.8)), 0.1),)
OTHER = (Stroke(((0.2, 0.8), (0.8, 0.8)), 0.1),)
LABEL = "south west"


@pytest.fixture
def easel(tiny_session: Session, trained_run: Run) -> Iterator[Easel]:
    tiny_session.choose(trained_run)
    easel = Easel(tiny_session)
    easel.take_run()
    easel.show(LINE)
    easel.answer_if_due()
    yield easel
    easel.stop()


@pytest.fixture
def corrections(easel: Easel) -> Corrections:
    return Corrections(easel, easel)


@pytest.fixture
def line(easel: Easel, corrections: Corrections, qtbot: Any) -> CorrectionLine:
    line = CorrectionLine(easel, corrections)
    qtbot.addWidget(line)
    line.resize(420, 40)
    line.show()
    return line


def undo_of(line: CorrectionLine) -> QPushButton:
    found = line.findChild(QPushButton, "correction_undo")
    assert found is not None
    return found


def test_it_is_empty_and_as_high_until_something_is_kept(line: CorrectionLine, corrections: Corrections) -> None:
    height = line.height()
    assert (line.text, undo_of(line).isVisible()) == ("", False)
    corrections.keep(LABEL)
    assert LABEL in line.text
    assert undo_of(line).isVisible()
    assert line.height() == height


def test_its_button_takes_the_drawing_out_again(line: CorrectionLine, corrections: Corrections) -> None:
    corrections.keep(LABEL)
    assert len(open_book(corrections.name).drawings) == 1
    QTest.mouseClick(undo_of(line), Qt.MouseButton.LeftButton)
    assert "Taken back" in line.text
    assert not undo_of(line).isVisible()
    assert not open_book(corrections.name).drawings


@pytest.mark.parametrize("step", ["another drawing", "another network"])
def test_it_says_nothing_of_what_is_gone(
    step: str, line: CorrectionLine, corrections: Corrections, easel: Easel
) -> None:
    corrections.keep(LABEL)
    if step == "another drawing":
        easel.show(OTHER)
        easel.answer_if_due()
    else:
        easel.take_run()
    assert (line.text, undo_of(line).isVisible()) == ("", False)


def test_what_cannot_be_kept_is_a_warning_without_undo(
    line: CorrectionLine, corrections: Corrections, easel: Easel
) -> None:
    easel.show(())
    easel.answer_if_due()
    corrections.keep(LABEL)
    assert "Nothing is drawn yet" in line.text
    assert line._text.property("role") == "warning"
    assert not undo_of(line).isVisible()


def test_a_long_sentence_asks_for_no_more_room_than_a_short_one(line: CorrectionLine, corrections: Corrections) -> None:
    before = line.minimumSizeHint().width()
    corrections.said.emit("A picture has no strokes to keep. Draw it, then press its key. " * 3, "warning")
    # The button is there to take back what was kept; it is not asked for here.
    assert line.minimumSizeHint().width() == before
    assert line._text.isVisible()


def test_what_is_done_to_the_network_stands_there_too_and_is_taken_away(line: CorrectionLine, easel: Easel) -> None:
    height = line.height()
    assert line.note.text == ""
    intervene(easel, Interventions().switched((0,), 1, True))
    assert (line.note.text, line.note.isVisible(), line.height()) == ("1 channel is off", True, height)
    QTest.mouseClick(line.note.reset_button, Qt.MouseButton.LeftButton)
    assert not line.note.isVisible()
    assert easel.predictor is not None
    assert not easel.predictor.interventions

"""``lepton-studio teach``: drawings become part of what a network knows."""

from __future__ import annotations

from typing import Any

import pytest

from lepton_studio.engine import teaching
from lepton_studio.engine.drawing_book import create_book
from lepton_studio.engine.run_store import find_run, list_runs
from lepton_studio.engine.strokes import Stroke
from lepton_studio.engine.teaching import Teaching

SEVEN = (Stroke(((0.3, 0.2), (0.7, 0.2), (0.45, 0.85)), 0.07), Stroke(((0.35, 0.5), (0.65, 0.5)), 0.07))


class Short(Teaching, frozen=True):
    """So few steps and pictures that a test can wait for it."""

    steps: int = 2
    least_steps: int = 1
    held: int = 60
    largest_loss: float = 1.0


@pytest.fixture
def _sevens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teaching, "Teaching", Short)
    book = create_book("Sevens")
    book.add("7", SEVEN)
    book.add("7", SEVEN)
    book.add_class("eszett")
    book.add("eszett", SEVEN)


@pytest.mark.usefixtures("_sevens")
def test_it_makes_a_run_and_gives_the_figures_before_and_after(ask: Any) -> None:
    answer = ask("teach", "bundled", "--drawings", "Sevens", "--name", "Mine", "--json")
    assert answer.status == 0, answer.err
    value = answer.value
    assert value["name"] == "Mine"
    assert value["learned"]["of"] == value["aside"]["of"] == 1
    assert value["left_out"] == 1
    assert set(value["old"]) == {"before", "after", "of"}
    assert find_run(value["run"]).record.state == "finished"
    assert find_run(value["run"]).record.taught_from == value["taught_from"]


@pytest.mark.usefixtures("_sevens")
def test_people_get_a_table(ask: Any) -> None:
    answer = ask("teach", "bundled", "--drawings", "Sevens")
    assert answer.status == 0, answer.err
    assert "your drawings" in answer.out
    assert "set aside for the test" in answer.out
    assert "Left out, because the network does not have their class: 1." in answer.err
    assert len(list_runs()) == 1


def test_drawings_that_are_not_there_are_said_in_one_line(ask: Any) -> None:
    answer = ask("teach", "bundled", "--drawings", "Nobody's")
    assert answer.status == 2
    assert "no drawings called 'Nobody's'" in answer.err
    assert list_runs() == []

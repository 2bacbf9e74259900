"""Views on the command line: made, listed, counted, trained on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lepton_studio.engine.dataset import load_samples
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.engine.datasets.image_folder import ImageFolder
from lepton_studio.engine.datasets.view import ClassChange, View, save_view, saved_views
from lepton_studio.engine.hand_labels import HandLabels, save_hand_labels
from lepton_studio.engine.run_store import list_runs
from lepton_studio.engine.splits import Splits

Ask = Callable[..., tuple[int, Any, str]]
SMALL = ("--epochs", 1, "--set", "samples_per_epoch=64", "--set", "device=cpu", "--set", "precision=float32")


@pytest.fixture
def ask(ask: Callable[..., Any]) -> Ask:
    """The exit status, the JSON and what was said besides."""

    def run(*words: object) -> tuple[int, Any, str]:
        answer = ask(*words)
        is_value = "--json" in words and not answer.status
        return answer.status, answer.value if is_value else answer.out, answer.err

    return run


def test_datasets_are_joined_under_a_name_and_the_name_is_a_dataset(ask: Ask) -> None:
    words = ("bundled_digits", "bundled_digits", "--name", "Odd or even", "--per-class", 30)
    renames = [f"--rename={digit}={'odd' if digit % 2 else 'even'}" for digit in range(9)]
    status, made, _ = ask("data", "join", *words, *renames, "--rename", "9=", "--json")
    # Nine digits that stay, 100 for the test of each, twice; and 30 to learn from of each of the two new classes.
    assert (status, made) == (0, {"dataset": "Odd or even", "samples": 1860, "classes": ["even", "odd"]})
    view = saved_views()["Odd or even"]
    assert isinstance(view, View)
    assert view.members == (BundledDigits(), BundledDigits())
    assert view.changes[9] == ClassChange("9", "")
    rows = {row["dataset"]: row for row in ask("data", "list", "--json")[1]}
    assert rows["Odd or even"]["here"] is True
    assert rows["Odd or even"]["type"] == "view"
    assert "Odd or even" in ask("data", "list")[1]
    told = ask("data", "info", "Odd or even", "--json")[1]
    assert (told["samples"], told["classes"]) == (1860, ["even", "odd"])
    assert told["per_class"][0] == {"name": "even", "train": 27, "validation": 3, "test": 1000}
    assert ask("data", "join", *words[:-2], "--json")[1]["dataset"] == "Odd or even 2"


def test_the_parts_of_a_dataset_share_nothing_and_are_all_of_it(ask: Ask) -> None:
    words = ("data", "join", "bundled_digits", "--share", 0.2, "--json")
    first = ask(*words, "--name", "First", "--part", "first")[1]["samples"]
    rest = ask(*words, "--name", "Rest", "--part", "rest")[1]["samples"]
    assert (first, rest) == (1000, 4000)


def test_a_saved_view_is_trained_on_with_a_test_that_is_drawn(ask: Ask) -> None:
    ask("data", "join", "bundled_digits", "--name", "Few", "--per-class", 20, "--rename", "0=", "--json")
    status, told, said = ask(
        "train", "--dataset", "Few", *SMALL, "--set", "splits.test=drawn", "--set", "splits.test_share=0.5", "--json"
    )
    assert status == 0, said
    run = list_runs()[0]
    assert run.experiment.splits == Splits(test="drawn", test_share=0.5)
    assert run.experiment.dataset == saved_views()["Few"]
    assert len(run.record.class_names) == 9
    assert ask("evaluate", told["run"], "--json")[1]["samples"] == 9 * 60


def test_an_evaluation_uses_the_labels_of_the_run(ask: Ask) -> None:
    ask("train", *SMALL, "--json")
    before = ask("evaluate", "last", "--json")[1]
    samples = load_samples(BundledDigits())
    save_hand_labels(BundledDigits(), HandLabels().changed(samples, range(len(samples)), "7"))
    assert ask("evaluate", "last", "--json")[1] == before
    assert ask("data", "info", "bundled_digits", "--json")[1]["per_class"][7]["test"] == 1000


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("bundled_digits", "--name", "x", "--rename", "12=a"), "changes a class called '12'"),
        (("bundled_digits", "--name", "x", "--rename", "1=a", "--rename", "1=b"), "class '1' twice"),
        (("bundled_digits", "--name", "x", "--rename", "one"), "renames nothing"),
        (("bundled_digits", "--name", "x", "--part", "half"), "no part called 'half'"),
        (("bundled_digits", "--name", "x", "--share", "2"), "Invalid value for '--share'"),
        (("bundled_digits", "--name", "x", "--per-class", "-1"), "Invalid value for '--per-class'"),
        (("bundled_digit", "--name", "x"), "Did you mean 'bundled_digits'?"),
        (("bundled_digits",), "--name"),
        (("--name", "x"), "DATASET"),
    ],
)
def test_what_cannot_be_joined_is_told_in_a_line_and_nothing_is_kept(
    ask: Ask, words: tuple[str, ...], what: str
) -> None:
    status, _, said = ask("data", "join", *words)
    assert status == 2
    assert what in said
    assert saved_views() == {}


def test_a_view_whose_dataset_is_gone_names_it(ask: Ask, home: Path) -> None:
    save_view(View("Pets and digits", (BundledDigits(), ImageFolder("Pets"))))
    rows = {row["dataset"]: row for row in ask("data", "list", "--json")[1]}
    assert rows["Pets and digits"]["here"] is False
    status, _, said = ask("data", "info", "Pets and digits")
    assert status == 2
    assert "no imported dataset called 'Pets'" in said

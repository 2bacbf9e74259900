"""Drawings as a dataset like any other: read, joined, trained on."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np
import pytest

from lepton_studio.engine.catalogue import all_datasets
from lepton_studio.engine.dataset import Dataset, load_samples
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.engine.datasets.drawings import Drawings
from lepton_studio.engine.datasets.view import View
from lepton_studio.engine.drawing_book import create_book
from lepton_studio.engine.drawing_entries import is_set_aside
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.experiment import Experiment
from lepton_studio.engine.strokes import Stroke, render_strokes

BAR = Stroke(((0.5, 0.2), (0.5, 0.8)), 0.075)


def slanted(number: int) -> Stroke:
    return Stroke(((0.3 + number / 100, 0.2), (0.6, 0.8)), 0.075)


def test_drawings_are_samples_with_author_date_and_place_in_the_test() -> None:
    book = create_book("Ours", ("bar", "dot", "none"))
    kept = [book.add("dot" if number % 2 else "bar", [slanted(number)], "Ana") for number in range(14)]
    samples = load_samples(all_datasets()["Ours"])
    assert samples.class_names == ("bar", "dot", "none")
    assert samples.labels.tolist() == [0, 1] * 7
    assert samples.shape == (1, 28, 28)
    assert all(np.array_equal(samples.images[at], render_strokes((slanted(at),))) for at in range(14))
    assert samples.is_test.tolist() == [is_set_aside(each.id) for each in kept]
    when = kept[0].created[:16].replace("T", " ")
    assert samples.origins[0] == f"drawn by Ana, {when}"
    assert {samples.label_source(at) for at in range(14)} == {"drawn"}


def test_each_class_has_some_to_learn_from_and_some_for_the_test() -> None:
    book = create_book("Ours", ("a", "b"))
    for _ in range(10):
        for label in "ab":
            book.add(label, [BAR])
    samples = load_samples(Drawings("Ours"))
    assert [int(samples.is_test[samples.labels == label].sum()) for label in (0, 1)] == [2, 2]


def test_samples_do_not_move_when_others_come_and_go() -> None:
    book = create_book("Ours")
    for _ in range(30):
        book.add("7", [BAR], "Ana")
    before = {each.id: side for each, side in zip(book.drawings.values(), load_samples(Drawings("Ours")).is_test)}  # noqa: B905
    book.remove(list(before)[::3])
    for _ in range(30):
        book.add("7", [BAR], "Bo")
    after = {each.id: side for each, side in zip(book.drawings.values(), load_samples(Drawings("Ours")).is_test)}  # noqa: B905
    assert len(before.keys() & after.keys()) == 20
    assert all(after[identity] == before[identity] for identity in before.keys() & after.keys())


def test_what_is_only_for_the_test_is_learned_from_rather_than_nothing() -> None:
    book = create_book("Ours")
    first = book.add("7", [BAR])
    book.add("7", [BAR])
    book.remove([first.id])
    samples = load_samples(Drawings("Ours"))
    assert samples.is_test.tolist() == [False]
    assert np.isfinite(samples.mean_and_std[0][0])


def test_an_empty_or_missing_collection_says_what_to_do() -> None:
    with pytest.raises(LeptonError, match="Collect some on the Draw page"):
        load_samples(Drawings("Ours"))
    assert not Drawings("Ours").is_here()
    create_book("Ours")
    assert Drawings("Ours").is_here()
    with pytest.raises(LeptonError, match="no drawings in Ours yet"):
        load_samples(Drawings("Ours"))


def test_a_damaged_line_is_told_while_the_rest_is_read(caplog: pytest.LogCaptureFixture) -> None:
    book = create_book("Ours")
    book.add("7", [BAR])
    with book.path.open("ab") as file:
        file.write(b'{"entry":"drawing","id":"1')
    said = [getattr(item, "text", "") for item in Drawings("Ours").load()]
    assert any("cut off" in text for text in said)
    assert "cut off" in caplog.text
    assert len(load_samples(Drawings("Ours"))) == 1


def test_drawings_are_joined_to_the_bundled_digits_by_a_view() -> None:
    book = create_book("Ours", ("7", "cat"))
    for label in ("7", "7", "cat"):
        book.add(label, [BAR], "Ana")
    digits, joined = load_samples(BundledDigits()), load_samples(View(members=(BundledDigits(), Drawings("Ours"))))
    assert joined.class_names == (*"0123456789", "cat")
    assert len(joined) == len(digits) + 3
    assert joined.labels[-3:].tolist() == [7, 7, 10]
    assert np.array_equal(joined.images[-1], render_strokes((BAR,)))
    assert [joined.label_source(at) for at in (0, -1)] == ["publisher", "drawn"]
    assert joined.origins[-1].startswith("drawn by Ana")
    assert joined.is_test.tolist() == [*digits.is_test.tolist(), False, True, False]


def test_an_experiment_remembers_its_drawings(tiny_experiment: Experiment) -> None:
    experiment = msgspec.structs.replace(tiny_experiment, dataset=Drawings("Ours"))
    assert msgspec.json.decode(msgspec.json.encode(experiment), type=Experiment) == experiment


@pytest.mark.parametrize("name", ["", "..", "../Ours", "/etc", "Ours/"])
def test_a_name_out_of_a_file_leads_nowhere_else(name: str) -> None:
    create_book("Ours")
    assert not Drawings(name).is_here()
    with pytest.raises(LeptonError):
        load_samples(Drawings(name))


def test_progress_is_told_and_the_reading_can_be_left() -> None:
    book = create_book("Ours")
    for _ in range(3):
        book.add("1", [BAR])
    dataset: Dataset = Drawings("Ours")
    steps: Iterator[object] = dataset.read()
    next(steps)
    steps.close()  # type: ignore[attr-defined]
    assert [path.name for path in book.path.parent.iterdir()] == ["drawings.jsonl"]

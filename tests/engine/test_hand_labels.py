"""Labels changed by hand: kept apart, undone without a trace, and never put on another picture."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepton_studio import paths
from lepton_studio.engine.archives import archive_run, import_archive
from lepton_studio.engine.dataset import Samples, load_samples
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.engine.datasets.image_folder import ImageFolder
from lepton_studio.engine.datasets.view import View
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.evaluation import Evaluation, load_and_evaluate
from lepton_studio.engine.events import EpochFinished
from lepton_studio.engine.experiment import Experiment
from lepton_studio.engine.files import write_bytes, write_struct
from lepton_studio.engine.hand_labels import (
    HandLabel,
    HandLabels,
    count_hand_labels,
    exchange_labels,
    labels_file,
    read_hand_labels,
    save_hand_labels,
)
from lepton_studio.engine.runs import LABELS, RECORD, Run
from lepton_studio.engine.training import start_training

NONE = HandLabels()
DIGITS = BundledDigits()


def same(samples: Samples, other: Samples) -> bool:
    return (
        np.array_equal(samples.labels, other.labels)
        and [samples.label_source(at) for at in range(len(samples))]
        == [other.label_source(at) for at in range(len(other))]
        and samples.images is other.images
    )


@pytest.fixture
def digits(monkeypatch: pytest.MonkeyPatch, tiny_samples: Samples) -> Samples:
    """The bundled digits are a few small pictures, which load as any dataset does."""
    monkeypatch.setattr(BundledDigits, "read", lambda _: iter([tiny_samples]))
    return tiny_samples


def test_changed_labels_are_loaded_with_the_dataset_and_the_dataset_stays_as_it_was(digits: Samples) -> None:
    before = digits.labels.copy()
    save_hand_labels(DIGITS, NONE.changed(load_samples(DIGITS), np.array([3, 8]), "north west"))
    samples = load_samples(DIGITS)
    assert [samples.class_of(at) for at in (3, 8)] == ["north west", "north west"]
    assert [samples.label_source(at) for at in (3, 8, 4)] == ["hand", "publisher", "publisher"]
    assert np.flatnonzero(samples.labels != before).tolist() == [3]
    assert np.array_equal(digits.labels, before)
    assert count_hand_labels(samples) == 1
    assert same(load_samples(DIGITS), samples)


def test_a_label_that_is_what_the_dataset_says_again_is_no_change_and_leaves_no_file(digits: Samples) -> None:
    samples = load_samples(DIGITS)
    changed = NONE.changed(samples, [1], "south west")
    save_hand_labels(DIGITS, changed)
    assert labels_file(DIGITS).exists()
    back = changed.changed(load_samples(DIGITS), [1], samples.class_of(1))
    assert back == NONE
    save_hand_labels(DIGITS, back)
    assert not labels_file(DIGITS).exists()
    save_hand_labels(DIGITS, back)
    assert read_hand_labels(DIGITS).labels == ()
    assert same(load_samples(DIGITS), samples)


steps = st.lists(st.tuples(st.lists(st.integers(0, 19), max_size=5), st.integers(0, 3)), max_size=6)


@given(steps=steps)
def test_steps_of_relabelling_are_undone_and_done_again_exactly(steps: list[tuple[list[int], int]]) -> None:
    random = np.random.default_rng(2)
    first = Samples(
        random.integers(0, 9, (20, 1, 2, 2), dtype=np.uint8),
        random.integers(0, 4, 20),
        tuple("abcd"),
        np.zeros(20, bool),
        label_sources=random.integers(0, 3, 20).astype(np.uint8),
    )
    history = [(NONE, first)]
    for positions, label in steps:
        before, samples = history[-1]
        after = before.changed(samples, positions, "abcd"[label])
        history.append((after, exchange_labels(samples, before, after)))
        assert all(history[-1][1].class_of(at) == "abcd"[label] for at in positions)
    for (older, as_was), (newer, samples) in itertools.pairwise(history):
        assert same(exchange_labels(samples, newer, older), as_was)
        assert same(exchange_labels(as_was, older, newer), samples)
    last, samples = history[-1]
    assert same(exchange_labels(first, NONE, last), samples)
    assert same(exchange_labels(samples, NONE, last), samples)
    restored = last.without(range(20))
    assert restored.labels == ()
    assert same(exchange_labels(samples, last, restored), first)


def test_a_change_does_not_land_on_another_picture(tiny_samples: Samples) -> None:
    changed = NONE.changed(tiny_samples, [4, 8], "north east")
    # Four and eight have the same class; the dataset was fetched anew, and the fourth picture is another.
    images = tiny_samples.images.copy()
    images[4, 0, 0, 0] ^= 1
    anew = exchange_labels(replace(tiny_samples, images=images), NONE, changed)
    assert [anew.label_source(at) for at in (4, 8)] == ["publisher", "hand"]
    # It can be labelled all the same, and taken back.
    again = changed.changed(anew, [4], "south west")
    made = exchange_labels(anew, changed, again)
    assert [made.class_of(at) for at in (4, 8)] == ["south west", "north east"]
    assert np.array_equal(exchange_labels(made, again, NONE).labels, tiny_samples.labels)


@pytest.mark.parametrize(
    "stale",
    [
        HandLabel(500, "north west", "publisher", "north east"),
        HandLabel(-1, "north west", "publisher", "north east"),
        HandLabel(0, "gone", "publisher", "north east"),
        HandLabel(0, "north west", "publisher", "gone"),
        HandLabel(0, "north west", "nobody", "north east"),
        HandLabel(0, "south west", "publisher", "north east"),
    ],
    ids=["too far", "negative", "no such class", "no such label", "no such source", "another class"],
)
def test_a_change_that_does_not_fit_is_left_out_and_leaves_nothing(tiny_samples: Samples, stale: HandLabel) -> None:
    labels = HandLabels(labels=(stale,))
    made = exchange_labels(tiny_samples, NONE, labels)
    assert same(made, tiny_samples)
    assert same(exchange_labels(made, labels, NONE), tiny_samples)


def test_a_class_or_a_sample_that_is_not_there_is_refused(tiny_samples: Samples) -> None:
    with pytest.raises(LeptonError, match="no class called 'west'"):
        NONE.changed(tiny_samples, [1], "west")
    for at in (-1, len(tiny_samples)):
        with pytest.raises(IndexError):
            NONE.changed(tiny_samples, [at], "south west")


@pytest.mark.parametrize("content", [b"", b"{", b'{"labels": 3}', b'{"format": "something"}', b"\xff"])
def test_a_damaged_file_is_named_and_kept(digits: Samples, content: bytes) -> None:
    path = labels_file(DIGITS)
    write_bytes(path, content)
    with pytest.raises(LeptonError, match=r"bundled_digits\.json") as caught:
        load_samples(DIGITS)
    assert "move it away" in caught.value.remedy
    assert path.read_bytes() == content


def test_a_file_of_a_newer_program_says_so_whatever_is_in_it(digits: Samples) -> None:
    write_bytes(labels_file(DIGITS), b'{"version": 2, "labels": "in another way"}')
    with pytest.raises(LeptonError, match="newer Lepton Studio"):
        load_samples(DIGITS)


def test_datasets_with_other_settings_have_other_files() -> None:
    sets = [DIGITS, ImageFolder("a"), ImageFolder("b"), View("a"), View("a", (DIGITS,)), View("a", (View("a"),))]
    assert len({labels_file(each) for each in sets}) == len(sets)
    assert labels_file(ImageFolder("../../x")).parent == paths.hand_labels()


def test_a_setting_that_comes_later_with_a_default_changes_no_file() -> None:
    class Later(ImageFolder, frozen=True, tag="image_folder"):
        """The same dataset in a newer program."""

        turned: bool = False

    assert labels_file(Later("a")) == labels_file(ImageFolder("a"))
    assert labels_file(Later("a", turned=True)) != labels_file(ImageFolder("a"))


# --- what a run remembers


def relabel(positions: list[int], dataset: BundledDigits | View = DIGITS) -> None:
    labels = read_hand_labels(dataset)
    save_hand_labels(dataset, labels.changed(load_samples(dataset), positions, "south east"))


def test_a_run_counts_the_labels_changed_by_hand_and_an_older_record_opens(
    digits: Samples, tiny_experiment: Experiment
) -> None:
    relabel([0, 1, 3, 94])
    run = Run.create(tiny_experiment)
    list(start_training(run))
    # The fourth sample is in that class anyway.
    assert Run.open(run.folder).record.relabelled == 3
    plain = msgspec.to_builtins(run.record)
    del plain["relabelled"]
    write_struct(run.folder / RECORD, plain)
    assert Run.open(run.folder).record.relabelled == 0


@pytest.mark.parametrize("viewed", [False, True], ids=["dataset", "view"])
@pytest.mark.parametrize("given", [False, True], ids=["loaded", "given"])
def test_labels_changed_later_do_not_alter_a_run_that_goes_on(
    digits: Samples, tiny_experiment: Experiment, viewed: bool, given: bool
) -> None:
    dataset = View(members=(DIGITS,), per_class=15) if viewed else DIGITS
    experiment = msgspec.structs.replace(tiny_experiment, dataset=dataset)
    relabel([0, 1, 2])
    runs = []
    for changed_later in (False, True):
        run = Run.create(experiment)
        events = start_training(run, load_samples(dataset) if given else None)
        for event in events:
            if isinstance(event, EpochFinished):
                break
        events.close()  # type: ignore[attr-defined]
        if changed_later:
            relabel([4, 5, 6, 9, 10, 100])
            assert count_hand_labels(load_samples(dataset)) > run.record.relabelled
        run = Run.open(run.folder)
        list(start_training(run, load_samples(dataset) if given else None))
        assert run.record.state == "finished"
        runs.append(run)
    first, second = runs
    assert first.record.relabelled == second.record.relabelled == count_of_view(experiment, first)
    assert first.history.batch_loss.tobytes() == second.history.batch_loss.tobytes()
    assert first.record.test_loss == second.record.test_loss
    figures = [list(load_and_evaluate(run, None, "train"))[-1] for run in runs]
    assert all(isinstance(each, Evaluation) for each in figures)
    assert np.array_equal(figures[0].labels, figures[1].labels)  # type: ignore[union-attr]


def count_of_view(experiment: Experiment, run: Run) -> int:
    """How many labels of the run's own data were given by hand, by its own file."""
    from lepton_studio.engine.run_samples import load_run_samples

    loaded = [item for item in load_run_samples(run) if isinstance(item, Samples)]
    assert run.experiment == experiment
    return count_hand_labels(loaded[-1])


def test_samples_that_are_loaded_already_are_taken_as_they_are(digits: Samples, tiny_experiment: Experiment) -> None:
    from lepton_studio.engine.run_samples import load_run_samples

    relabel([0])
    run, samples = Run.create(tiny_experiment), load_samples(DIGITS)
    assert list(load_run_samples(run, samples))[-1] is samples
    relabel([4])
    now = load_samples(DIGITS)
    found = list(load_run_samples(run, now))[-1]
    assert isinstance(found, Samples)
    assert np.array_equal(found.labels, samples.labels)


def test_a_run_without_changed_labels_knows_that_there_were_none(digits: Samples, tiny_experiment: Experiment) -> None:
    run = Run.create(tiny_experiment)
    assert not (run.folder / LABELS).exists()
    relabel([0, 1])
    list(start_training(run))
    assert run.record.relabelled == 0


def test_an_archive_carries_the_labels_and_a_damaged_file_of_them_is_named(
    digits: Samples, tiny_experiment: Experiment, tmp_path: Path
) -> None:
    relabel([0, 1])
    run = Run.create(tiny_experiment)
    list(start_training(run))
    archive_run(run, tmp_path / "run.zip")
    save_hand_labels(DIGITS, NONE)
    come = import_archive(tmp_path / "run.zip")
    assert (come.folder / LABELS).read_bytes() == (run.folder / LABELS).read_bytes()
    figures = list(load_and_evaluate(come, None, "train"))[-1]
    assert isinstance(figures, Evaluation)
    write_bytes(run.folder / LABELS, b"{")
    with pytest.raises(LeptonError, match=r"labels\.json"):
        archive_run(run, tmp_path / "bad.zip")
    with pytest.raises(LeptonError, match=r"labels\.json"):
        list(load_and_evaluate(run, None, "train"))

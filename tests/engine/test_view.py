"""Views: other datasets joined, thinned out and renamed, with every sample where it belongs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lepton_studio import paths
from lepton_studio.engine.catalogue import all_datasets
from lepton_studio.engine.dataset import LABEL_SOURCES, Dataset, Samples, load_samples
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.engine.datasets.fashion_mnist import FashionMnist
from lepton_studio.engine.datasets.image_folder import ImageFolder
from lepton_studio.engine.datasets.mnist import Mnist
from lepton_studio.engine.datasets.view import (
    VIEW_FILE,
    ClassChange,
    View,
    fitted_to,
    save_view,
    saved_views,
    views_of,
)
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.experiment import Experiment, default_experiment, read_experiment, save_experiment
from lepton_studio.engine.files import write_bytes
from lepton_studio.engine.hand_labels import HandLabels, save_hand_labels

A, B = BundledDigits(), Mnist()


def samples_of(names: tuple[str, ...], count: int, shape: tuple[int, int, int] = (1, 4, 4), **more: Any) -> Samples:
    """Every picture is known again by its first pixel."""
    random = np.random.default_rng(len(names))
    images = random.integers(0, 256, (count, *shape), dtype=np.uint8)
    images[:, :, 0, 0] = (np.arange(count) % 256)[:, None]
    return Samples(images, random.integers(0, len(names), count), names, np.arange(count) % 5 == 4, **more)


@pytest.fixture
def hold(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Gives the two datasets other samples."""

    def given_samples(first: Samples, second: Samples | None = None) -> None:
        monkeypatch.setattr(BundledDigits, "read", lambda _: iter([Progress("A"), first]))
        monkeypatch.setattr(Mnist, "read", lambda _: iter([Progress("B"), second]))

    return given_samples


def names_and_pixels(samples: Samples) -> list[tuple[str, int]]:
    return [(samples.class_of(at), int(samples.images[at, 0, 0, 0])) for at in range(len(samples))]


# --- joining


def test_grey_and_colour_are_joined_and_classes_of_one_name_are_one(hold: Any) -> None:
    grey, colour = samples_of(("cat", "dog"), 30), samples_of(("dog", "emu", "cat"), 20, (3, 4, 4))
    hold(grey, colour)
    samples = load_samples(View(members=(A, B)))
    assert samples.class_names == ("cat", "dog", "emu")
    assert samples.shape == (3, 4, 4)
    assert names_and_pixels(samples) == names_and_pixels(grey) + names_and_pixels(colour)
    assert np.array_equal(samples.images[:30], np.repeat(grey.images, 3, axis=1))
    assert np.array_equal(samples.images[30:], colour.images)
    assert np.array_equal(samples.is_test, np.concatenate([grey.is_test, colour.is_test]))


def test_what_is_known_of_the_samples_is_joined_too_and_filled_where_nobody_knows(hold: Any) -> None:
    known = samples_of(
        ("cat",), 4, (1, 2, 6),
        is_validation=np.array([True, False, False, False]),
        label_sources=np.full(4, LABEL_SOURCES.index("drawn"), np.uint8),
        origins=["a", "b", "c", "d"],
        sizes=np.full((4, 2), 9, np.int32),
    )  # fmt: skip
    hold(samples_of(("cat",), 3, (1, 2, 6)), known)
    samples = load_samples(View(members=(A, B)))
    assert samples.is_validation is not None
    assert samples.is_validation.tolist() == [False] * 3 + [True] + [False] * 3
    assert [samples.label_source(at) for at in range(7)] == ["publisher"] * 3 + ["drawn"] * 4
    assert list(samples.origins) == ["", "", "", "a", "b", "c", "d"]
    assert samples.sizes is not None
    # Width first.
    assert samples.sizes.tolist() == [[6, 2]] * 3 + [[9, 9]] * 4
    nothing = load_samples(View(members=(A, A)))
    assert (nothing.is_validation, nothing.origins, nothing.sizes) == (None, (), None)


@pytest.mark.parametrize("side", [(28, 28), (32, 32), (28, 40), (40, 30)])
def test_smaller_pictures_are_scaled_into_the_frame_with_their_proportions(hold: Any, side: tuple[int, int]) -> None:
    small, large = samples_of(("a",), 5, (1, 14, 14)), samples_of(("a",), 3, (1, *side))
    hold(small, large)
    samples = load_samples(View(members=(A, B)))
    assert samples.shape == (1, *side)
    assert np.array_equal(samples.images[5:], large.images)
    height, width = side
    shorter = min(side)
    for picture, found in zip(small.images[:, 0], samples.images[:5, 0], strict=True):
        scaled = np.asarray(Image.fromarray(picture).resize((shorter, shorter), Image.Resampling.BILINEAR))
        top, left = round((height - shorter) / 2), round((width - shorter) / 2)
        wanted = np.zeros(side, np.uint8)
        wanted[top : top + shorter, left : left + shorter] = scaled
        assert np.array_equal(found, wanted)


def test_pictures_that_fit_are_not_touched() -> None:
    images = np.zeros((2, 3, 4, 4), np.uint8)
    assert fitted_to(images, (3, 4, 4)) is images
    grey = np.zeros((2, 1, 4, 4), np.uint8)
    assert np.shares_memory(fitted_to(grey, (3, 4, 4)), grey)


# --- classes


def test_classes_are_renamed_merged_exchanged_and_left_out(hold: Any) -> None:
    hold(samples_of(("cat", "dog", "emu", "fox", "gnu"), 60), samples_of(("dog", "hen"), 20))
    changes = (
        ClassChange("cat", "pet"), ClassChange("dog", "pet"), ClassChange("emu"), ClassChange("fox", "gnu"),
        ClassChange("gnu", "fox"),
    )  # fmt: skip
    samples = load_samples(View(members=(A, B), changes=changes))
    assert samples.class_names == ("pet", "gnu", "fox", "hen")
    becomes = {"cat": "pet", "dog": "pet", "fox": "gnu", "gnu": "fox", "hen": "hen"}
    before = names_and_pixels(load_samples(A)) + names_and_pixels(load_samples(B))
    assert names_and_pixels(samples) == [(becomes[name], pixel) for name, pixel in before if name != "emu"]


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ((ClassChange("cow", "calf"),), "class called 'cow', but there is none"),
        ((ClassChange("cat", "a"), ClassChange("cat", "b")), "class 'cat' twice"),
        ((ClassChange("cat"), ClassChange("dog")), "Nothing is left in Farm"),
    ],
)
def test_changes_that_make_no_sense_are_told(hold: Any, changes: tuple[ClassChange, ...], what: str) -> None:
    hold(samples_of(("cat", "dog"), 10))
    with pytest.raises(LeptonError, match=what):
        load_samples(View("Farm", (A,), changes))


# --- parts and numbers


@given(share=st.floats(0.01, 0.99), seed=st.integers(0, 99), per_class=st.integers(0, 9), left_out=st.booleans())
def test_the_first_part_and_the_rest_are_disjoint_and_complete(
    share: float, seed: int, per_class: int, left_out: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        whole = samples_of(("cat", "dog", "emu"), 97)
        patch.setattr(BundledDigits, "read", lambda _: iter([whole]))
        changes = (ClassChange("emu"),) if left_out else ()
        view = View(members=(A,), share=share, seed=seed, changes=changes)
        parts = [_pixels(msgspec.structs.replace(view, part=part)) for part in ("first", "rest")]
        assert not parts[0] & parts[1]
        assert parts[0] | parts[1] == _pixels(view)
        members = np.bincount(whole.labels)[: 2 if left_out else 3]
        assert len(parts[0]) == sum(round(int(count) * share) for count in members)
        fewer = [_pixels(msgspec.structs.replace(view, part=part, per_class=per_class)) for part in ("first", "rest")]
        assert fewer[0] <= parts[0]
        assert fewer[1] <= parts[1]


def _pixels(view: View) -> set[int]:
    try:
        return {pixel for _, pixel in names_and_pixels(load_samples(view))}
    except LeptonError as error:
        if "Nothing is left" in str(error):
            return set()
        raise


def test_so_many_of_each_class_are_taken_and_the_test_stays_whole(hold: Any) -> None:
    whole = samples_of(("cat", "dog", "emu"), 90)
    hold(whole)
    few = load_samples(View(members=(A,), per_class=5))
    assert np.bincount(few.labels[~few.is_test]).tolist() == [5, 5, 5]
    assert int(few.is_test.sum()) == int(whole.is_test.sum())
    more = View(members=(A,), per_class=8)
    # Those of a smaller number are among those of a larger one.
    assert set(names_and_pixels(few)) < set(names_and_pixels(load_samples(more)))
    again = load_samples(View(members=(A,), per_class=5))
    assert names_and_pixels(again) == names_and_pixels(few)
    assert names_and_pixels(load_samples(View(members=(A,), per_class=5, seed=1))) != names_and_pixels(few)
    assert len(load_samples(View(members=(A,), per_class=1000))) == 90


def test_a_label_that_changes_moves_few_other_samples_to_another_part(hold: Any) -> None:
    hold(samples_of(("cat", "dog"), 200))
    view = View(members=(A,), part="first")
    before = _pixels(view)
    other = "dog" if load_samples(A).class_of(0) == "cat" else "cat"
    save_hand_labels(A, HandLabels().changed(load_samples(A), [0], other))
    # The sample itself, and one at the border of each class.
    assert len(before ^ _pixels(view)) <= 3


def test_a_view_counts_itself_without_pictures(hold: Any) -> None:
    hold(samples_of(("cat", "dog"), 50), samples_of(("dog",), 30, (3, 8, 8)))
    view = View(members=(A, B), changes=(ClassChange("cat", "pet"),), part="rest", share=0.3, per_class=9)
    counted = view.counts([load_samples(A), load_samples(B)])
    loaded = load_samples(view)
    assert counted.images.nbytes == 0
    assert np.array_equal(counted.labels, loaded.labels)
    assert np.array_equal(counted.is_test, loaded.is_test)
    assert counted.class_names == loaded.class_names


# --- views of views, labels, memory


def test_a_view_of_views_shows_what_they_show(hold: Any) -> None:
    hold(samples_of(("cat", "dog"), 40), samples_of(("hen",), 20))
    pets = View("Pets", (A,), (ClassChange("cat", "pet"), ClassChange("dog", "pet")), per_class=6)
    both = load_samples(View("Both", (pets, B), (ClassChange("hen", "bird"),)))
    assert both.class_names == ("pet", "bird")
    hens = [("bird", pixel) for _, pixel in names_and_pixels(load_samples(B))]
    assert names_and_pixels(both) == names_and_pixels(load_samples(pets)) + hens


def test_labels_changed_in_a_member_and_in_the_view_are_seen_and_taken_back(hold: Any) -> None:
    hold(samples_of(("cat", "dog"), 10), samples_of(("dog", "hen"), 10))
    view = View(members=(A, B))
    save_hand_labels(B, HandLabels().changed(load_samples(B), [2], "hen" if load_samples(B).labels[2] == 0 else "dog"))
    samples = load_samples(view)
    assert samples.class_of(12) == load_samples(B).class_of(2)
    assert samples.label_source(12) == "hand"
    save_hand_labels(view, HandLabels().changed(samples, [12, 0], "cat"))
    changed = load_samples(view)
    assert changed.class_of(12) == changed.class_of(0) == "cat"
    assert load_samples(B).class_of(2) != "cat"
    save_hand_labels(view, HandLabels())
    assert np.array_equal(load_samples(view).labels, samples.labels)


def test_one_dataset_with_other_names_is_not_copied(hold: Any, tmp_path: Any) -> None:
    mapped = np.lib.format.open_memmap(tmp_path / "images.npy", "w+", np.uint8, (6, 1, 2, 2))
    whole = Samples(mapped, np.array([0, 1] * 3), ("cat", "dog"), np.zeros(6, bool))
    hold(whole)
    for changes in ((), (ClassChange("cat", "dog"),), (ClassChange("cat", "kitten"),)):
        assert load_samples(View(members=(A,), changes=changes)).images is mapped
    assert not np.shares_memory(load_samples(View(members=(A,), per_class=1)).images, mapped)


def test_only_pictures_that_are_kept_are_read(hold: Any) -> None:
    class Counted(np.ndarray):  # type: ignore[type-arg]
        read = 0

        def __getitem__(self, key: Any) -> Any:
            found = np.asarray(self)[key]
            Counted.read += len(found)
            return found

    whole = samples_of(("cat", "dog"), 1000)
    hold(Samples(whole.images.view(Counted), whole.labels, whole.class_names, np.zeros(1000, bool)))
    assert len(load_samples(View(members=(A,), per_class=7))) == 14
    assert Counted.read == 14


def test_loading_says_how_far_it_is(hold: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lepton_studio.engine.datasets.view.FITTED_AT_ONCE", 10)
    hold(samples_of(("cat",), 25), samples_of(("cat",), 15))
    *progress, last = View("Cats", (A, B)).load()
    assert isinstance(last, Samples)
    assert [each.text for each in progress if isinstance(each, Progress)][:2] == ["A", "B"]
    counted = [each for each in progress if isinstance(each, Progress) and each.text == "Putting Cats together"]
    assert [each.done for each in counted] == [0, 10, 20, 25, 35]
    assert {each.total for each in counted} == {40}


# --- what is not here


def test_a_member_that_is_not_here_is_named() -> None:
    view = View("Mix", (A, ImageFolder("Pets"), View("Inner", (ImageFolder("Birds"), FashionMnist()))))
    assert not view.is_here()
    assert view.absent() == ("Pets", "Birds", FashionMnist.title)
    with pytest.raises(LeptonError, match="no imported dataset called 'Pets'"):
        load_samples(View(members=(ImageFolder("Pets"),)))
    with pytest.raises(LeptonError, match="shows no dataset"):
        load_samples(View())
    assert View().absent() == ("View",)


def test_the_views_that_need_a_dataset_are_known_before_it_is_deleted() -> None:
    pets = ImageFolder("Pets")
    inner = save_view(View("Inner", (pets,), per_class=3))
    save_view(View("Outer", (A, inner)))
    save_view(View("Other", (A,)))
    assert views_of(pets) == ("Inner", "Outer")
    assert views_of(A) == ("Other", "Outer")
    assert views_of(inner) == ("Outer",)
    assert views_of(B) == ()


# --- files


def test_a_view_is_kept_under_a_name_of_its_own() -> None:
    view = View("Few", (A,), per_class=10)
    first, second = save_view(view), save_view(view)
    assert (first.name, second.name) == ("Few", "Few 2")
    assert saved_views() == {"Few": first, "Few 2": second}
    assert all_datasets()["Few 2"] == second
    odd = save_view(View('a/b: "ü"?', (A,)))
    assert odd.name == "a_b_ _ü__"
    assert all_datasets()[odd.name] == odd
    unnamed = save_view(View(members=(A, B)))
    assert unnamed.name == f"{A.title} + {B.title}"


def test_a_view_does_not_hide_behind_a_dataset_that_ships() -> None:
    view = save_view(View("mnist", (A,)))
    assert view.name == "mnist 2"
    assert all_datasets()["mnist 2"] == view
    assert all_datasets()["mnist"] == Mnist()


def test_a_damaged_view_is_left_out_of_the_list_and_the_others_stay() -> None:
    save_view(View("Good", (A,)))
    for name, content in {
        "bad": b"{",
        "worse": b'{"type": "view", "part": "half"}',
        "odd": b'{"type": "mnist"}',
    }.items():
        write_bytes(paths.datasets() / name / VIEW_FILE, content)
    assert tuple(saved_views()) == ("Good",)


def test_a_view_that_cannot_be_written_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise LeptonError("The disk is full.", "Free some.")

    monkeypatch.setattr("lepton_studio.engine.datasets.view.write_struct", refuse)
    with pytest.raises(LeptonError, match="full"):
        save_view(View("Few", (A,)))
    assert list(paths.datasets().iterdir()) == []


def test_an_experiment_keeps_a_view_with_all_that_is_in_it(tmp_path: Any) -> None:
    inner = View("Inner", (A, ImageFolder("ö")), (ClassChange("1", "one"), ClassChange("2")), part="rest", share=0.25)
    view = View("Outer", (inner, FashionMnist()), per_class=100, seed=9)
    experiment: Experiment = msgspec.structs.replace(default_experiment(), dataset=view)
    save_experiment(tmp_path / "experiment.json", experiment)
    assert read_experiment(tmp_path / "experiment.json") == experiment


@pytest.mark.parametrize("depth", [3, 200])
def test_views_in_views_are_read_as_deep_as_they_are_written(tmp_path: Any, depth: int) -> None:
    view: Dataset = A
    for _ in range(depth):
        view = View("deep", (view,))
    experiment = msgspec.structs.replace(default_experiment(), dataset=view)
    save_experiment(tmp_path / "experiment.json", experiment)
    assert read_experiment(tmp_path / "experiment.json").dataset == view


def test_a_view_cannot_hold_itself() -> None:
    # A frozen value is whole before it can be put anywhere.
    view = View("Ring", (A,))
    with pytest.raises(AttributeError):
        view.members = (view,)  # type: ignore[misc]
    ring = msgspec.structs.replace(view, members=(view,))
    assert ring != view
    assert list(_all(ring)) == [view, A]


def _all(dataset: Dataset) -> Iterator[Dataset]:
    for shown in dataset.shows():
        yield shown
        yield from _all(shown)

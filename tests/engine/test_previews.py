"""Previews show real pictures, some of each class, and are made again when a dataset has changed."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lepton_studio import paths
from lepton_studio.engine.dataset import DATASETS, Samples
from lepton_studio.engine.datasets.view import View, save_view
from lepton_studio.engine.events import Progress
from lepton_studio.engine.previews import (
    LARGEST_SIDE,
    Preview,
    first_of_each_class,
    known_preview,
    make_previews,
    preview_file,
    shipped_preview_file,
    strip_of,
    write_preview,
)

DIGITS = DATASETS["bundled_digits"]()


def samples_of(labels: list[int], shape: tuple[int, int, int] = (1, 2, 3), classes: int = 3) -> Samples:
    count = len(labels)
    images = np.random.default_rng(1).integers(1, 256, (count, *shape), np.uint8)
    return Samples(images, np.array(labels, np.int64), tuple("abcdefghij"[:classes]), np.zeros(count, bool))


def test_the_first_of_each_class_come_before_the_second_ones() -> None:
    samples = samples_of([2, 2, 0, 2, 1, 0, 2])
    assert first_of_each_class(samples, 6).tolist() == [2, 4, 0, 5, 1, 3]
    assert first_of_each_class(samples, 2).tolist() == [2, 4]
    assert first_of_each_class(samples, 100).tolist() == [2, 4, 0, 5, 1, 3, 6]


def test_a_strip_holds_the_pictures_themselves() -> None:
    samples = samples_of([1, 0, 1])
    strip = strip_of(samples, columns=2, rows=2)
    assert strip.shape == (5, 7, 3)
    for place, at in (((0, 0), 1), ((0, 4), 0), ((3, 0), 2)):
        top, left = place
        shown = strip[top : top + 2, left : left + 3]
        np.testing.assert_array_equal(shown, np.repeat(samples.images[at, 0][..., None], 3, axis=2))
    # There is no fourth picture.
    assert not strip[3:, 4:].any()


def test_colours_stay_and_large_pictures_become_small() -> None:
    samples = samples_of([0], (3, 4, 4))
    np.testing.assert_array_equal(strip_of(samples, 1, 1), samples.images[0].transpose(1, 2, 0))
    large = samples_of([0], (3, 100, 200))
    strip = strip_of(large, 1, 1)
    assert strip.shape == (LARGEST_SIDE // 2, LARGEST_SIDE, 3)
    oracle = Image.fromarray(large.images[0].transpose(1, 2, 0)).resize((48, 24), Image.Resampling.BOX)
    np.testing.assert_array_equal(strip, np.asarray(oracle))


@pytest.mark.parametrize("name", ["bundled_digits", "mnist", "fashion_mnist", "kmnist"])
def test_previews_ship_of_what_may_be_passed_on(name: str) -> None:
    preview = known_preview(DATASETS[name]())
    assert preview is not None
    assert preview.classes == 10
    assert preview.pictures == getattr(DATASETS[name], "pictures", 5000)
    assert name in {path.stem for path in shipped_preview_file(DIGITS).parent.glob("*.png")}
    assert DATASETS[name].licence in ("CC BY-SA 3.0", "CC BY-SA 4.0", "MIT")


def test_no_other_preview_ships() -> None:
    assert len(list(shipped_preview_file(DIGITS).parent.glob("*"))) == 4
    assert known_preview(DATASETS["svhn"]()) is None


def test_the_shipped_preview_of_the_bundled_digits_is_made_of_them() -> None:
    made = [item for item in make_previews([DIGITS]) if isinstance(item, Preview)]
    with Image.open(shipped_preview_file(DIGITS)) as image:
        np.testing.assert_array_equal(np.asarray(image), made[0].strip)
    assert preview_file(DIGITS).is_file()


def test_what_cannot_be_read_is_left_out_and_the_rest_is_made() -> None:
    lost = View(members=(DATASETS["image_folder"](name="gone"),))
    items = list(make_previews([lost, DATASETS["svhn"](), DIGITS]))
    assert [item.dataset for item in items if isinstance(item, Preview)] == [DIGITS]
    assert any(isinstance(item, Progress) for item in items)


def test_a_damaged_picture_counts_as_none(tmp_path: Path) -> None:
    view = save_view(View(name="mine", members=(DIGITS,), per_class=1))
    assert known_preview(view) is None
    (made,) = [item for item in make_previews([view]) if isinstance(item, Preview)]
    found = known_preview(view)
    assert found is not None
    np.testing.assert_array_equal(found.strip, made.strip)
    assert (found.pictures, found.classes) == (made.pictures, 10)
    for content in (b"", b"\x89PNG cut", b"x" * 10):
        preview_file(view).write_bytes(content)
        assert known_preview(view) is None
    write_preview(made, preview_file(view))
    assert known_preview(view) is not None


def test_an_own_dataset_that_changed_has_no_preview_any_more() -> None:
    view = save_view(View(name="mine", members=(DIGITS,), per_class=1))
    list(make_previews([view]))
    assert known_preview(view) is not None
    later = preview_file(view).stat().st_mtime + 10
    os.utime(paths.datasets() / "mine" / "view.json", (later, later))
    assert known_preview(view) is None


def test_stopping_between_two_leaves_only_whole_ones() -> None:
    work = make_previews([DIGITS, DATASETS["mnist"]()])
    next(item for item in work if isinstance(item, Preview))
    work.close()  # type: ignore[attr-defined]
    assert [path.name for path in paths.previews().iterdir()] == ["bundled_digits.png"]

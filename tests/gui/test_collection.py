"""What is being collected, without a window: keys, the class to draw next, and what the network got wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lepton_studio.engine import LeptonError, Stroke, create_book, render_strokes
from lepton_studio.gui.collection import Collection, keys_of

BAR = (Stroke(((0.5, 0.2), (0.5, 0.8)), 0.075),)


@pytest.mark.parametrize(
    ("classes", "keys"),
    [
        (tuple("0123"), "0123"),
        (("cat", "dog"), "12"),
        (("1", "cat", "dog"), "123"),
        (("2", "cat", "dog"), "213"),
        (("A", "a", "B"), "a1b"),
        (("猫", "cat"), "12"),
        (("é", "ж", "😀"), "éж1"),
        ((" ", "x"), "1x"),
    ],
)
def test_each_class_has_a_key_of_its_own(classes: tuple[str, ...], keys: str) -> None:
    assert keys_of(classes) == dict(zip(classes, keys, strict=True))


def test_more_classes_than_keys_have_none() -> None:
    keys = keys_of([f"class {number}" for number in range(40)])
    assert len(set(keys.values())) == 37
    assert list(keys.values())[36:] == [""] * 4


def test_looking_around_leaves_nothing_behind(home: Path) -> None:
    collection = Collection()
    collection.begin("Ours", ("a", "b"))
    assert (collection.counts(), collection.suggested(), collection.total()) == ({"a": 0, "b": 0}, "a", 0)
    assert collection.dataset is None
    assert not home.exists()
    collection.keep("a", BAR, "")
    assert collection.suggested() == "b"
    assert collection.dataset is not None
    assert collection.dataset.label() == "Ours"


def test_a_new_book_takes_the_classes_of_the_old_one() -> None:
    collection = Collection()
    create_book("Old", ("x", "y"))
    collection.open("Old")
    collection.begin("New")
    assert collection.classes == ("x", "y")
    with pytest.raises(LeptonError):
        collection.open("Nothing")
    assert collection.name == "New"


def test_only_answers_of_this_sitting_are_judged_and_what_is_taken_back_is_not_counted() -> None:
    collection = Collection()
    collection.begin("Ours", ("a", "b"))
    wrong = collection.keep("a", BAR, "b")
    right = collection.keep("b", BAR, "b")
    unknown = collection.keep("a", BAR, "")
    assert [collection.is_wrong(each) for each in (wrong, right, unknown)] == [True, False, False]
    assert collection.tally() == (1, 2)
    assert collection.book is not None
    collection.book.remove([wrong.id])
    assert collection.tally() == (1, 1)
    assert [each.id for each in collection.last_of("a", 5)] == [unknown.id]


def test_the_newest_come_first_and_no_more_than_asked_for() -> None:
    collection = Collection()
    collection.begin("Ours", ("a",))
    kept = [collection.keep("a", BAR, "").id for _ in range(5)]
    assert [each.id for each in collection.last_of("a", 3)] == kept[:1:-1]
    assert [each.id for each in collection.last_of("a", 9)] == kept[::-1]


def test_a_picture_is_the_rendered_drawing() -> None:
    collection = Collection()
    collection.begin("Ours", ("a",))
    drawing = collection.keep("a", BAR, "")
    picture = collection.picture_of(drawing)
    assert np.array_equal(picture, render_strokes(BAR)[0])
    assert collection.picture_of(drawing) is picture

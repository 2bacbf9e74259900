"""Pictures of drawings: rendered once, kept beside them, and never trusted when they do not fit."""

from __future__ import annotations

import numpy as np
import pytest

from lepton_studio.engine import drawn_pictures
from lepton_studio.engine.drawing_book import DrawingBook, create_book, open_book
from lepton_studio.engine.drawing_entries import Drawing
from lepton_studio.engine.drawn_pictures import PICTURES_FILE, rendered
from lepton_studio.engine.strokes import Stroke


def filled(count: int) -> DrawingBook:
    book = create_book("Ours")
    random = np.random.default_rng(count)
    for number in range(count):
        points = tuple((float(x), float(y)) for x, y in random.random((4, 2)))
        book.add(str(number % 10), [Stroke(points, 0.06)])
    return book


def pictures(book: DrawingBook) -> np.ndarray:
    steps = rendered(book)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return np.asarray(end.value)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The drawings that were rendered."""
    seen: list[str] = []
    picture = Drawing.picture

    def noting(drawing: Drawing, shape: tuple[int, int, int] = (1, 28, 28)) -> np.ndarray:
        seen.append(drawing.id)
        return picture(drawing, shape)

    monkeypatch.setattr(Drawing, "picture", noting)
    return seen


def test_only_what_is_new_is_rendered_and_all_pictures_are_as_without_the_file(counted: list[str]) -> None:
    book = filled(120)
    first = pictures(book)
    assert len(counted) == 120
    assert (book.path.parent / PICTURES_FILE).exists()
    counted.clear()
    book.remove([next(iter(book.drawings))])
    book.rename_class("3", "three")
    new = book.add("5", [Stroke(((0.1, 0.2), (0.8, 0.9)), 0.05)])
    again = pictures(open_book("Ours"))
    assert counted == [new.id]
    assert np.array_equal(again[:-1], first[1:])
    assert np.array_equal(again, np.stack([each.picture() for each in book.drawings.values()]))


def test_few_drawings_leave_no_file() -> None:
    book = filled(5)
    pictures(book)
    assert [path.name for path in book.path.parent.iterdir()] == [book.path.name]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x93NUMPY\x01\x00", b"text"])
def test_a_damaged_file_of_pictures_is_made_anew(counted: list[str], content: bytes) -> None:
    book = filled(110)
    whole = pictures(book)
    file = book.path.parent / PICTURES_FILE
    file.write_bytes(content)
    counted.clear()
    assert np.array_equal(pictures(book), whole)
    assert len(counted) == 110
    counted.clear()
    assert np.array_equal(pictures(book), whole)
    assert counted == []


def test_a_strange_file_of_pictures_is_not_obeyed(counted: list[str]) -> None:
    book = filled(110)
    whole = pictures(book)
    with np.load(book.path.parent / PICTURES_FILE) as archive:
        way, digests, images = archive["way"], archive["digests"], archive["images"]
    for strange in (
        {"way": way[::-1], "digests": digests, "images": images},
        {"way": way, "digests": digests[:5], "images": images},
        {"way": way, "digests": digests, "images": images.astype(np.float32)},
        {"way": way, "digests": digests[:, :3], "images": images},
        {"way": way, "images": images},
        {"way": way, "digests": digests, "images": np.array([{}], dtype=object)},
    ):
        np.savez(book.path.parent / PICTURES_FILE, **strange)
        counted.clear()
        assert np.array_equal(pictures(book), whole)
        assert len(counted) == 110


def test_another_way_to_render_renders_all_anew(counted: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    book = filled(110)
    pictures(book)
    counted.clear()
    monkeypatch.setattr(drawn_pictures, "_way_to_render", lambda: b"x" * 32)
    pictures(book)
    assert len(counted) == 110

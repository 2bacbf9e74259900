"""Drawings to learn from: kept at once, never lost, always on the same side of the test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from lepton_studio.engine.drawing_book import (
    BOOK_FILE,
    DrawingBook,
    books,
    create_book,
    newest_book,
    open_book,
)
from lepton_studio.engine.drawing_entries import is_set_aside
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.strokes import Stroke, render_strokes

BAR = Stroke(((0.5, 0.2), (0.5, 0.8)), 0.075)
BOW = Stroke(((0.3, 0.2), (0.7, 0.4), (0.3, 0.8)), 0.05)


def read_again(book: DrawingBook) -> DrawingBook:
    return DrawingBook(book.path)


def test_a_drawing_is_in_the_file_when_it_is_kept() -> None:
    book = create_book("Ours", ("cat", "dog"))
    kept = book.add("dog", [BAR, BOW], " Ana ")
    first, line = book.path.read_text(encoding="utf-8").splitlines()
    assert json.loads(first) == {"classes": ["cat", "dog"], "format": "lepton-studio drawings", "version": 1}
    entry = json.loads(line)
    assert (entry["id"], entry["label"], entry["author"]) == (kept.id, "dog", "Ana")
    assert entry["strokes"] == [
        {"width": 0.075, "points": [[0.5, 0.2], [0.5, 0.8]]},
        {"width": 0.05, "points": [[0.3, 0.2], [0.7, 0.4], [0.3, 0.8]]},
    ]
    when = datetime.fromisoformat(entry["created"])
    assert when.tzinfo is not None
    assert abs((datetime.now().astimezone() - when).total_seconds()) < 60
    assert list(read_again(book).drawings.values()) == [kept]


def test_a_kept_drawing_renders_as_its_strokes_do() -> None:
    book = create_book("Ours")
    book.add("3", [BAR, BOW])
    drawing = open_book("Ours").last
    assert drawing is not None
    assert np.array_equal(drawing.picture(), render_strokes((BAR, BOW)))
    assert drawing.picture((1, 32, 32)).shape == (1, 32, 32)


def test_strokes_stay_within_the_canvas() -> None:
    book = create_book("Ours")
    book.add("1", [Stroke(((-0.2, 0.123456), (1.3, 2.0)), 7.0)])
    drawing = read_again(book).last
    assert drawing is not None
    assert drawing.strokes[0].points == ((0.0, 0.1235), (1.0, 1.0))
    assert drawing.strokes[0].width == 1.0


@pytest.mark.parametrize("strokes", [[], [Stroke((), 0.1)]])
def test_an_empty_canvas_is_not_kept(strokes: list[Stroke]) -> None:
    book = create_book("Ours")
    before = book.path.read_bytes()
    with pytest.raises(LeptonError, match="Nothing is drawn"):
        book.add("1", strokes)
    with pytest.raises(LeptonError, match="no class called 'x'"):
        book.add("x", [BAR])
    assert book.path.read_bytes() == before


def test_what_is_taken_back_stays_away_and_the_rest_stays() -> None:
    book = create_book("Ours")
    one, two, three = (book.add(label, [BAR]) for label in "121")
    assert book.take_back() == three
    assert book.last == two
    book.remove([one.id, "nobody"])
    assert list(read_again(book).drawings) == [two.id]
    assert book.counts() == {**dict.fromkeys("0123456789", 0), "2": 1}
    assert book.take_back() == two
    assert book.take_back() is None


@pytest.mark.parametrize("cut", [1, 10, 100])
def test_a_last_line_that_a_kill_cut_off_is_left_out_with_a_remark_and_disturbs_no_later_one(cut: int) -> None:
    book = create_book("Ours")
    first = book.add("1", [BAR])
    book.add("2", [BAR])
    book.path.write_bytes(book.path.read_bytes()[: -1 - cut])
    opened = read_again(book)
    assert list(opened.drawings) == [first.id]
    assert len(opened.remarks) == 1
    assert "cut off" in opened.remarks[0]
    third = opened.add("3", [BOW])
    again = read_again(book)
    assert list(again.drawings) == [first.id, third.id]
    assert len(again.remarks) == 1
    assert "Line 3" in again.remarks[0]


def test_a_last_line_without_its_end_is_whole_and_the_next_one_too() -> None:
    book = create_book("Ours")
    first = book.add("1", [BAR])
    book.path.write_bytes(book.path.read_bytes()[:-1])
    opened = read_again(book)
    second = opened.add("2", [BAR])
    again = read_again(book)
    assert list(again.drawings) == [first.id, second.id]
    assert again.remarks == []


@pytest.mark.parametrize(
    "line",
    [
        b"\xff\xfe\x00",
        b"[]",
        b'{"entry":"thought"}',
        b'{"entry":"drawing","id":"a","label":"1","author":"","created":"","strokes":[]}',
        b'{"entry":"drawing","id":"a","label":"1","author":"","created":"","strokes":[{"width":1,"points":[[0,9e99]]}]}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_line_never_stops_the_rest(line: bytes) -> None:
    book = create_book("Ours")
    first = book.add("1", [BAR])
    with book.path.open("ab") as file:
        file.write(line + b"\n")
    second = book.add("2", [BAR])
    opened = read_again(book)
    assert list(opened.drawings) == [first.id, second.id]
    assert len(opened.remarks) == 1


def test_a_newer_file_is_refused_and_what_is_no_file_of_drawings_too(tmp_path: Path) -> None:
    book = create_book("Ours")
    text = book.path.read_text(encoding="utf-8")
    book.path.write_text(text.replace('"version":1', '"version":2'), encoding="utf-8")
    with pytest.raises(LeptonError, match="newer Lepton Studio"):
        open_book("Ours")
    for content in (b"", b"hello", b'{"format":"lepton-studio labels"}', text.encode().replace(b'["0"', b'[""')):
        book.path.write_bytes(content)
        with pytest.raises(LeptonError, match="no file of drawings"):
            open_book("Ours")
    with pytest.raises(LeptonError, match="Known are: Ours"):
        open_book("Theirs")
    with pytest.raises(LeptonError, match="could not be read"):
        DrawingBook(tmp_path / "nowhere")


def test_classes_are_added_and_renamed_with_what_was_drawn() -> None:
    book = create_book("Ours", ("cat", "dog"))
    book.add("cat", [BAR])
    book.add_class("  red  panda ")
    book.rename_class("cat", "tiger")
    book.add("tiger", [BOW])
    opened = read_again(book)
    assert opened.classes == book.classes == ["tiger", "dog", "red panda"]
    assert opened.counts() == {"tiger": 2, "dog": 0, "red panda": 0}
    size = book.path.stat().st_size
    for name in ("dog", " dog ", "", "x" * 61):
        with pytest.raises(LeptonError):
            book.add_class(name)
        if name.strip() != "dog":
            with pytest.raises(LeptonError):
                book.rename_class("dog", name)
    with pytest.raises(LeptonError, match="already"):
        book.rename_class("dog", "tiger")
    with pytest.raises(LeptonError, match="no class called 'cat'"):
        book.rename_class("cat", "lion")
    assert book.path.stat().st_size == size


def test_an_author_is_renamed_everywhere() -> None:
    book = create_book("Ours")
    for author in ("Ana", "Bo", "Ana"):
        book.add("1", [BAR], author)
    book.rename_author("Ana", "Ann")
    assert [drawing.author for drawing in read_again(book).drawings.values()] == ["Ann", "Bo", "Ann"]
    assert book.author == "Ann"


def test_a_drawing_keeps_its_side_of_the_test_and_a_fifth_of_each_class_is_for_the_test() -> None:
    book = create_book("Ours", ("cat", "dog", "cow"))
    sides: dict[str, bool] = {}
    for count in range(1, 41):
        for label in ("cat", "dog"):
            drawing = book.add(label, [BAR])
            sides[drawing.id] = is_set_aside(drawing.id)
        tests = [is_set_aside(each.id) for each in book.of_class("cat")]
        assert sum(tests) >= min(1, count - 1)
        assert not all(tests)
        if count % 5 == 0:
            assert sum(tests) == count // 5
    book.add("cow", [BAR])
    book.add("cow", [BAR])
    assert [is_set_aside(each.id) for each in book.of_class("cow")] == [False, True]
    assert all(is_set_aside(identity) == side for identity, side in sides.items())
    # By the id alone, for ever: sha256("a") begins with ca978112ca1bbdca, which is 5 times something.
    assert int("ca978112ca1bbdca", 16) % 5 == 0
    assert [is_set_aside(text) for text in ("a", "abc")] == [True, False]


ADDS_MANY = """
import sys
from pathlib import Path
from lepton_studio.engine.drawing_book import DrawingBook
from lepton_studio.engine.strokes import Stroke

book = DrawingBook(Path(sys.argv[1]))
long = Stroke(tuple((step / 3000, 0.5) for step in range(3000)), 0.05)
for _ in range(40):
    book.add(sys.argv[2], [long], f"author {sys.argv[2]}")
"""


def test_two_programs_that_add_at_once_disturb_no_line() -> None:
    book = create_book("Ours")
    programs = [subprocess.Popen([sys.executable, "-c", ADDS_MANY, str(book.path), label]) for label in "12"]
    assert [program.wait(timeout=100) for program in programs] == [0, 0]
    opened = read_again(book)
    assert opened.remarks == []
    assert (opened.counts()["1"], opened.counts()["2"]) == (40, 40)


KEEPS_UNTIL_KILLED = """
import sys
from lepton_studio.engine.drawing_book import create_book
from lepton_studio.engine.strokes import Stroke

book = create_book("Ours")
while True:
    drawing = book.add("3", [Stroke(tuple((step / 500, 0.5) for step in range(500)), 0.05)])
    print(drawing.id, flush=True)
"""


def test_all_that_was_said_to_be_kept_is_there_after_a_kill() -> None:
    with subprocess.Popen([sys.executable, "-c", KEEPS_UNTIL_KILLED], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        said = [program.stdout.readline().strip() for _ in range(25)]
        program.kill()
        said += program.stdout.read().split()
    assert program.returncode != 0
    opened = open_book("Ours")
    kept = list(opened.drawings)
    assert len(said) >= 25
    # The very last one may be in the file without having been said, never the other way round.
    assert kept[: len(said)] == said
    assert len(kept) <= len(said) + 1


def test_a_disk_that_refuses_is_told_and_nothing_counts_as_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    book = create_book("Ours")
    book.add("1", [BAR])
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, content: write(handle, content[:20]))
    with pytest.raises(LeptonError, match="could not be written"):
        book.add("2", [BAR])
    monkeypatch.undo()
    assert book.counts()["2"] == 0
    book.add("3", [BAR])
    assert [drawing.label for drawing in read_again(book).drawings.values()] == ["1", "3"]
    book.path.unlink()
    with pytest.raises(LeptonError, match="could not be written"):
        book.add("4", [BAR])


def test_books_are_found_by_name_and_never_overwritten(home: Path) -> None:
    assert (dict(books()), newest_book()) == ({}, "")
    first, second = create_book("Ours"), create_book("Ours")
    assert list(books()) == ["Ours", "Ours 2"]
    os.utime(first.path, (2e9, 2e9))
    assert newest_book() == first.name
    assert second.path == home / "datasets" / "Ours 2" / BOOK_FILE
    for classes in ((), (" ",), ("x" * 61,)):
        with pytest.raises(LeptonError):
            create_book("None", classes)


def test_the_file_is_json_lines_that_msgspec_and_json_read_alike() -> None:
    book = create_book("Ünïcode", ("猫", "犬"))
    book.add("猫", [BAR], "Zoë")
    for line in book.path.read_bytes().splitlines():
        assert msgspec.json.decode(line) == json.loads(line)
    assert open_book("Ünïcode").author == "Zoë"


def picture_of_a_bow() -> NDArray[np.uint8]:
    return render_strokes((BOW,))[0]


def test_the_ink_of_a_picture_is_kept_pixel_by_pixel() -> None:
    book = create_book("Ours")
    seen = picture_of_a_bow()
    kept = book.add_picture("3", seen, " Ana ")
    book.add("1", [BAR])
    again = read_again(book)
    assert again.remarks == []
    assert next(iter(again.drawings.values())) == kept
    assert np.array_equal(kept.picture(), seen[None])
    assert np.array_equal(kept.picture((3, 28, 28)), np.stack([seen] * 3))
    assert kept.origin().startswith("from a picture, Ana, ")
    assert again.drawings[kept.id].strokes == ()


def test_a_network_of_another_size_sees_the_ink_of_a_picture_fitted_to_it() -> None:
    book = create_book("Ours")
    wide = book.add_picture("3", picture_of_a_bow()).picture((1, 40, 40))
    assert wide.shape == (1, 40, 40)
    rows, columns = np.nonzero(wide[0] > 100)
    # The box of a digit is as large a share of the picture at any size.
    assert max(np.ptp(rows), np.ptp(columns)) + 1 in range(26, 32)
    faint = book.add_picture("3", np.full((28, 28), 20, np.uint8)).picture((1, 40, 40))
    assert (faint.shape, int(faint.max())) == ((1, 40, 40), 20)


@pytest.mark.parametrize(
    ("shape", "words"), [((28, 28), "no ink"), ((2000, 4), "too large")], ids=["nothing", "too large"]
)
def test_a_picture_that_is_none_is_not_kept(shape: tuple[int, int], words: str) -> None:
    book = create_book("Ours")
    before = book.path.read_bytes()
    pixels = np.zeros(shape, np.uint8) if words == "no ink" else np.full(shape, 9, np.uint8)
    with pytest.raises(LeptonError, match=words):
        book.add_picture("1", pixels)
    assert book.path.read_bytes() == before


@pytest.mark.parametrize(
    "content",
    [
        "",
        ',"strokes":[]',
        ',"seen":{"width":3,"pixels":"AAAAAA=="}',
        ',"seen":{"width":0,"pixels":"AAAA"}',
        ',"seen":{"width":1,"pixels":"no bytes"}',
        ',"strokes":[{"width":0.1,"points":[[0.5,0.5]]}],"seen":{"width":1,"pixels":"AAAA"}',
    ],
    ids=["neither", "no strokes", "no rows", "no width", "no bytes", "both"],
)
def test_a_line_that_is_neither_drawing_nor_picture_is_left_out_with_a_remark(content: str) -> None:
    book = create_book("Ours")
    line = f'{{"entry":"drawing","id":"a","label":"1","author":"","created":"2026-01-01T00:00:00"{content}}}'
    with book.path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    book.add("1", [BAR])
    again = read_again(book)
    assert len(again.drawings) == 1
    assert len(again.remarks) == 1
    assert "Line 2" in again.remarks[0]


def test_a_drawing_is_written_as_it_was_before_there_were_pictures() -> None:
    book = create_book("Ours")
    book.add("1", [BAR])
    entry = json.loads(book.path.read_text(encoding="utf-8").splitlines()[1])
    assert set(entry) == {"entry", "id", "label", "author", "created", "strokes"}

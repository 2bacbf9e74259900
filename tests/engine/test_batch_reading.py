"""Tests of reading whole folders: what is found, what is written, and what hostile files do."""

from __future__ import annotations

import csv
import html.parser
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from lepton_studio.engine import batch_reading
from lepton_studio.engine.batch_reading import (
    BatchRead,
    FileReading,
    read_folder,
    read_paths,
    save_csv,
    save_doubtful,
)
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.prediction import Predictor
from lepton_studio.engine.reading import Part, Reader
from lepton_studio.engine.run_store import bundled_run
from lepton_studio.engine.strokes import Picture


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(Predictor(bundled_run()))


@pytest.fixture
def digits(tmp_path: Path) -> Path:
    """Three pictures of each of 0, 1 and 2 in folders of their names, and much that is none."""
    *_, samples = BundledDigits().load()
    folder = tmp_path / "digits"
    for name in range(3):
        (folder / str(name)).mkdir(parents=True)
        for number, at in enumerate(np.nonzero(samples.labels == name)[0][:3]):
            picture = Image.fromarray(samples.images[at][0])
            picture.resize((56, 56)).save(folder / str(name) / f"{number}.png")
    (folder / "x.png").mkdir()
    (folder / ".hidden.png").write_bytes(b"")
    (folder / "notes.txt").write_text("no picture", "utf-8")
    (folder / "broken.jpg").write_bytes(b"no picture")
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    return folder


def read(reader: Reader, folder: Path) -> BatchRead:
    *progress, batch = read_folder(reader, folder)
    assert all(isinstance(each, Progress) for each in progress)
    assert isinstance(batch, BatchRead)
    return batch


def test_all_pictures_of_a_folder_are_read_in_order(reader: Reader, digits: Path) -> None:
    batch = read(reader, digits)
    assert [file.file for file in batch.files] == [
        "broken.jpg", *[f"{name}/{number}.png" for name in range(3) for number in range(3)],
    ]  # fmt: skip
    assert "broken.jpg" in batch.files[0].error
    assert [file.truth for file in batch.files] == ["", *"000111222"]
    assert batch.answered == batch.judged == 9
    assert batch.left_out >= 2
    assert batch.accuracy == sum(file.label == file.truth for file in batch.files[1:]) / 9
    assert batch.accuracy >= 8 / 9


def test_a_file_of_a_folder_is_answered_as_it_is_alone(reader: Reader, digits: Path) -> None:
    batch = read(reader, digits)
    alone = reader.read_picture(np.asarray(Image.open(digits / "2" / "1.png")))
    (found,) = [file for file in batch.files if file.file == "2/1.png"]
    assert (found.label, found.score, found.is_known) == (alone.text, alone.score, alone.is_known)
    np.testing.assert_array_equal(found.parts[0].probabilities, alone.parts[0].probabilities)


def test_the_table_has_a_row_for_each_file_and_a_column_for_each_class(
    reader: Reader, digits: Path, tmp_path: Path
) -> None:
    batch, path = read(reader, digits), tmp_path / "table.csv"
    save_csv(batch, path)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(batch.files)
    for row, reading in zip(rows, batch.files, strict=True):
        assert row["file"] == reading.file
        assert (row["error"] != "") == (row["label"] == "")
        if len(reading.parts) == 1:
            shares = [float(row[f"p_{name}"]) for name in batch.class_names]
            assert sum(shares) == pytest.approx(1, abs=1e-4)
            assert max(shares) == pytest.approx(float(row["probability"]), rel=1e-5)
            assert row["is_known"] == ("yes" if reading.is_known else "no")
    with pytest.raises(LeptonError, match="is there already"):
        save_csv(batch, path)
    save_csv(batch, path, may_replace=True)
    assert [each.name for each in tmp_path.glob(".*")] == []


class Sources(html.parser.HTMLParser):
    """The pictures of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.found += [value or "" for name, value in attrs if name == "src"]


def test_the_doubtful_pictures_stand_on_a_page_beside_what_was_seen(
    reader: Reader, digits: Path, tmp_path: Path
) -> None:
    batch = read(reader, digits)
    *_, page = save_doubtful(batch, tmp_path / "doubtful")
    assert page == tmp_path / "doubtful" / "index.html"
    sources = Sources()
    sources.feed(page.read_text("utf-8"))
    seen = [part for file in batch.doubtful for part in file.parts]
    assert len(sources.found) == len(batch.doubtful) + len(seen)
    for source in sources.found:
        with Image.open(page.parent / source) as picture:
            assert max(picture.size) <= batch_reading.THUMBNAIL
    with Image.open(page.parent / "pictures" / "001 seen 1.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), seen[0].picture[0])
    with pytest.raises(LeptonError, match="is there already"):
        list(save_doubtful(batch, tmp_path / "doubtful"))


def part(label: str, score: float, is_known: bool) -> Part:
    picture: Picture = np.full((1, 4, 4), 7, np.uint8)
    return Part((0, 0, 1, 1), (), picture, np.array([0.6, 0.4], np.float32), label, score, is_known)


def reading(file: str, score: float, is_known: bool = True) -> FileReading:
    return FileReading(file, "", (part("a", score, is_known),), "", np.zeros((4, 4, 3), np.uint8))


def test_the_unknown_come_first_and_then_the_lowest_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_reading, "MOST_DOUBTFUL", 5)
    monkeypatch.setattr(batch_reading, "SOME_KNOWN", 2)
    random = np.random.default_rng(3)
    files = [reading(f"{at}", at / 100) for at in range(50)] + [reading("u1", 0.9, False), reading("u0", 0.7, False)]
    for _ in range(5):
        kept = batch_reading._Doubtful()
        for number in random.permutation(len(files)).tolist():
            kept.add(files[number], number)
        kept.add(FileReading("broken", "no picture"), 99)
        assert [file.file for file in kept.sorted()] == ["u0", "u1", "0", "1"]


def test_names_of_files_are_neither_formulas_nor_markup(tmp_path: Path) -> None:
    names = ["=cmd|' /C calc'!A0", "<script>alert(1)</script>.png", "{file}", "\udcff.png", 'quote".png', "@x"]
    files = tuple(reading(name, 0.1, False) for name in names)
    batch = BatchRead(("a", "=b"), files, files)
    save_csv(batch, tmp_path / "t.csv")
    content = (tmp_path / "t.csv").read_text("utf-8")
    for line in content.splitlines():
        assert not line.startswith(("=", "@"))
    assert "p_=b" in content
    *_, page = save_doubtful(batch, tmp_path / "page")
    sources = Sources()
    sources.feed(page.read_text("utf-8"))
    assert "script" not in sources.tags


def test_a_folder_without_pictures_or_none_at_all_is_refused(reader: Reader, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(LeptonError, match="no pictures"):
        list(read_folder(reader, tmp_path / "empty"))
    (tmp_path / "file.png").write_bytes(b"")
    for path in (tmp_path / "file.png", tmp_path / "missing"):
        with pytest.raises(LeptonError, match="is no folder"):
            list(read_folder(reader, path))


def test_files_and_folders_may_be_mixed_and_are_called_as_they_were_given(reader: Reader, digits: Path) -> None:
    wanted = [digits / "0", digits / "1" / "0.png", digits / "none.png"]
    *_, batch = read_paths(reader, wanted)
    assert isinstance(batch, BatchRead)
    assert [file.file for file in batch.files] == [
        *(f"{digits / '0'}/{number}.png" for number in range(3)), str(wanted[1]), str(wanted[2]),
    ]  # fmt: skip
    assert "does not exist" in batch.files[-1].error
    assert batch.files[-2].truth == "1"


def test_a_photograph_that_a_phone_turned_is_read_upright(reader: Reader, tmp_path: Path) -> None:
    *_, samples = BundledDigits().load()
    seven = samples.images[np.nonzero(samples.labels == 7)[0][0]][0]
    sheet = np.pad(200 - np.asarray(Image.fromarray(seven).resize((140, 140))) // 2, 60, constant_values=200)
    lying = Image.fromarray(np.rot90(sheet))
    exif = lying.getexif()
    exif[0x0112] = 6
    lying.save(tmp_path / "turned.jpg", exif=exif, quality=40)
    assert read(reader, tmp_path).files[0].label == "7"


def test_a_blank_sheet_is_no_answer(reader: Reader, tmp_path: Path) -> None:
    Image.new("L", (90, 90), 240).save(tmp_path / "blank.png")
    batch = read(reader, tmp_path)
    assert "no ink" in batch.files[0].error
    assert (batch.answered, batch.known, batch.doubtful) == (0, 0, ())
    assert math.isnan(batch.accuracy)
    assert math.isnan(batch.files[0].probability)


def test_what_is_kept_of_many_files_holds_no_pictures(reader: Reader, digits: Path) -> None:
    batch = read(reader, digits)
    assert all(part.picture.size == 0 for file in batch.files for part in file.parts)
    assert all(file.original is None for file in batch.files)
    assert all(part.picture.size for file in batch.doubtful for part in file.parts)


def test_a_full_disk_leaves_nothing_behind(
    reader: Reader, digits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = read(reader, digits)
    before = sorted(tmp_path.iterdir())

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(LeptonError, match="No space left"):
        save_csv(batch, tmp_path / "t.csv")
    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(LeptonError, match="No space left"):
        list(save_doubtful(batch, tmp_path / "page"))
    assert sorted(tmp_path.iterdir()) == before


def test_a_page_that_is_cancelled_leaves_nothing_behind(reader: Reader, digits: Path, tmp_path: Path) -> None:
    writing = save_doubtful(read(reader, digits), tmp_path / "page")
    next(writing)
    next(writing)
    writing.close()
    assert [each.name for each in tmp_path.iterdir() if each.name != "home"] == ["digits"]


STARTS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"BM", b"P5\n4 4\n255\n", b"")


@settings(max_examples=60)
@given(st.sampled_from(STARTS), st.binary(max_size=300))
def test_random_bytes_as_pictures_are_reported_or_read(start: bytes, rest: bytes) -> None:
    import tempfile

    reader = _KEPT.setdefault("reader", Reader(Predictor(bundled_run())))
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "a.png").write_bytes(start + rest)
        *_, batch = read_folder(reader, Path(name))
        assert isinstance(batch, BatchRead)
        (file,) = batch.files
        assert bool(file.error) != bool(file.parts)


_KEPT: dict[str, Reader] = {}

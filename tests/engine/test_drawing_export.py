"""Drawings out and in again: nothing lost on the way, nothing half-written, nothing outside the folder."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lepton_studio.engine import drawing_export
from lepton_studio.engine.drawing_book import DrawingBook, create_book
from lepton_studio.engine.drawing_export import DrawingsExported, export_drawings, import_drawings
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.importing import import_folder
from lepton_studio.engine.strokes import Stroke


@pytest.fixture
def book() -> DrawingBook:
    """Two drawings of each of three classes, whose names no file system likes, and one that was taken back."""
    made = create_book("Ours", ("a/b", "a:b", "猫"))
    for number in range(6):
        made.add(made.classes[number % 3], [Stroke(((0.2, 0.1 + number / 10), (0.8, 0.9)), 0.06)], "Zoë")
    made.add("猫", [Stroke(((0.5, 0.5),), 0.1)])
    made.take_back()
    return made


def export(book: DrawingBook, path: Path) -> DrawingsExported:
    *_, report = export_drawings(book, path)
    assert isinstance(report, DrawingsExported)
    return report


@pytest.mark.parametrize("name", ["out.zip", "out"])
def test_what_comes_in_again_is_what_went_out(book: DrawingBook, tmp_path: Path, name: str) -> None:
    report = export(book, tmp_path / name)
    assert (report.dataset, report.drawings, report.path) == ("Ours", 6, str(tmp_path / name))
    copy = import_drawings(tmp_path / name)
    assert copy.name == "out"
    assert copy.classes == book.classes
    assert copy.drawings == book.drawings
    assert import_drawings(tmp_path / name, "Ours").name == "Ours 2"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_the_folder_holds_a_picture_for_each_drawing_by_class(book: DrawingBook, tmp_path: Path) -> None:
    report = export(book, tmp_path / "out")
    assert report.folders == {"a/b": "a_b", "a:b": "a_b 2", "猫": "猫"}
    for number, drawing in enumerate(book.drawings.values()):
        with Image.open(tmp_path / "out" / report.folders[drawing.label] / f"{number:05d}.png") as image:
            assert np.array_equal(np.asarray(image), drawing.picture()[0])
            assert image.info["Author"] == "Zoë"
            assert image.info["Creation Time"] == drawing.created


def test_the_importer_of_pictures_takes_the_folder_class_by_class(book: DrawingBook, tmp_path: Path) -> None:
    export(book, tmp_path / "out")
    *_, report = import_folder(tmp_path / "out")
    assert report.loaded == 6  # type: ignore[union-attr]


def test_nothing_that_is_there_is_overwritten_but_a_zip(book: DrawingBook, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    export(book, tmp_path / "out")
    with pytest.raises(LeptonError, match="is there already"):
        export(book, tmp_path / "out")
    export(book, tmp_path / "out.zip")
    first = (tmp_path / "out.zip").read_bytes()
    export(book, tmp_path / "out.zip")
    assert len((tmp_path / "out.zip").read_bytes()) == len(first)


@pytest.mark.parametrize("name", ["out.zip", "out"])
def test_an_export_that_is_left_leaves_nothing(book: DrawingBook, tmp_path: Path, name: str) -> None:
    before = set(tmp_path.iterdir())
    steps = export_drawings(book, tmp_path / name)
    assert "Exporting" in [getattr(next(steps), "text", "") for _ in range(2)][1]
    steps.close()  # type: ignore[attr-defined]
    assert set(tmp_path.iterdir()) == before


def test_an_empty_collection_is_not_exported(tmp_path: Path) -> None:
    with pytest.raises(LeptonError, match="no drawings"):
        export(create_book("Empty"), tmp_path / "out")


def test_a_zip_of_the_exported_folder_and_the_file_alone_are_taken_too(book: DrawingBook, tmp_path: Path) -> None:
    export(book, tmp_path / "out")
    with zipfile.ZipFile(tmp_path / "class.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(tmp_path / "out" / "drawings.jsonl", "deep/out/drawings.jsonl")
    assert import_drawings(tmp_path / "class.zip").drawings == book.drawings
    assert import_drawings(tmp_path / "out" / "drawings.jsonl").name == "out"
    assert import_drawings(book.path, "Copy").drawings == book.drawings


def test_what_holds_no_drawings_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.zip").write_bytes(b"text")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("drawings.txt", "nothing")
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("drawings.jsonl", b" " * 5_000_000)
    cut = tmp_path / "cut.zip"
    cut.write_bytes((tmp_path / "bomb.zip").read_bytes().replace(b"\x00" * 8, b"\xff" * 8, 1)[:-10])
    monkeypatch.setattr(drawing_export, "LARGEST_BOOK", 2_000_000)
    for name in ("empty", "text.zip", "other.zip", "bomb.zip", "cut.zip", "nowhere"):
        with pytest.raises(LeptonError):
            import_drawings(tmp_path / name)
    with pytest.raises(LeptonError, match="more drawings than can be true"):
        import_drawings(tmp_path / "bomb.zip")
    with pytest.raises(LeptonError, match="no drawings in it"):
        import_drawings(create_book("Empty").path)
    assert [path.name for path in (home / "datasets").iterdir()] == ["Empty"]


def test_a_file_of_drawings_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing_export, "DrawingBook", None)
    with (tmp_path / "drawings.jsonl").open("wb") as file:
        file.truncate(drawing_export.LARGEST_BOOK + 1)
    for path in (tmp_path, tmp_path / "drawings.jsonl"):
        with pytest.raises(LeptonError, match="more drawings than can be true"):
            import_drawings(path)


def test_what_is_wrong_inside_a_zip_is_said_of_the_zip(tmp_path: Path) -> None:
    path = tmp_path / "ours.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("drawings.jsonl", "no drawings")
    with pytest.raises(LeptonError) as caught:
        import_drawings(path)
    assert caught.value.what.startswith(f"drawings.jsonl in {path} is no file of drawings")


def test_a_damaged_line_inside_a_zip_is_told_of_the_zip(book: DrawingBook, tmp_path: Path) -> None:
    path = tmp_path / "ours.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("drawings.jsonl", book.path.read_bytes() + b"no drawing\n")
    copy = import_drawings(path)
    assert len(copy.drawings) == 6
    assert [f"drawings.jsonl in {path}" in remark for remark in copy.remarks] == [True]

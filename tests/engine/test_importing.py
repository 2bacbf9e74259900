"""A person's folder of pictures comes in whole, whatever else lies in it."""

import csv
import errno
import gc
import io
import os
import tempfile
import weakref
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from lepton_studio.engine import kept_imports
from lepton_studio.engine.dataset import Samples, load_samples
from lepton_studio.engine.datasets.image_folder import (
    IMAGES_FILE,
    INFO_FILE,
    LABELS_FILE,
    SAMPLES_FILE,
    ImageFolder,
    folder_name,
    folder_of,
    imported_names,
)
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.found_files import natural_order
from lepton_studio.engine.import_report import COLOUR, GREY, ImportReport
from lepton_studio.engine.importing import import_folder
from lepton_studio.engine.picture_files import fitted
from lepton_studio.engine.strokes import open_image, read_picture

ODD_IMAGES = Path(__file__).resolve().parents[3] / "shared" / "data" / "odd_images"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LEPTON_STUDIO_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes with ten grey pictures each; each picture tells by its grey which one it is."""
    for number, name in enumerate(("cat", "dog")):
        for index in range(10):
            save(tmp_path / "pets" / name / f"{index}.png", 1 + 10 * number + index)
    return tmp_path / "pets"


def save(path: Path, colour: int | tuple[int, int, int], size: tuple[int, int] = (28, 28)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("L" if isinstance(colour, int) else "RGB", size, colour)
    image.putpixel((0, 0), 255 if isinstance(colour, int) else (255, 255, 255))
    image.save(path)


def finish(path: Path, name: str = "") -> ImportReport:
    *progress, report = import_folder(path, name)
    assert all(isinstance(event, Progress) for event in progress)
    assert isinstance(report, ImportReport)
    return report


def verdicts(report: ImportReport) -> dict[str, tuple[str, str]]:
    return {file.file: (file.verdict, file.reason) for file in report.files}


def load(report: ImportReport) -> Samples:
    return load_samples(ImageFolder(report.dataset))


def test_all_odd_images_get_the_verdict_of_their_manifest() -> None:
    if not ODD_IMAGES.is_dir():
        pytest.skip(f"{ODD_IMAGES} is not here")
    with (ODD_IMAGES / "manifest.csv").open(encoding="utf-8", newline="") as file:
        expected = {row["path"]: row["expected"] for row in csv.DictReader(file)}
    report = finish(ODD_IMAGES)
    found = verdicts(report)
    assert len(expected) == 50
    assert {path: found[path][0] for path in expected} == expected
    assert all(reason for verdict, reason in found.values() if verdict != "load")
    assert "first of its 4 frames" in found["digit_2/animated.gif"][1]
    assert "digit_0/duplicate_of_a_three.png" in found["digit_3_三/duplicate_a.png"][1]
    samples = load(report)
    assert samples.shape == COLOUR
    assert samples.class_names == ("digit_0", "digit_1", "digit_2", "digit_3_三")
    assert len(samples) == report.loaded == 38


def test_the_report_counts_its_verdicts_and_is_json(folder: Path) -> None:
    (folder / "cat" / "notes.txt").write_text("nine lives")
    (folder / "dog" / "broken.png").write_bytes(b"no picture")
    save(folder / "stray.png", 7)
    report = finish(folder, "My pets")
    assert (report.dataset, report.loaded, report.reported, report.ignored) == ("My pets", 20, 2, 1)
    plain = msgspec.json.decode(msgspec.json.encode(report))
    assert plain["files"][0] == {
        "file": "stray.png", "verdict": "report", "reason": "lies beside the class folders, so it belongs to no class",
    }  # fmt: skip
    assert msgspec.json.decode(msgspec.json.encode(report), type=ImportReport) == report


def test_grey_pictures_become_28_x_28_even_if_stored_as_colour(folder: Path) -> None:
    save(folder / "cat" / "tinted.png", (100, 110, 120))
    samples = load(finish(folder))
    assert samples.shape == GREY
    assert samples.images.dtype == np.uint8
    assert samples.images[:10, 0, 14, 14].tolist() == list(range(1, 11))


def test_one_coloured_picture_makes_all_32_x_32_and_colour(folder: Path) -> None:
    save(folder / "dog" / "red.png", (200, 0, 0))
    samples = load(finish(folder))
    assert samples.shape == COLOUR
    assert samples.images[-1, :, 16, 16].tolist() == [200, 0, 0]
    assert samples.images[0, :, 16, 16].tolist() == [1, 1, 1]


@pytest.mark.parametrize("shape", [GREY, COLOUR])
@pytest.mark.parametrize("size", [(28, 28), (90, 40), (3, 200), (2000, 1)])
def test_pictures_are_fitted_as_they_are_for_prediction(
    tmp_path: Path, shape: tuple[int, int, int], size: tuple[int, int]
) -> None:
    path = tmp_path / "picture.png"
    noise = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), np.uint8)
    Image.fromarray(noise).save(path)
    assert np.array_equal(fitted(open_image(path), shape), read_picture(path, shape, is_ink=False))


def test_a_fifth_of_each_class_is_for_testing_and_always_the_same(folder: Path) -> None:
    save(folder / "lonely" / "only.png", 90)
    save(folder / "pair" / "a.png", 91)
    save(folder / "pair" / "b.png", 92)
    first, second = finish(folder), finish(folder)
    samples, again = load(first), load(second)
    assert samples.class_names == ("cat", "dog", "lonely", "pair")
    assert np.bincount(samples.labels[samples.is_test], minlength=4).tolist() == [2, 2, 0, 1]
    assert np.array_equal(samples.is_test, again.is_test)
    assert np.array_equal(samples.images, again.images)


def test_classes_and_files_are_sorted_as_people_do(tmp_path: Path) -> None:
    for name in ("digit_10", "digit_2", "Digit_1"):
        save(tmp_path / "digits" / name / "1.png", 5)
    assert load(finish(tmp_path / "digits")).class_names == ("Digit_1", "digit_2", "digit_10")
    assert sorted(["b10", "b9", "a", "10", "9", "B9"], key=natural_order) == ["9", "10", "a", "B9", "b9", "b10"]


def test_what_was_brought_in_before_is_never_overwritten(folder: Path) -> None:
    assert finish(folder).dataset == "pets"
    for name, colour in (("pets 2", 90), ("pets 3", 91)):
        save(folder / "cat" / "new.png", colour, (colour, colour))
        assert finish(folder).dataset == name
    assert imported_names() == ("pets", "pets 2", "pets 3")
    assert ImageFolder("pets 2").is_here()


def test_hidden_folders_are_left_alone_and_links_are_said(folder: Path) -> None:
    save(folder / ".git" / "picture.png", 3)
    save(folder / "__MACOSX" / "picture.png", 3)
    save(folder / "cat" / "._0.png", 3)
    try:
        (folder / "dog" / "again").symlink_to(folder, target_is_directory=True)
    except OSError:
        pytest.skip("this system makes no links")
    found = verdicts(finish(folder))
    assert found[".git"] == found["__MACOSX"] == ("ignore", "is a hidden folder")
    assert found["cat/._0.png"][0] == "ignore"
    assert found["dog/again"][0] == "report"
    assert len(found) == 24


def test_classes_without_pictures_are_reported(folder: Path) -> None:
    (folder / "empty").mkdir()
    (folder / "text").mkdir()
    (folder / "text" / "readme.txt").write_text("nothing here")
    (folder / "broken").mkdir()
    (folder / "broken" / "half.png").write_bytes(b"")
    report = finish(folder)
    found = verdicts(report)
    assert [found[name][0] for name in ("empty", "text/readme.txt", "broken/half.png")] == ["report"] * 3
    assert load(report).class_names == ("cat", "dog")


def test_content_decides_where_the_name_says_nothing(folder: Path) -> None:
    for name in ("no_suffix", "strange.dat"):
        (folder / "cat" / name).write_bytes((folder / "cat" / "0.png").read_bytes())
    found = verdicts(finish(folder))
    assert found["cat/no_suffix"] == ("load", "it is the same file as cat/0.png")
    assert found["cat/strange.dat"][0] == "load"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes")
def test_a_pipe_does_not_keep_the_import_waiting(folder: Path) -> None:
    os.mkfifo(folder / "cat" / "pipe.png")
    assert verdicts(finish(folder))["cat/pipe.png"] == ("ignore", "is no plain file")


def test_names_that_are_no_text_are_shown_as_far_as_they_can_be(folder: Path) -> None:
    try:
        save(folder / os.fsdecode(b"caf\xe9") / "1.png", 8)
    except OSError:
        pytest.skip("this file system takes only text as names")
    report = finish(folder)
    assert "caf\N{REPLACEMENT CHARACTER}/1.png" in verdicts(report)
    assert msgspec.json.encode(report)
    assert load(report).class_names == ("caf\N{REPLACEMENT CHARACTER}", "cat", "dog")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Meine Blumen", "Meine Blumen"), ("../../etc/passwd", "_.._etc_passwd"), ("a\\b:c*", "a_b_c_"),
        ("", "images"), ("..", "images"), ("nul.txt", "_nul.txt"), ("数字\x00", "数字_"), ("x" * 300, "x" * 60),
    ],
)  # fmt: skip
def test_a_dataset_is_called_what_every_file_system_allows(text: str, name: str) -> None:
    assert folder_name(text) == name
    assert folder_name(name) == name


def test_a_folder_without_pictures_is_an_error_that_says_what_to_do(tmp_path: Path, home: Path) -> None:
    with pytest.raises(LeptonError, match="does not exist"):
        finish(tmp_path / "nowhere")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(LeptonError, match=r"could be loaded \(file is no picture\)"):
        finish(tmp_path / "file")
    save(tmp_path / "flat" / "1.png", 3)
    with pytest.raises(LeptonError, match=r"1\.png lies beside the class folders"):
        finish(tmp_path / "flat")
    assert imported_names() == ()
    assert not home.exists()


def test_a_folder_that_is_somebodys_whole_disk_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lepton_studio.engine.found_files.MOST_FILES", 15)
    with pytest.raises(LeptonError, match="more than 15 files"):
        finish(folder)


def test_stopping_leaves_nothing(folder: Path, home: Path) -> None:
    for text in ("Reading dog", "Writing"):
        work = import_folder(folder)
        next(event for event in work if isinstance(event, Progress) and event.text.startswith(text))
        work.close()  # type: ignore[attr-defined]
        assert not home.exists()


def test_stopping_leaves_what_was_brought_in_before(folder: Path, home: Path) -> None:
    finish(folder)
    before = sorted(home.rglob("*"))
    save(folder / "cat" / "new.png", 90)
    work = import_folder(folder)
    next(event for event in work if isinstance(event, Progress) and event.text.startswith("Writing"))
    work.close()  # type: ignore[attr-defined]
    assert sorted(home.rglob("*")) == before
    assert len(load_samples(ImageFolder("pets"))) == 20


def test_a_failure_while_writing_leaves_nothing(folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path, value: object) -> None:
        raise LeptonError(f"{path} could not be written: disk full.")

    monkeypatch.setattr(kept_imports, "write_struct", fail)
    with pytest.raises(LeptonError, match="disk full"):
        finish(folder)
    # Only the file that is locked by whoever writes.
    assert [path.name for path in home.rglob("*") if path.is_file()] == [kept_imports.TURN_FILE]


def test_a_full_disk_is_no_fault_of_the_picture(folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(LeptonError, match=r"datasets could not be written: No space left"):
        finish(folder)
    assert not home.exists()


def test_a_home_that_cannot_be_written_is_named(folder: Path, home: Path) -> None:
    home.write_bytes(b"in the way")
    with pytest.raises(LeptonError, match="could not be written"):
        finish(folder)


def test_a_dataset_that_was_not_brought_in_names_those_that_were(folder: Path) -> None:
    for name in ("", "cats", "../pets"):
        assert not ImageFolder(name).is_here()
        with pytest.raises(LeptonError, match="Import a folder"):
            load_samples(ImageFolder(name))
    finish(folder)
    with pytest.raises(LeptonError, match="Known are: pets"):
        load_samples(ImageFolder("cats"))


def test_a_dataset_of_a_newer_version_is_refused(folder: Path) -> None:
    info = folder_of(finish(folder).dataset) / INFO_FILE
    info.write_bytes(info.read_bytes().replace(b'"version": 2', b'"version": 3'))
    with pytest.raises(LeptonError, match="newer Lepton Studio"):
        load_samples(ImageFolder("pets"))


def test_pictures_stay_in_their_file_until_they_are_looked_at(folder: Path) -> None:
    images = load(finish(folder)).images
    assert isinstance(images, np.memmap)
    assert Path(str(images.filename)) == folder_of("pets") / IMAGES_FILE
    assert images.flags.c_contiguous
    assert not images.flags.writeable


def test_the_file_is_closed_with_the_samples(folder: Path) -> None:
    samples = load(finish(folder))
    assert samples.mean_and_std[0][0] > 0
    watched = weakref.ref(samples.images)
    del samples
    gc.collect()
    assert watched() is None
    (folder_of("pets") / IMAGES_FILE).unlink()


def packed_as_before(dataset: Path) -> Path:
    """Turns a dataset into one of version 1: all arrays in one packed file."""
    images = np.load(dataset / IMAGES_FILE)
    with np.load(dataset / LABELS_FILE) as rest:
        np.savez_compressed(dataset / SAMPLES_FILE, images=images, **rest)
    (dataset / IMAGES_FILE).unlink()
    (dataset / LABELS_FILE).unlink()
    info = dataset / INFO_FILE
    info.write_bytes(info.read_bytes().replace(b'"version": 2', b'"version": 1'))
    return dataset / SAMPLES_FILE


def test_a_dataset_of_an_earlier_version_still_opens(folder: Path) -> None:
    now = load(finish(folder))
    packed_as_before(folder_of("pets"))
    before = load_samples(ImageFolder("pets"))
    assert np.array_equal(before.images, now.images)
    assert np.array_equal(before.labels, now.labels)
    assert np.array_equal(before.is_test, now.is_test)
    assert before.mean_and_std == now.mean_and_std
    save(folder / "cat" / "new.png", 90)
    assert finish(folder).dataset == "pets 2"


def test_packed_arrays_that_do_not_fit_are_damage(folder: Path) -> None:
    path = packed_as_before(folder_of(finish(folder).dataset))
    images, labels, is_test = np.zeros((2, 1, 28, 28), np.uint8), np.array([0, 1]), np.zeros(2, bool)
    for arrays in (
        {"images": images, "labels": labels},
        {"images": images[0], "labels": labels, "is_test": is_test},
        {"images": images, "labels": labels + 1, "is_test": is_test},
        {"images": images.astype(float), "labels": labels, "is_test": is_test},
        {"images": images[:0], "labels": labels[:0], "is_test": is_test[:0]},
        {"images": np.array(None), "labels": labels, "is_test": is_test},
    ):
        np.savez(path, **arrays)
        with pytest.raises(LeptonError, match=r"samples\.npz"):
            load_samples(ImageFolder("pets"))
    path.unlink()
    with pytest.raises(LeptonError, match=r"samples\.npz"):
        load_samples(ImageFolder("pets"))


def test_stored_labels_that_do_not_fit_are_damage(folder: Path) -> None:
    path = folder_of(finish(folder).dataset) / LABELS_FILE
    labels, is_test = np.arange(20) % 2, np.zeros(20, bool)
    np.savez(path, labels=labels, is_test=is_test)
    assert load_samples(ImageFolder("pets")).labels.tolist() == [0, 1] * 10
    for arrays in (
        {"labels": labels},
        {"labels": labels + 1, "is_test": is_test},
        {"labels": labels.astype(float), "is_test": is_test},
        {"labels": labels, "is_test": is_test[:9]},
        {"labels": labels[:0], "is_test": is_test[:0]},
        {"labels": labels.reshape(2, 10), "is_test": is_test},
        {"labels": np.int64(1), "is_test": is_test},
        {"labels": np.array([None] * 20), "is_test": is_test},
    ):
        np.savez(path, **arrays)
        with pytest.raises(LeptonError, match=r"labels\.npz is missing or damaged: [^\n]+[^.]\.$"):
            load_samples(ImageFolder("pets"))
    path.unlink()
    with pytest.raises(LeptonError, match=r"labels\.npz"):
        load_samples(ImageFolder("pets"))


def test_stored_pictures_that_do_not_fit_are_damage(folder: Path) -> None:
    path = folder_of(finish(folder).dataset) / IMAGES_FILE
    images, whole = np.zeros((20, 1, 28, 28), np.uint8), path.read_bytes()
    # What numpy itself writes is taken as well.
    np.save(path, images)
    assert not load_samples(ImageFolder("pets")).images.any()
    wrong: list[bytes] = [whole[:-1], whole + b"0", whole[:100], b"", b"PK" + whole[2:], b"\x80" + whole[1:]]
    wrong += [whole.replace(b"(20, 1,", b"(20,-1,"), whole.replace(b"'|u1'", b"'|i1'")]
    wrong += [whole.replace(b"False", b"True "), whole[:8] + b"\x77" + whole[9:], whole.replace(b" 28,", b" 2L,")]
    for array in (images[:19], images[0], images.astype(float), images[:0], np.array(None), np.asfortranarray(images)):
        content = io.BytesIO()
        np.save(content, array)
        wrong.append(content.getvalue())
    for content_of_file in wrong:
        path.write_bytes(content_of_file)
        with pytest.raises(LeptonError, match=r"images\.npy is missing or damaged: [^\n]+[^.]\.$"):
            load_samples(ImageFolder("pets"))
    path.unlink()
    with pytest.raises(LeptonError, match=r"images\.npy"):
        load_samples(ImageFolder("pets"))


def picture_file(kind: str) -> bytes:
    content = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    Image.fromarray(noise).save(content, kind)
    return content.getvalue()


PICTURES = [picture_file(kind) for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "TGA")]


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_one_bad_file_never_stops_the_rest(data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(PICTURES)))
    for position in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=4)):
        content[position] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    with tempfile.TemporaryDirectory() as place:
        good, bad = Path(place) / "class" / "good.png", Path(place) / "class" / "bad.png"
        save(good, 9)
        bad.write_bytes(content[:cut] + data.draw(st.binary(max_size=20)))
        found = verdicts(finish(Path(place), "odd"))
    assert found["class/good.png"] == ("load", "")
    assert found["class/bad.png"][0] in ("load", "report")


@pytest.mark.parametrize("name", [IMAGES_FILE, LABELS_FILE, SAMPLES_FILE])
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_stored_bytes_are_samples_or_a_lepton_error(folder: Path, name: str, data: st.DataObject) -> None:
    original = folder / "original"
    if not original.exists():
        finish(folder)
        path = folder_of("pets") / name
        original.write_bytes((packed_as_before(path.parent) if name == SAMPLES_FILE else path).read_bytes())
    content = bytearray(original.read_bytes())
    # The head is what a file says of itself; what is changed in the pictures behind it cannot be known.
    for position in data.draw(st.lists(st.integers(0, min(len(content), 200) - 1) | st.integers(0, len(content) - 1))):
        content[position] = data.draw(st.integers(0, 255))
    cut = data.draw(st.just(len(content)) | st.integers(0, len(content)))
    (folder_of("pets") / name).write_bytes(content[:cut])
    try:
        samples = load_samples(ImageFolder("pets"))
    except LeptonError as error:
        complaint = error.what
    else:
        complaint = ""
        assert len(samples) == 20
        assert samples.images.sum(dtype=np.int64) >= 0
    assert not complaint or name in complaint

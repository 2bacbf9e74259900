"""First everything is looked at, then it is taken in; a person may change the frame or go away in between."""

import errno
import json
import os
import shutil
import subprocess
import sys
import threading
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from PIL import Image, ImageOps

from lepton_studio.engine import importing, kept_imports
from lepton_studio.engine.dataset import Samples, load_samples
from lepton_studio.engine.datasets.image_folder import LABELS_FILE, ImageFolder, folder_of, imported_names
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.examined import Examined
from lepton_studio.engine.import_report import SIDES, ImportOptions, ImportReport
from lepton_studio.engine.importing import examine, refit, take_in
from lepton_studio.engine.picture_store import PictureStore
from lepton_studio.engine.strokes import read_picture


def save(path: Path, level: int | tuple[int, int, int], size: tuple[int, int] = (28, 28)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("L" if isinstance(level, int) else "RGB", size, level)
    image.putpixel((0, 0), 255 if isinstance(level, int) else (255, 255, 255))
    image.save(path)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes with ten grey pictures of 40 x 30 each; each tells by its grey which one it is."""
    for number, name in enumerate(("cat", "dog")):
        for index in range(10):
            save(tmp_path / "pets" / name / f"{index}.png", 1 + 10 * number + index, (40, 30))
    return tmp_path / "pets"


def left_in(home: Path) -> list[Path]:
    """All files but the one that is locked by whoever writes."""
    return [path for path in home.rglob("*") if path.is_file() and path.name != kept_imports.TURN_FILE]


def look(path: Path, options: ImportOptions | None = None) -> Examined:
    *progress, examined = examine(path, options or ImportOptions())
    assert all(isinstance(event, Progress) for event in progress)
    assert isinstance(examined, Examined)
    return examined


def take(examined: Examined, name: str = "") -> ImportReport:
    *_, report = take_in(examined, name)
    assert isinstance(report, ImportReport)
    return report


def load(name: str) -> Samples:
    return load_samples(ImageFolder(name))


def test_looking_takes_nothing_and_says_everything(folder: Path, home: Path) -> None:
    (folder / "cat" / "broken.png").write_bytes(b"")
    (folder / "notes.txt").write_text("meow")
    save(folder / "cat" / "large.png", 99, (400, 300))
    with look(folder) as examined:
        assert imported_names() == ()
        assert (examined.name, examined.loaded, examined.reported, examined.ignored) == ("pets", 21, 1, 1)
        assert [(one.name, one.pictures) for one in examined.classes] == [("cat", 11), ("dog", 10)]
        assert examined.splits == {}
        assert examined.sizes == {(40, 30): 20, (400, 300): 1}
        assert (examined.smallest, examined.largest) == ((40, 30), (400, 300))
        assert examined.shape == (1, 28, 28)
        assert examined.is_grey
        assert [int(examined.picture(at)[0, 14, 14]) for at in (0, 9, 20)] == [1, 10, 20]
        reasons = {file.file: file.reason for file in examined.files}
        assert reasons["cat/broken.png"] == "is empty: it has 0 bytes"
    assert not home.exists()


def test_what_was_looked_at_is_taken_in_under_any_name(folder: Path) -> None:
    report = take(look(folder), "My pets")
    assert (report.dataset, report.loaded, report.already_here) == ("My pets", 20, False)
    samples = load("My pets")
    assert samples.origins[0] == "cat/0.png"
    assert samples.sizes is not None
    assert samples.sizes.dtype == np.int32
    assert samples.sizes.tolist() == [[40, 30]] * 20


@pytest.mark.parametrize("side", SIDES[1:])
@pytest.mark.parametrize(("channels", "count"), [("grey", 1), ("colour", 3), ("auto", 1)])
def test_the_frame_is_a_persons_to_choose(folder: Path, side: int, channels: str, count: int) -> None:
    options = ImportOptions(side=side, channels=channels)  # type: ignore[arg-type]
    samples = load(take(look(folder, options)).dataset)
    shape = (count, side, side)
    assert samples.shape == shape
    assert np.array_equal(samples.images[3], read_picture(folder / "cat" / "3.png", shape, is_ink=False))


def test_another_frame_is_decoded_from_the_files_again(folder: Path, home: Path) -> None:
    first = look(folder)
    *progress, second = refit(first, ImportOptions(side=64, channels="colour"))
    assert isinstance(second, Examined)
    assert len(progress) == 20
    assert second.shape == (3, 64, 64)
    assert (second.files, second.labels.tolist()) == (first.files, first.labels.tolist())
    assert load(take(second).dataset).shape == (3, 64, 64)
    third = look(folder)
    assert third.already == ""
    third.close()
    assert [path.name for path in (home / "datasets").iterdir()] == ["pets"]


def test_a_refit_that_is_stopped_leaves_the_first_look(folder: Path) -> None:
    examined = look(folder)
    work = refit(examined, ImportOptions(side=64))
    next(work)
    work.close()  # type: ignore[attr-defined]
    assert take(examined).loaded == 20


def test_the_same_source_is_not_taken_twice(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = take(look(folder))
    with monkeypatch.context() as patch:
        # Nothing is decoded again.
        patch.setattr(importing, "decode", None)
        again = look(folder)
        assert again.already == "pets"
        assert (again.files, again.shape, again.loaded) == (first.files, (1, 28, 28), 20)
        assert int(again.picture(12)[0, 14, 14]) == 13
        report = take(again)
    assert report == ImportReport("pets", first.files, 20, 0, 0, already_here=True)
    assert imported_names() == ("pets",)


def test_another_name_takes_the_same_source_again(folder: Path) -> None:
    take(look(folder))
    report = take(look(folder), "Other")
    assert (report.dataset, report.already_here) == ("Other", False)
    assert np.array_equal(load("Other").images, load("pets").images)


@pytest.mark.parametrize("change", ["new", "gone", "content", "time", "folder"])
def test_any_change_of_the_source_is_seen(folder: Path, change: str) -> None:
    take(look(folder))
    file = folder / "cat" / "3.png"
    if change == "new":
        save(folder / "cat" / "new.png", 50)
    elif change == "gone":
        file.unlink()
    elif change == "content":
        status = file.stat()
        save(file, 77, (400, 310))
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    elif change == "time":
        os.utime(file, ns=(5, 5))
    else:
        (folder / "bird").mkdir()
    with look(folder) as examined:
        assert examined.already == ""


def test_a_damaged_dataset_is_not_taken_for_the_source(folder: Path) -> None:
    take(look(folder))
    (folder_of("pets") / LABELS_FILE).write_bytes(b"")
    assert take(look(folder)).dataset == "pets 2"


def test_splits_are_known_again_when_the_source_was_here_before(tmp_path: Path) -> None:
    for split in ("train", "val", "test"):
        save(tmp_path / "p" / split / "cat" / "1.png", 7)
    take(look(tmp_path / "p"))
    with look(tmp_path / "p") as again:
        assert again.already == "p"
        assert again.splits == {"train": 1, "validation": 1, "test": 1}


@pytest.mark.parametrize("at", [1, 3, 15, 20, 22])
def test_stopping_ends_all_threads_and_leaves_nothing(folder: Path, home: Path, at: int) -> None:
    before = threading.active_count()
    work = examine(folder)
    for _ in range(at):
        next(work)
    work.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before
    assert not home.exists()


def test_a_full_disk_while_writing_leaves_the_look_to_try_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examined = look(folder)

    def full(self: PictureStore, path: Path) -> None:
        raise LeptonError(f"{path} could not be written: {os.strerror(errno.ENOSPC)}.")

    with monkeypatch.context() as patch:
        patch.setattr(PictureStore, "write", full)
        with pytest.raises(LeptonError, match="could not be written"):
            take(examined)
    assert imported_names() == ()
    assert take(examined).loaded == 20


def test_a_folder_that_vanishes_is_told_file_by_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "WAITING_PER_CORE", 1)
    work = examine(folder)
    seen = []
    for event in work:
        seen.append(event)
        if isinstance(event, Progress) and event.text == "Reading cat/2.png":
            shutil.rmtree(folder / "dog")
    examined = seen[-1]
    assert isinstance(examined, Examined)
    found = {file.file: (file.verdict, file.reason) for file in examined.files}
    assert found["cat/9.png"][0] == "load"
    assert found["dog/9.png"] == ("report", "is not there any more")
    assert examined.reported >= 5
    assert take(examined).loaded == 20 - examined.reported


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is forbidden here")
def test_a_file_that_may_not_be_read_is_told(folder: Path) -> None:
    (folder / "cat" / "3.png").chmod(0)
    with look(folder) as examined:
        assert {file.file: file.reason for file in examined.files}["cat/3.png"] == "cannot be read: Permission denied"


def test_links_within_the_source_are_followed_and_others_are_told(folder: Path, tmp_path: Path) -> None:
    secret = save(tmp_path / "secret.png", 66)
    try:
        (folder / "cat" / "in.png").symlink_to(folder / "dog" / "1.png")
        (folder / "cat" / "out.png").symlink_to(secret)
        (folder / "cat" / "gone.png").symlink_to(folder / "dog" / "nowhere.png")
        (folder / "cat" / "loop").symlink_to(folder, target_is_directory=True)
    except OSError:
        pytest.skip("this system makes no links")
    with look(folder) as examined:
        found = {file.file: (file.verdict, file.reason) for file in examined.files}
    assert found["cat/in.png"][0] == "load"
    assert found["cat/out.png"] == ("report", "is a link to a file outside the folder, which is not followed")
    assert found["cat/gone.png"] == ("report", "is a link to nothing")
    assert found["cat/loop"] == ("report", "is a link to another folder, which is not followed")


def test_sixteen_bits_keep_their_range_in_every_picture(tmp_path: Path) -> None:
    random = np.random.default_rng(4)
    wanted = []
    for number, high in enumerate((65536, 20000, 3000)):
        values = random.integers(0, high, (28, 28)).astype(np.uint16)
        wanted.append(np.rint(values / 257).astype(np.uint8))
        for name in ("png", "tif"):
            (tmp_path / "s" / name).mkdir(parents=True, exist_ok=True)
            Image.fromarray(values).save(tmp_path / "s" / name / f"{number}.{name}")
        header = b"P5 28 28 65535\n"
        (tmp_path / "s" / "pgm").mkdir(exist_ok=True)
        (tmp_path / "s" / "pgm" / f"{number}.pgm").write_bytes(header + values.astype(">u2").tobytes())
    report = take(look(tmp_path / "s"))
    samples = load(report.dataset)
    assert report.loaded == 9
    for at, picture in enumerate(samples.images[:, 0]):
        assert np.array_equal(picture, wanted[at % 3]), samples.origins[at]


def test_large_photographs_are_decoded_at_a_reduced_scale_and_look_the_same(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    coarse = Image.fromarray(random.integers(0, 256, (6, 6, 3), np.uint8))
    for number, size in enumerate(((1024, 700), (640, 900), (333, 1000))):
        exif = Image.Exif()
        exif[274] = (1, 6, 3)[number]
        path = tmp_path / "photos" / "a" / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        coarse.resize(size, Image.Resampling.BICUBIC).save(path, quality=92, exif=exif)
    examined = look(tmp_path / "photos")
    assert examined.sizes == {(1024, 700): 1, (900, 640): 1, (333, 1000): 1}
    for at in range(3):
        with Image.open(tmp_path / "photos" / "a" / f"{at}.jpg") as image:
            whole = ImageOps.pad(ImageOps.exif_transpose(image), (32, 32), Image.Resampling.LANCZOS)
        difference = examined.picture(at).astype(int) - np.asarray(whole, int).transpose(2, 0, 1)
        # A pixel at the edge of the padding may be mixed a little differently.
        assert np.abs(difference).mean() < 2
    examined.close()


def test_no_more_pictures_wait_than_there_are_places(tmp_path: Path) -> None:
    for number in range(400):
        save(tmp_path / "many" / "a" / f"{number}.png", number % 250, (200, 200))
    with look(tmp_path / "many") as warm:
        assert warm.loaded == 400
    tracemalloc.start()
    try:
        with look(tmp_path / "many"):
            _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # 400 decoded pictures would be 48 MB.
    assert most < 8 << 20


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(sys.platform == "win32", reason="this system does not tell the most memory of a process")
def test_a_folder_of_a_hundred_thousand_files_comes_in(tmp_path: Path) -> None:
    content = save(tmp_path / "one.png", 9).read_bytes()
    for label in range(10):
        (tmp_path / "many" / str(label)).mkdir(parents=True)
    for number in range(100_000):
        (tmp_path / "many" / f"{number % 10}" / f"{number}.png").write_bytes(content)
    # In a process of its own, whose memory the system measures: tracing each allocation takes as long as the import.
    script = (
        "import json, resource, sys; from pathlib import Path\n"
        "from lepton_studio.engine.importing import import_folder\n"
        "most = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = most(); *_, report = import_folder(Path(sys.argv[1]))\n"
        "print(json.dumps([report.dataset, report.loaded, before, most()]))"
    )
    told = subprocess.run([sys.executable, "-c", script, tmp_path / "many"], stdout=subprocess.PIPE, check=True)
    dataset, loaded, before, most = json.loads(told.stdout)
    assert (loaded, len(load(dataset))) == (100_000, 100_000)
    # About two kilobytes for what is known of each file; the pictures themselves would be 390 MB. macOS counts bytes.
    assert most - before < (300 << 20) // (1 if sys.platform == "darwin" else 1024)


def test_what_a_killed_import_left_goes_with_the_next_one(folder: Path, home: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path\n"
        "from lepton_studio.engine import importing, kept_imports\n"
        "kept_imports.write_struct = lambda *_: os._exit(9)\n"
        "list(importing.import_folder(Path(sys.argv[1])))"
    )
    killed = subprocess.run([sys.executable, "-c", script, folder], check=False)
    assert killed.returncode == 9
    remains = home / "datasets" / folder.name
    assert (remains / "images.npy").exists()
    assert imported_names() == ()
    assert take(look(folder)).dataset == folder.name
    assert {path.name for path in remains.parent.iterdir()} == {folder.name}
    assert {path.name for path in remains.iterdir()} == {"images.npy", "labels.npz", "report.json", "info.json"}


def test_what_another_process_is_writing_stays(folder: Path, home: Path) -> None:
    other = home / "datasets" / folder.name
    other.mkdir(parents=True)
    (other / "images.npy").write_bytes(b"half of it")
    with FileLock(other / kept_imports.WRITING_FILE):
        assert take(look(folder)).dataset == f"{folder.name} 2"
    assert (other / "images.npy").read_bytes() == b"half of it"


def test_a_failure_of_the_program_is_not_hidden(folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_imports, "drawn_for_testing", None)
    examined = look(folder)
    with pytest.raises(TypeError):
        take(examined)
    examined.close()
    assert left_in(home) == []


def test_a_picture_of_too_many_pixels_is_told_in_plain_words(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(folder / "cat" / "large.png", 99, (1200, 1100))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 600_000)
    with look(folder) as examined:
        [told] = [file for file in examined.files if file.verdict == "report"]
    assert (told.file, told.reason) == (
        "cat/large.png", "is too large a picture: it has more than 1 million pixels",
    )  # fmt: skip


def test_two_who_looked_at_the_same_pictures_take_them_in_once(folder: Path) -> None:
    first, second = look(folder), look(folder)
    one, other = list(take_in(first))[-1], list(take_in(second))[-1]
    assert isinstance(one, ImportReport)
    assert isinstance(other, ImportReport)
    assert (one.dataset, one.already_here) == ("pets", False)
    assert (other.dataset, other.already_here, other.loaded) == ("pets", True, 20)
    assert imported_names() == ("pets",)
    # Who wants them by another name gets them so, and who wants that name finds them.
    assert [list(take_in(each, "dogs"))[-1].dataset for each in (look(folder), look(folder))] == ["dogs", "dogs"]
    assert imported_names() == ("dogs", "pets")


def test_who_comes_second_waits_and_can_be_stopped_meanwhile(folder: Path) -> None:
    turn = kept_imports.begin_writing()
    assert turn is not None
    with look(folder) as examined:
        with turn:
            waiting = take_in(examined)
            texts = [str(getattr(next(waiting), "text", "")) for _ in range(3)]
            assert texts[1:] == ["Waiting for another import to end"] * 2
            waiting.close()  # type: ignore[attr-defined]
            assert imported_names() == ()
            waiting = take_in(examined)
            next(waiting)
        assert isinstance(list(waiting)[-1], ImportReport)
    assert imported_names() == ("pets",)


def test_two_processes_that_bring_in_one_folder_at_once_give_one_dataset(folder: Path) -> None:
    command = [sys.executable, "-m", "lepton_studio", "data", "import", str(folder), "--json"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    answers = [process.communicate(timeout=100) for process in both]
    assert [process.returncode for process in both] == [0, 0], answers
    assert sorted(json.loads(out)["already_here"] for out, _ in answers) == [False, True]
    assert imported_names() == ("pets",)


def test_a_turn_ends_with_the_process_that_had_it(folder: Path) -> None:
    script = "from lepton_studio.engine.kept_imports import *; import os; turn = begin_writing(); os._exit(9)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 9
    assert isinstance(list(take_in(look(folder)))[-1], ImportReport)
    assert imported_names() == ("pets",)

"""``lepton-studio data import`` and ``export``: what comes in, what goes out, and what is said of it."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from lepton_studio import cli_output, cli_runs
from lepton_studio.engine.dataset import load_samples
from lepton_studio.engine.datasets.image_folder import ImageFolder, imported_names
from lepton_studio.engine.events import Progress

ODD_IMAGES = Path(__file__).resolve().parents[2] / "shared" / "data" / "odd_images"

Ask = Callable[..., Any]


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for number in range(4):
            pixels = random.integers(0, 255, (28, 28), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "pets" / name / f"{number}.png")
    return tmp_path / "pets"


def brought_in(ask: Ask, *words: object) -> dict[str, Any]:
    status, out, _ = ask("data", "import", *words, "--json")
    assert status == 0
    result: dict[str, Any] = json.loads(out)
    return result


def test_the_odd_images_get_the_verdicts_of_their_manifest(ask: Ask) -> None:
    if not ODD_IMAGES.is_dir():
        pytest.skip(f"{ODD_IMAGES} is not here")
    with (ODD_IMAGES / "manifest.csv").open(encoding="utf-8", newline="") as file:
        expected = {row["path"]: row["expected"] for row in csv.DictReader(file)}
    report = brought_in(ask, ODD_IMAGES)
    found = {file["file"]: file["verdict"] for file in report["files"]}
    assert len(expected) == 50
    assert {path: found[path] for path in expected} == expected
    assert {path for path in found if path not in expected} == {"README.md", "manifest.csv"}
    assert [list(found.values()).count(verdict) for verdict in ("load", "report", "ignore")] == [
        report["loaded"], report["reported"], report["ignored"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "shape"),
    [
        ((), (1, 28, 28)), (("--side", 64), (1, 64, 64)), (("--channels", "colour"), (3, 32, 32)),
        (("--side", 48, "--channels", "grey"), (1, 48, 48)),
    ],
)  # fmt: skip
def test_the_frame_can_be_chosen(ask: Ask, pets: Path, words: tuple[object, ...], shape: tuple[int, int, int]) -> None:
    report = brought_in(ask, pets, *words)
    assert load_samples(ImageFolder(report["dataset"])).shape == shape


def test_several_folders_are_classes(ask: Ask, pets: Path) -> None:
    report = brought_in(ask, pets / "dog", pets / "cat", "--name", "Two")
    assert (report["dataset"], report["loaded"]) == ("Two", 8)
    assert load_samples(ImageFolder("Two")).class_names == ("cat", "dog")


def test_the_second_time_it_says_that_nothing_has_changed(ask: Ask, pets: Path) -> None:
    assert brought_in(ask, pets)["already_here"] is False
    assert brought_in(ask, pets)["already_here"] is True
    status, out, _ = ask("data", "import", pets)
    assert status == 0
    assert "nothing has changed since these 8 pictures were brought in" in out
    assert imported_names() == ("pets",)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--side", 30), "Known are: 28, 32, 48"), (("--side", "big"), "side"),
        (("--channels", "green"), "Known are: auto, grey, colour"),
    ],
)  # fmt: skip
def test_frames_that_are_none_are_refused(ask: Ask, pets: Path, words: tuple[object, ...], complaint: str) -> None:
    status, out, told = ask("data", "import", pets, *words)
    assert (status, out) == (2, "")
    assert complaint in told
    assert imported_names() == ()


def test_a_dataset_goes_out_and_comes_back(ask: Ask, pets: Path, tmp_path: Path) -> None:
    brought_in(ask, pets)
    file = tmp_path / "out.zip"
    status, out, _ = ask("data", "export", "pets", file, "--splits", "--json")
    assert status == 0
    written = json.loads(out)
    assert written == {"dataset": "pets", "path": str(file), "pictures": 8, "folders": {"cat": "cat", "dog": "dog"}}
    back = load_samples(ImageFolder(brought_in(ask, file, "--name", "back")["dataset"]))
    before = load_samples(ImageFolder("pets"))
    order = [int(Path(origin).stem) for origin in back.origins]
    assert np.array_equal(back.images, before.images[order])
    assert np.array_equal(back.is_test, before.is_test[order])


def test_an_export_overwrites_nothing(ask: Ask, pets: Path) -> None:
    brought_in(ask, pets)
    status, _, told = ask("data", "export", "pets", pets)
    assert status == 2
    assert "is there already" in told
    assert ask("data", "export", "nothing", pets / "new")[0] == 2


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes")
@pytest.mark.parametrize("name", ["pipe", "pipe.zip", "pipe.csv", "pipe.npz"])
def test_a_pipe_is_not_waited_for(ask: Ask, pets: Path, tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    status, _, told = ask("data", "import", tmp_path / name)
    assert (status, "neither a folder nor a plain file" in told) == (2, True)
    report = brought_in(ask, pets / "cat", pets / "dog", tmp_path / name)
    assert report["loaded"] == 8


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no such device")
def test_a_device_that_never_ends_is_not_read(ask: Ask) -> None:
    status, _, told = ask("data", "import", "/dev/zero")
    assert (status, "neither a folder nor a plain file" in told) == (2, True)


def test_a_name_with_a_line_end_stays_in_its_line(ask: Ask, pets: Path, tmp_path: Path) -> None:
    status, out, told = ask("data", "import", tmp_path / "no\nsuch\x1b[31m")
    assert (status, out, told.count("\n")) == (2, "", 1)
    assert "no?such?[31m does not exist" in told
    odd = (pets / "cat").rename(pets / "c\n\x1b[31mat")
    status, _, told = ask("data", "import", pets)
    assert (status, "\x1b" in told, odd.exists()) == (0, False, True)


@pytest.mark.parametrize("name", ["[/x].png", "[red]x.png", "a\n\x1b[2J.png"])
def test_the_bar_shows_names_as_they_are(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(
        cli_output, "console", lambda: Console(file=screen, force_terminal=True, width=100, markup=False)
    )
    with cli_output.Bar() as bar:
        bar.show(Progress(f"Reading {name}", 1, 3))
        bar._rich.refresh()
    assert name.replace("\n", "?").replace("\x1b", "?") in screen.getvalue()


def test_the_remedy_fits_what_was_brought_in(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,label\nnowhere.png,cat\n")
    (tmp_path / "empty" / "cat").mkdir(parents=True)
    assert "Put that right" in ask("data", "import", tmp_path / "labels.csv")[2]
    assert "Make a folder for each class" in ask("data", "import", tmp_path / "empty")[2]


def test_a_split_that_is_none_is_told_before_anything_is_loaded(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_runs, "samples_of_run", None)
    status, _, told = ask("evaluate", "bundled", "--split", "exam")
    assert (status, "no split called 'exam'" in told) == (2, True)

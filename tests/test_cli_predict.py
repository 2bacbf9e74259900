"""``lepton-studio predict``: files, folders, tables and pages."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lepton_studio.engine.runs import Run
from lepton_studio.engine.strokes import Stroke, draw_strokes

Ask = Callable[..., Any]


@pytest.fixture
def sheets(tmp_path: Path) -> Path:
    """A zero in a folder called so, a ten, a blank sheet and a broken file."""
    around = np.linspace(0, 2 * np.pi, 40)

    def ring(x: float) -> Stroke:
        points = np.stack([x + 0.1 * np.cos(around), 0.5 + 0.2 * np.sin(around)], axis=1)
        return Stroke(tuple(map(tuple, points.tolist())), 0.04)

    folder = tmp_path / "sheets"
    (folder / "0").mkdir(parents=True)
    ten = (Stroke(((0.2, 0.3), (0.2, 0.7)), 0.04), ring(0.4))
    for name, strokes in (("0/ring.png", (ring(0.5),)), ("ten.png", ten), ("blank.png", ())):
        Image.fromarray(230 - draw_strokes(strokes, 200) // 255 * 190).save(folder / name)
    (folder / "broken.png").write_bytes(b"no picture")
    return folder


def test_a_folder_is_answered_with_numbers_and_what_is_known(ask: Ask, sheets: Path) -> None:
    answer = ask("predict", "bundled", sheets, "--json")
    assert answer.status == 0
    rows = {row["file"]: row for row in answer.value}
    assert set(rows) == {"blank.png", "broken.png", "ten.png", "0/ring.png"}
    assert "no ink" in rows["blank.png"]["error"]
    assert "broken.png" in rows["broken.png"]["error"]
    ring, ten = rows["0/ring.png"], rows["ten.png"]
    assert (ring["label"], ring["truth"]) == ("0", "0")
    assert "digits" not in ring
    assert sum(ring["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert ten["label"] == "10"
    assert [digit["label"] for digit in ten["digits"]] == ["1", "0"]
    assert ten["probability"] == ten["probabilities"]["10"]
    assert ten["score"] == min(digit["score"] for digit in ten["digits"])
    assert ten["digits"][0]["box"][0] < ten["digits"][1]["box"][0]


def test_a_table_and_a_page_are_written_and_never_replaced_unasked(ask: Ask, sheets: Path, tmp_path: Path) -> None:
    table, page = tmp_path / "table.csv", tmp_path / "page"
    answer = ask("predict", "bundled", sheets, "--csv", table, "--doubtful", page)
    assert answer.status == 0
    assert "100.00 % of 1 are right" in answer.err
    with table.open(encoding="utf-8", newline="") as file:
        assert [row["label"] for row in csv.DictReader(file)] == ["", "", "10", "0"]
    assert (page / "index.html").is_file()
    for more in (("--csv", table), ("--doubtful", page)):
        refused = ask("predict", "bundled", sheets, *more)
        assert refused.status == 2
        assert "is there already" in refused.err
    assert ask("predict", "bundled", sheets / "ten.png", "--csv", table, "--replace").status == 0


def test_a_higher_coverage_answers_more(ask: Ask, sheets: Path) -> None:
    known = []
    for coverage in (0.5, 1):
        value = ask("predict", "bundled", sheets / "ten.png", "--coverage", coverage, "--json").value
        known.append(value[0]["is_known"])
    assert known[1] is True
    assert ask("predict", "bundled", sheets, "--coverage", 2).status == 2


def test_a_network_that_was_never_measured_says_so(ask: Ask, sheets: Path, trained_run: Run) -> None:
    answer = ask("predict", trained_run.id, sheets / "ten.png", "--coverage", 0.9, "--json")
    assert "never measured" in answer.err
    assert answer.value[0]["is_known"] is True


def test_a_folder_without_pictures_is_refused_in_words(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    answer = ask("predict", "bundled", tmp_path / "empty")
    assert answer.status == 2
    assert "no pictures" in answer.err

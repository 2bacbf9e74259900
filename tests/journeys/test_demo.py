"""The demonstration, as ``lepton-studio demo --json`` gives it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QImage

from lepton_studio.gui.demo import run_demo


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_demonstration_trains_a_good_network_and_reads_what_it_draws(qapp: Any, tmp_path: Path) -> None:
    said: list[str] = []
    result = json.loads(json.dumps(run_demo(tmp_path / "demo", said.append)))
    assert result["test_accuracy"] >= 0.97
    drawn = result["drawn"]
    assert [each["digit"] for each in drawn] == list(range(10))
    assert all(0 <= each["probability"] <= 1 for each in drawn)
    assert sum(each["label"] == str(each["digit"]) for each in drawn) >= 9
    assert result["seconds"] > 0
    assert {Path(path).stem for path in result["pages"]} == {
        "data_page", "build_page", "train_page", "evaluate_page", "draw_page", "runs_page",
    }  # fmt: skip
    for path in result["pages"]:
        picture = QImage(path)
        assert picture.width() >= 1024
        # A picture of something: more than a few colours.
        assert len({picture.pixel(x, y) for x in range(0, picture.width(), 7) for y in range(0, 600, 7)}) > 20
    assert said

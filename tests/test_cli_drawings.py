"""``data drawings``: what was collected, out and in from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lepton_studio.cli import main
from lepton_studio.engine.drawing_book import create_book, open_book
from lepton_studio.engine.strokes import Stroke


def test_drawings_are_listed_exported_and_imported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = create_book("Ours", ("cat", "dog"))
    for author in ("Ana", "Bo", "Ana"):
        book.add("cat", [Stroke(((0.2, 0.2), (0.8, 0.8)), 0.05)], author)
    assert main(["data", "drawings", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [
        {"dataset": "Ours", "drawings": 3, "authors": ["Ana", "Bo"], "per_class": {"cat": 3, "dog": 0}, "remarks": []}
    ]
    target = tmp_path / "ours.zip"
    assert main(["data", "drawings", "export", "Ours", str(target), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report == {
        "dataset": "Ours", "path": str(target), "drawings": 3, "folders": {"cat": "cat", "dog": "dog"},
    }  # fmt: skip
    assert main(["data", "drawings", "export", "Ours", str(target)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert main(["data", "drawings", "import", str(target), "--name", "Theirs", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["dataset"] == "Theirs"
    assert open_book("Theirs").drawings == book.drawings
    assert main(["data", "drawings", "list"]) == 0
    assert "Theirs" in capsys.readouterr().out
    assert main(["data", "info", "Theirs", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["samples"] == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("export", "nothing", "out.zip"), "no drawings called 'nothing'"),
        (("import", "nowhere.zip"), "no drawings.jsonl"),
    ],
)
def test_what_is_wrong_is_said(words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "drawings", *words]) == 2
    assert said in capsys.readouterr().err

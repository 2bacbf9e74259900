"""Architectures come from files and go into files, and the page says how it went."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QFileDialog, QWidget

from lepton_studio.engine import LAYERS, Architecture, read_architecture, write_struct
from lepton_studio.gui.architecture_files import ArchitectureFiles
from lepton_studio.gui.session import Session
from lepton_studio.gui.widgets.message_line import MessageLine
from lepton_studio.gui.workbench import Workbench

PATIENCE = 60_000
MINE = Architecture("Mine", (LAYERS["flatten"](), LAYERS["linear"](outputs=10)))


class Desk:
    """A workbench with a line for messages, and the files that go with them."""

    def __init__(self, qtbot: Any) -> None:
        self.session = Session()
        self.session.engine_ready = True
        self.bench = Workbench(self.session)
        self.place = QWidget()
        qtbot.addWidget(self.place)
        self.message = MessageLine(self.place)
        self.files = ArchitectureFiles(self.bench, self.message, self.place)
        self.opened: list[bool] = []
        self.files.opened.connect(lambda: self.opened.append(True))


@pytest.fixture
def desk(qapp: Any, qtbot: Any) -> Any:
    desk = Desk(qtbot)
    yield desk
    desk.files.stop()
    desk.session.close()


def test_an_architecture_is_opened_and_undone(
    desk: Desk, qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = desk.session.experiment.architecture
    write_struct(tmp_path / "mine.json", MINE)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "mine.json"), ""))
    desk.files.choose_and_open()
    qtbot.waitUntil(lambda: bool(desk.opened), timeout=PATIENCE)
    assert desk.session.experiment.architecture == MINE
    assert desk.bench.current == (0,)
    assert desk.session.undo_stack.undoText() == "Open mine.json"
    desk.session.undo_stack.undo()
    assert desk.session.experiment.architecture == before


def test_python_code_is_opened(desk: Desk, qtbot: Any, tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    file.write_text("from torch import nn\nnet = nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 10))\n")
    desk.files.open_path(file)
    qtbot.waitUntil(lambda: bool(desk.opened), timeout=PATIENCE)
    assert desk.bench.layers == MINE.layers
    assert desk.session.experiment.architecture.name == "net"


def test_what_cannot_be_opened_is_said_and_changes_nothing(desk: Desk, qtbot: Any, tmp_path: Path) -> None:
    before = desk.session.experiment
    file = tmp_path / "net.py"
    file.write_text("from torch import nn\nnet = nn.Sequential(nn.Mystery())\n")
    desk.files.open_path(file)
    qtbot.waitUntil(lambda: "line 2: 'nn.Mystery' is no module" in desk.message.text, timeout=PATIENCE)
    assert desk.session.experiment is before
    assert desk.opened == []


def test_the_architecture_is_saved_alone(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "net"), ""))
    desk.files.choose_and_save()
    assert read_architecture(tmp_path / "net.json") == desk.session.experiment.architecture
    assert desk.message.text == f"The architecture is in {tmp_path / 'net.json'}."
    desk.files.choose_and_save()
    assert "is there already" in desk.message.text
    desk.files.save_path(tmp_path / "net.json" / "a.json")
    assert "could not be written" in desk.message.text


def test_nobody_has_to_choose_a_file(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    before = desk.session.experiment
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    desk.files.choose_and_open()
    desk.files.choose_and_save()
    assert desk.session.experiment is before
    assert desk.message.text == ""

"""The code beside the stack follows the workbench, and the workbench follows clicks in it."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QTextCursor
from PySide6.QtWidgets import QFileDialog, QLabel

from lepton_studio.engine import LAYERS, Architecture
from lepton_studio.gui.code_view import CodeView
from lepton_studio.gui.session import Session
from lepton_studio.gui.workbench import Workbench

PATIENCE = 60_000
Conv2d, Relu, Residual, Flatten, Linear = (LAYERS[tag] for tag in ("conv2d", "relu", "residual", "flatten", "linear"))
TREE = (
    Conv2d(channels=4, padding=1),
    Residual(body=(Conv2d(channels=4, padding=1), Relu())),
    Flatten(),
    Linear(outputs=4),
)


@pytest.fixture
def workbench(tiny_session: Session) -> Workbench:
    architecture = Architecture("Tiny 1", TREE)
    tiny_session.experiment = msgspec.structs.replace(tiny_session.experiment, architecture=architecture)
    return Workbench(tiny_session)


@pytest.fixture
def view(workbench: Workbench, qtbot: Any) -> Any:
    view = CodeView(workbench)
    qtbot.addWidget(view)
    view.resize(520, 500)
    view.show()
    qtbot.waitUntil(lambda: view.exported is not None, timeout=PATIENCE)
    yield view
    view.stop()


def explanation(view: CodeView) -> str:
    label = view.findChild(QLabel, "code_explanation")
    assert label is not None
    return label.text() if not label.isHidden() else ""


def lines(view: CodeView) -> list[str]:
    return view.code.toPlainText().split("\n")


def marked(view: CodeView) -> str:
    return "\n".join(line.strip() for first, last in view.code.marked for line in lines(view)[first - 1 : last])


def test_the_code_is_that_of_the_network_on_the_bench(view: CodeView) -> None:
    assert "class Tiny1(nn.Module)" in view.code.toPlainText()
    assert ast.parse(view.code.toPlainText())
    assert explanation(view) == ""


def test_an_edit_is_followed_and_the_script_is_one_switch_away(view: CodeView, qtbot: Any) -> None:
    bench = view._workbench
    bench.edit("Change", (Conv2d(channels=6, padding=1), *TREE[2:]))
    qtbot.waitUntil(lambda: "nn.Conv2d(1, 6," in view.code.toPlainText(), timeout=PATIENCE)
    qtbot.mouseClick(view.script_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "\nEPOCHS = " in view.code.toPlainText(), timeout=PATIENCE)
    assert "nn.Conv2d(1, 6," in view.code.toPlainText()
    qtbot.mouseClick(view.network_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "\nEPOCHS = " not in view.code.toPlainText(), timeout=PATIENCE)


def test_the_lines_of_chosen_cards_are_marked(view: CodeView) -> None:
    view._workbench.choose((3,))
    assert marked(view).endswith("nn.Linear(256, 4),  # 4")
    view._workbench.choose((1, 1), (1, 0))
    assert "nn.ReLU()," in marked(view)
    assert marked(view).count("nn.Conv2d(4, 4") == 1
    view._workbench.choose()
    assert marked(view) == ""


def test_a_click_in_the_code_chooses_the_innermost_card(view: CodeView, qtbot: Any) -> None:
    view.resize(900, 900)
    number = next(at for at, line in enumerate(lines(view)) if "nn.ReLU()" in line)
    view.code.verticalScrollBar().setValue(number - 5)
    before = view.code.verticalScrollBar().value()
    rect = view.code.cursorRect(QTextCursor(view.code.document().findBlockByNumber(number)))
    qtbot.mouseClick(view.code.viewport(), Qt.MouseButton.LeftButton, pos=rect.center() + QPoint(2, 0))
    assert view._workbench.current == (1, 1)
    assert view.code.verticalScrollBar().value() == before
    qtbot.mouseClick(view.code.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(30, 8))
    # Lines that belong to no card change nothing.
    assert view._workbench.current == (1, 1)


def test_a_network_that_does_not_build_has_no_code_and_says_why(view: CodeView, qtbot: Any) -> None:
    bench = view._workbench
    bench.edit("Break", (TREE[0], TREE[3]))
    assert explanation(view).startswith("There is no code yet, because the network does not build. Linear: ")
    assert view.code.isHidden()
    assert not view.copy_button.isEnabled()
    assert not view.save_button.isEnabled()
    bench.edit("Wrong end", (TREE[2], Linear(outputs=9)))
    assert "9" in explanation(view)
    bench.edit("Mend", TREE)
    qtbot.waitUntil(lambda: view.exported is not None and not view.code.isHidden(), timeout=PATIENCE)
    assert explanation(view) == ""


def test_a_layer_that_nobody_can_write_is_told(view: CodeView, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from lepton_studio.engine import LeptonError

    def refuse(*_: object) -> Any:
        raise LeptonError("The layer Odd cannot be written as code.", "Leave it out.")
        yield

    monkeypatch.setattr("lepton_studio.gui.code_view.code_for", refuse)
    view.refresh()
    qtbot.waitUntil(lambda: "The layer Odd cannot be written" in explanation(view), timeout=PATIENCE)
    assert view.code.isHidden()
    monkeypatch.undo()
    view.refresh()
    qtbot.waitUntil(lambda: view.exported is not None and not view.code.isHidden(), timeout=PATIENCE)


def test_nothing_is_written_while_nobody_looks(view: CodeView, qtbot: Any) -> None:
    view.hide()
    before = view.code.toPlainText()
    view._workbench.edit("Change", TREE[2:])
    qtbot.wait(300)
    assert view.code.toPlainText() == before
    view.show()
    qtbot.waitUntil(lambda: "nn.Linear(64, 4)" in view.code.toPlainText(), timeout=PATIENCE)


def test_the_code_is_copied_and_saved(
    view: CodeView, qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    qtbot.mouseClick(view.copy_button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == view.code.toPlainText()
    assert "in the clipboard" in view.message.text
    proposed: list[str] = []

    def ask(_parent: object, _title: str, name: str, _kinds: str) -> tuple[str, str]:
        proposed.append(name)
        return str(tmp_path / "net"), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    qtbot.mouseClick(view.save_button, Qt.MouseButton.LeftButton)
    assert (tmp_path / "net.py").read_text(encoding="utf-8") == view.code.toPlainText()
    assert view.message.text == f"The code is in {tmp_path / 'net.py'}."
    # The name that was asked for was another one, so it is not replaced unasked.
    qtbot.mouseClick(view.save_button, Qt.MouseButton.LeftButton)
    assert "is there already" in view.message.text
    qtbot.mouseClick(view.script_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "\nEPOCHS = " in view.code.toPlainText(), timeout=PATIENCE)
    assert view.message.text == ""
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "net.py" / "a.py"), ""))
    qtbot.mouseClick(view.save_button, Qt.MouseButton.LeftButton)
    assert "could not be written" in view.message.text
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    qtbot.mouseClick(view.save_button, Qt.MouseButton.LeftButton)
    assert proposed == ["tiny_1.py", "tiny_1.py"]


def test_without_a_dataset_the_usual_pictures_stand_for_it(qapp: Any, qtbot: Any) -> None:
    session = Session()
    session.engine_ready = True
    view = CodeView(Workbench(session))
    qtbot.addWidget(view)
    view.show()
    qtbot.waitUntil(lambda: view.exported is not None, timeout=PATIENCE)
    assert "The dataset is not loaded" in explanation(view)
    assert "STD = [255.0]" in view.code.toPlainText()
    view.stop()
    session.close()


def test_before_torch_is_there_the_view_says_so(qapp: Any, qtbot: Any) -> None:
    session = Session()
    view = CodeView(Workbench(session))
    qtbot.addWidget(view)
    view.show()
    assert "PyTorch is being loaded" in explanation(view)
    assert view.code.isHidden()
    view.stop()
    session.close()

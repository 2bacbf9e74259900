"""The drawing beside the stack follows the workbench, and the workbench follows clicks on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog, QToolButton

from lepton_studio.engine import LAYERS, Architecture
from lepton_studio.gui.network_view import NetworkView
from lepton_studio.gui.session import Session
from lepton_studio.gui.stack_rows import tip_of
from lepton_studio.gui.workbench import Workbench

Conv2d, Relu, Residual, Parallel, Repeat, Flatten, Linear = (
    LAYERS[tag] for tag in ("conv2d", "relu", "residual", "parallel", "repeat", "flatten", "linear")
)
TREE = (
    Conv2d(channels=4, padding=1),
    Repeat(body=(Residual(body=(Conv2d(channels=4, padding=1), Relu())),), times=3),
    Parallel(branches=(Conv2d(channels=2, kernel_size=1), Relu(disabled=True), Relu()), join="concat"),
    Flatten(),
    Linear(outputs=4),
)


@pytest.fixture
def workbench(tiny_session: Session) -> Workbench:
    architecture = Architecture("Tiny", TREE)
    tiny_session.experiment = msgspec.structs.replace(tiny_session.experiment, architecture=architecture)
    return Workbench(tiny_session)


@pytest.fixture
def view(workbench: Workbench, qtbot: Any) -> NetworkView:
    view = NetworkView(workbench)
    qtbot.addWidget(view)
    view.resize(340, 700)
    view.show()
    qtbot.waitExposed(view)
    return view


def tool(view: NetworkView, name: str) -> QToolButton:
    found = view.findChild(QToolButton, name)
    assert found is not None
    return found


def texts(view: NetworkView) -> list[str]:
    return [box.text for box in view.drawing.plan.boxes]


def test_containers_are_drawn_as_they_wire_their_layers(view: NetworkView) -> None:
    assert texts(view) == [
        "Input", "Convolution 2d", "Repeat", "Residual", "Convolution 2d", "ReLU", "+", "Parallel", "Convolution 2d",
        "ReLU", "ReLU", "concat", "Flatten", "Linear", "Answer: 4 classes",
    ]  # fmt: skip
    repeat = view.drawing.plan.box_of((1,))
    assert repeat is not None
    assert repeat.layer is not None
    assert repeat.layer.times == 3
    labels = [tensor.label for tensor in view.drawing.plan.tensors]
    assert labels == ["1 × 8 × 8", "4 × 8 × 8", "2 × 8 × 8", "6 × 8 × 8", "384", "4"]


def test_a_click_chooses_the_card_and_a_chosen_card_is_lit_up(view: NetworkView, qtbot: Any) -> None:
    workbench = view._workbench
    drawing = view.drawing
    qtbot.mouseClick(drawing, Qt.MouseButton.LeftButton, pos=drawing.place_of((1, 0, 1)).center())
    assert workbench.current == (1, 0, 1)
    before = drawing.grab().toImage().pixelColor(drawing.place_of((3,)).center())
    workbench.choose((3,))
    assert drawing.grab().toImage().pixelColor(drawing.place_of((3,)).center()) != before
    qtbot.mouseClick(drawing, Qt.MouseButton.LeftButton, pos=drawing.place_of(()).center())
    assert workbench.current == ()


def test_an_edit_is_drawn_at_once_with_its_fault(view: NetworkView) -> None:
    workbench = view._workbench
    workbench.edit("Break it", (Conv2d(channels=4, kernel_size=9), *TREE[3:]))
    plan = view.drawing.plan
    assert [box.text for box in plan.boxes if box.error] == ["Convolution 2d"]
    assert "does not fit" in plan.boxes[1].error
    workbench.edit("Too many", (Flatten(), Linear(outputs=7)))
    assert [box.text for box in view.drawing.plan.boxes if box.error] == ["Answer: 4 classes"]


def test_before_torch_is_there_the_layers_are_drawn_without_tensors(view: NetworkView) -> None:
    workbench = view._workbench
    workbench.session.engine_ready = False
    workbench.describe()
    assert "Residual" in texts(view)
    assert view.drawing.plan.tensors == ()


def test_the_name_of_a_branch_and_settings_that_are_not_usual_are_written(view: NetworkView) -> None:
    branch = LAYERS["branch"](body=(Conv2d(channels=4, stride=2),), name="stem")
    view._workbench.edit("Name it", (branch, *TREE[3:]))
    assert texts(view)[1] == "Branch · stem"
    box = view.drawing.plan.boxes[2]
    assert box.layer is not None
    assert box.layer.detail == "channels 4, stride 2"
    assert "4 × 3 × 3" in box.layer.facts
    assert "40 parameters" in box.layer.facts


def test_a_box_says_under_the_mouse_what_the_card_says(view: NetworkView) -> None:
    for row in view._workbench.rows:
        box = view.drawing.plan.box_of(row.path)
        assert box is not None
        assert box.layer is not None
        title, *rest = box.layer.facts.split("\n", 1)
        assert title == box.text
        assert rest[0].removeprefix("Left out for now\n") == tip_of(row)


def test_the_tools_zoom_and_say_how_large_it_is(view: NetworkView, qtbot: Any) -> None:
    qtbot.mouseClick(tool(view, "network_full_size"), Qt.MouseButton.LeftButton)
    assert view.drawing.zoom == 1.0
    assert view._zoom.text() == "100 %"
    qtbot.mouseClick(tool(view, "network_zoom_in"), Qt.MouseButton.LeftButton)
    assert view._zoom.text() == "125 %"
    qtbot.mouseClick(tool(view, "network_zoom_out"), Qt.MouseButton.LeftButton)
    assert view._zoom.text() == "100 %"
    qtbot.mouseClick(tool(view, "network_fit"), Qt.MouseButton.LeftButton)
    assert view.drawing.rect().contains(view.drawing.place_of((4,)))


@pytest.mark.parametrize(
    ("name", "kind"),
    [("net.svg", "Picture (*.png)"), ("net.png", ""), ("net", ""), ("net", "Picture (*.png)")],
)
def test_it_is_saved_in_the_form_that_its_name_says_or_else_the_dialog(
    view: NetworkView, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: str
) -> None:
    ending = Path(name).suffix or (".png" if kind else ".svg")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / name), kind))
    tool(view, "network_export").click()
    path = (tmp_path / name).with_suffix(ending)
    assert str(path) in view.message.text
    data = path.read_bytes()
    assert data.lstrip().startswith(b"<?xml") if ending == ".svg" else not QImage.fromData(data, "PNG").isNull()


def test_a_disk_that_refuses_and_a_name_that_is_taken_are_said(
    view: NetworkView, qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "file" / "net.svg"), ""))
    qtbot.mouseClick(tool(view, "network_export"), Qt.MouseButton.LeftButton)
    assert "net.svg" in view.message.text
    (tmp_path / "net.svg").write_text("mine")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "net"), ""))
    qtbot.mouseClick(tool(view, "network_export"), Qt.MouseButton.LeftButton)
    assert "is there already" in view.message.text
    assert (tmp_path / "net.svg").read_text() == "mine"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    view.message.clear()
    qtbot.mouseClick(tool(view, "network_export"), Qt.MouseButton.LeftButton)
    assert view.message.text == ""

"""What is done to the chosen layers: each one step with a name, and a sensible choice afterwards."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication

from lepton_studio.engine import MIME_TYPE, Architecture, Layer, all_paths, layers_to_text
from lepton_studio.engine.layers.dropout import Dropout
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.layers.relu import Relu
from lepton_studio.engine.layers.residual import Residual
from lepton_studio.engine.layers.tanh import Tanh
from lepton_studio.gui.session import Session
from lepton_studio.gui.workbench import Workbench

TREE = (Flatten(), Residual(body=(Relu(), Tanh())), Linear(), Dropout())


@pytest.fixture
def bench(qtbot: Any) -> Any:
    session = Session()
    session.edit("Begin", msgspec.structs.replace(session.experiment, architecture=Architecture("Mine", TREE)))
    session.undo_stack.clear()
    yield Workbench(session)
    session.kept.finish()


def steps(bench: Workbench) -> list[str]:
    """The names of what can be undone."""
    stack = bench.session.undo_stack
    return [stack.text(at) for at in range(stack.index())]


def titles(layers: tuple[Layer, ...]) -> list[str]:
    return [layer.title for layer in layers]


def test_something_new_goes_after_the_current_layer_or_inside_it(bench: Any) -> None:
    bench.choose((0,))
    bench.add("relu")
    assert titles(bench.layers)[:3] == ["Flatten", "ReLU", "Residual"]
    assert bench.chosen == ((1,),)
    bench.choose((2,))
    bench.add("dropout", inside=True)
    assert titles(bench.layers[2].children()) == ["ReLU", "Tanh", "Dropout"]
    assert bench.current == (2, 2)
    bench.choose()
    bench.add("tanh")
    assert bench.layers[0] == Tanh()
    bench.add("relu", (3, 0))
    assert titles(bench.layers[3].children())[0] == "ReLU"
    assert steps(bench) == ["Add ReLU", "Add Dropout", "Add Tanh", "Add ReLU"]


def test_a_layer_that_is_no_container_takes_nothing_inside(bench: Any) -> None:
    bench.choose((0,))
    bench.add("relu", inside=True)
    assert bench.current == (1,)


def test_what_stands_in_the_place_of_removed_layers_is_chosen(bench: Any) -> None:
    bench.choose((0,), (1,))
    bench.remove()
    assert titles(bench.layers) == ["Linear", "Dropout"]
    assert bench.current == (0,)
    bench.choose((1,))
    bench.remove()
    assert bench.current == (0,)
    bench.remove()
    assert bench.layers == ()
    assert bench.current == ()
    bench.remove()
    assert steps(bench) == ["Remove 2 layers", "Remove Dropout", "Remove Linear"]
    for _ in range(3):
        bench.session.undo_stack.undo()
    assert bench.layers == TREE


def test_a_container_that_was_emptied_is_chosen(bench: Any) -> None:
    bench.choose((1, 0), (1, 1))
    bench.remove()
    assert bench.current == (1,)
    assert bench.layers[1].children() == ()


def test_copies_are_chosen(bench: Any) -> None:
    bench.choose((2,), (3,))
    bench.duplicate()
    assert titles(bench.layers)[2:] == ["Linear", "Dropout"] * 2
    assert bench.chosen == ((4,), (5,))
    bench.copy_to((1, 1))
    assert titles(bench.layers[1].children()) == ["ReLU", "Linear", "Dropout", "Tanh"]
    assert bench.chosen == ((1, 1), (1, 2))


def test_layers_move_in_their_stack_and_into_containers_and_out_of_them(bench: Any) -> None:
    bench.choose((2,))
    bench.move_in()
    assert bench.current == (1, 2)
    bench.move_in()
    assert bench.current == (1, 2)
    bench.move(-1)
    assert titles(bench.layers[1].children()) == ["ReLU", "Linear", "Tanh"]
    assert bench.current == (1, 1)
    bench.move_out()
    assert titles(bench.layers) == ["Flatten", "Residual", "Linear", "Dropout"]
    assert bench.layers == TREE
    bench.move_out()
    assert bench.current == (2,)
    assert steps(bench) == ["Move Linear"] * 3


def test_a_move_against_the_end_is_no_step(bench: Any) -> None:
    bench.choose((0,))
    bench.move(-1)
    bench.move_to((1,))
    assert steps(bench) == []


def test_a_container_cannot_be_moved_into_itself_and_the_page_says_so(bench: Any, qtbot: Any) -> None:
    bench.choose((1,))
    with qtbot.waitSignal(bench.session.trouble_met) as met:
        bench.move_to((1, 0))
    assert "into itself" in str(met.args[0])
    assert met.args[1] == "build_page"
    assert bench.layers == TREE


def test_layers_are_left_out_and_taken_in_again(bench: Any) -> None:
    bench.choose((2,), (3,))
    bench.set_left_out()
    assert [layer.disabled for layer in bench.layers[2:]] == [True, True]
    bench.set_left_out()
    assert bench.layers == TREE
    bench.set_left_out(True)
    assert steps(bench) == ["Leave out 2 layers", "Take in 2 layers", "Leave out 2 layers"]


def test_neighbours_are_wrapped_and_a_container_is_dissolved(bench: Any, qtbot: Any) -> None:
    bench.choose((2,), (3,))
    bench.wrap("residual")
    assert titles(bench.layers) == ["Flatten", "Residual", "Residual"]
    assert bench.current == (2,)
    bench.unwrap()
    assert bench.layers == TREE
    assert bench.chosen == ((2,), (3,))
    bench.unwrap()
    assert steps(bench) == ["Put 2 layers into Residual", "Dissolve Residual"]
    bench.choose((0,), (3,))
    with qtbot.waitSignal(bench.session.trouble_met) as met:
        bench.wrap("residual")
    assert "directly after each other" in str(met.args[0])


def test_copied_layers_are_pasted_after_the_current_one(bench: Any) -> None:
    bench.choose((1,), (1, 0))
    bench.copy()
    assert '"residual"' in QGuiApplication.clipboard().text()
    bench.choose((3,))
    bench.paste()
    assert bench.layers == (*TREE, TREE[1])
    assert bench.current == (4,)
    bench.choose((0,), (2,))
    bench.cut()
    assert titles(bench.layers) == ["Residual", "Dropout", "Residual"]
    bench.paste((0, 0))
    assert titles(bench.layers[0].children()) == ["Flatten", "Linear", "ReLU", "Tanh"]
    assert steps(bench) == ["Paste Residual", "Cut 2 layers", "Paste 2 layers"]


def test_plain_text_of_layers_is_pasted_and_other_text_is_told(bench: Any, qtbot: Any) -> None:
    data = QMimeData()
    data.setText(layers_to_text((Tanh(),)))
    bench.paste((0,), data)
    assert bench.layers == (Tanh(), *TREE)
    for text in ("Dear all", ""):
        data.setText(text)
        with qtbot.waitSignal(bench.session.trouble_met) as met:
            bench.paste((0,), data)
        assert "no JSON" in str(met.args[0])
    data.setData(MIME_TYPE, b"\xff\xfe[")
    with qtbot.waitSignal(bench.session.trouble_met):
        bench.paste((0,), data)
    assert len(bench.layers) == 5


def test_without_a_chosen_layer_nothing_is_done(bench: Any) -> None:
    bench.choose()
    for done in (bench.remove, bench.duplicate, bench.move_in, bench.move_out, bench.set_left_out, bench.cut):
        done()
    bench.move(1)
    bench.unwrap()
    assert bench.layers == TREE
    assert steps(bench) == []


def test_all_layers_are_chosen_and_the_current_one_stays(bench: Any) -> None:
    bench.choose((2,))
    bench.select_all()
    assert bench.chosen == tuple(all_paths(TREE))
    assert bench.current == (2,)
    bench.remove()
    assert bench.layers == ()
    bench.select_all()
    assert bench.chosen == ()


def test_while_an_edit_waits_for_an_import_the_choice_is_of_the_old_stack(bench: Any, monkeypatch: Any) -> None:
    waiting: list[Any] = []
    monkeypatch.setattr(bench.session.starter, "prepare", lambda _layers, then: waiting.append(then))
    bench.choose((3,))
    bench.add("relu")
    bench.duplicate()
    assert (bench.current, bench.layer) == ((3,), Dropout())
    waiting.pop()()
    assert bench.chosen == ((4,),)
    assert bench.layers[4] == Dropout()


def test_paths_without_a_layer_are_not_chosen(bench: Any) -> None:
    bench.choose((1, 1))
    bench.choose((7,))
    assert bench.chosen == ((1, 1),)
    bench.choose((9,), (0,), (1, 5))
    assert bench.chosen == ((0,),)
    bench.choose()
    assert (bench.chosen, bench.current) == ((), ())


def test_a_clipboard_that_gives_nothing_is_told(bench: Any, monkeypatch: Any) -> None:
    heard: list[Exception] = []
    bench.session.trouble_met.connect(lambda error, _page: heard.append(error))
    monkeypatch.setattr(type(QGuiApplication.clipboard()), "mimeData", lambda *_arguments: None)
    bench.paste()
    assert bench.layers == TREE
    assert len(heard) == 1


def test_the_program_ends_well_with_layers_on_the_clipboard(run_python: Any) -> None:
    ended = run_python(
        "from PySide6.QtWidgets import QApplication\n"
        "application = QApplication(['test', '-platform', 'offscreen'])\n"
        "from lepton_studio.gui.session import Session\n"
        "from lepton_studio.gui.workbench import Workbench\n"
        "session = Session()\n"
        "bench = Workbench(session)\n"
        "bench.choose((0,))\n"
        "bench.copy()\n"
        "print(application.clipboard().text()[:1])\n"
        "session.close()\n"
    )
    assert ended.stdout == "{\n"

"""The line above the stack that says what does not fit and offers what was tried, by mouse and by key."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.fix_steps import Fix, FixStep
from lepton_studio.engine.layer import Layer
from lepton_studio.engine.layers.conv2d import Conv2d
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.layers.max_pool2d import MaxPool2d
from lepton_studio.engine.layers.residual import Residual
from lepton_studio.gui.fix_offers import FixOffers
from lepton_studio.gui.fix_wording import FixWording
from lepton_studio.gui.workbench import Workbench

PATIENCE = 60_000
WINDOW_TOO_LARGE = (MaxPool2d(kernel_size=4), Conv2d(kernel_size=9), Flatten(), Linear())


@pytest.fixture
def offers(ready_session, qtbot) -> Iterator[FixOffers]:
    """At the top of a window of its own, for the architecture of a real session."""
    page = QWidget()
    layout = QVBoxLayout(page)
    made = FixOffers(Workbench(ready_session, page))
    layout.addWidget(made)
    layout.addStretch(1)
    qtbot.addWidget(page)
    page.resize(900, 400)
    page.show()
    made.page_kept = page
    yield made
    made.stop()


@pytest.fixture
def put(offers, qtbot):
    """Puts layers on the bench and waits until what helps was looked for."""

    def putting(*layers: Layer) -> None:
        session = offers._workbench.session
        architecture = Architecture("Mine", layers)
        session.edit("Put", msgspec.structs.replace(session.experiment, architecture=architecture))
        qtbot.waitUntil(lambda: offers.work.is_settled, timeout=PATIENCE)
        # What was put into a layout is shown in the next round of the loop.
        qtbot.waitUntil(lambda: all(one.isVisible() for one in offers._buttons), timeout=PATIENCE)

    return putting


def fix_button(offers: FixOffers, place: int) -> QPushButton:
    (found,) = (one for one in offers.findChildren(QPushButton, f"fix_{place}") if one.isVisible())
    return found


def layers(offers: FixOffers) -> tuple[Layer, ...]:
    return offers._workbench.session.experiment.architecture.layers


def test_a_network_that_fits_needs_no_room(offers, put) -> None:
    assert not offers.isVisible()
    put(*WINDOW_TOO_LARGE)
    assert offers.isVisible()
    offers._workbench.session.undo_stack.undo()
    assert not offers.isVisible()
    assert offers.fixes == ()


def test_the_fault_is_said_with_its_layer_and_a_remedy(offers, put) -> None:
    put(*WINDOW_TOO_LARGE)
    said = offers.findChild(QLabel, "fix_fault").accessibleName()
    assert said.startswith("Layer 2, Convolution 2d: The picture is 7 × 7 here, a 9 × 9 window does not fit.")
    assert "padding" in said


def test_a_click_takes_a_fix_as_one_step_and_chooses_the_layer(offers, put) -> None:
    put(*WINDOW_TOO_LARGE)
    offers._workbench.choose((0,))
    QTest.mouseClick(fix_button(offers, 0), Qt.MouseButton.LeftButton)
    assert layers(offers)[1] == Conv2d(kernel_size=9, padding=4)
    assert offers._workbench.chosen == ((1,),)
    assert not offers.isVisible()
    stack = offers._workbench.session.undo_stack
    assert stack.undoText() == "Set padding of Convolution 2d to 4"
    stack.undo()
    assert layers(offers) == WINDOW_TOO_LARGE


def test_the_keyboard_reaches_each_fix_and_enter_takes_it(offers, put) -> None:
    put(*WINDOW_TOO_LARGE)
    text = offers.findChild(QLabel, "fix_fault")
    text.setFocus()
    # The text, then one button after the other.
    order = []
    for _ in range(2 + len(offers.fixes)):
        order.append(offers.page_kept.focusWidget())
        QTest.keyClick(offers.page_kept.focusWidget(), Qt.Key.Key_Tab)
    assert [fix_button(offers, place) in order for place in range(len(offers.fixes))] == [True] * len(offers.fixes)
    fix_button(offers, 1).setFocus()
    QTest.keyClick(fix_button(offers, 1), Qt.Key.Key_Return)
    assert layers(offers)[1] == Conv2d(kernel_size=7)


def test_a_click_on_the_text_chooses_the_card_with_the_fault(offers, put) -> None:
    put(*WINDOW_TOO_LARGE)
    offers._workbench.choose(())
    text = offers.findChild(QLabel, "fix_fault")
    QTest.mouseClick(text, Qt.MouseButton.LeftButton, pos=QPoint(text.width() - 3, text.height() - 3))
    assert offers._workbench.chosen == ((1,),)


def test_enter_on_the_text_chooses_the_card_with_the_fault(offers, put) -> None:
    put(Residual(body=(Conv2d(channels=1, kernel_size=31),)), Flatten(), Linear())
    offers._workbench.choose(())
    text = offers.findChild(QLabel, "fix_fault")
    text.setFocus()
    QTest.keyClick(text, Qt.Key.Key_Return)
    assert offers._workbench.chosen == ((0, 0),)


def test_another_number_of_outputs_leaves_a_known_network_its_name(offers, put) -> None:
    put(Flatten(), Linear(outputs=7))
    assert fix_button(offers, 0).text() == "Give Linear 10 outputs"
    QTest.mouseClick(fix_button(offers, 0), Qt.MouseButton.LeftButton)
    assert layers(offers) == (Flatten(), Linear(outputs=10))
    assert offers._workbench.session.experiment.architecture.name == "Mine"
    assert offers._workbench.chosen == ((1,),)


def test_an_end_that_does_not_fit_is_told_of_the_output(offers, put) -> None:
    put(Flatten(), Linear(outputs=7))
    assert offers.findChild(QLabel, "fix_fault").accessibleName().startswith("Output: The network ends with 7 numbers")


def test_an_empty_network_is_mended_by_one_click(offers, put) -> None:
    put()
    assert offers.findChild(QLabel, "fix_fault").accessibleName().startswith("No layers yet: Begin with")
    assert len(offers.fixes) == 1
    QTest.mouseClick(fix_button(offers, 0), Qt.MouseButton.LeftButton)
    assert layers(offers) == (Flatten(), Linear(outputs=10))
    assert not offers.isVisible()


def test_nothing_is_tried_while_nobody_looks(offers, put, qtbot) -> None:
    offers.page_kept.hide()
    session = offers._workbench.session
    architecture = Architecture("Mine", WINDOW_TOO_LARGE)
    session.edit("Put", msgspec.structs.replace(session.experiment, architecture=architecture))
    qtbot.wait(300)
    assert offers.fixes == ()
    offers.page_kept.show()
    qtbot.waitUntil(lambda: offers.work.is_settled, timeout=PATIENCE)
    assert offers.fixes


@pytest.mark.parametrize("width", [300, 400, 900])
def test_words_wrap_instead_of_being_cut_off(offers, put, qtbot, width: int) -> None:
    put(Conv2d(), Residual(body=(Conv2d(channels=64), MaxPool2d())), Flatten(), Linear())
    offers.page_kept.resize(width, 700)
    qtbot.wait(50)
    assert offers.page_kept.width() == width
    for place in range(len(offers.fixes)):
        shown = fix_button(offers, place)
        assert shown.width() >= shown.sizeHint().width()
        assert shown.geometry().right() <= offers.width()
        assert shown.toolTip()
        assert shown.accessibleName()


@pytest.mark.parametrize(
    ("steps", "short"),
    [
        ((FixStep("set", (0,), "Linear", label="Inputs", new=0, word="as come"),), "Set inputs of Linear to as come"),
        ((FixStep("set", (0,), "Linear", "3", label="Bias", new=False),), "Set bias of Linear (layer 3) to off"),
        ((FixStep("set", (0,), "Reshape", label="To", new="the_row"),), "Set to of Reshape to the row"),
        ((FixStep("insert", (0,), "Linear", inserted=("Flatten", "ReLU")),), "Put Flatten and ReLU before Linear"),
        ((FixStep("insert", (0,), "Linear", inserted=("Flatten",), is_after=True),), "Put Flatten after Linear"),
        ((FixStep("append", inserted=("Linear",), new=1000),), "Put Linear with 1\u202f000 outputs at the end"),
        ((FixStep("outputs", (1,), "Linear", "2", new=3),), "Give the last Linear 3 outputs"),
        ((FixStep("move", (1,), "ReLU", beside="Conv", beside_number="3"),), "Move ReLU before Conv (layer 3)"),
        ((FixStep("remove", (1,), "ReLU"),), "Remove ReLU"),
        ((FixStep("leave_out", (1,), "ReLU"), FixStep("remove", (2,), "Tanh")), "Leave out ReLU, Remove Tanh"),
        ((FixStep("set", (0,), "A", label="Padding", new=1),) * 3, "Set padding to 1 in 3 layers"),
        ((FixStep("remove", (1,), "A"), *[FixStep("remove", (2,), "B")] * 2), "Remove A, and 2 more changes"),
    ],
    ids=lambda value: value[0].kind if isinstance(value, tuple) else "",
)  # fmt: skip
def test_a_fix_is_put_into_words(qapp, steps: tuple[FixStep, ...], short: str) -> None:
    assert FixWording().short(Fix(steps, Architecture(), (0,), True)) == short


def test_a_change_that_is_not_all_is_called_a_first_step(offers) -> None:
    fix = Fix((FixStep("remove", (1,), "ReLU"),), Architecture(), (0,), False)
    assert offers.label(fix) == "Remove ReLU, as a first step"

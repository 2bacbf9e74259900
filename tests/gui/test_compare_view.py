"""Several networks on the same drawing: who agrees, who is added and taken away, and what becomes of their runs."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QPushButton

from lepton_studio.engine import Agreement, Part, Predictor, Run, Stroke, bundled_run, delete_run
from lepton_studio.gui import judging as module
from lepton_studio.gui.compare_view import CompareView
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.run_listing import RunListing
from lepton_studio.gui.session import Session
from lepton_studio.gui.verdict import Verdict
from lepton_studio.gui.widgets.answer_rows import AnswerRow, AnswerRows
from lepton_studio.gui.widgets.run_adder import RunAdder

LINE = (Stroke(((0.2, 0.2), (0.25, 0.3), (0.2, 0.4)), 0.1),)
OTHER = (Stroke(((0.8, 0.8), (0.7, 0.7), (0.9, 0.7)), 0.1),)
PATIENCE = 20_000


@pytest.fixture
def show(easel: Easel, qtbot: Any) -> Iterator[Callable[[], CompareView]]:
    """Opens the view; it is stopped at the end, as its page does it."""
    made: list[CompareView] = []

    def show() -> CompareView:
        view = CompareView(easel)
        qtbot.addWidget(view)
        view.resize(330, 640)
        view.show()
        qtbot.waitExposed(view)
        made.append(view)
        return view

    yield show
    for view in made:
        view.stop()


@pytest.fixture
def second_run(trained_run: Run) -> Run:
    """Another run, whose network says the contrary of the first."""
    folder = trained_run.folder.with_name("2020-01-01_00-00-00_contrary")
    shutil.copytree(trained_run.folder, folder)
    run = Run.open(folder)
    run.update(name="Contrary")
    weights = {name: tensor.clone() for name, tensor in Predictor(trained_run).network.state_dict().items()}
    last = next(name for name in reversed(list(weights)) if name.endswith("weight"))
    weights[last] = -weights[last]
    run.leave_weights(weights)
    return run


def click(qtbot: Any, view: CompareView, name: str) -> None:
    found = view.findChild(QPushButton, name)
    assert found is not None
    qtbot.mouseClick(found, Qt.MouseButton.LeftButton)


def all_answered(view: CompareView) -> bool:
    return bool(view.rows.rows) and all(row.answer for row in view.rows.rows)


def test_alone_it_says_what_can_be_done(show: Callable[[], CompareView], easel: Easel, qtbot: Any) -> None:
    view = show()
    assert "Draw something" in view.verdict.text
    assert [row.is_own for row in view.rows.rows] == [True]
    easel.show(LINE)
    qtbot.waitUntil(lambda: view.rows.rows[0].answer != "")
    assert easel.part is not None
    assert view.verdict.text == f"It says {easel.part.label}."


def test_its_epochs_are_added_and_answer_with_their_own_weights(
    show: Callable[[], CompareView], easel: Easel, trained_run: Run, qtbot: Any
) -> None:
    view = show()
    click(qtbot, view, "compare_epochs")
    assert [row.name for row in view.rows.rows] == ["Trained", "Trained · after epoch 1", "Trained · after epoch 2"]
    easel.show(LINE)
    qtbot.waitUntil(lambda: all_answered(view), timeout=PATIENCE)
    assert easel.part is not None
    for row, epoch in zip(view.rows.rows[1:], (1, 2), strict=True):
        alone = Predictor(trained_run.at_epoch(epoch)).probabilities(easel.part.picture[None])[0]
        np.testing.assert_allclose(row.probabilities, alone, rtol=1e-4, atol=1e-6)
    click(qtbot, view, "compare_epochs")
    assert "already" in view.message.text
    assert len(view.rows.rows) == 3


def test_answers_follow_the_drawing_and_end_with_it(show: Callable[[], CompareView], easel: Easel, qtbot: Any) -> None:
    view = show()
    click(qtbot, view, "compare_epochs")
    for strokes in (LINE, OTHER, LINE):
        easel.show(strokes)
        qtbot.waitUntil(
            lambda: (
                all_answered(view)
                and all(view.judging.opinion(judge).picture is easel.part.picture for judge in view.judging.others)
            ),  # type: ignore[union-attr]
            timeout=PATIENCE,
        )
        assert view.rows.rows[0].answer == easel.part.label  # type: ignore[union-attr]
    easel.show(())
    qtbot.waitUntil(lambda: not any(row.answer for row in view.rows.rows))
    assert "Draw something" in view.verdict.text


def test_slow_networks_answer_beside_the_window(
    show: Callable[[], CompareView], easel: Easel, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "DIRECT_SECONDS", 0.0)
    view = show()
    click(qtbot, view, "compare_epochs")
    for _ in range(20):
        # The pen does not wait, and slow networks come to their end all the same.
        for strokes in (LINE, OTHER):
            easel.show(strokes)
            QApplication.processEvents()
    qtbot.waitUntil(
        lambda: (
            all_answered(view)
            and all(view.judging.opinion(judge).picture is easel.part.picture for judge in view.judging.others)
        ),  # type: ignore[union-attr]
        timeout=PATIENCE,
    )
    assert len(view.rows.rows) == 3


def test_who_differs_is_said_in_words_and_marked(
    show: Callable[[], CompareView], easel: Easel, second_run: Run, qtbot: Any
) -> None:
    easel.session.run = second_run
    view = show()
    view.judging.add([second_run.id])
    easel.show(LINE)
    qtbot.waitUntil(lambda: all_answered(view), timeout=PATIENCE)
    own, other = view.rows.rows
    assert own.answer != other.answer
    assert view.verdict.text == f"'Trained' says {own.answer}; 'Contrary' says {other.answer}."
    assert (own.stance, other.stance) == ("agrees", "differs")
    assert "differs" in view.rows.text_of(1)
    assert not view.grab().isNull()


def test_a_run_that_learns_is_asked_again_when_it_knows_more(
    show: Callable[[], CompareView], easel: Easel, second_run: Run, qtbot: Any
) -> None:
    easel.session.run = second_run
    view = show()
    view.judging.add([second_run.id])
    easel.show(LINE)
    qtbot.waitUntil(lambda: all_answered(view), timeout=PATIENCE)
    before = view.rows.rows[1].probabilities
    second_run.leave_weights({name: 0.5 * tensor for name, tensor in (second_run.weights or {}).items()})
    qtbot.waitUntil(lambda: not np.allclose(view.rows.rows[1].probabilities, before), timeout=PATIENCE)
    assert not view.judging.others[0].is_behind


def test_a_run_taken_up_again_answers_with_what_it_learns_now(
    show: Callable[[], CompareView], easel: Easel, second_run: Run, qtbot: Any
) -> None:
    view = show()
    view.judging.add([second_run.id])
    assert view.judging.judges[0].run is not second_run
    easel.session.run = second_run
    qtbot.waitUntil(lambda: view.judging.judges[0].run is second_run, timeout=PATIENCE)
    assert view.rows.rows[1].name == "Contrary"


def test_a_deleted_run_is_dropped_and_named(
    show: Callable[[], CompareView], easel: Easel, second_run: Run, qtbot: Any
) -> None:
    view = show()
    view.judging.add([second_run.id, f"{second_run.id}@1"])
    easel.show(LINE)
    qtbot.waitUntil(lambda: all_answered(view), timeout=PATIENCE)
    delete_run(second_run)
    easel.session.runs_changed.emit()
    assert [row.name for row in view.rows.rows] == ["Trained"]
    assert view.message.text == "Contrary, Contrary · after epoch 1 are gone: they were deleted."


def test_a_damaged_run_says_so_in_its_row_and_the_others_answer(
    show: Callable[[], CompareView], easel: Easel, second_run: Run, qtbot: Any
) -> None:
    second_run.checkpoint.write_bytes(b"nothing")
    view = show()
    view.judging.add([second_run.id, f"{second_run.id}@1"])
    easel.show(LINE)
    qtbot.waitUntil(lambda: bool(view.rows.rows[1].trouble and view.rows.rows[2].answer), timeout=PATIENCE)
    assert view.rows.rows[1].answer == ""
    assert second_run.id in view.rows.rows[1].trouble
    assert not view.grab().isNull()


def test_networks_stay_until_the_next_start_and_gone_ones_are_passed_over(
    show: Callable[[], CompareView], easel: Easel, second_run: Run
) -> None:
    first = show()
    first.judging.add([f"{second_run.id}@2", second_run.id, f"{easel.session.chosen.id}@1"])  # type: ignore[union-attr]
    first.stop()
    names = [row.name for row in show().rows.rows]
    assert names == ["Trained", "Contrary · after epoch 2", "Contrary", "Trained · after epoch 1"]
    delete_run(second_run)
    assert [row.name for row in show().rows.rows] == ["Trained", "Trained · after epoch 1"]


def test_a_cross_and_the_delete_key_take_one_away(show: Callable[[], CompareView], second_run: Run, qtbot: Any) -> None:
    view = show()
    view.judging.add([second_run.id, f"{second_run.id}@1"])
    qtbot.mouseClick(view.rows, Qt.MouseButton.LeftButton, pos=view.rows.cross_of(1).center())
    assert [row.name for row in view.rows.rows] == ["Trained", "Contrary · after epoch 1"]
    view.rows.setFocus()
    qtbot.keyClick(view.rows, Qt.Key.Key_Up)
    qtbot.keyClick(view.rows, Qt.Key.Key_Delete)
    assert len(view.rows.rows) == 2
    qtbot.keyClick(view.rows, Qt.Key.Key_Down)
    qtbot.keyClick(view.rows, Qt.Key.Key_Delete)
    assert [row.name for row in view.rows.rows] == ["Trained"]


def test_a_double_click_lets_another_network_be_that_of_the_page(
    show: Callable[[], CompareView], easel: Easel, second_run: Run, qtbot: Any
) -> None:
    view = show()
    view.judging.add([second_run.id])
    qtbot.mouseDClick(view.rows, Qt.MouseButton.LeftButton, pos=view.rows.place_of(1).center())
    assert easel.session.chosen is not None
    assert easel.session.chosen.id == second_run.id
    assert [row.name for row in view.rows.rows] == ["Contrary"]


def test_the_list_offers_all_that_is_not_here_yet(
    show: Callable[[], CompareView], easel: Easel, second_run: Run
) -> None:
    view = show()
    view.judging.add([f"{second_run.id}@1"])
    view.adder.list_wanted.emit()
    offered = [view.adder.itemData(row) for row in range(view.adder.count())]
    own = easel.session.chosen
    assert own is not None
    assert own.id not in offered
    assert f"{second_run.id}@1" not in offered
    assert {second_run.id, f"{own.id}@1", f"{own.id}@2", bundled_run().id} <= set(offered)
    assert view.adder.currentIndex() == -1
    view.adder.activated.emit(offered.index(second_run.id))
    assert [row.name for row in view.rows.rows] == ["Trained", "Contrary · after epoch 1", "Contrary"]


def test_the_shipped_network_knows_other_classes_than_corners(
    show: Callable[[], CompareView], easel: Easel, qtbot: Any
) -> None:
    view = show()
    view.judging.add([bundled_run().id])
    easel.show(LINE)
    qtbot.waitUntil(lambda: all_answered(view), timeout=PATIENCE)
    row = view.rows.rows[1]
    assert row.stance == "stranger"
    assert row.facts == "knows other classes"
    assert row.picture is not None
    assert row.picture.shape == (1, 28, 28)
    assert row.names == tuple("0123456789")
    assert view.verdict.text.startswith("It says")


def test_there_is_room_for_eight(
    show: Callable[[], CompareView], easel: Easel, second_run: Run, monkeypatch: pytest.MonkeyPatch, qtbot: Any
) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    view = show()
    view.judging.add([second_run.id])
    click(qtbot, view, "compare_epochs")
    assert len(view.judging.judges) == 2
    assert "1 of its 2" in view.message.text
    assert not view.adder.isEnabled()
    assert not view.epochs_button.isEnabled()


def test_the_best_are_those_of_the_highest_accuracy(
    show: Callable[[], CompareView], trained_run: Run, qtbot: Any
) -> None:
    for number, accuracy in enumerate((0.5, 0.9, None, 0.8, 0.7)):
        folder = trained_run.folder.with_name(f"2020-01-0{number + 1}_00-00-00_copy")
        shutil.copytree(trained_run.folder, folder)
        Run.open(folder).update(name=f"Copy {number}", test_accuracy=accuracy)
    view = show()
    click(qtbot, view, "compare_best")
    assert [row.name for row in view.rows.rows] == ["Trained", "Copy 1", "Copy 3", "Copy 4"]


def test_nothing_is_asked_while_nobody_looks(show: Callable[[], CompareView], easel: Easel, qtbot: Any) -> None:
    view = show()
    click(qtbot, view, "compare_epochs")
    view.hide()
    easel.show(LINE)
    easel.answer_if_due()
    QApplication.processEvents()
    assert all(view.judging.opinion(judge) is None for judge in view.judging.others)
    view.show()
    qtbot.waitUntil(lambda: all_answered(view), timeout=PATIENCE)
    assert view.rows.rows[1].answer


def test_the_closed_list_adds_nothing(qtbot: Any) -> None:
    adder = RunAdder("Add")
    qtbot.addWidget(adder)
    adder.show_runs([("a", "First"), ("b", "Second")])
    adder.show()
    picked: list[str] = []
    adder.run_picked.connect(picked.append)
    middle = QPointF(adder.rect().center())
    wheel = QWheelEvent(
        middle, adder.mapToGlobal(middle), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(adder, wheel)
    qtbot.keyClick(adder, Qt.Key.Key_S)
    assert picked == []
    assert adder.currentIndex() == -1
    qtbot.keyClick(adder, Qt.Key.Key_Down)
    assert adder.view().isVisible()
    qtbot.keyClick(adder.view(), Qt.Key.Key_Down)
    qtbot.keyClick(adder.view(), Qt.Key.Key_Return)
    assert picked in (["a"], ["b"])
    assert adder.currentIndex() == -1


@pytest.mark.parametrize(
    ("agreement", "expected"),
    [
        (Agreement(), "Draw something, and see who agrees."),
        (Agreement("7", (0, 1)), "Both say 7."),
        (Agreement("7", (0, 1, 2)), "All 3 say 7."),
        (Agreement("7", (0, 1), (2,)), "2 of 3 say 7; 'C' says 1."),
        (Agreement("7", (0, 1), (), (2,)), "2 of 3 say 7; 'C' does not know."),
        (Agreement("7", (0,), (), (1, 2)), "'A' says 7; 'B', 'C' do not know."),
        (Agreement("", (), (), (0, 1, 2)), "None of the 3 knows."),
        (Agreement("", (), (), (0,), (1, 2)), "It does not know."),
    ],
    ids=["nothing drawn", "both", "all", "one differs", "one does not know", "one knows", "nobody", "alone"],
)
def test_who_agrees_is_said_in_a_sentence(qapp: QApplication, agreement: Agreement, expected: str) -> None:
    one = Part((0, 0, 1, 1), (0,), np.zeros((1, 1, 1), np.uint8), np.ones(1, np.float32), "1", 1.0, True)
    assert Verdict().words(agreement, ("A", "B", "C"), (one, one, one)).text == expected


def test_long_names_and_many_classes_are_painted(qtbot: Any) -> None:
    rows = AnswerRows()
    qtbot.addWidget(rows)
    names = tuple(f"a class with a long name {number}" for number in range(60))
    shares = np.full(60, 1 / 60, np.float32)
    rows.show_rows(
        [AnswerRow("N" * 200, "", names, shares, names[3], is_known=False), AnswerRow("", trouble="T" * 400)]
    )
    for width in (200, 330, 700):
        rows.resize(width, rows.height())
        assert not rows.grab().isNull()
    assert "does not know; most likely a class with a long name 3" in rows.text_of(0)


def test_a_run_that_learns_is_found_itself_and_not_opened_anew(tiny_session: Session, trained_run: Run) -> None:
    tiny_session.run = trained_run
    listing = RunListing(tiny_session)
    assert listing.find(trained_run.id) is trained_run
    assert listing.find(f"{trained_run.id}@1").shown_epoch == 1
    assert msgspec.json.encode(listing.entries(all_opened=True)).count(trained_run.id.encode()) == 3

"""Hints on screen: quiet while all is well, and a change with one press where it is not."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QToolButton

from lepton_studio.engine import Change, EpochRow, History, Run
from lepton_studio.engine.augmentations.affine import Affine
from lepton_studio.engine.optimizers.adam import Adam
from lepton_studio.engine.optimizers.sgd import Sgd
from lepton_studio.gui import hint_view
from lepton_studio.gui.hint_card import HintCard
from lepton_studio.gui.hint_view import HintView
from lepton_studio.gui.monitor import Monitor
from lepton_studio.gui.session import Session

NAMES = ("north west", "north east", "south west", "south east")


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(hint_view, "monotonic", clock)
    return clock


@pytest.fixture
def view(tiny_session: Session, qtbot: Any, clock: Clock) -> HintView:
    view = HintView(Monitor(tiny_session))
    qtbot.addWidget(view)
    view.resize(640, 300)
    return view


def run_of(session: Session, losses: list[float], rate: float = 1.0, state: str = "running", **known: Any) -> Run:
    """A run of the session's experiment at a rate, with these losses so far."""
    settings = msgspec.structs.replace(
        session.experiment.hyperparameters, optimizer=Sgd(learning_rate=rate), augmentations=()
    )
    session.experiment = msgspec.structs.replace(session.experiment, hyperparameters=settings)
    run = Run.unkept(session.experiment)
    run.record = msgspec.structs.replace(run.record, state=state, class_names=NAMES, validation_size=500, **known)
    note(run, losses, rate)
    session.run = run
    return run


def note(run: Run, losses: list[float], rate: float = 1.0) -> None:
    # As if an epoch had 30 batches.
    ends = (len(run.history) + np.arange(1, len(losses) + 1)) / 30
    run.history.add_batches(losses, [0.5] * len(losses), [rate] * len(losses), ends)


def by_heart(run: Run, epochs: int = 8) -> None:
    run.history = History()
    for epoch in range(1, epochs + 1):
        note(run, [0.01] * 30, 0.01)
        run.history.add_epoch(EpochRow(epoch, 0.01, 1.0, 0.9, 0.7, 1.0))


def pressed(view: HintView, card: HintCard, name: str, qtbot: Any) -> None:
    each = card.findChild(QPushButton, name) or card.findChild(QToolButton, name)
    assert each.isVisibleTo(view)
    qtbot.mouseClick(each, Qt.MouseButton.LeftButton)


def offered(card: HintCard) -> list[str]:
    return [each.text() for each in card.findChildren(QPushButton) if each.isVisibleTo(card)]


def test_nothing_is_said_before_the_first_run_and_of_a_healthy_one(view, tiny_session) -> None:
    assert view.isHidden()
    run_of(tiny_session, [1.4, 1.3, 1.2, 1.0, 0.8] * 8, 0.05)
    view.refresh()
    assert view.isHidden()
    assert view.cards == ()


def test_what_is_wrong_is_said_with_what_to_do(view, tiny_session) -> None:
    run_of(tiny_session, [1.4, 9.0, np.nan], state="failed")
    view.refresh()
    (card,) = view.cards
    assert not view.isHidden()
    assert card.what == "The loss is not a number since batch 3: the learning rate of 1 is too high. Try 0.05."
    assert card.remedy == "Lower the learning rate to 0.05."
    assert offered(card) == ["Why?", "Apply to the next run"]


def test_why_unfolds_in_place(view, tiny_session, qtbot) -> None:
    run_of(tiny_session, [1.4, np.nan], state="failed")
    view.refresh()
    (card,) = view.cards
    low = card.height()
    pressed(view, card, "hint_why", qtbot)
    assert card.height() > low
    assert card.is_read
    pressed(view, card, "hint_why", qtbot)
    assert card.height() == low


def test_apply_changes_the_next_run_and_undo_takes_it_back(view, tiny_session, qtbot) -> None:
    run_of(tiny_session, [1.4, np.nan], state="failed")
    before = tiny_session.experiment
    view.refresh()
    (card,) = view.cards
    pressed(view, card, "hint_next", qtbot)
    assert tiny_session.experiment.hyperparameters.optimizer == Sgd(learning_rate=0.05)
    assert tiny_session.undo_stack.undoText() == "Lower the learning rate to 0.05"
    assert card.remedy == "Done for the next run: Lower the learning rate to 0.05. Undo takes it back."
    assert offered(card) == ["Why?", "Undo"]
    pressed(view, card, "hint_undo", qtbot)
    assert tiny_session.experiment == before
    assert not tiny_session.undo_stack.canUndo()
    assert offered(card) == ["Why?", "Apply to the next run"]


def test_the_edit_menu_takes_it_back_as_well(view, tiny_session, qtbot) -> None:
    run_of(tiny_session, [1.4, np.nan], state="failed")
    view.refresh()
    (card,) = view.cards
    pressed(view, card, "hint_next", qtbot)
    tiny_session.undo_stack.undo()
    assert offered(card) == ["Why?", "Apply to the next run"]
    tiny_session.undo_stack.redo()
    assert offered(card) == ["Why?", "Undo"]


def test_undo_leaves_what_was_edited_after_it(view, tiny_session, qtbot) -> None:
    run_of(tiny_session, [1.4, np.nan], state="failed")
    view.refresh()
    (card,) = view.cards
    pressed(view, card, "hint_next", qtbot)
    settings = msgspec.structs.replace(tiny_session.experiment.hyperparameters, epochs=77)
    tiny_session.edit("Mine", msgspec.structs.replace(tiny_session.experiment, hyperparameters=settings))
    pressed(view, card, "hint_undo", qtbot)
    assert tiny_session.experiment.hyperparameters.epochs == 77
    assert tiny_session.experiment.hyperparameters.optimizer == Sgd(learning_rate=1.0)


def test_apply_leaves_what_was_edited_before_it(view, tiny_session, qtbot) -> None:
    run_of(tiny_session, [1.4, np.nan], state="failed")
    settings = msgspec.structs.replace(tiny_session.experiment.hyperparameters, epochs=77)
    tiny_session.edit("Mine", msgspec.structs.replace(tiny_session.experiment, hyperparameters=settings))
    view.refresh()
    pressed(view, view.cards[0], "hint_next", qtbot)
    assert tiny_session.experiment.hyperparameters.epochs == 77
    assert tiny_session.experiment.hyperparameters.optimizer == Sgd(learning_rate=0.05)


def test_a_change_of_layers_is_not_offered_to_another_network(view, tiny_session) -> None:
    run = run_of(tiny_session, [], 0.01)
    settings = msgspec.structs.replace(run.experiment.hyperparameters, augmentations=(Affine(),), optimizer=Adam())
    layers = tuple(layer for layer in run.experiment.architecture.layers if layer.tag() != "dropout")
    architecture = msgspec.structs.replace(run.experiment.architecture, layers=layers)
    run.experiment = msgspec.structs.replace(run.experiment, hyperparameters=settings, architecture=architecture)
    by_heart(run)
    view.refresh()
    (card,) = view.cards
    assert card.remedy.endswith("For the next run: Add Dropout before the last Linear layer.")
    button = card.findChild(QPushButton, "hint_next")
    assert not button.isEnabled()
    assert "The network was changed" in button.toolTip()
    tiny_session.show_experiment(run.experiment)
    assert button.isEnabled()


def test_the_run_under_way_is_steered(view, tiny_session, qtbot) -> None:
    run_of(tiny_session, [1.4] * 4 + [40.0] * 40)
    asked: list[tuple[str, float]] = []
    view.steer_wanted.connect(lambda field, value: asked.append((field, value)))
    view.refresh()
    (card,) = view.cards
    assert offered(card) == ["Why?", "Apply now", "Apply to the next run"]
    pressed(view, card, "hint_now", qtbot)
    assert asked == [("learning_rate", 0.05)]
    assert card.remedy == "Done in this run: Lower the learning rate from 1 to 0.05."
    assert offered(card) == ["Why?", "Apply to the next run"]


def test_what_was_done_in_this_run_is_still_offered_to_the_next(view, tiny_session, qtbot, clock) -> None:
    run = run_of(tiny_session, [1.4] * 4 + [40.0] * 40)
    view.refresh()
    (card,) = view.cards
    pressed(view, card, "hint_now", qtbot)
    run.changes = (Change(1, 14, 44 / 30, "learning_rate", 1.0, 0.05),)
    note(run, [30.0] * 5, 0.05)
    clock.now += 2
    view.refresh()
    assert view.cards == (card,)
    assert offered(card) == ["Why?", "Apply to the next run"]
    pressed(view, card, "hint_next", qtbot)
    assert tiny_session.experiment.hyperparameters.optimizer == Sgd(learning_rate=0.05)
    assert offered(card) == ["Why?", "Undo"]


def test_a_run_that_has_ended_is_not_steered_but_extended(view, tiny_session, qtbot) -> None:
    run = run_of(tiny_session, [], 0.01, state="finished")
    for epoch, numbers in enumerate([(1.3, 0.4, 1.2, 0.5), (1.0, 0.55, 0.9, 0.6), (0.6, 0.7, 0.6, 0.75)]):
        note(run, [numbers[0]] * 30, 0.01)
        run.history.add_epoch(EpochRow(epoch + 1, *numbers, 1.0))
    asked: list[int] = []
    view.extend_wanted.connect(asked.append)
    view.refresh()
    (card,) = view.cards
    assert offered(card) == ["Why?", "Train 3 epochs more", "Apply to the next run"]
    pressed(view, card, "hint_more_epochs", qtbot)
    assert asked == [3]


def test_a_closed_hint_does_not_come_again_in_this_run(view, tiny_session, qtbot, clock) -> None:
    run_of(tiny_session, [1.4, np.nan], state="failed")
    view.refresh()
    pressed(view, view.cards[0], "hint_close", qtbot)
    clock.now += 60
    view.refresh()
    assert view.isHidden()
    run_of(tiny_session, [1.4, np.nan], state="failed")
    view.refresh()
    assert not view.isHidden()


def test_a_hint_stays_for_a_while_when_it_is_no_longer_true(view, tiny_session, clock) -> None:
    run = run_of(tiny_session, [1.4] * 4 + [40.0] * 40)
    view.refresh()
    (card,) = view.cards
    note(run, [0.5] * 400)
    clock.now += 2
    view.refresh()
    assert view.cards == (card,)
    clock.now += hint_view.SECONDS_KEPT
    view.refresh()
    assert view.cards == ()
    assert view.isHidden()


def test_a_hint_that_somebody_reads_stays(view, tiny_session, clock, qtbot) -> None:
    run = run_of(tiny_session, [1.4] * 4 + [40.0] * 40)
    view.refresh()
    (card,) = view.cards
    pressed(view, card, "hint_why", qtbot)
    note(run, [0.5] * 400)
    clock.now += 100
    view.refresh()
    assert view.cards == (card,)


def test_what_is_shown_goes_by_itself_when_no_news_come(view, tiny_session, clock, qtbot) -> None:
    run = run_of(tiny_session, [1.4] * 4 + [40.0] * 40)
    view.show()
    view.refresh()
    note(run, [0.5] * 400)
    clock.now += 2
    view.refresh()
    assert view._leaving.isActive()
    clock.now += hint_view.SECONDS_KEPT
    view._leaving.timeout.emit()
    assert view.cards == ()
    assert not view._leaving.isActive()


def test_the_timer_rests_while_nobody_looks(view, tiny_session, clock) -> None:
    run = run_of(tiny_session, [1.4] * 4 + [40.0] * 40)
    view.show()
    view.refresh()
    note(run, [0.5] * 400)
    clock.now += 2
    view.refresh()
    view.hide()
    assert not view._leaving.isActive()


def test_rules_look_once_a_second_and_at_the_end_of_an_epoch(view, tiny_session, clock, monkeypatch) -> None:
    looks: list[object] = []
    look = hint_view.hints_for
    monkeypatch.setattr(hint_view, "hints_for", lambda known: looks.append(known) or look(known))
    run = run_of(tiny_session, [1.4] * 30, 0.05)
    for _ in range(20):
        view.refresh()
    assert len(looks) == 1
    run.history.add_epoch(EpochRow(1, 1.4, 0.3, 1.4, 0.3, 1.0))
    view.refresh()
    view.refresh()
    assert len(looks) == 2
    clock.now += 1.5
    view.refresh()
    assert len(looks) == 3


def test_the_weightiest_hint_is_shown_and_the_others_are_counted(view, tiny_session, qtbot) -> None:
    run = run_of(tiny_session, [], 0.01)
    by_heart(run)
    run.record = msgspec.structs.replace(run.record, leaked=50, validation_size=20)
    view.refresh()
    first, *others = view.cards
    assert first.objectName() == "hint_leaked_pictures"
    assert [card.isVisibleTo(view) for card in others] == [False] * 2
    more = view.findChild(QPushButton, "hint_others")
    view.resize(640, 900)
    assert more.text() == "2 more hints"
    low = view.sizeHint().height()
    qtbot.mouseClick(more, Qt.MouseButton.LeftButton)
    assert all(card.isVisibleTo(view) for card in others)
    assert view.sizeHint().height() > low
    assert more.text() == "Show the first hint only"


def test_newer_numbers_come_into_the_same_card(view, tiny_session, clock) -> None:
    run = run_of(tiny_session, [1.4] * 4 + [40.0] * 40)
    view.refresh()
    (card,) = view.cards
    note(run, [80.0] * 200)
    clock.now += 2
    view.refresh()
    assert view.cards == (card,)
    assert card.what.startswith("The loss is 80,")


def test_another_run_begins_without_the_hints_of_the_last_one(view, tiny_session) -> None:
    run_of(tiny_session, [1.4, np.nan], state="failed")
    view.refresh()
    run_of(tiny_session, [1.4] * 10, 0.05)
    view.refresh()
    assert view.cards == ()
    assert view.isHidden()


def test_buttons_say_to_a_screen_reader_what_they_do(view, tiny_session) -> None:
    run_of(tiny_session, [1.4] * 4 + [40.0] * 40)
    view.refresh()
    (card,) = view.cards
    names = {each.objectName(): each.accessibleName() for each in card.findChildren(QPushButton)}
    assert names["hint_now"] == "Apply now: Lower the learning rate from 1 to 0.05"
    assert names["hint_why"].startswith("Why? The loss is 40")
    assert card.findChild(QToolButton, "hint_close").accessibleName().startswith("Close this hint: The loss is 40")


@pytest.mark.parametrize("name", ["hint_why", "hint_now", "hint_next", "hint_close"])
def test_every_button_is_reached_by_the_keyboard(view, tiny_session, qtbot, name: str) -> None:
    run_of(tiny_session, [1.4] * 4 + [40.0] * 40)
    view.show()
    view.refresh()
    qtbot.waitUntil(view.isActiveWindow, timeout=5000)
    each = view.findChild(QPushButton, name) or view.findChild(QToolButton, name)
    for _ in range(8):
        if each.hasFocus():
            break
        view.focusNextChild()
    assert each.hasFocus()


@pytest.mark.parametrize("width", [420, 640, 900])
def test_no_text_is_cut_off(view, tiny_session, qtbot, width: int) -> None:
    from PySide6.QtWidgets import QLabel

    run = run_of(tiny_session, [], 0.01)
    by_heart(run)
    view.resize(width, 600)
    view.show()
    view.refresh()
    pressed(view, view.cards[0], "hint_why", qtbot)
    texts = [label for label in view.cards[0].findChildren(QLabel) if label.text() and label.isVisible()]
    qtbot.waitUntil(lambda: all(label.height() >= label.heightForWidth(label.width()) for label in texts), timeout=5000)
    assert len(texts) == 3


def test_every_sentence_is_translatable(tiny_session, qtbot, clock, qapp) -> None:
    from PySide6.QtCore import QTranslator

    class Marking(QTranslator):
        def translate(self, _context: str, text: str, _disambiguation: str | None = None, _number: int = -1) -> str:
            return f"⟦{text}⟧" if text else ""

        def isEmpty(self) -> bool:  # noqa: N802 - Qt's name
            return False

    translator = Marking()
    qapp.installTranslator(translator)
    try:
        view = HintView(Monitor(tiny_session))
        qtbot.addWidget(view)
        run_of(tiny_session, [1.4] * 4 + [40.0] * 40)
        view.refresh()
        (card,) = view.cards
        said = [card.what, card.remedy, card._why.text(), *offered(card)]
        said += [each.toolTip() for each in card.findChildren(QPushButton) if each.isVisibleTo(card)]
        assert [text for text in said if text and not text.startswith("⟦")] == []
        assert "{" not in " ".join(said)
    finally:
        qapp.removeTranslator(translator)


def test_translators_are_given_every_sentence() -> None:
    script = Path(__file__).parents[2] / "resources" / "translations" / "make_specs.py"
    spec = importlib.util.spec_from_file_location("make_specs", script)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    texts = made.texts()
    assert "Lower the learning rate to {}" in texts
    assert "Gradient clipping" in texts
    assert sum("{" in text for text in texts) > 40

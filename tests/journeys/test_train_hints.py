"""Overfit on purpose, read the hint, apply it, see the gap close; pause, scrub back, go on."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QToolButton

from lepton_studio.engine import Run, View, find_run, preset, with_setting
from lepton_studio.gui.hint_view import HintView

EPOCHS = 60


def gap(run: Run) -> float:
    """How much better the network does on what it learned from, in the last epochs: a share."""
    rows = run.history.epochs[-5:]
    return float(np.mean([row.train_accuracy - row.validation_accuracy for row in rows]))


def trained(hand: Any) -> Run:
    hand.click("train_start")
    before = hand.session.run
    hand.wait(lambda: hand.is_idle() and hand.session.run is not None and hand.session.run is not before)
    return find_run(hand.session.run.id)


def test_a_hundred_digits_are_learned_by_heart_and_the_hint_closes_the_gap(hand: Any) -> None:
    experiment = hand.session.experiment
    few = View(name="A hundred digits", members=(experiment.dataset,), per_class=14)
    experiment = msgspec.structs.replace(experiment, dataset=few, architecture=preset("mlp"))
    for field, value in (
        ("epochs", EPOCHS), ("batch_size", 20), ("augmentations", "[]"), ("schedule.type", "constant"),
        ("validation_share", 0.3), ("device", "cpu"), ("precision", "float32"),
    ):  # fmt: skip
        experiment = with_setting(experiment, f"hyperparameters.{field}", str(value))
    hand.session.edit("A hundred digits", experiment)
    hand.wait(lambda: hand.session.samples is not None and len(hand.session.samples.labels) < 1000 + 4000)
    hand.go("train_page")
    first = trained(hand)
    assert first.record.train_size <= 100
    assert gap(first) > 0.1
    hints = hand.find("hint_view", HintView)
    hand.wait(lambda: bool(hints.cards))
    card = next(each for each in hints.cards if "by heart" in each.what or "overfit" in each.what.lower())
    if not card.isVisible():
        # One that was true a moment ago, or a weightier one, may stand before it and fold it away.
        hand.click("hint_others")
    hand.wait(card.isVisible)
    assert card.isVisible()
    hand.click(card.findChild(QPushButton, "hint_why"))
    hand.settle()
    hand.click(card.findChild(QPushButton, "hint_next"))
    assert hand.session.experiment != experiment
    assert hand.session.undo_stack.canUndo()
    second = trained(hand)
    assert gap(second) < gap(first) - 0.05


def test_a_training_is_paused_scrubbed_back_and_gone_on_with(hand: Any) -> None:
    hand.set_small(epochs=400)
    hand.go("train_page")
    hand.click("train_start")
    hand.wait(lambda: hand.session.run is not None and len(hand.session.run.history.epochs) >= 4)
    hand.click("train_pause")
    hand.wait(lambda: hand.session.training_state == "paused")
    run, page = hand.session.run, hand.window.page("train_page")
    hand.wait(lambda: run.checkpoint.exists() and len(page.monitor.epochs) >= 4)
    before = len(run.history)
    track = page.slider.track
    track.setFocus()
    hand.press(Qt.Key.Key_Home)
    assert page.monitor.epoch == 1
    assert page.monitor.snapshot.epoch == 1
    hand.press(Qt.Key.Key_Right)
    assert page.monitor.epoch == 2
    # A kept epoch is opened in Draw, and answers as it did then.
    kept = run.kept_epochs()[-1].epoch
    page.monitor.look_at(kept)
    hand.settle()
    # Other colours make the page anew; what somebody looks at stays.
    hand.window.toggle_theme()
    page = hand.window.page("train_page")
    assert page.monitor.epoch == kept
    assert page.keys()
    hand.settle()
    hand.click(hand.find("epoch_draw", QToolButton))
    hand.wait(lambda: hand.window.current_page == "draw_page")
    assert hand.session.chosen.shown_epoch == kept
    hand.go("train_page")
    assert len(run.history) == before
    hand.click("epoch_now")
    assert page.monitor.epoch is None
    hand.click("train_start")
    hand.wait(lambda: len(run.history) > before)
    QTest.qWait(50)
    hand.click("train_stop")
    hand.wait(hand.is_idle)
    assert Run.open(run.folder).record.state == "stopped"

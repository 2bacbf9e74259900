"""When it goes wrong: every trouble is told in its place, nothing that was learned is lost, and a click goes on."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from typing import Any

import pytest
import torch
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QPushButton
from torch import Tensor

from lepton_studio.engine import Run, find_run
from lepton_studio.engine.losses.cross_entropy import CrossEntropy
from lepton_studio.engine.runs import RECORD
from lepton_studio.gui.interrupted_offer import InterruptedOffer
from lepton_studio.gui.log_dialog import LogDialog
from lepton_studio.gui.main_window import MainWindow

LONG = 5000


@pytest.fixture
def measure(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Tensor, Tensor], Tensor] | None], None]:
    """Puts something else in the place of the loss, or the loss back again."""
    real = CrossEntropy.measure

    def use(other: Callable[[Tensor, Tensor], Tensor] | None) -> None:
        if other is None:
            monkeypatch.setattr(CrossEntropy, "measure", real)
        else:
            monkeypatch.setattr(
                CrossEntropy, "measure", lambda self, logits, labels: other(real(self, logits, labels), labels)
            )

    return use


def start(hand: Any, epochs: int) -> None:
    hand.set_small(epochs=epochs)
    hand.go("train_page")
    hand.click("train_start")


def said(hand: Any) -> str:
    return hand.window.page("train_page").message.text


def offer(hand: Any) -> QPushButton:
    found = hand.window.page("train_page").findChild(QPushButton, "message_offer")
    assert found is not None
    return found


def fail(hand: Any, words: str) -> Run:
    hand.wait(lambda: words in said(hand) and hand.is_idle())
    run = hand.session.run
    assert run.record.state == "failed"
    # In its place, and nothing in the way of it.
    assert QApplication.activeModalWidget() is None
    return run


def test_a_loss_that_is_no_number_names_the_batch_and_goes_on_from_before(hand: Any, measure: Any) -> None:
    batches = []

    def spoil(loss: Tensor, labels: Tensor) -> Tensor:
        if torch.is_grad_enabled():
            batches.append(len(labels))
        return loss * float("nan") if len(batches) >= 40 else loss

    measure(spoil)
    start(hand, epochs=3)
    run = fail(hand, "not a number since batch 40")
    assert run.record.diverged_at == 40
    rate = run.experiment.hyperparameters.optimizer.learning_rate
    measure(None)
    assert offer(hand).text() == f"Go on from there with {rate / 10:g}"
    hand.click(offer(hand))
    hand.wait(lambda: hand.is_idle() and run.record.state == "finished")
    assert hand.session.run is run
    assert said(hand) == ""
    # The first epoch is that of before.
    (change,) = run.changes
    assert (change.epoch, change.field, change.after) == (1, "learning_rate", pytest.approx(rate / 10))
    assert len(run.history) == 3 * 29


def test_too_little_memory_is_gone_on_from_with_half_at_once(hand: Any, measure: Any) -> None:
    def too_large(loss: Tensor, labels: Tensor) -> Tensor:
        if torch.is_grad_enabled() and len(labels) > 64:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return loss

    measure(too_large)
    start(hand, epochs=1)
    run = fail(hand, "not enough memory for 128 pictures")
    assert offer(hand).text() == "Go on with 64 at once"
    hand.click(offer(hand))
    hand.wait(lambda: hand.is_idle() and run.record.state == "finished")
    # The steps are those of whole batches.
    assert len(run.history) == 29
    assert find_run(run.id).record.part_size == 64


def test_a_fault_in_the_worker_shows_what_happened_and_the_log_and_keeps_the_run(hand: Any, measure: Any) -> None:
    seen = []

    def break_down(loss: Tensor, labels: Tensor) -> Tensor:
        seen.append(len(labels))
        if len(seen) > 12:
            raise ZeroDivisionError("seven by zero")
        return loss

    measure(break_down)
    start(hand, epochs=2)
    run = fail(hand, "seven by zero")
    assert run.record.name in said(hand)
    hand.click(offer(hand))
    dialog = hand.find("log_dialog", LogDialog)
    assert dialog.isVisible()
    text = hand.find("log_lines", QPlainTextEdit).toPlainText()
    assert "ZeroDivisionError: seven by zero" in text
    assert "break_down" in text
    hand.click("log_copy")
    assert QApplication.clipboard().text() == text
    hand.click("log_close")
    # What was learned before is gone on from.
    measure(None)
    assert len(Run.open(run.folder).history) == 12
    hand.session.start_training(run)
    hand.wait(lambda: hand.is_idle() and run.record.state == "finished")
    assert len(run.history) == 2 * 29


def test_a_full_disk_is_told_and_is_over_when_there_is_room(hand: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real, full = os.fsync, [False]

    def fsync(handle: int) -> None:
        if full[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    start(hand, epochs=LONG)
    hand.wait(lambda: hand.session.run is not None and len(hand.session.run.history.epochs) >= 1)
    # The experiment on the table shall have nothing of its own to say.
    hand.session.kept.finish()
    full[0] = True
    hand.wait(lambda: "No space left on device" in said(hand))
    done = len(hand.session.run.history.epochs)
    # Epoch after epoch cannot be saved, and the training goes on without saying it again.
    hand.wait(lambda: len(hand.session.run.history.epochs) > done + 3)
    assert len(hand.trouble) == 1
    assert hand.session.training_state == "running"
    full[0] = False
    hand.wait(lambda: said(hand) == "What was learned could be saved again.")
    hand.click("train_stop")
    hand.wait(hand.is_idle)
    run = Run.open(hand.session.run.folder)
    assert run.record.state == "stopped"
    assert len(run.history) == len(hand.session.run.history)


def test_closing_in_the_middle_asks_and_the_next_start_goes_on_there(
    hand: Any, answers: list[str], make_window: Callable[..., MainWindow]
) -> None:
    start(hand, epochs=3)
    hand.wait(lambda: hand.session.run is not None and len(hand.session.run.history) > 0)
    with hand.qtbot.waitSignal(hand.session.trainer.held, timeout=60_000):
        hand.click("train_pause")
    answers += ["Do not close", "Stop, keep and close"]
    assert not hand.window.close()
    assert hand.session.training_state == "paused"
    assert hand.window.close()
    run = hand.session.run
    batches = len(run.history)
    assert Run.open(run.folder).record.state == "stopped"

    window = make_window()
    line = window.findChild(InterruptedOffer)
    assert line is not None
    hand.wait(line.isVisible)
    assert line.text.startswith(f"{run.record.name} was stopped in epoch ")
    hand.click(line.findChild(QPushButton, "interrupted_go_on"))
    assert window.current_page == "train_page"
    hand.wait(lambda: window.session.run is not None and window.session.training_state == "idle")
    assert not line.isVisible()
    again = Run.open(run.folder)
    assert again.record.state == "finished"
    assert len(again.history) == 3 * 29 > batches
    assert again.history.batch_loss[:batches].tobytes() == run.history.batch_loss.tobytes()


def test_what_was_killed_is_offered_and_can_be_thrown_away(
    hand: Any, answers: list[str], make_window: Callable[..., MainWindow]
) -> None:
    start(hand, epochs=LONG)
    hand.wait(lambda: hand.session.run is not None and len(hand.session.run.history.epochs) >= 1)
    hand.click("train_stop")
    hand.wait(hand.is_idle)
    run = hand.session.run
    # As a process that was killed leaves it.
    record = run.folder / RECORD
    record.write_text(json.dumps({**json.loads(record.read_text()), "state": "running"}))
    hand.window.close()

    window = make_window()
    line = window.findChild(InterruptedOffer)
    assert line is not None
    hand.wait(line.isVisible)
    assert f"{run.record.name} was interrupted in epoch " in line.text
    answers += ["Cancel", "Delete"]
    discard = line.findChild(QPushButton, "interrupted_discard")
    hand.click(discard)
    assert run.folder.exists()
    hand.click(discard)
    assert not run.folder.exists()
    assert not line.isVisible()

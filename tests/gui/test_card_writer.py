"""What the cards say of datasets, and how long a load takes still."""

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from lepton_studio.engine import DATASETS, Preview, Progress
from lepton_studio.gui import card_writer
from lepton_studio.gui.card_writer import CardWriter, Rate


def test_what_was_counted_is_said_rather_than_what_was_published(qapp: QApplication) -> None:
    svhn, writer = DATASETS["svhn"](), CardWriter()
    assert "99\u202f289 pictures · 10 classes" in writer.texts(svhn, None, False, False, False).facts
    counted = Preview(svhn, np.zeros((1, 1, 3), np.uint8), 3000, 1)
    assert "3\u202f000 pictures · 1 class ·" in writer.texts(svhn, counted, False, False, False).facts


def test_with_what_is_loaded_and_with_what_cannot_come_there_is_nothing_to_do(qapp: QApplication) -> None:
    digits, writer = DATASETS["bundled_digits"](), CardWriter()
    assert writer.texts(digits, None, True, False, False).action == "Use"
    assert writer.texts(digits, None, True, True, False).action == ""
    gone = writer.texts(DATASETS["image_folder"](name="gone"), None, True, False, False)
    assert (gone.action, gone.is_own, gone.placeholder) == ("", False, "")


def test_the_time_left_follows_from_what_was_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(card_writer.time, "monotonic", lambda: now[0])
    rate = Rate()
    # It goes on at 50: what came before says nothing of the speed.
    assert rate.seconds_left(Progress("a", 50, 100)) is None
    now[0] = 100.5
    assert rate.seconds_left(Progress("a", 60, 100)) is None
    now[0] = 102.0
    assert rate.seconds_left(Progress("a", 60, 100)) == pytest.approx(40 * 2 / 10)
    assert rate.seconds_left(Progress("b", 60, 100)) is None
    now[0] = 105.0
    assert rate.seconds_left(Progress("b", 60, 100)) is None

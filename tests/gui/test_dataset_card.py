"""A card of the gallery shows what it is told and says what was pressed."""

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.dataset_card import CardTexts, DatasetCard


@pytest.fixture
def card(qtbot: Any) -> DatasetCard:
    made = DatasetCard("tiny")
    qtbot.addWidget(made)
    made.show_texts(CardTexts("Tiny", "A summary.", "3 pictures", "From somebody", "Use", "No pictures", is_own=True))
    made.show()
    return made


def test_each_button_says_what_it_does_and_emits_its_signal(card: DatasetCard) -> None:
    heard: list[str] = []
    for name in ("action", "cancel", "rename", "deletion"):
        getattr(card, f"{name}_wanted").connect(lambda name=name: heard.append(name))
    card.show_progress("Fetching")
    QTest.mouseClick(card.cancel_button, Qt.MouseButton.LeftButton)
    card.show_progress(None)
    for button in (card.action_button, card.rename_button, card.delete_button):
        assert "Tiny" in button.accessibleName()
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert heard == ["cancel", "action", "rename", "deletion"]


def test_a_card_without_an_action_has_no_button_for_it_also_after_a_load(card: DatasetCard) -> None:
    card.show_texts(CardTexts("Tiny"))
    card.show_progress("Reading", 0.5)
    card.show_progress(None)
    assert not card.action_button.isVisible()
    assert not card.delete_button.isVisible()


def test_the_focus_stays_with_the_work(card: DatasetCard, qtbot: Any) -> None:
    card.activateWindow()
    card.action_button.setFocus()
    card.show_progress("Fetching", 0.1)
    assert QApplication.focusWidget() is card.cancel_button
    card.show_progress(None)
    assert QApplication.focusWidget() is card.action_button


def test_a_share_is_a_bar_and_an_unknown_share_is_a_busy_one(card: DatasetCard) -> None:
    card.show_progress("Fetching", 0.25)
    assert (card._progress.value(), card._progress.maximum()) == (250, 1000)
    card.show_progress("Reading")
    assert card._progress.maximum() == 0


def test_pictures_are_painted_in_the_middle_and_as_large_as_they_fit(card: DatasetCard) -> None:
    strip = card.strip
    strip.resize(300, 60)
    before = strip.grab().toImage()
    assert before.pixelColor(1, 1) == QColor(theme.tokens().raised)
    strip.show_pictures(np.full((10, 10, 3), (200, 0, 0), np.uint8))
    after = strip.grab().toImage()
    assert after.pixelColor(150, 30) == QColor(200, 0, 0)
    assert after.pixelColor(150, 1) == QColor(200, 0, 0)
    assert after.pixelColor(100, 30) == QColor("black")

"""What is said of a known network: what for, where from, how it is trained, and what was set with it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from lepton_studio.engine import experiment_with_preset, preset_cards
from lepton_studio.gui.preset_facts import PresetFacts
from lepton_studio.gui.workbench import Workbench


@pytest.fixture
def facts(ready_session: Any, qtbot: Any) -> PresetFacts:
    workbench = Workbench(ready_session, ready_session)
    made = PresetFacts(workbench)
    made.workbench = workbench  # type: ignore[attr-defined]
    qtbot.addWidget(made)
    made.show()
    return made


def choose(facts: Any, name: str) -> None:
    session = facts.workbench.session
    session.edit("Choose", experiment_with_preset(session.experiment, preset_cards()[name]))


def test_every_known_network_says_what_it_is_known_for_and_links_to_its_source(facts: Any) -> None:
    for name, card in preset_cards().items():
        choose(facts, name)
        assert card.summary in facts.text
        assert f'<a href="{card.source}">' in facts.text
        assert f"{card.epochs} epochs" in facts.text
        assert facts.isVisible()


def test_what_was_set_with_a_network_is_said(facts: Any) -> None:
    choose(facts, "resnet8")
    assert "It is trained with 8 epochs, Adam, learning rate 0.005, one cycle." in facts.text
    assert "Train was set to that with it; before: 10 epochs, Adam, learning rate 0.001, cosine." in facts.text
    assert facts._use_button.isHidden()
    facts.workbench.add("dropout")
    choose(facts, "resnet8")
    assert "Train is set to that." in facts.text


def test_settings_of_ones_own_stay_until_a_button_takes_those_of_the_network(facts: Any) -> None:
    session = facts.workbench.session
    own = msgspec.structs.replace(session.experiment.hyperparameters, epochs=3, batch_size=32)
    session.edit("Mine", msgspec.structs.replace(session.experiment, hyperparameters=own))
    choose(facts, "resnet8")
    assert "Train is set to 3 epochs, Adam, learning rate 0.001, cosine." in facts.text
    QTest.mouseClick(facts._use_button, Qt.MouseButton.LeftButton)
    assert session.experiment.hyperparameters == preset_cards()["resnet8"].applied_to(own)
    assert session.experiment.hyperparameters.batch_size == 32
    assert "Train is set to that." in facts.text
    assert facts._use_button.isHidden()


def test_pictures_of_another_size_than_a_network_is_made_for_are_told(facts: Any) -> None:
    choose(facts, "resnet18_224")
    assert "It is made for pictures of 128 to 256 pixels a side; these have 28 × 28." in facts.text
    choose(facts, "resnet18")
    assert "It is made for" not in facts.text


def test_nothing_is_said_of_a_network_of_ones_own(facts: Any) -> None:
    facts.workbench.add("dropout")
    assert not facts.isVisible()

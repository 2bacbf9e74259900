"""Understanding a dataset in the window: what is computed when, what is shown, what a click and a key do."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QScrollArea

from lepton_studio.engine import Samples, default_experiment
from lepton_studio.gui.data_insight import DataInsight

PATIENCE = 60_000


class StandIn(QObject):
    """What the widget takes from a session."""

    experiment_changed = Signal()
    samples_changed = Signal()
    run_chosen = Signal()
    training_changed = Signal()
    engine_started = Signal()

    def __init__(self, samples: Samples | None) -> None:
        super().__init__()
        self.samples = samples
        self.experiment = default_experiment()
        self.engine_ready = True
        self.chosen = self.run = None
        self.training_state = "idle"


@pytest.fixture
def session(tiny_samples) -> StandIn:
    images = tiny_samples.images.copy()
    images[100] = images[4]
    labels = tiny_samples.labels.copy()
    labels[95] = (labels[95] + 1) % 4
    return StandIn(replace(tiny_samples, images=images, labels=labels))


@pytest.fixture
def insight(qtbot, session):
    widget = DataInsight(session)
    qtbot.addWidget(widget)
    widget.resize(700, 480)
    widget.show()
    yield widget
    widget.stop()
    widget.hide()


def settle(qtbot, insight, number: int) -> None:
    """Shows a panel by a click on its tab and waits for what it computes."""
    QTest.mouseClick(insight.tabs.button(number), Qt.MouseButton.LeftButton)
    job = insight._jobs[number]
    qtbot.waitUntil(lambda: job in insight._done and not insight.runner.isRunning(), timeout=PATIENCE)


def test_the_classes_are_shown_as_soon_as_there_are_samples(qtbot, insight) -> None:
    settle(qtbot, insight, 0)
    portraits = insight.classes.portraits._portraits
    assert [one.name for one in portraits] == ["north west", "north east", "south west", "south east"]
    assert portraits[0].lines[-1].startswith("Test")
    samples = insight.session.samples
    expected = samples.images[samples.labels == 0].mean(axis=0)
    np.testing.assert_allclose(portraits[0].mean, expected, rtol=1e-5)
    assert insight.cancel_button.isHidden()


def test_an_unequal_dataset_is_warned_of(qtbot, insight, tiny_samples) -> None:
    keep = (tiny_samples.labels != 3) | (np.arange(120) % 16 == 3)
    session = insight.session
    session.samples = Samples(
        tiny_samples.images[keep], tiny_samples.labels[keep], tiny_samples.class_names, tiny_samples.is_test[keep]
    )
    session.samples_changed.emit()
    settle(qtbot, insight, 0)
    assert "south east is" in insight.classes.warning.text()
    assert insight.classes.warning.isVisible()


def test_pixels_show_the_numbers_of_the_normalisation(qtbot, insight) -> None:
    settle(qtbot, insight, 1)
    (mean,), (deviation,) = insight.session.samples.mean_and_std
    assert f"mean {mean:.1f}, deviation {deviation:.1f}" in insight.pixels.numbers.text()


def test_sizes_say_why_there_are_none_and_show_those_that_are_known(qtbot, insight) -> None:
    settle(qtbot, insight, 2)
    assert "8 × 8" in insight.sizes.sizes._placeholder
    session = insight.session
    sizes = np.full((120, 2), 20, np.int32)
    sizes[:7] = (4, 30)
    session.samples = replace(session.samples, sizes=sizes)
    session.samples_changed.emit()
    settle(qtbot, insight, 2)
    assert insight.sizes.facts.text().startswith("2 different sizes, from 4 × 20 to 20 × 30 pixels")
    middle, _ = insight.sizes.sizes.disc(1)
    assert insight.sizes.sizes.size_at(middle.toPoint()) == 1


def test_a_leak_is_told_and_a_double_click_shows_its_picture(qtbot, insight) -> None:
    settle(qtbot, insight, 3)
    panel = insight.duplicates
    assert panel.figures.text().startswith("1 in test and training both")
    panel.kind_picker.setCurrentIndex(panel.kind_picker.findData("exact"))
    panel.kind_picker.activated.emit(0)
    (group,) = panel.pictures._groups
    assert group.positions.tolist() == [4, 100]
    assert group.is_warning
    place = panel.pictures.entry_place(1).center()
    with qtbot.assertNotEmitted(insight.sample_chosen):
        QTest.mouseClick(panel.pictures.viewport(), Qt.MouseButton.LeftButton, pos=place)
    with qtbot.waitSignal(insight.sample_chosen) as chosen:
        QTest.mouseDClick(panel.pictures.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen.args == [100]
    QTest.keyClick(panel.pictures, Qt.Key.Key_Left)
    with qtbot.waitSignal(insight.sample_chosen) as chosen:
        QTest.keyClick(panel.pictures, Qt.Key.Key_Return)
    assert chosen.args == [4]
    panel.kind_picker.setCurrentIndex(panel.kind_picker.findData("labels"))
    panel.kind_picker.activated.emit(0)
    assert not [one for one in panel.pictures._groups if "labels differ" not in one.title]


def test_suspects_without_a_network_say_what_to_do(insight) -> None:
    insight.show_panel(4)
    assert insight.suspects.pictures._placeholder.startswith("Train a network first")
    assert not insight.suspects.change_button.isEnabled()


def test_a_wrong_label_is_found_and_changed_by_a_key(qtbot, insight, session, trained_run) -> None:
    certain = session.samples
    session.chosen = trained_run
    session.run_chosen.emit()
    settle(qtbot, insight, 4)
    panel = insight.suspects
    shown = panel.pictures._positions.tolist()
    assert 95 in shown
    assert f"of {len(np.flatnonzero(certain.is_test))} labels is doubted" in panel.figures.text()
    panel.pictures.choose(shown.index(95))
    assert panel.explanation.text().startswith(f"Labelled {certain.class_of(95)}, the network says ")
    answer = certain.class_names[95 % 4]
    panel.pictures.setFocus()
    qtbot.waitUntil(panel.pictures.hasFocus)
    with (
        qtbot.assertNotEmitted(insight.sample_chosen),
        qtbot.waitSignal(insight.relabel_wanted) as wanted,
    ):
        QTest.keyClick(panel.pictures, Qt.Key.Key_Return)
    assert wanted.args == [{answer: [95]}]
    with qtbot.waitSignal(insight.relabel_wanted):
        QTest.mouseClick(panel.change_button, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(insight.sample_chosen) as chosen:
        QTest.mouseClick(panel.show_button, Qt.MouseButton.LeftButton)
    assert chosen.args == [95]


def test_a_changed_label_leaves_the_list_without_another_question(qtbot, insight, session, trained_run) -> None:
    labels = session.samples.labels.copy()
    labels[[91, 93]] = (labels[[91, 93]] + 1) % 4
    session.samples = replace(session.samples, labels=labels)
    session.chosen = trained_run
    session.run_chosen.emit()
    settle(qtbot, insight, 4)
    panel = insight.suspects
    before = panel.pictures._positions.tolist()
    assert {91, 93, 95} <= set(before)
    first = before.index(93)
    panel.pictures.choose(first)
    labels = labels.copy()
    labels[93] = 93 % 4
    session.samples = replace(session.samples, labels=labels)
    session.samples_changed.emit()
    assert not insight.runner.isRunning()
    assert panel.pictures._positions.tolist() == [at for at in before if at != 93]
    assert panel.pictures.selected_entries() == [min(first, len(before) - 2)], "the next one is chosen"


def test_a_network_that_knows_other_classes_doubts_nothing(qtbot, insight, session, trained_run) -> None:
    session.samples = replace(session.samples, class_names=("a", "b", "c", "d"))
    session.chosen = trained_run
    session.run_chosen.emit()
    QTest.mouseClick(insight.tabs.button(4), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "other pictures or other classes" in insight.message.text, timeout=PATIENCE)
    assert not len(insight.suspects.pictures._positions)


def test_another_split_is_looked_at_on_request_and_admits_what_was_seen(qtbot, insight, session, trained_run) -> None:
    session.chosen = trained_run
    session.run_chosen.emit()
    settle(qtbot, insight, 4)
    picker = insight.suspects.split_picker
    picker.setCurrentIndex(picker.findData("train"))
    picker.activated.emit(picker.currentIndex())
    settle(qtbot, insight, 4)
    assert "learned from these very labels" in insight.suspects.advice.text()


def test_other_samples_make_what_was_shown_untrue(qtbot, insight, tiny_samples) -> None:
    settle(qtbot, insight, 3)
    insight.session.samples = None
    insight.session.samples_changed.emit()
    assert insight.duplicates.figures.text() == ""
    assert "duplicates" not in insight._done
    insight.session.samples = tiny_samples
    insight.session.samples_changed.emit()
    settle(qtbot, insight, 3)
    assert "1 in test" not in insight.duplicates.figures.text()


def test_other_hyperparameters_that_move_no_picture_change_nothing(qtbot, insight) -> None:
    settle(qtbot, insight, 3)
    session = insight.session
    hyperparameters = msgspec.structs.replace(session.experiment.hyperparameters, epochs=77)
    session.experiment = msgspec.structs.replace(session.experiment, hyperparameters=hyperparameters)
    session.experiment_changed.emit()
    assert "duplicates" in insight._done
    assert not insight.runner.isRunning()


def test_what_was_cancelled_is_begun_again_only_on_request(qtbot, insight, monkeypatch) -> None:
    from lepton_studio.gui import data_insight

    settle(qtbot, insight, 0)

    def endless(*_: object):
        from lepton_studio.engine import Progress

        while True:
            yield Progress("Looking", 1, 9)

    original = data_insight.find_duplicates
    monkeypatch.setattr(data_insight, "find_duplicates", endless)
    insight.show_panel(3)
    qtbot.waitUntil(lambda: insight.cancel_button.isVisible() and insight.state.text() == "Looking", timeout=PATIENCE)
    QTest.mouseClick(insight.cancel_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: insight.again_button.isVisible(), timeout=PATIENCE)
    insight.refresh()
    assert not insight.runner.isRunning()
    monkeypatch.setattr(data_insight, "find_duplicates", original)
    QTest.mouseClick(insight.again_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "duplicates" in insight._done and not insight.runner.isRunning(), timeout=PATIENCE)
    assert insight.again_button.isHidden()


def test_a_failure_is_said_and_not_tried_for_ever(qtbot, insight, session, trained_run) -> None:
    session.chosen = SimpleNamespace(
        id="other", weights_key=("other", 0, 0), checkpoint=trained_run.checkpoint, record=SimpleNamespace(name="Other")
    )
    insight.show_panel(4)
    qtbot.waitUntil(lambda: bool(insight.message.text), timeout=PATIENCE)
    qtbot.waitUntil(lambda: not insight.runner.isRunning() and insight.again_button.isVisible(), timeout=PATIENCE)
    session.training_changed.emit()
    assert not insight.runner.isRunning()


def test_sizes_are_told_in_words_that_fit_their_number(qtbot, insight) -> None:
    sizes = np.full((120, 2), 20, np.int32)
    insight.session.samples = replace(insight.session.samples, sizes=sizes)
    insight.session.samples_changed.emit()
    settle(qtbot, insight, 2)
    assert insight.sizes.facts.text().startswith("All are 20 × 20 pixels large.")
    sizes = sizes.copy()
    sizes[3], sizes[5] = (2, 20), (4, 4)
    insight.session.samples = replace(insight.session.samples, sizes=sizes)
    insight.session.samples_changed.emit()
    settle(qtbot, insight, 2)
    assert "1 was enlarged" in insight.sizes.facts.text()
    assert "1 is of quite another shape" in insight.sizes.facts.text()


def test_a_failure_is_told_where_it_belongs_and_nowhere_else(qtbot, insight, session, trained_run) -> None:
    session.samples = replace(session.samples, class_names=("a", "b", "c", "d"))
    session.chosen = trained_run
    QTest.mouseClick(insight.tabs.button(4), Qt.MouseButton.LeftButton)
    # The classes are looked at before the answer has come.
    QTest.mouseClick(insight.tabs.button(0), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "statistics" in insight._done and not insight.runner.isRunning(), timeout=PATIENCE)
    assert not insight.message.text
    QTest.mouseClick(insight.tabs.button(4), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "other classes" in insight.message.text, timeout=PATIENCE)
    QTest.mouseClick(insight.tabs.button(0), Qt.MouseButton.LeftButton)
    assert not insight.message.text
    QTest.mouseClick(insight.tabs.button(4), Qt.MouseButton.LeftButton)
    assert "other classes" in insight.message.text
    assert insight.again_button.isVisible()
    assert insight.again_button.width() < insight.width() / 2


def test_much_advice_scrolls_with_the_classes(qtbot, insight) -> None:
    names = tuple(f"class {at} {'with a long name ' * 8}" for at in range(40))
    insight.session.samples = replace(insight.session.samples, class_names=names)
    insight.session.samples_changed.emit()
    settle(qtbot, insight, 0)
    area = insight.classes.findChild(QScrollArea)
    assert area.isAncestorOf(insight.classes.warning)
    assert insight.classes.warning.height() >= insight.classes.warning.heightForWidth(insight.classes.warning.width())
    assert area.height() > insight.height() / 2

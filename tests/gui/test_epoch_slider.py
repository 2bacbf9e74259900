"""The slider through the epochs: by mouse, by keys and by itself, and what can be opened of an epoch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt

from lepton_studio.engine import Run, Samples, Snapshot
from lepton_studio.engine.kept_epochs import weights_file
from lepton_studio.engine.snapshots import save_snapshot
from lepton_studio.gui.epoch_slider import EpochSlider
from lepton_studio.gui.layers_view import LayersView
from lepton_studio.gui.monitor import Monitor
from lepton_studio.gui.session import Session
from lepton_studio.gui.watch_view import WatchView


@pytest.fixture
def monitor(tiny_session: Session) -> Monitor:
    return Monitor(tiny_session, tiny_session)


@pytest.fixture
def slider(qtbot: Any, monitor: Monitor, watched_run: Callable[..., Run]) -> EpochSlider:
    """Over twelve epochs, of which the sixth is the best and the last three are kept, too."""
    monitor.session.run = watched_run(12)
    slider = EpochSlider(monitor)
    qtbot.addWidget(slider)
    slider.resize(1000, 40)
    slider.show()
    qtbot.waitExposed(slider)
    monitor.refresh()
    return slider


def click(slider: EpochSlider, qtbot: Any, epoch: int | None) -> None:
    qtbot.mouseClick(slider.track, Qt.MouseButton.LeftButton, pos=slider.track.place_of(epoch).toPoint())


def test_a_click_goes_to_the_epoch_under_it_and_now_comes_back(slider: EpochSlider, qtbot: Any) -> None:
    for epoch in (1, 7, 12):
        click(slider, qtbot, epoch)
        assert slider._monitor.epoch == epoch
        assert slider.label.text() == f"epoch {epoch} of 12 (looking back)"
        assert slider.track.accessibleDescription() == slider.label.text()
    qtbot.mouseClick(slider.now_button, Qt.MouseButton.LeftButton)
    assert slider._monitor.epoch is None
    assert slider.track.epoch is None
    assert slider.label.text() == "now: after epoch 12 of 12"
    assert not slider.now_button.isEnabled()


def test_dragging_goes_through_all_epochs(slider: EpochSlider, qtbot: Any) -> None:
    moves: list[int | None] = []
    slider._monitor.moved.connect(lambda: moves.append(slider._monitor.epoch))
    qtbot.mousePress(slider.track, Qt.MouseButton.LeftButton, pos=slider.track.place_of(3).toPoint())
    for epoch in (4, 5, None):
        place = slider.track.place_of(epoch).toPoint()
        # QTest sends no buttons with a move.
        slider.track.setValue(slider.track._at(place.x()))
    qtbot.mouseRelease(slider.track, Qt.MouseButton.LeftButton, pos=slider.track.place_of(None).toPoint())
    assert moves == [3, 4, 5, None]


def test_keys_go_through_the_epochs(slider: EpochSlider, qtbot: Any) -> None:
    slider.track.setFocus()
    seen = []
    keys = Qt.Key
    for key in (keys.Key_Left, keys.Key_Left, keys.Key_Home, keys.Key_Left, keys.Key_Right, keys.Key_End):
        qtbot.keyClick(slider.track, key)
        seen.append(slider._monitor.epoch)
    assert seen == [12, 11, 1, 1, 2, None]


def test_only_kept_epochs_can_be_opened(slider: EpochSlider, qtbot: Any) -> None:
    click(slider, qtbot, 3)
    for button in slider.open_buttons.values():
        assert not button.isEnabled()
        assert "weights of epoch 3 are not kept" in button.toolTip()
        assert "6, 10, 11, 12" in button.accessibleDescription()
    click(slider, qtbot, 6)
    opened: list[tuple[Run, str]] = []
    slider.epoch_opened.connect(lambda run, page: opened.append((run, page)))
    for button in slider.open_buttons.values():
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert [(run.shown_epoch, page) for run, page in opened] == [(6, "draw_page"), (6, "evaluate_page")]
    click(slider, qtbot, None)
    assert "go back to an epoch first" in slider.open_buttons["draw_page"].toolTip()


def test_an_epoch_that_is_not_kept_any_more_is_not_opened(slider: EpochSlider, qtbot: Any) -> None:
    click(slider, qtbot, 10)
    run = slider._monitor.run
    assert run is not None
    weights_file(run.folder, 10).unlink()
    with qtbot.assertNotEmitted(slider.epoch_opened):
        qtbot.mouseClick(slider.open_buttons["draw_page"], Qt.MouseButton.LeftButton)
    assert not slider.open_buttons["draw_page"].isEnabled()


def test_it_plays_from_the_first_epoch_to_now(slider: EpochSlider, qtbot: Any) -> None:
    seen: list[int | None] = []
    slider._monitor.moved.connect(lambda: seen.append(slider._monitor.epoch))
    qtbot.mouseClick(slider.play_button, Qt.MouseButton.LeftButton)
    assert slider.is_playing
    assert 1000 / 10 <= slider._player.interval() <= 1000
    # As many a second as a person can follow is too slow for a test.
    slider._player.setInterval(1)
    qtbot.waitUntil(lambda: not slider.is_playing)
    assert seen == [*range(1, 13), None]


def test_playing_is_held_by_its_button_by_a_click_on_the_line_and_out_of_sight(slider: EpochSlider, qtbot: Any) -> None:
    click(slider, qtbot, 4)
    qtbot.mouseClick(slider.play_button, Qt.MouseButton.LeftButton)
    assert slider.play_button.accessibleName() == "Hold here"
    qtbot.mouseClick(slider.play_button, Qt.MouseButton.LeftButton)
    assert not slider.is_playing
    assert slider._monitor.epoch == 4
    slider.play()
    click(slider, qtbot, 2)
    assert not slider.is_playing
    slider.play()
    slider.hide()
    assert not slider.is_playing


def test_a_new_epoch_moves_nobody_who_looks_back(
    slider: EpochSlider, qtbot: Any, snapshot_of: Callable[..., Snapshot], tiny_samples: Samples
) -> None:
    click(slider, qtbot, 4)
    run = slider._monitor.run
    assert run is not None
    run.snapshot = snapshot_of(13, tiny_samples)
    save_snapshot(run.folder, run.snapshot)
    slider._monitor.refresh()
    assert slider.track.epoch == 4
    assert slider.track.maximum() == 13


def test_before_the_first_epoch_it_says_what_it_will_be_for(qtbot: Any, monitor: Monitor) -> None:
    slider = EpochSlider(monitor)
    qtbot.addWidget(slider)
    slider.show()
    assert "After the first epoch" in slider.label.text()
    assert not slider.track.isEnabled()
    assert not slider.play_button.isEnabled()
    slider.play()
    assert not slider.is_playing


def test_when_a_training_is_over_it_says_so(slider: EpochSlider, monkeypatch: Any) -> None:
    # The run itself is as it was when the training was seen last.
    monkeypatch.setattr(Session, "training_state", "stopping")
    slider._monitor.refresh()
    assert slider.label.text().startswith("now: in epoch")
    monkeypatch.setattr(Session, "training_state", "idle")
    slider._monitor.refresh()
    assert slider.label.text() == "now: after epoch 12 of 12"


def test_marks_say_which_epochs_are_best_and_kept(slider: EpochSlider, qtbot: Any) -> None:
    assert slider.track._told(5) == "Epoch 6, the best: lowest validation loss, its weights are kept"
    assert slider.track._told(2) == "Epoch 3"
    assert slider.track._told(12) == "Now"
    place = slider.track.place_of(6).toPoint()
    picture = slider.track.grab().toImage()
    above = {picture.pixelColor(place.x(), y).name() for y in range(place.y() - 8)}
    below = {picture.pixelColor(place.x(), y).name() for y in range(place.y() + 9, picture.height())}
    beside = {picture.pixelColor(slider.track.place_of(3).toPoint().x(), y).name() for y in range(place.y() - 8)}
    assert len(above) > len(beside)
    assert len(below) > 1


def test_hidden_it_costs_nothing_and_is_up_to_date_when_shown(slider: EpochSlider, monkeypatch: Any) -> None:
    slider.hide()
    shown: list[int] = []
    show = EpochSlider._show
    monkeypatch.setattr(EpochSlider, "_show", lambda self: (shown.append(1), show(self)))
    slider._monitor.look_at(5)
    assert shown == []
    slider.show()
    assert shown == [1]
    assert slider.track.epoch == 5


def test_the_slider_takes_everything_that_is_watched_along(slider: EpochSlider, qtbot: Any) -> None:
    watch, layers = WatchView(slider._monitor), LayersView(slider._monitor)
    for view in (watch, layers):
        qtbot.addWidget(view)
        view.show()
        qtbot.waitExposed(view)
    for epoch in (2, 9):
        click(slider, qtbot, epoch)
        snapshot = slider._monitor.snapshot_of(epoch)
        assert snapshot is not None
        assert np.array_equal(watch.pictures._look.probabilities, snapshot.probabilities)
        assert np.array_equal(watch.matrix._matrix, snapshot.confusion)
        assert np.array_equal(watch.filters._filters, snapshot.filters)
        assert layers.rows._look(0).marked == epoch
        assert layers.rows._look(0).dead == snapshot.layers[0].dead

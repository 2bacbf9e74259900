"""A network under attack on the Evaluate page: it works for who looks, and shows what came of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from lepton_studio.engine import Progress, Robustness
from lepton_studio.gui import attack_view
from lepton_studio.gui.attack_view import RADII, SHOWN_FIRST, AttackView
from lepton_studio.gui.main_window import MainWindow

PATIENCE = 60_000


@pytest.fixture
def view(qtbot) -> Iterator[AttackView]:
    view = AttackView()
    qtbot.addWidget(view)
    view.resize(1000, 560)
    view.show()
    qtbot.waitExposed(view)
    yield view
    view.stop()


def settled(view: AttackView) -> bool:
    return view.work.is_settled and not view.work.is_waiting


def test_a_network_is_attacked_at_each_radius_and_its_pictures_are_shown(
    view, trained_run, tiny_samples, qtbot
) -> None:
    view.look_at(trained_run, tiny_samples, "test")
    qtbot.waitUntil(lambda: settled(view), timeout=PATIENCE)
    accuracies = view.curve.accuracies
    assert len(accuracies) == len(RADII)
    assert accuracies[0] >= accuracies[-1]
    assert view.curve.chosen == SHOWN_FIRST
    assert len(view.pictures._pictures) == len({int(label) for label in tiny_samples.labels})
    assert not view.progress.isVisible()


def test_another_radius_shows_other_pictures(view, trained_run, tiny_samples, qtbot) -> None:
    view.look_at(trained_run, tiny_samples, "test")
    qtbot.waitUntil(lambda: settled(view), timeout=PATIENCE)
    QTest.mouseClick(view.curve, Qt.MouseButton.LeftButton, pos=view.curve.point(0).toPoint())
    assert view.pictures._pictures
    assert all((shown.before == shown.after).all() for shown in view.pictures._pictures)
    QTest.keyClick(view.curve, Qt.Key.Key_Right)
    assert view.pictures._pictures
    assert not any((shown.before == shown.after).all() for shown in view.pictures._pictures)


def test_who_was_fooled_by_less_stands_first(view, trained_run, tiny_samples, qtbot) -> None:
    results: list[Robustness] = []
    view.work.event_emitted.connect(lambda event: results.append(event) if isinstance(event, Robustness) else None)
    view.look_at(trained_run, tiny_samples, "test")
    qtbot.waitUntil(lambda: settled(view), timeout=PATIENCE)
    order = attack_view._one_of_each_class(results)
    fooled = [
        next((at for at, one in enumerate(results) if one.attacked.answers[place] != one.clean.labels[place]), 99)
        for place in order
    ]
    assert fooled == sorted(fooled)
    assert len({int(results[0].clean.labels[place]) for place in order}) == len(order)
    assert all(results[0].clean.answers[place] == results[0].clean.labels[place] for place in order)


def test_without_a_network_it_says_why(view) -> None:
    view.look_at(None, None, "test", "This network is still learning")
    assert view.work.is_settled
    assert view.curve.accuracies == ()
    assert view.curve._placeholder == "This network is still learning"


def test_cancel_ends_the_work(view, trained_run, tiny_samples, qtbot, monkeypatch) -> None:
    ended = threading.Event()

    def endless(*_arguments: object) -> Iterator[Progress]:
        try:
            while True:
                yield Progress("Attacking", 1, 2)
                ended.wait(0.005)
        finally:
            ended.set()

    monkeypatch.setattr(attack_view, "load_and_attack", endless)
    view.look_at(trained_run, tiny_samples, "test")
    qtbot.waitUntil(view.progress.isVisible, timeout=PATIENCE)
    view.progress.cancel_wanted.emit()
    assert not view.progress.isVisible()
    qtbot.waitUntil(lambda: settled(view), timeout=PATIENCE)
    assert ended.is_set()
    assert not view.progress.isVisible()


def test_trouble_is_told_in_the_view(view, trained_run, tiny_samples, qtbot) -> None:
    trained_run.checkpoint.unlink()
    trained_run.weights = None
    view.look_at(trained_run, tiny_samples, "test")
    qtbot.waitUntil(lambda: bool(view.message.text), timeout=PATIENCE)
    assert "checkpoint" in view.message.text


# --- on the page


@pytest.fixture
def page_window(ready_window: MainWindow, trained_run, monkeypatch) -> MainWindow:
    """A window in whose Evaluate page attacks are noted, and not made."""
    asked: list[tuple[str, str]] = []

    def note(run, _samples, _attacks, split, _at_most) -> Iterator[None]:
        asked.append((run.id, split))
        yield None

    monkeypatch.setattr(attack_view, "load_and_attack", note)
    ready_window.asked = asked  # type: ignore[attr-defined]
    ready_window.session.choose(trained_run)
    ready_window.show_page("evaluate_page")
    return ready_window


def test_nothing_is_attacked_before_somebody_looks(page_window, trained_run, qtbot) -> None:
    page, asked = page_window.page("evaluate_page"), page_window.asked
    assert page.mistakes.isVisible()
    assert not page.attack.work.is_waiting
    assert asked == []
    page.attack_button.click()
    assert page.attack.isVisible()
    qtbot.waitUntil(lambda: asked == [(trained_run.id, "test")], timeout=PATIENCE)
    page.attack_button.click()
    assert page.mistakes.isVisible()


def test_another_split_is_attacked_anew_and_the_same_one_is_not(page_window, trained_run, qtbot) -> None:
    page, asked = page_window.page("evaluate_page"), page_window.asked
    page.attack_button.click()
    qtbot.waitUntil(lambda: len(asked) == 1, timeout=PATIENCE)
    page_window.session.training_changed.emit()
    page.attack_button.click()
    page.attack_button.click()
    page.split_picker.setCurrentIndex(page.split_picker.findData("train"))
    page.split_picker.activated.emit(page.split_picker.currentIndex())
    qtbot.waitUntil(lambda: len(asked) == 2, timeout=PATIENCE)
    assert asked == [(trained_run.id, "test"), (trained_run.id, "train")]

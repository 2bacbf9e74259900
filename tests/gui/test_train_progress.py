"""The lines below the curves, where there is little room."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication

from lepton_studio.engine import Run
from lepton_studio.engine.runs import Pace
from lepton_studio.gui.session import Session
from lepton_studio.gui.train_progress import TrainProgress


@pytest.fixture
def progress(qtbot, tiny_session: Session, monkeypatch) -> TrainProgress:
    run = Run.create(tiny_session.experiment)
    run.pace = Pace(epoch=5, batch=7, epochs=10, batches=57, images_per_second=900.0, seconds_left=7.0)
    run.update(state="running", test_accuracy=0.975)
    tiny_session.run = run
    monkeypatch.setattr(Session, "training_state", "running")
    made = TrainProgress(tiny_session)
    qtbot.addWidget(made)
    made.resize(900, 120)
    made.show()
    made.refresh()
    return made


def test_a_narrow_page_has_the_result_below_the_words_instead_of_breaking_them(progress: TrainProgress) -> None:
    QApplication.processEvents()
    assert abs(progress._steady.geometry().center().y() - progress.result.geometry().center().y()) <= 1
    progress.resize(270, 160)
    QApplication.processEvents()
    assert progress.result.y() > progress._steady.geometry().bottom()
    assert progress._steady.heightForWidth(progress._steady.width()) < 2 * progress.text.fontMetrics().height()


def test_the_time_left_is_said_in_words_where_there_is_no_room_for_figures(progress: TrainProgress) -> None:
    assert "left" not in progress.text.text()
    progress.show_figures(False, True)
    progress.refresh()
    assert progress.text.text().endswith("7 s left")

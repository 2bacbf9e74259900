"""Kept epochs among the networks to choose from."""

from __future__ import annotations

from typing import Any

from lepton_studio.engine import Predictor, best_epoch


def test_the_kept_epochs_of_the_chosen_run_can_be_chosen(ready_window: Any, qtbot: Any, trained_run: Any) -> None:
    session = ready_window.session
    session.choose(trained_run)
    session.runs_changed.emit()
    ready_window.show_page("draw_page")
    picker = ready_window.findChild(object, "draw_run_picker")
    assert picker is not None
    texts = {picker.itemData(row): picker.itemText(row) for row in range(picker.count())}
    best = best_epoch(trained_run.history.epochs)
    assert texts[f"{trained_run.id}@{best}"].endswith(f"after epoch {best} (best)")
    picker.run_picked.emit(f"{trained_run.id}@1")
    assert session.chosen.shown_epoch == 1
    assert picker.currentData() == f"{trained_run.id}@1"
    now, then = Predictor(trained_run), Predictor(session.chosen)
    assert now.run.weights_key != then.run.weights_key
    picker.run_picked.emit(trained_run.id)
    assert session.chosen.shown_epoch is None

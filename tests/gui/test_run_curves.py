"""The curves of the Train page: what they show of a run, beside others, and what people do with them."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from lepton_studio.engine.history import Change, EpochRow
from lepton_studio.engine.runs import Run
from lepton_studio.gui import theme
from lepton_studio.gui.curve_choices import kept_choices
from lepton_studio.gui.curve_compare import StayingMenu
from lepton_studio.gui.monitor import Monitor
from lepton_studio.gui.run_curves import RunCurves
from lepton_studio.gui.session import Session
from lepton_studio.gui.widgets.curve_data import CurveChoices
from lepton_studio.gui.widgets.curve_legend import LegendEntry
from lepton_studio.gui.widgets.curve_painter import CurvePainter
from lepton_studio.gui.widgets.curve_plot import CurvePlot

PER_EPOCH = 10
Make = Callable[..., Run]


@pytest.fixture
def make_run(tiny_session: Session) -> Make:
    """Makes kept runs of three epochs of ten batches, or of more."""

    def make(name: str = "Watched", epochs: int = 3, loss: float = 2.0) -> Run:
        run = Run.create(tiny_session.experiment, name)
        count = epochs * PER_EPOCH
        losses = np.linspace(loss, 0.1, count, dtype=np.float32)
        run.history.add_batches(
            losses, 1 - losses / 4, np.full(count, 0.02), np.arange(1, count + 1, dtype=np.float64) / PER_EPOCH
        )
        for epoch in range(1, epochs + 1):
            run.history.add_epoch(EpochRow(epoch, 1 / epoch, 0.6, 1.2 / epoch, 0.5 + epoch / 100, 1.0))
        run.history.save(run.folder / "history.json")
        run.update(state="finished", test_accuracy=0.9)
        return run

    return make


@pytest.fixture
def run(tiny_session: Session, make_run: Make) -> Run:
    made = make_run()
    tiny_session.run = made
    return made


@pytest.fixture
def curves(tiny_session: Session, run: Run, qtbot: Any) -> Iterator[RunCurves]:
    """The curves of ``run``, shown."""
    widget = RunCurves(Monitor(tiny_session))
    qtbot.addWidget(widget)
    widget.resize(640, 520)
    widget.show()
    qtbot.waitExposed(widget)
    widget.pull_all()
    QApplication.processEvents()
    yield widget
    widget.stop()


def place(plot: CurvePlot, epoch: float) -> QPoint:
    picture = plot._current()
    return QPoint(round(picture.x.pixel(epoch)), round(picture.paper.center().y()))


def rows(plot: CurvePlot) -> dict[str, str]:
    """What stands beside the crosshair."""
    return {row.label: row.value for row in plot._pointer_text.rows}


def test_loss_accuracy_and_rate_of_the_run_are_shown(curves: RunCurves, run: Run) -> None:
    loss, accuracy, rate = (curves.plots[name]._data for name in ("loss", "accuracy", "rate"))
    np.testing.assert_array_equal(loss.batches, run.history.batch_loss)
    np.testing.assert_allclose(accuracy.batches, run.history.batch_accuracy * 100)
    np.testing.assert_array_equal(rate.batches, run.history.batch_rate)
    for data in (loss, accuracy, rate):
        np.testing.assert_array_equal(data.ends, run.history.batch_end)
    assert loss.train == (1, 1 / 2, 1 / 3)
    assert accuracy.validation == pytest.approx((51, 52, 53))
    assert loss.best == accuracy.best == 3


def test_a_pull_draws_one_plot_and_only_what_is_new(
    curves: RunCurves, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []
    paint = CurvePainter.paint
    monkeypatch.setattr(CurvePainter, "paint", lambda self, one: (drawn.append(one.title), paint(self, one))[1])

    def pull() -> list[str]:
        drawn.clear()
        curves.pull()
        QApplication.processEvents()
        return list(drawn)

    assert [pull() for _ in range(3)] == [[], [], []]
    run.history.add_batches([0.05], [0.99], [0.02], [3.1])
    # The axis goes on in a step, which is seen on both.
    curves.pull_all()
    QApplication.processEvents()
    run.history.add_batches([0.05], [0.99], [0.02], [3.15])
    assert sorted([pull(), pull(), pull()]) == [[], ["Accuracy (%)"], ["Loss"]]
    run.update(diverged_at=32)
    assert sorted(pull() + pull()) == ["Accuracy (%)", "Loss"]
    curves.hide()
    run.history.add_batches([0.05], [0.99], [0.02], [3.2])
    assert pull() + pull() == []


def test_without_a_run_the_plots_say_what_they_will_show(curves: RunCurves, tiny_session: Session) -> None:
    tiny_session.run = None
    curves.pull_all()
    assert curves.loss_plot.is_empty
    assert "Press Start" in curves.loss_plot._placeholder.text()
    said: list[str] = []
    curves.said.connect(lambda text, _role: said.append(text))
    curves.tools.save_wanted.emit(".png")
    assert "nothing to save" in said[0]


def test_the_crosshair_reads_the_numbers_of_both_plots(curves: RunCurves, run: Run, qtbot: Any) -> None:
    qtbot.mouseMove(curves.accuracy_plot, place(curves.accuracy_plot, 1.52))
    text = curves.loss_plot._pointer_text
    assert text.title == "Epoch 1.50, batch 15"
    loss, accuracy = rows(curves.loss_plot), rows(curves.accuracy_plot)
    assert float(loss["this batch"]) == pytest.approx(run.history.batch_loss[14], rel=1e-3)
    assert float(loss["trend"]) == pytest.approx(curves.loss_plot.trend[14], rel=1e-3)
    assert loss["validation, epoch 1"] == "1.2"
    assert loss["learning rate"] == "0.02"
    assert accuracy["validation, epoch 1"] == "51 %"
    assert accuracy["this batch"].endswith(" %")
    curves.grab()
    qtbot.mouseMove(curves.tools, QPoint(5, 5))
    QApplication.sendEvent(curves.accuracy_plot, _leave())
    assert curves.loss_plot.span.pointer is None


def _leave() -> Any:
    from PySide6.QtCore import QEvent

    return QEvent(QEvent.Type.Leave)


def test_changes_while_running_are_marked_and_read(curves: RunCurves, run: Run, qtbot: Any) -> None:
    run.changes = (Change(1, 0, 1.0, "learning_rate", 0.02, 0.005), Change(2, 0, 2.0, "batch_size", 32, 2048))
    curves.pull_all()
    texts = [mark.text for mark in curves.loss_plot.marks]
    assert texts == ["Learning rate 0.02 → 0.005", "Batch size 32 → 2\u202f048"]
    assert [mark.at for mark in curves.accuracy_plot.marks] == [1.0, 2.0]
    assert "a change" in [entry.text for entry in curves.legend.entries]
    curves.grab()
    qtbot.mouseMove(curves.loss_plot, place(curves.loss_plot, 1.0))
    assert "Learning rate 0.02 → 0.005" in rows(curves.loss_plot)


@pytest.mark.parametrize("is_recorded", [True, False])
def test_the_place_where_the_loss_was_no_number_is_marked(curves: RunCurves, run: Run, is_recorded: bool) -> None:
    run.history.add_batches([np.nan, np.nan], [0.1, 0.1], [0.02] * 2, [3.1, 3.2])
    if is_recorded:
        run.update(diverged_at=31, state="failed")
    curves.pull_all()
    curves.grab()
    (mark,) = curves.loss_plot.marks
    assert (mark.text, mark.at, mark.is_bad) == ("not a number since batch 31", pytest.approx(3.1), True)


def test_one_batch_without_a_number_is_named_alone(curves: RunCurves, run: Run) -> None:
    run.history.add_batches([np.inf], [0.1], [0.02], [3.1])
    run.history.add_batches([0.2], [0.9], [0.02], [3.2])
    curves.pull_all()
    assert [mark.text for mark in curves.loss_plot.marks] == ["not a number at batch 31"]


def test_choices_are_kept_for_the_next_curves(curves: RunCurves, qtbot: Any, tiny_session: Session) -> None:
    tools = curves.tools
    tools.log.trigger()
    tools.clip.trigger()
    tools._windows[200].trigger()
    tools._smoothings[50].trigger()
    tools.rate.trigger()
    assert curves.rate_plot.isVisible()
    choices = kept_choices()
    assert (choices.log, choices.clip, choices.window, choices.smoothing, choices.rate) == (True, False, 200, 50, True)
    assert curves.loss_plot.choices == curves.accuracy_plot.choices == choices
    assert curves.loss_plot._current().y.log
    assert not curves.accuracy_plot._current().y.log
    other = RunCurves(Monitor(tiny_session))
    qtbot.addWidget(other)
    assert other.loss_plot.choices == choices
    assert other.tools.log.isChecked()
    assert "200" in other.tools.window_button.toolTip()


def test_choices_that_cannot_be_read_are_forgotten(qapp: Any) -> None:
    from lepton_studio.gui.window_memory import keep_text

    for text in ("", "{", '{"window": 7}', '{"smoothing": "much"}', "[]"):
        keep_text("curves", text)
        assert kept_choices() == CurveChoices()


def test_the_learning_rate_comes_by_itself_where_there_is_room(curves: RunCurves) -> None:
    assert not curves.rate_plot.isVisible()
    curves.resize(640, 700)
    QApplication.processEvents()
    assert curves.rate_plot.isVisible()
    assert curves.tools.rate.isChecked()
    curves.tools.rate.trigger()
    assert not curves.rate_plot.isVisible()
    assert kept_choices().rate is False


def test_a_run_that_kept_no_rates_says_so(curves: RunCurves, tiny_session: Session, make_run: Make) -> None:
    old = make_run("Old")
    old.history._numbers[2] = np.nan
    tiny_session.run = old
    curves.tools.rate.trigger()
    curves.pull_all()
    assert curves.rate_plot.is_empty


@pytest.mark.parametrize("zoom", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("width", [330, 560, 900])
def test_no_tool_is_cut_off_and_none_is_lost(curves: RunCurves, qtbot: Any, zoom: float, width: int) -> None:
    theme.apply_theme(QApplication.instance(), "light", zoom)
    curves.hide()
    other = RunCurves(curves.monitor)
    qtbot.addWidget(other)
    other.resize(width, 900)
    other.show()
    QApplication.processEvents()
    shown = [tool for tool in other.tools.findChildren(type(other.tools.view_button)) if not tool.isHidden()]
    assert other.tools.view_button in shown
    if width >= 560:
        for one, next_one in itertools.pairwise(shown):
            assert not one.geometry().intersects(next_one.geometry())
            assert one.width() >= one.sizeHint().width()
            assert next_one.geometry().right() <= width
    listed = other.tools._view_menu.actions()
    assert {other.tools.log, other.tools.clip, other.tools.raw, other.tools.rate, other.tools.fit} <= set(listed)
    if (width, zoom) == (560, 1.0):
        assert len(shown) == 10


def test_other_runs_are_chosen_from_a_menu_that_stays_open(
    curves: RunCurves, make_run: Make, run: Run, qtbot: Any
) -> None:
    others = [make_run("Wide & deep", epochs=5), make_run("Old")]
    menu = curves.compare_button._menu
    assert isinstance(menu, StayingMenu)
    menu.popup(curves.mapToGlobal(QPoint(0, 0)))
    entries = {action.text().split("\t")[0]: action for action in menu.actions() if action.isCheckable()}
    assert set(entries) == {"Wide && deep", "Old"}
    for action in entries.values():
        qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())
        assert menu.isVisible()
    menu.close()
    assert {each.id for each in curves.monitor.overlays} == {each.id for each in others}
    assert curves.compare_button.text() == "Compare (2)"
    assert [overlay.name for overlay, _ in curves.loss_plot._overlays] == ["Wide & deep", "Old"]
    assert {"Wide & deep", "Old"} <= {entry.text for entry in curves.legend.entries}
    curves.grab()
    assert curves.loss_plot._current().x.high == 5
    qtbot.mouseMove(curves.loss_plot, place(curves.loss_plot, 2.0))
    assert {"Wide & deep", "Old"} <= set(rows(curves.loss_plot))
    curves.monitor.compare(())
    assert curves.compare_button.text() == "Compare"
    assert curves.loss_plot._overlays == ()


def test_the_menu_says_why_a_run_cannot_be_read_or_that_there_is_none(
    curves: RunCurves, make_run: Make, run: Run
) -> None:
    said: list[str] = []
    curves.said.connect(lambda text, _role: said.append(text))
    curves.compare_button.list_runs()
    (only,) = curves.compare_button._menu.actions()
    assert not only.isEnabled()
    other = make_run("Broken")
    curves.compare_button.list_runs()
    (other.folder / "history.json").write_text("{")
    next(each for each in curves.compare_button._menu.actions() if each.isCheckable()).trigger()
    assert "history.json" in said[0]
    assert curves.monitor.overlays == ()


def test_a_band_is_drawn_named_and_taken_away(curves: RunCurves) -> None:
    x = np.arange(1, 4)
    before = curves.loss_plot.grab().toImage()
    for name in ("5 seeds", "other seeds", "5 seeds"):
        curves.show_band(name, x, x / 4, x / 5, x / 2)
    curves.show_band("5 seeds", x, 90 + x, 85 + x, 95 + x, quantity="accuracy")
    assert [entry.text for entry in curves.legend.entries if entry.kind == "band"] == ["other seeds", "5 seeds"]
    looks = {band.name: band.look for plot in curves.plots.values() for band in plot._bands}
    assert len(set(looks.values())) == 2
    assert curves.loss_plot.grab().toImage() != before
    curves.clear_bands()
    assert curves.loss_plot.grab().toImage() == before


def test_a_click_looks_back_and_a_double_click_does_not(curves: RunCurves, qtbot: Any) -> None:
    monitor, plot = curves.monitor, curves.loss_plot
    monitor._epochs = (1, 2, 3)
    qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=place(plot, 2.1))
    assert monitor.epoch == 2
    assert plot._current().epoch == (2, "epoch 2")
    assert curves.accuracy_plot._current().epoch == (2, "epoch 2")
    # As Qt tells of a double click: a click comes first.
    qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=place(plot, 1.0))
    qtbot.mouseDClick(plot, Qt.MouseButton.LeftButton, pos=place(plot, 1.0))
    assert monitor.epoch == 2
    qtbot.mousePress(plot, Qt.MouseButton.LeftButton, pos=place(plot, 2.0))
    for epoch in (1.6, 1.2, 1.0):
        qtbot.mouseMove(plot, place(plot, epoch))
    qtbot.mouseRelease(plot, Qt.MouseButton.LeftButton, pos=place(plot, 1.0))
    assert monitor.epoch == 1
    qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=place(plot, 1.0))
    assert monitor.epoch is None


def test_the_way_back_from_a_closer_look_is_shown_only_then(curves: RunCurves, qtbot: Any) -> None:
    assert not curves.tools.fit_button.isEnabled()
    curves.loss_plot.span.zoom(1, 2)
    assert curves.tools.fit_button.isEnabled()
    qtbot.mouseClick(curves.tools.fit_button, Qt.MouseButton.LeftButton)
    assert not curves.loss_plot.is_zoomed
    assert not curves.tools.fit_button.isEnabled()


def test_curves_are_saved_as_picture_drawing_and_table(
    curves: RunCurves, run: Run, make_run: Make, qtbot: Any, tmp_path: Path
) -> None:
    # What is printed is light whatever is on the screen.
    theme.apply_theme(QApplication.instance(), "dark", 1.0)
    curves.monitor.compare((make_run("Other one"),))
    run.changes = (Change(1, 0, 1.0, "learning_rate", 0.02, 0.005),)
    said: list[tuple[str, str]] = []
    curves.said.connect(lambda *one: said.append(one))
    curves.files.save(run, tmp_path / "curves.png")
    curves.files.save(run, tmp_path / "curves.svg")
    curves.files.save(run, tmp_path / "curves.csv")
    qtbot.waitUntil(lambda: len(said) == 3)
    assert {role for _, role in said} == {"good"}
    image = QImage(str(tmp_path / "curves.png"))
    assert image.width() > 1_500
    assert image.pixelColor(2, 2).name().upper() == theme.LIGHT.surface
    drawing = (tmp_path / "curves.svg").read_text(encoding="utf-8")
    assert QSvgRenderer(str(tmp_path / "curves.svg")).isValid()
    for text in ("Watched", "Other one", "Loss", "Accuracy (%)", "Learning rate 0.02 → 0.005", "best: 0.4 in epoch 3"):
        assert text in drawing
    with (tmp_path / "curves.csv").open(encoding="utf-8", newline="") as file:
        numbers = [float(row["train_loss"]) for row in csv.DictReader(file) if row["kind"] == "batch"]
    np.testing.assert_array_equal(np.array(numbers, np.float32), run.history.batch_loss)


def test_a_disk_that_refuses_is_told(curves: RunCurves, run: Run, qtbot: Any, tmp_path: Path, monkeypatch: Any) -> None:
    said: list[tuple[str, str]] = []
    curves.said.connect(lambda *one: said.append(one))
    (tmp_path / "file").write_text("")
    for ending in (".png", ".csv"):
        target = tmp_path / "file" / f"curves{ending}"
        monkeypatch.setattr("lepton_studio.gui.curve_files.path_to_save", lambda *_, target=target: target)
        curves.tools.save_wanted.emit(ending)
    qtbot.waitUntil(lambda: len(said) == 2)
    assert {role for _, role in said} == {"bad"}


def test_a_long_legend_says_how_much_it_leaves_out(curves: RunCurves, make_run: Make) -> None:
    curves.monitor.compare(tuple(make_run(f"A run with quite a long name {each}") for each in range(8)))
    QApplication.processEvents()
    places = curves.legend._places(curves.legend.width())
    assert places[-1][1].text == f"and {len(curves.legend.entries) - len(places) + 1} more"
    assert curves.legend.height() >= places[-1][0].bottom()
    for place_of, _ in places:
        assert place_of.right() <= curves.legend.width()


def test_the_legend_keeps_room_for_what_comes_while_a_training_goes_on(curves: RunCurves) -> None:
    legend = curves.legend
    now, later = legend.entries, [*legend.entries, LegendEntry("best", "best epoch"), LegendEntry("change", "a change")]
    widths = (300, 424, 520, 680)
    bare = [legend.heightForWidth(width) for width in widths]
    legend.set_entries(now, later[len(now) :])
    before = [legend.heightForWidth(width) for width in widths]
    assert before != bare
    legend.set_entries(later)
    assert [legend.heightForWidth(width) for width in widths] == before


def test_low_curves_keep_their_places_and_their_figures(curves: RunCurves) -> None:
    curves.resize(620, 320)
    QApplication.processEvents()
    loss, accuracy = curves.loss_plot, curves.accuracy_plot
    assert loss.geometry().bottom() < accuracy.geometry().top()
    assert accuracy.geometry().bottom() <= curves.height()
    curves.resize(620, 260)
    QApplication.processEvents()
    assert abs(loss.height() - accuracy.height()) <= 1
    # The epochs are written once, below.
    assert (loss._current().x_title, accuracy._current().x_title) == ("", "Epoch")
    assert len(accuracy._current().y.ticks(30)) >= 2
    curves.resize(620, curves.minimumSizeHint().height())
    QApplication.processEvents()
    assert not curves.legend.isVisible()
    assert accuracy.geometry().bottom() <= curves.height()
    curves.resize(620, 500)
    QApplication.processEvents()
    assert curves.legend.isVisible()

"""The window as a whole: what scripts find in it, how it starts, changes its looks and closes."""

from __future__ import annotations

import sys

import msgspec
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton, QWidget
from shiboken6 import isValid

from lepton_studio import paths
from lepton_studio.engine import DATASETS, LAYERS, Run, Samples, default_experiment, read_experiment, save_experiment
from lepton_studio.gui import theme
from lepton_studio.gui.error_dialog import ErrorDialog
from lepton_studio.gui.main_window import MainWindow
from lepton_studio.gui.preferences import Preferences, load_preferences
from lepton_studio.gui.widgets.draw_pad import PadStroke
from lepton_studio.gui.widgets.number_edit import NumberEdit

PATIENCE = 60_000
PAGES = ("data_page", "build_page", "train_page", "evaluate_page", "draw_page", "runs_page")
# The names that others rely on (interfaces.md, "On the screen").
NAMES = (
    *PAGES, *(f"go_{page}" for page in PAGES), "dataset_picker", "thumbnail_grid", "class_filter", "layer_stack",
    "palette", "train_start", "train_pause", "train_step", "train_stop", "loss_plot", "accuracy_plot",
    "drawing_canvas", "canvas_clear", "prediction_view", "confusion_matrix", "runs_table",
)  # fmt: skip
STROKES = (PadStroke(((0.25, 0.25), (0.75, 0.75)), 0.1), PadStroke(((0.5, 0.5),), 0.05))


@pytest.fixture
def training_window(window, tiny_experiment, tiny_samples: Samples, monkeypatch, qtbot) -> MainWindow:
    """A window that trains a tiny network, held after its first batch."""
    monkeypatch.setattr(DATASETS["bundled_digits"], "load", lambda self: iter([tiny_samples]))
    session = window.session
    many = msgspec.structs.replace(tiny_experiment.hyperparameters, epochs=10_000)
    session.edit("Tiny", msgspec.structs.replace(tiny_experiment, hyperparameters=many))
    session.load_dataset()
    qtbot.waitUntil(lambda: session.samples is tiny_samples, timeout=PATIENCE)
    session.step_training()
    qtbot.waitUntil(lambda: session.training_state == "paused" and session.run is not None, timeout=PATIENCE)
    return window


def answer(text: str, asked: list[str]) -> None:
    """Clicks a button of the question that comes next."""

    def click() -> None:
        box = QApplication.activeModalWidget()
        if not isinstance(box, QMessageBox):
            QTimer.singleShot(10, click)
            return
        asked.append(box.objectName())
        next(each for each in box.buttons() if isinstance(each, QPushButton) and text in each.text()).click()

    QTimer.singleShot(0, click)


def action(window: MainWindow, name: str) -> QAction:
    return window.findChild(QAction, f"action_{name}")


def canvas(window: MainWindow) -> QWidget:
    return window.findChild(QWidget, "drawing_canvas")


# --- what scripts find


def test_every_promised_name_is_on_the_screen_once(window) -> None:
    assert {name: len(window.findChildren(QWidget, name)) for name in NAMES} == dict.fromkeys(NAMES, 1)


def test_the_window_is_called_main_window(window) -> None:
    assert window.objectName() == "main_window"
    assert window.isVisible()
    assert window.property("training_state") == "idle"


def test_the_state_of_the_training_is_a_property(training_window, qtbot) -> None:
    window = training_window
    assert window.property("training_state") == "paused"
    window.session.start_training()
    assert window.property("training_state") == "running"
    window.session.stop_training()
    assert window.property("training_state") in ("stopping", "idle")
    qtbot.waitUntil(lambda: window.property("training_state") == "idle", timeout=PATIENCE)


def test_scripts_edit_the_experiment_through_the_session(window) -> None:
    experiment = msgspec.structs.replace(window.session.experiment, seed=7)
    window.session.edit("Change seed", experiment)
    assert window.session.experiment is experiment


# --- the start


def test_an_application_that_is_there_is_used(qapp, make_window) -> None:
    window = make_window()
    assert QApplication.instance() is qapp
    assert qapp.applicationName() == "lepton-studio"
    assert window.isVisible()


def test_the_first_page_is_where_the_work_begins(window) -> None:
    assert window.current_page == "data_page"


def test_no_other_window_opens_at_the_start_or_when_pages_are_made_anew(qapp, make_window) -> None:
    shown: list[QWidget] = []

    class Watch(QObject):
        def eventFilter(self, thing: QObject, event: QEvent) -> bool:  # noqa: N802
            if event.type() == QEvent.Type.Show and isinstance(thing, QWidget) and thing.isWindow():
                shown.append(thing)
            return False

    watch = Watch()
    qapp.installEventFilter(watch)
    try:
        window = make_window()
        window.change_zoom(1)
        for page in PAGES:
            window.show_page(page)
    finally:
        qapp.removeEventFilter(watch)
    assert shown == [window]


def test_importing_the_window_imports_no_heavy_package(run_python) -> None:
    script = """
import importlib, pkgutil, sys
import lepton_studio.gui
for module in pkgutil.walk_packages(lepton_studio.gui.__path__, "lepton_studio.gui."):
    importlib.import_module(module.name)
print(sorted({"torch", "torchvision", "optuna", "tensorboard", "wandb", "onnx"} & set(sys.modules)))
"""
    if sys.platform == "win32":
        pytest.skip("On Windows torch must come before Qt.")
    assert run_python(script).stdout.strip() == "[]"


def test_the_first_window_is_shown_before_torch_is_ready(run_python) -> None:
    script = """
import sys
from lepton_studio.gui.app import create_application
application, window = create_application([])
print(window.isVisible(), window.session.engine_ready)
window.close_unasked()
print(window.isVisible(), window.session.starter.isRunning())
"""
    shown, closed = run_python(script).stdout.splitlines()
    assert shown == "True False"
    assert closed == "False False"


def test_files_named_at_the_start_are_opened(make_window, tmp_path) -> None:
    experiment = msgspec.structs.replace(default_experiment(), seed=77)
    save_experiment(tmp_path / "mine.json", experiment)
    window = make_window(str(tmp_path / "mine.json"))
    assert window.session.experiment == experiment
    window.session.undo_stack.undo()
    assert window.session.experiment == default_experiment()


def test_a_file_that_cannot_be_opened_is_told_and_changes_nothing(window, tmp_path) -> None:
    (tmp_path / "broken.json").write_text("no JSON", encoding="utf-8")
    window.open_file(tmp_path / "broken.json")
    dialog = window.findChild(ErrorDialog)
    assert "broken.json" in dialog.text()
    assert window.session.experiment == default_experiment()
    dialog.close()


def test_a_broken_experiment_of_last_time_is_told_on_the_data_page(home, make_window) -> None:
    home.mkdir()
    paths.current_experiment_file().write_text("no JSON", encoding="utf-8")
    window = make_window()
    assert "current_experiment.json" in window.page("data_page").message.text
    assert window.session.experiment == default_experiment()


# --- looks


@pytest.mark.parametrize("change", ["theme", "zoom"])
def test_another_theme_or_size_keeps_page_strokes_and_experiment(window, change, qtbot) -> None:
    window.show_page("draw_page")
    canvas(window).set_strokes(STROKES)
    old = canvas(window)
    if change == "theme":
        window.toggle_theme()
        assert theme.tokens() is theme.DARK
    else:
        window.change_zoom(2)
        assert theme.scale() == pytest.approx(1.5, abs=0.05)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not isValid(old)
    assert window.current_page == "draw_page"
    assert canvas(window).strokes == STROKES
    qtbot.waitUntil(lambda: canvas(window).isVisible(), timeout=PATIENCE)
    assert {name: len(window.findChildren(QWidget, name)) for name in NAMES} == dict.fromkeys(NAMES, 1)


def test_pages_that_are_gone_hear_nothing_any_more(window) -> None:
    window.change_zoom(1)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    session = window.session
    # An exception in a slot of a page that is gone would fail this test.
    for signal in (
        session.experiment_changed, session.samples_changed, session.run_chosen, session.training_changed,
        session.runs_changed, session.engine_started,
    ):  # fmt: skip
        signal.emit()
    session.edit("Change seed", msgspec.structs.replace(session.experiment, seed=5))
    assert session.experiment.seed == 5
    assert len(window.findChildren(QWidget, "train_page")) == 1


def test_looks_are_kept_for_the_next_start(window, make_window) -> None:
    window.set_preferences(Preferences("dark", "125 %", False))
    assert load_preferences() == Preferences("dark", "125 %", False)
    window.close()
    theme.apply_theme(QApplication.instance(), "light", 1.0)
    again = make_window()
    assert theme.tokens() is theme.DARK
    assert theme.scale() == pytest.approx(1.25, abs=0.05)
    assert again.page("draw_page").view.motion is False


def test_motion_can_be_switched_off_without_making_pages_anew(window) -> None:
    view = window.page("draw_page").view
    assert view.motion
    window.set_preferences(Preferences(motion=False))
    assert window.page("draw_page").view is view
    assert not view.motion


# --- commands


def test_each_command_has_a_shortcut_of_its_own(window) -> None:
    actions = [each for each in window.findChildren(QAction) if each.objectName().startswith("action_")]
    keys = [each.shortcut().toString() for each in actions if not each.shortcut().isEmpty()]
    assert len(keys) > 15
    assert len(keys) == len(set(keys))


def test_pages_come_to_the_front_by_entry_and_by_command(window) -> None:
    for page in PAGES:
        QTest.mouseClick(window.findChild(QWidget, f"go_{page}"), Qt.MouseButton.LeftButton)
        assert window.current_page == page
        assert window.findChild(QWidget, page).isVisible()
    for page in PAGES:
        action(window, f"go_{page}").trigger()
        assert window.current_page == page


def test_undo_means_what_is_on_the_page(window) -> None:
    window.session.edit("Change seed", msgspec.structs.replace(window.session.experiment, seed=5))
    window.show_page("draw_page")
    QTest.mouseClick(canvas(window), Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    action(window, "undo").trigger()
    assert canvas(window).strokes == ()
    assert window.session.experiment.seed == 5
    window.show_page("build_page")
    # What could not be undone on the Draw page can be undone here.
    assert action(window, "undo").isEnabled()
    assert action(window, "undo").text() == "Undo Change seed"
    action(window, "undo").trigger()
    assert window.session.experiment.seed == 0
    assert action(window, "redo").isEnabled()


def test_commands_of_the_training_can_be_given_only_when_they_make_sense(training_window, qtbot) -> None:
    window = training_window

    def enabled() -> set[str]:
        return {name for name in ("start", "pause", "step", "stop") if action(window, name).isEnabled()}

    qtbot.waitUntil(lambda: enabled() == {"start", "step", "stop"}, timeout=PATIENCE)
    action(window, "start").trigger()
    assert window.current_page == "train_page"
    qtbot.waitUntil(lambda: enabled() == {"pause", "stop"}, timeout=PATIENCE)
    action(window, "stop").trigger()
    qtbot.waitUntil(lambda: enabled() == {"start", "step"}, timeout=PATIENCE)


def test_a_new_experiment_can_be_taken_back(window) -> None:
    before = msgspec.structs.replace(window.session.experiment, seed=5)
    window.session.edit("Change seed", before)
    action(window, "new").trigger()
    assert window.session.experiment == default_experiment()
    action(window, "undo").trigger()
    assert window.session.experiment == before


def test_edits_of_two_layers_are_two_steps(window) -> None:
    session = window.session
    conv = LAYERS["conv2d"]
    layers = (conv(channels=4), conv(channels=4), LAYERS["flatten"](), LAYERS["linear"](outputs=10))
    architecture = msgspec.structs.replace(session.experiment.architecture, layers=layers, name="Two")
    session.edit("Two", msgspec.structs.replace(session.experiment, architecture=architecture))
    window.show_page("build_page")
    page = window.page("build_page")
    for path in ((0,), (1,)):
        page.workbench.choose(path)
        page.findChild(NumberEdit, "field_channels").setValue(9)
    assert [layer.channels for layer in session.experiment.architecture.layers[:2]] == [9, 9]
    session.undo_stack.undo()
    assert [layer.channels for layer in session.experiment.architecture.layers[:2]] == [9, 4]


# --- closing


def test_a_window_without_a_training_closes_without_a_question(window) -> None:
    assert window.close()
    assert not window.isVisible()
    assert not window.session.starter.isRunning()


def test_a_window_can_be_closed_twice(window) -> None:
    assert window.close()
    assert window.close()


def test_closing_while_paused_asks_and_no_means_no(training_window) -> None:
    window, asked = training_window, []
    answer("Do not close", asked)
    assert not window.close()
    assert asked == ["close_question"]
    assert window.isVisible()
    assert window.session.training_state == "paused"


def test_closing_while_training_asks_and_no_means_that_it_goes_on(training_window, qtbot) -> None:
    window, asked = training_window, []
    window.session.start_training()
    answer("Go on training", asked)
    assert not window.close()
    assert asked == ["close_question"]
    assert window.session.training_state == "running"
    before = len(window.session.run.history)
    qtbot.waitUntil(lambda: len(window.session.run.history) > before, timeout=PATIENCE)


def test_escape_does_not_close(training_window) -> None:
    window, asked = training_window, []

    def escape() -> None:
        box = QApplication.activeModalWidget()
        if box is None:
            QTimer.singleShot(10, escape)
            return
        asked.append(box.objectName())
        QTest.keyClick(box, Qt.Key.Key_Escape)

    QTimer.singleShot(0, escape)
    assert not window.close()
    assert asked == ["close_question"]
    assert window.isVisible()


def test_closing_while_training_asks_and_yes_keeps_the_run_as_stopped(training_window) -> None:
    window, asked = training_window, []
    run = window.session.run
    answer("Stop, keep and close", asked)
    assert window.close()
    assert asked == ["close_question"]
    assert not window.isVisible()
    assert Run.open(run.folder).record.state == "stopped"
    assert run.checkpoint.exists()


def test_a_training_that_is_stopping_already_needs_no_question(training_window) -> None:
    run = training_window.session.run
    training_window.session.stop_training()
    assert training_window.close()
    assert Run.open(run.folder).record.state == "stopped"


def test_what_was_edited_last_is_kept_when_the_window_closes(window) -> None:
    window.session.edit("Change seed", msgspec.structs.replace(window.session.experiment, seed=5))
    window.close()
    assert read_experiment(paths.current_experiment_file()).seed == 5


def test_the_size_is_that_of_last_time(window, make_window) -> None:
    # The screen of the offscreen platform is 800 pixels wide, and the window never less than 1024.
    window.resize(1024, 690)
    window.close()
    assert make_window().height() == 690


def test_a_question_is_gone_when_it_is_answered(training_window, qtbot) -> None:
    for _ in range(3):
        answer("Do not close", [])
        training_window.close()
    qtbot.waitUntil(lambda: training_window.findChild(QMessageBox) is None)
    assert training_window.isVisible()
    assert training_window.session.training_state != "idle"


def test_a_change_of_the_theme_styles_no_widgets_that_are_thrown_away(ready_window: MainWindow, monkeypatch) -> None:
    ready_window.show_page("build_page")
    old, real = ready_window.page("build_page"), theme.apply_theme
    styled: list[bool] = []

    def noting(*given: object) -> None:
        styled.append(isValid(old))
        real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(theme, "apply_theme", noting)
    ready_window.toggle_theme()
    assert styled == [False]
    assert ready_window.current_page == "build_page"

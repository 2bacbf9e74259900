"""The window: sidebar, pages, menus, opening, saving, closing."""

from __future__ import annotations

from pathlib import Path

import msgspec
from PySide6.QtCore import Property
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QHBoxLayout,
    QMainWindow,
    QStackedWidget,
    QWidget,
)

from lepton_studio.engine import (
    LeptonError,
    default_experiment,
    find_run,
    import_archive,
    read_experiment,
    save_experiment,
)
from lepton_studio.gui import theme
from lepton_studio.gui.actions import Actions
from lepton_studio.gui.dialogs import PreferencesDialog, about_dialog, confirmed
from lepton_studio.gui.error_dialog import show_error
from lepton_studio.gui.page import Page
from lepton_studio.gui.pages.build_page import BuildPage
from lepton_studio.gui.pages.data_page import DataPage
from lepton_studio.gui.pages.draw_page import DrawPage
from lepton_studio.gui.pages.evaluate_page import EvaluatePage
from lepton_studio.gui.pages.runs_page import RunsPage
from lepton_studio.gui.pages.train_page import TrainPage
from lepton_studio.gui.preferences import Preferences, load_preferences, save_preferences
from lepton_studio.gui.session import Session
from lepton_studio.gui.widgets.sidebar import Sidebar
from lepton_studio.gui.window_memory import keep_geometry, restore_geometry

PAGES: tuple[type[Page], ...] = (DataPage, BuildPage, TrainPage, EvaluatePage, DrawPage, RunsPage)
ZOOMS = ("100 %", "125 %", "150 %", "175 %")


class MainWindow(QMainWindow):
    """The one window. Pages are views of the session, so they can be made anew when theme or size change."""

    def __init__(self) -> None:
        """Makes everything that can be shown without torch."""
        super().__init__()
        self.setObjectName("main_window")
        self.setWindowTitle("Lepton Studio")
        self.setMinimumSize(1024, 640)
        self.resize(1280, 720)
        self.preferences = load_preferences()
        self.session = Session(self)
        self._stack = QStackedWidget()
        self._pages: dict[str, Page] = {}
        self._make_content()
        self.actions_table = Actions(self)
        session = self.session
        for signal in (
            session.training_changed,
            session.experiment_changed,
            session.run_chosen,
            session.samples_changed,
        ):
            signal.connect(self._show_states)
        for signal in (session.engine_started, session.runs_changed):
            signal.connect(self._show_states)
        self.session.undo_stack.indexChanged.connect(self.actions_table.refresh)
        self.session.training_changed.connect(self.actions_table.refresh)
        restore_geometry(self)
        self.show_page("data_page")
        if self.session.startup_trouble is not None:
            self._pages["data_page"].message.say(str(self.session.startup_trouble))

    def _get_training_state(self) -> str:
        return self.session.training_state

    training_state = Property(str, _get_training_state)

    # --- pages

    def page(self, name: str) -> Page:
        """A page by its object name."""
        return self._pages[name]

    def page_titles(self) -> list[tuple[str, str]]:
        """(object name, title) of every page, in the order of the work."""
        return [(name, page.title) for name, page in self._pages.items()]

    @property
    def current_page(self) -> str:
        """The object name of the page in front."""
        return next((name for name, page in self._pages.items() if page is self._stack.currentWidget()), "")

    def show_page(self, name: str) -> None:
        """Brings a page to the front."""
        self._stack.setCurrentWidget(self._pages[name])
        self._pages[name].setFocus()
        self._sidebar.choose(name)
        self._show_states()

    def _make_content(self) -> None:
        central = QWidget()
        row = QHBoxLayout(central)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._stack = QStackedWidget()
        self._pages = {kind.object_name: kind(self.session) for kind in PAGES}  # type: ignore[call-arg]
        self._sidebar = Sidebar()
        self._sidebar.page_picked.connect(self.show_page)
        row.addWidget(self._sidebar)
        row.addWidget(self._stack, 1)
        for name, page in self._pages.items():
            self._sidebar.add_entry(name, page.title, page.icon_name)
            page.page_wanted.connect(self.show_page)
            self._stack.addWidget(page)
        draw = self._pages["draw_page"]
        if isinstance(draw, DrawPage):
            draw.set_motion(self.preferences.motion)
            draw.canvas.strokes_changed.connect(self._strokes_changed)
            draw.view.answer_changed.connect(self._show_states)
        self.setCentralWidget(central)

    def _show_states(self) -> None:
        for name, page in self._pages.items():
            self._sidebar.set_state(name, page.state_text())
        session = self.session
        self._sidebar.set_device(session.device_name if session.engine_ready else self.tr("Starting PyTorch ..."))

    def _strokes_changed(self) -> None:
        self.actions_table.refresh()

    # --- commands

    def open_file(self, path: Path) -> None:
        """Opens an experiment, a run, a run archive or a folder of pictures; Undo brings back what was open."""
        try:
            if (path / "run.json").is_file():
                self.session.choose(find_run(str(path)))
                self.show_page("draw_page")
            elif path.is_dir():
                self.session.import_pictures(path)
            elif path.suffix.lower() == ".zip":
                self.session.choose(import_archive(path))
                self.session.runs_changed.emit()
                self.show_page("runs_page")
            else:
                self.session.edit(self.tr("Open {}").format(path.name), read_experiment(path))
        except LeptonError as error:
            show_error(error, self)

    def choose_file(self) -> None:
        """Asks which file to open."""
        kinds = self.tr("Experiments and runs (*.json *.zip)")
        name, _ = QFileDialog.getOpenFileName(self, self.tr("Open"), "", kinds)
        if name:
            self.open_file(Path(name))

    def save_experiment_as(self) -> None:
        """Asks where to keep the experiment as a file of its own."""
        kinds = self.tr("Experiments (*.json)")
        name, _ = QFileDialog.getSaveFileName(self, self.tr("Save experiment"), "experiment.json", kinds)
        if name:
            try:
                save_experiment(Path(name), self.session.experiment)
            except LeptonError as error:
                show_error(error, self)

    def new_experiment(self) -> None:
        """Goes back to the default; Undo brings back what was there."""
        self.session.edit(self.tr("New experiment"), default_experiment())

    def start_training(self) -> None:
        """Starts or goes on, and shows it."""
        self.show_page("train_page")
        self.session.start_training()

    def _canvas_in_front(self) -> DrawPage | None:
        page = self._stack.currentWidget()
        return page if isinstance(page, DrawPage) else None

    def undo(self) -> None:
        """Takes back a stroke on the Draw page, an edit of the experiment elsewhere."""
        draw = self._canvas_in_front()
        if draw is not None:
            draw.canvas.undo_stroke()
        else:
            self.session.undo_stack.undo()

    def redo(self) -> None:
        """Does again what was taken back."""
        draw = self._canvas_in_front()
        if draw is not None:
            draw.canvas.redo_stroke()
        else:
            self.session.undo_stack.redo()

    def can_undo(self) -> bool:
        """Whether there is anything to take back on this page."""
        draw = self._canvas_in_front()
        return draw.canvas.can_undo if draw is not None else self.session.undo_stack.canUndo()

    def can_redo(self) -> bool:
        """Whether there is anything to do again on this page."""
        draw = self._canvas_in_front()
        return draw.canvas.can_redo if draw is not None else self.session.undo_stack.canRedo()

    def undo_texts(self) -> tuple[str, str]:
        """How the Edit menu calls the two, with the name of the step."""
        if self._canvas_in_front() is not None:
            return self.tr("Undo stroke"), self.tr("Redo stroke")
        stack = self.session.undo_stack
        return (
            f"{self.tr('Undo')} {stack.undoText()}".strip(),
            f"{self.tr('Redo')} {stack.redoText()}".strip(),
        )

    # --- preferences

    def show_preferences(self) -> PreferencesDialog:
        """Opens the settings of the window; every change shows at once."""
        dialog = PreferencesDialog(self.preferences, self.set_preferences, self)
        dialog.open()
        return dialog

    def set_preferences(self, preferences: Preferences) -> None:
        """Applies and keeps preferences."""
        before, self.preferences = self.preferences, preferences
        try:
            save_preferences(preferences)
        except LeptonError as error:
            show_error(error, self)
        if (before.theme, before.zoom) != (preferences.theme, preferences.zoom):
            application = QApplication.instance()
            if isinstance(application, QApplication):
                theme.apply_theme(application, preferences.theme, preferences.zoom_factor)
            self._remake_pages()
        elif isinstance(draw := self._pages["draw_page"], DrawPage):
            draw.set_motion(preferences.motion)

    def toggle_theme(self) -> None:
        """Changes between light and dark."""
        other = "light" if theme.tokens() is theme.DARK else "dark"
        self.set_preferences(msgspec.structs.replace(self.preferences, theme=other))

    def change_zoom(self, steps: int) -> None:
        """Makes everything larger or smaller."""
        at = min(max(ZOOMS.index(self.preferences.zoom) + steps, 0), len(ZOOMS) - 1)
        self.set_preferences(msgspec.structs.replace(self.preferences, zoom=ZOOMS[at]))

    def _remake_pages(self) -> None:
        """Sizes, fonts and icons are taken when a page is made; what was drawn goes over to the new one."""
        current, old = self.current_page, self._pages
        for page in old.values():
            page.stop()
        drawn = old["draw_page"].canvas.strokes if isinstance(old["draw_page"], DrawPage) else ()
        self._make_content()
        if isinstance(draw := self._pages["draw_page"], DrawPage):
            draw.canvas.set_strokes(drawn)
        self.show_page(current)

    def show_about(self) -> None:
        """Says what this is, its version and where a person's things lie."""
        about_dialog(self).open()

    # --- closing

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.session.training_state != "idle" and not self._may_stop():
            event.ignore()
            return
        keep_geometry(self)
        # The stack empties itself when it dies, and nobody should ask it anything then.
        self.session.undo_stack.indexChanged.disconnect(self.actions_table.refresh)
        self.hide()
        for page in self._pages.values():
            page.stop()
        self.session.close()
        super().closeEvent(event)

    def _may_stop(self) -> bool:
        question = self.tr("A training is under way. Stop it and close?")
        detail = self.tr("The run is kept; you can go on with it later.")
        return confirmed(self, "close_question", question, detail, self.tr("Stop and close"))

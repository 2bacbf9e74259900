"""The window: sidebar, pages, menus, opening, saving, closing."""

from __future__ import annotations

from pathlib import Path

import msgspec
from PySide6.QtCore import Property, QSettings, Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QMessageBox,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from lepton_studio import __version__, paths
from lepton_studio.engine import (
    LeptonError,
    default_experiment,
    import_archive,
    read_experiment,
    save_experiment,
)
from lepton_studio.engine.fields import fields_of
from lepton_studio.gui import theme
from lepton_studio.gui.actions import Actions
from lepton_studio.gui.errors import show_error
from lepton_studio.gui.page import Page
from lepton_studio.gui.pages.build_page import BuildPage
from lepton_studio.gui.pages.data_page import DataPage
from lepton_studio.gui.pages.draw_page import DrawPage
from lepton_studio.gui.pages.evaluate_page import EvaluatePage
from lepton_studio.gui.pages.runs_page import RunsPage
from lepton_studio.gui.pages.train_page import TrainPage
from lepton_studio.gui.preferences import Preferences, load_preferences, save_preferences
from lepton_studio.gui.session import Session
from lepton_studio.gui.widgets.form import Form
from lepton_studio.gui.widgets.sidebar_entry import SidebarEntry

PAGES: tuple[type[Page], ...] = (DataPage, BuildPage, TrainPage, EvaluatePage, DrawPage, RunsPage)
SIDEBAR_WIDTH = 192
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
        self._entries: dict[str, SidebarEntry] = {}
        self._make_content()
        self.actions_table = Actions(self)
        for signal in (self.session.training_changed, self.session.experiment_changed, self.session.run_chosen,
                       self.session.samples_changed, self.session.engine_started, self.session.runs_changed):  # fmt: skip
            signal.connect(self._show_states)
        self.session.undo_stack.indexChanged.connect(self.actions_table.refresh)
        self.session.training_changed.connect(self.actions_table.refresh)
        self._restore_geometry()
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
        self._entries[name].setChecked(True)
        self._show_states()

    def _make_content(self) -> None:
        central = QWidget()
        row = QHBoxLayout(central)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._stack = QStackedWidget()
        self._pages = {kind.object_name: kind(self.session) for kind in PAGES}  # type: ignore[call-arg]
        row.addWidget(self._make_sidebar())
        row.addWidget(self._stack, 1)
        for page in self._pages.values():
            page.page_wanted.connect(self.show_page)
            self._stack.addWidget(page)
        draw = self._pages["draw_page"]
        if isinstance(draw, DrawPage):
            draw.set_motion(self.preferences.motion)
            draw.canvas.strokes_changed.connect(self._strokes_changed)
            draw.view.answer_changed.connect(self._show_states)
        self.setCentralWidget(central)

    def _make_sidebar(self) -> QFrame:
        sidebar = QFrame()
        sidebar.setObjectName("sidebar")
        sidebar.setFixedWidth(theme.px(SIDEBAR_WIDTH))
        column = QVBoxLayout(sidebar)
        column.setContentsMargins(theme.GAP_SMALL, theme.GAP, theme.GAP_SMALL, theme.GAP)
        column.setSpacing(theme.GRID)
        column.addLayout(self._make_logo())
        column.addSpacing(theme.GAP_SMALL)
        self._entries = {}
        for name, page in self._pages.items():
            entry = SidebarEntry(page.title, page.icon_name)
            entry.setObjectName(f"go_{name}")
            entry.clicked.connect(lambda _checked=False, name=name: self.show_page(name))
            self._entries[name] = entry
            column.addWidget(entry)
        column.addStretch(1)
        self._device_label = QLabel(wordWrap=True)
        self._device_label.setObjectName("device_label")
        self._device_label.setProperty("role", "second")
        self._device_label.setFont(theme.font_of(theme.SMALL_PIXELS))
        self._device_label.setContentsMargins(theme.GAP_SMALL, 0, 0, 0)
        column.addWidget(self._device_label)
        return sidebar

    def _make_logo(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(theme.GAP_SMALL, 0, 0, 0)
        picture, name = QLabel(), QLabel("Lepton Studio")
        side = theme.px(24)
        picture.setPixmap(theme.icon("logo", "accent").pixmap(side, side))
        name.setFont(theme.font_of(theme.BODY_PIXELS + 1, semibold=True))
        row.addWidget(picture)
        row.addWidget(name)
        row.addStretch(1)
        return row

    def _show_states(self) -> None:
        for name, page in self._pages.items():
            self._entries[name].set_state(page.state_text())
        session = self.session
        self._device_label.setText(session.device_name if session.engine_ready else self.tr("Starting PyTorch ..."))

    def _strokes_changed(self) -> None:
        self.actions_table.refresh()

    # --- commands

    def open_file(self, path: Path) -> None:
        """Opens an experiment or a run archive; what was open can be brought back with Undo."""
        try:
            if path.suffix.lower() == ".zip":
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

    def show_preferences(self) -> QDialog:
        """Opens the settings of the window; every change shows at once."""
        dialog = QDialog(self)
        dialog.setObjectName("preferences_dialog")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(self.tr("Preferences"))
        dialog.setMinimumWidth(theme.px(380))
        layout = QVBoxLayout(dialog)
        layout.setContentsMargins(theme.GAP_LARGE, theme.GAP_LARGE, theme.GAP_LARGE, theme.GAP_LARGE)
        form = Form(self.preferences)
        form.value_edited.connect(lambda value, _text: self.set_preferences(value))
        layout.addWidget(form)
        for field in fields_of(Preferences):
            form.editor(field.name).setStatusTip(field.help)
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
        box = QMessageBox(self)
        box.setObjectName("about_dialog")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle(self.tr("About Lepton Studio"))
        box.setText(self.tr("Lepton Studio {}: learn and teach deep learning by doing it.").format(__version__))
        box.setInformativeText(self.tr("What you make and download lies in {}.").format(paths.home()))
        box.open()

    # --- closing

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.session.training_state != "idle" and not self._may_stop():
            event.ignore()
            return
        self._keep_geometry()
        self.hide()
        for page in self._pages.values():
            page.stop()
        self.session.close()
        super().closeEvent(event)

    def _may_stop(self) -> bool:
        question = QMessageBox(self)
        question.setObjectName("close_question")
        question.setIcon(QMessageBox.Icon.Question)
        question.setText(self.tr("A training is under way."))
        question.setInformativeText(self.tr("Stop it and close? The run is kept; you can go on with it later."))
        stop = question.addButton(self.tr("Stop and close"), QMessageBox.ButtonRole.AcceptRole)
        question.addButton(QMessageBox.StandardButton.Cancel)
        question.exec()
        return question.clickedButton() is stop

    def _settings(self) -> QSettings:
        return QSettings(str(paths.home() / "window.ini"), QSettings.Format.IniFormat)

    def _keep_geometry(self) -> None:
        settings = self._settings()
        settings.setValue("geometry", self.saveGeometry())
        for splitter in self.findChildren(QSplitter):
            settings.setValue(f"splitters/{splitter.objectName()}", splitter.saveState())

    def _restore_geometry(self) -> None:
        settings = self._settings()
        if settings.contains("geometry"):
            self.restoreGeometry(settings.value("geometry"))
        for splitter in self.findChildren(QSplitter):
            state = settings.value(f"splitters/{splitter.objectName()}")
            if state is not None:
                splitter.restoreState(state)

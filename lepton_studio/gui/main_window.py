"""The window: sidebar, pages, menus, closing.

What is needed for the first picture of the window is imported here; pages and session, which need numpy and the
engine, are imported by :meth:`MainWindow.fill`, after the window was painted.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Property, QCoreApplication, QEvent, QEventLoop, QSize
from PySide6.QtGui import QCloseEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.window_memory import (
    appearance,
    keep_appearance,
    keep_geometry,
    restore_geometry,
    restore_splitters,
)

if TYPE_CHECKING:
    from lepton_studio.gui.dialogs import PreferencesDialog
    from lepton_studio.gui.page import Page
    from lepton_studio.gui.pages.draw_page import DrawPage
    from lepton_studio.gui.preferences import Preferences
    from lepton_studio.gui.session import Session
    from lepton_studio.gui.widgets.sidebar import Sidebar

# The smallest window; enlarged text must find at least this room, in designed pixels.
SMALLEST, SMALLEST_ENLARGED = QSize(1024, 640), QSize(853, 480)
# Below this width, at a zoom of 100 %, the sidebar puts its words below the icons.
NARROW = 960


class MainWindow(QMainWindow):
    """The one window. Pages are views of the session, so they can be made anew when theme or size change."""

    session: Session
    _sidebar: Sidebar
    _stack: QStackedWidget

    def __init__(self) -> None:
        """Makes the empty window; :meth:`fill` brings what is in it."""
        super().__init__()
        self.setObjectName("main_window")
        self.setWindowTitle("Lepton Studio")
        self.setMinimumSize(SMALLEST)
        self.resize(1280, 720)
        self._pages: dict[str, Page] = {}
        self._asks = True
        restore_geometry(self)

    def fill(self) -> None:
        """Makes menus, session and pages, and begins what needs time: importing torch, loading the dataset."""
        from lepton_studio.gui.actions import Actions
        from lepton_studio.gui.preferences import load_preferences

        self.preferences = load_preferences()
        _show_appearance(self.preferences)
        self.actions_table = Actions(self)
        self._make_frame()
        # The sidebar is painted before numpy, the engine and the pages are imported.
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)
        from lepton_studio.gui.interrupted_offer import InterruptedRuns
        from lepton_studio.gui.session import Session

        session = self.session = Session(self)
        self._interrupted = InterruptedRuns(session)
        self._make_pages()
        restore_splitters(self)
        for signal in (
            session.training_changed, session.experiment_changed, session.run_chosen, session.samples_changed,
            session.engine_started, session.runs_changed,
        ):  # fmt: skip
            signal.connect(self._show_states)
        session.undo_stack.indexChanged.connect(self.actions_table.refresh)
        session.training_changed.connect(self.actions_table.refresh)
        self.show_page("data_page")
        if session.startup_trouble is not None:
            self._pages["data_page"].message.say(str(session.startup_trouble))
        session.start()

    def _get_training_state(self) -> str:
        return self.session.training_state if self._pages else "idle"

    training_state = Property(str, _get_training_state)

    # --- pages

    def page_table(self) -> list[tuple[str, str, str]]:
        """Object name, title and icon of every page, in the order of the work."""
        return [
            ("data_page", self.tr("Data"), "data"),
            ("build_page", self.tr("Build"), "build"),
            ("train_page", self.tr("Train"), "train"),
            ("evaluate_page", self.tr("Evaluate"), "evaluate"),
            ("draw_page", self.tr("Draw"), "draw"),
            ("runs_page", self.tr("Runs"), "runs"),
        ]

    def page(self, name: str) -> Page:
        """A page by its object name."""
        return self._pages[name]

    @property
    def current_page(self) -> str:
        """The object name of the page in front."""
        return next((name for name, page in self._pages.items() if page is self.page_in_front), "")

    @property
    def page_in_front(self) -> QWidget | None:
        """The page that is looked at; None before there is one."""
        return self._stack.currentWidget()

    def show_page(self, name: str) -> None:
        """Brings a page to the front."""
        if name in self._pages:
            self._stack.setCurrentWidget(self._pages[name])
            self._pages[name].setFocus()
            self._sidebar.choose(name)
            self._show_states()
            # Undo means strokes on one page and edits on the others.
            self.actions_table.refresh()

    def _make_frame(self) -> None:
        from lepton_studio.gui.widgets.sidebar import Sidebar

        central = QWidget()
        row = QHBoxLayout(central)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._stack = QStackedWidget()
        self._sidebar = Sidebar()
        self._sidebar.page_picked.connect(self.show_page)
        for name, title, icon_name in self.page_table():
            self._sidebar.add_entry(name, title, icon_name)
        self._sidebar.choose("data_page")
        self._sidebar.set_device(self.tr("Starting PyTorch ..."))
        self._fit_minimum()
        self._fit_sidebar()
        row.addWidget(self._sidebar)
        self._beside = QVBoxLayout()
        self._beside.setSpacing(0)
        self._beside.addWidget(self._stack, 1)
        row.addLayout(self._beside, 1)
        self.setCentralWidget(central)

    def _make_pages(self) -> None:
        from lepton_studio.gui.interrupted_offer import InterruptedOffer
        from lepton_studio.gui.page_classes import page_classes

        titles = {name: title for name, title, _ in self.page_table()}
        with theme.styled_at_once():
            self._beside.insertWidget(0, InterruptedOffer(self._interrupted, self.show_page))
            self._pages = {kind.object_name: kind(self.session, titles[kind.object_name]) for kind in page_classes()}
            for page in self._pages.values():
                page.page_wanted.connect(self.show_page)
                page.state_changed.connect(self._show_states)
                # Also inside: what moves to another parent would be styled anew with all that is in it.
                self._stack.addWidget(page)
        draw = self._draw_page()
        draw.follow(self.preferences)
        draw.coverage_chosen.connect(lambda share: self.set_preferences(self.preferences.answering(share)))
        draw.canvas.strokes_changed.connect(self.actions_table.refresh)
        draw.view.answer_changed.connect(self._show_states)

    def _draw_page(self) -> DrawPage:
        from lepton_studio.gui.pages.draw_page import DrawPage

        page = self._pages["draw_page"]
        assert isinstance(page, DrawPage)
        return page

    def _show_states(self) -> None:
        for name, page in self._pages.items():
            self._sidebar.set_state(name, page.state_text())
        self._sidebar.set_device(self.session.device_name or self.tr("Starting PyTorch ..."))

    # --- commands

    def open_file(self, path: Path) -> None:
        """Opens an experiment, a run, a run archive, or pictures in a folder, a zip or a table."""
        from lepton_studio.gui.experiment_files import open_path

        open_path(self, path)

    def start_training(self) -> None:
        """Starts or goes on, and shows it."""
        self.show_page("train_page")
        self.session.start_training()

    # --- preferences

    def show_preferences(self) -> PreferencesDialog:
        """Opens the settings of the window; every change shows at once."""
        from lepton_studio.gui.dialogs import PreferencesDialog

        dialog = PreferencesDialog(self.preferences, self.set_preferences, self)
        dialog.open()
        return dialog

    def set_preferences(self, preferences: Preferences) -> None:
        """Applies and keeps preferences."""
        from lepton_studio.engine import LeptonError
        from lepton_studio.gui.error_dialog import show_error
        from lepton_studio.gui.preferences import save_preferences

        before, self.preferences = self.preferences, preferences
        try:
            save_preferences(preferences)
        except LeptonError as error:
            show_error(error, self)
        if (before.theme, before.zoom) != (preferences.theme, preferences.zoom):
            self._remake()
        self._draw_page().follow(preferences)

    def toggle_theme(self) -> None:
        """Changes between light and dark."""
        self.set_preferences(self.preferences.with_theme("light" if theme.tokens() is theme.DARK else "dark"))

    def change_zoom(self, steps: int) -> None:
        """Makes everything larger or smaller."""
        self.set_preferences(self.preferences.zoomed(steps))

    def _remake(self) -> None:
        """Sizes, fonts and icons are taken when a page is made; what is drawn or imported goes over."""
        current = self.current_page
        keep_geometry(self)
        unfinished = {name: page.hand_over() for name, page in self._pages.items()}
        for page in self._pages.values():
            page.stop()
        self._pages.clear()
        _delete(self.centralWidget())
        _show_appearance(self.preferences)
        self._make_frame()
        self._make_pages()
        restore_splitters(self)
        for name, work in unfinished.items():
            if work is not None:
                self._pages[name].take_over(work)
        self.show_page(current)

    # --- Qt

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._pages:
            self._fit_sidebar()

    def _fit_minimum(self) -> None:
        """Larger text needs a larger window, as far as the screen has room."""
        wanted = (SMALLEST_ENLARGED * theme.scale()).boundedTo(self.screen().availableSize())
        self.setMinimumSize(wanted.expandedTo(SMALLEST))

    def _fit_sidebar(self) -> None:
        self._sidebar.set_compact(self.width() / theme.scale() < NARROW)

    def close_unasked(self) -> None:
        """Stops a training, keeps its run, and closes."""
        self._asks = False
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._pages:
            # Closed before there was anything in it.
            super().closeEvent(event)
            return
        from lepton_studio.gui.dialogs import may_close

        state = self.session.training_state
        if self._asks and not may_close(self, state):
            event.ignore()
            return
        keep_geometry(self)
        # The stack empties itself when it dies, and nobody should ask it anything then.
        self.session.undo_stack.indexChanged.disconnect(self.actions_table.refresh)
        self.hide()
        for page in self._pages.values():
            page.stop()
        self.session.close()
        self._interrupted.stop(state)
        super().closeEvent(event)


def _show_appearance(preferences: Preferences) -> None:
    """Shows theme and zoom of the preferences, unless the first picture of the window had them already."""
    wanted = (preferences.theme, preferences.zoom_factor)
    if wanted != appearance():
        application = QApplication.instance()
        if isinstance(application, QApplication):
            theme.apply_theme(application, *wanted)
        keep_appearance(*wanted)


def _delete(frame: QWidget | None) -> None:
    """Deletes pages at once: a new style would be worked out for each of their widgets, for nobody to see."""
    assert frame is not None
    frame.deleteLater()
    QCoreApplication.sendPostedEvents(frame, QEvent.Type.DeferredDelete)

"""All commands of the window in one table: menus, shortcuts and what they do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence

from lepton_studio.gui.dialogs import about_dialog
from lepton_studio.gui.experiment_files import choose_path, save_as, start_anew
from lepton_studio.gui.undoing import Undoing

if TYPE_CHECKING:
    from lepton_studio.gui.main_window import MainWindow


@dataclass(frozen=True)
class Command:
    """One command.

    Attributes:
        name: for scripts; the QAction's object name is "action_<name>".
        text: in the menu.
        keys: its shortcut, empty for none.
        run: what it does.
        enabled: whether it can be done now; None for always.
    """

    name: str
    text: str
    keys: str
    run: Callable[[], object]
    enabled: Callable[[], bool] | None = None


class Actions(QObject):
    """Makes the menu bar from the table."""

    def __init__(self, window: MainWindow) -> None:
        """Fills the menu bar of a window."""
        super().__init__(window)
        self._window = window
        self._undoing = Undoing(window)
        self._made: list[tuple[Command, QAction]] = []
        for title, commands in self.table():
            menu = window.menuBar().addMenu(title)
            menu.aboutToShow.connect(self.refresh)
            for command in commands:
                if command is None:
                    menu.addSeparator()
                else:
                    menu.addAction(self._make(command))

    def table(self) -> list[tuple[str, list[Command | None]]]:
        """The whole menu on one screen."""
        # The session comes after the window is shown, so it is asked for when a command is used.
        window, undoing = self._window, self._undoing
        idle = lambda: window.session.training_state in ("idle", "paused")  # noqa: E731
        going = lambda: window.session.training_state == "running"  # noqa: E731
        alive = lambda: window.session.training_state in ("running", "paused")  # noqa: E731
        return [
            (
                self.tr("&File"),
                [
                    Command("new", self.tr("New experiment"), "Ctrl+N", lambda: start_anew(window)),
                    Command("open", self.tr("Open ..."), "Ctrl+O", lambda: choose_path(window)),
                    Command("save", self.tr("Save experiment as ..."), "Ctrl+S", lambda: save_as(window)),
                    None,
                    Command("preferences", self.tr("Preferences ..."), "Ctrl+,", window.show_preferences),
                    None,
                    Command("quit", self.tr("Quit"), "Ctrl+Q", window.close),
                ],
            ),
            (
                self.tr("&Edit"),
                [
                    Command("undo", self.tr("Undo"), "Ctrl+Z", undoing.undo, undoing.can_undo),
                    Command("redo", self.tr("Redo"), "Ctrl+Shift+Z", undoing.redo, undoing.can_redo),
                ],
            ),
            (
                self.tr("&Training"),
                [
                    Command("start", self.tr("Start or go on"), "Ctrl+Return", window.start_training, idle),
                    Command("pause", self.tr("Pause"), "Ctrl+P", lambda: window.session.pause_training(), going),
                    Command("step", self.tr("One batch"), "Ctrl+B", lambda: window.session.step_training(), idle),
                    Command("stop", self.tr("Stop"), "Ctrl+.", lambda: window.session.stop_training(), alive),
                ],
            ),
            (self.tr("&View"), self._view_menu()),
            (
                self.tr("&Help"),
                [
                    Command("keys", self.tr("Keys"), "F1", self._show_keys),
                    Command("about", self.tr("About Lepton Studio"), "", lambda: about_dialog(window).open()),
                ],
            ),
        ]

    def _view_menu(self) -> list[Command | None]:
        window = self._window
        pages: list[Command | None] = [
            Command(f"go_{name}", title, f"Ctrl+{number}", lambda name=name: window.show_page(name))  # type: ignore[misc]
            for number, (name, title, _icon) in enumerate(window.page_table(), start=1)
        ]
        return [
            *pages,
            None,
            Command("theme", self.tr("Light or dark"), "Ctrl+L", window.toggle_theme),
            Command("larger", self.tr("Larger"), "Ctrl++", lambda: window.change_zoom(1)),
            Command("smaller", self.tr("Smaller"), "Ctrl+-", lambda: window.change_zoom(-1)),
        ]

    def refresh(self) -> None:
        """Greys out what cannot be done now."""
        for command, action in self._made:
            if command.enabled is not None:
                action.setEnabled(command.enabled())
        undo, redo = self._undoing.texts()
        for command, action in self._made:
            if command.name in ("undo", "redo"):
                action.setText(undo if command.name == "undo" else redo)

    def _show_keys(self) -> None:
        from lepton_studio.gui.keys_dialog import KeysDialog

        menus = [
            (title.replace("&", ""), [(each.keys, each.text) for each in commands if each is not None and each.keys])
            for title, commands in self.table()
        ]
        pages = [(title, self._window.page(name).keys()) for name, title, _icon in self._window.page_table()]
        dialog = KeysDialog([*menus, *pages], self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _make(self, command: Command) -> QAction:
        action = QAction(command.text, self._window)
        action.setObjectName(f"action_{command.name}")
        if command.keys:
            action.setShortcut(QKeySequence(command.keys))
        action.triggered.connect(lambda _checked=False: command.run())
        self._made.append((command, action))
        return action

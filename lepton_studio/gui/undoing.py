"""What Undo and Redo mean: strokes while the Draw page is in front, edits of the experiment elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from lepton_studio.gui.pages.draw_page import DrawPage

if TYPE_CHECKING:
    from lepton_studio.gui.main_window import MainWindow


class Undoing(QObject):
    """Sends the two commands of the Edit menu to where they belong."""

    def __init__(self, window: MainWindow) -> None:
        """Asks the window which page is in front."""
        super().__init__(window)
        self._window = window

    @property
    def _draw_page(self) -> DrawPage | None:
        page = self._window.page_in_front
        return page if isinstance(page, DrawPage) else None

    def undo(self) -> None:
        """Takes back the last step."""
        page = self._draw_page
        if page is not None:
            page.undo()
        else:
            self._window.session.undo_stack.undo()

    def redo(self) -> None:
        """Does again what was taken back."""
        page = self._draw_page
        if page is not None:
            page.canvas.redo_stroke()
        else:
            self._window.session.undo_stack.redo()

    def can_undo(self) -> bool:
        """Whether there is anything to take back."""
        page = self._draw_page
        return page.can_undo if page is not None else self._window.session.undo_stack.canUndo()

    def can_redo(self) -> bool:
        """Whether there is anything to do again."""
        page = self._draw_page
        return page.canvas.can_redo if page is not None else self._window.session.undo_stack.canRedo()

    def texts(self) -> tuple[str, str]:
        """How the Edit menu calls the two, with the name of the step."""
        if self._draw_page is not None:
            return self.tr("Undo stroke"), self.tr("Redo stroke")
        stack = self._window.session.undo_stack
        return f"{self.tr('Undo')} {stack.undoText()}".strip(), f"{self.tr('Redo')} {stack.redoText()}".strip()

"""What Undo and Redo mean: strokes while the Draw page is in front, edits of the experiment elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from lepton_studio.gui.pages.draw_page import DrawPage

if TYPE_CHECKING:
    from lepton_studio.gui.main_window import MainWindow
    from lepton_studio.gui.widgets.draw_pad import DrawPad


class Undoing(QObject):
    """Sends the two commands of the Edit menu to where they belong."""

    def __init__(self, window: MainWindow) -> None:
        """Asks the window which page is in front."""
        super().__init__(window)
        self._window = window

    @property
    def _canvas(self) -> DrawPad | None:
        page = self._window.page_in_front
        return page.canvas if isinstance(page, DrawPage) else None

    def undo(self) -> None:
        """Takes back the last step."""
        canvas = self._canvas
        if canvas is not None:
            canvas.undo_stroke()
        else:
            self._window.session.undo_stack.undo()

    def redo(self) -> None:
        """Does again what was taken back."""
        canvas = self._canvas
        if canvas is not None:
            canvas.redo_stroke()
        else:
            self._window.session.undo_stack.redo()

    def can_undo(self) -> bool:
        """Whether there is anything to take back."""
        canvas = self._canvas
        return canvas.can_undo if canvas is not None else self._window.session.undo_stack.canUndo()

    def can_redo(self) -> bool:
        """Whether there is anything to do again."""
        canvas = self._canvas
        return canvas.can_redo if canvas is not None else self._window.session.undo_stack.canRedo()

    def texts(self) -> tuple[str, str]:
        """How the Edit menu calls the two, with the name of the step."""
        if self._canvas is not None:
            return self.tr("Undo stroke"), self.tr("Redo stroke")
        stack = self._window.session.undo_stack
        return f"{self.tr('Undo')} {stack.undoText()}".strip(), f"{self.tr('Redo')} {stack.redoText()}".strip()

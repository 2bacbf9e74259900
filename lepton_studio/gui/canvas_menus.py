"""The menus of the canvas: pictures, what the eraser takes, and one with all that may find no room beside it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.canvas_pictures import CanvasPictures
from lepton_studio.gui.webcam import camera_trouble
from lepton_studio.gui.widgets.draw_pad import DrawPad


class CanvasMenus(QObject):
    """Makes them, and opens its own one at the canvas.

    Attributes:
        pictures: where a picture comes from.
        eraser: whole strokes, or parts.
        everything: both, and the rest.

    Signals:
        same_width_chosen: all that is drawn is to have the width of the brush, or no longer.
    """

    same_width_chosen = Signal(bool)

    def __init__(self, canvas: DrawPad, pictures: CanvasPictures, parent: QWidget) -> None:
        """``pictures`` is what takes them for the canvas."""
        super().__init__(parent)
        self._canvas = canvas
        self.pictures, self.eraser, self.everything = QMenu(parent), QMenu(parent), QMenu(parent)
        self.everything.setObjectName("canvas_menu")
        self._command(self.pictures, "canvas_open", "open", self.tr("Open a picture ..."), pictures.choose_file)
        paste = self.tr("Paste a picture") + "\tCtrl+V"
        self._command(self.pictures, "canvas_paste", "paste", paste, pictures.paste)
        self.camera = self._command(
            self.pictures, "canvas_camera", "camera", self.tr("Take one with the camera ..."), pictures.open_camera
        )
        self._group = QActionGroup(self)
        self.whole = self._choice("canvas_erase_strokes", self.tr("Erase whole strokes"), parts=False)
        self.parts = self._choice("canvas_erase_parts", self.tr("Erase only what is touched"), parts=True)
        for each in (self.pictures, self.eraser):
            self.everything.addActions(each.actions())
            self.everything.addSeparator()
        self.same_width = QAction(theme.icon("width_all"), self.tr("Same width for all"), self)
        self.same_width.setObjectName("canvas_same_width")
        self.same_width.setCheckable(True)
        self.same_width.toggled.connect(self.same_width_chosen)
        self.everything.addAction(self.same_width)
        self._command(self.everything, "canvas_menu_clear", "trash", self.tr("Clear"), canvas.clear)
        # Qt's part for cameras is looked for when somebody may want it, not when the program starts.
        for each in (self.pictures, self.everything):
            each.aboutToShow.connect(self._show_camera)
        canvas.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        canvas.customContextMenuRequested.connect(lambda place: self.everything.popup(canvas.mapToGlobal(place)))

    def refresh(self) -> None:
        """Marks what the eraser takes."""
        (self.parts if self._canvas.erases_parts else self.whole).setChecked(True)

    def _show_camera(self) -> None:
        trouble = camera_trouble()
        self.camera.setEnabled(not trouble)
        self.camera.setText(trouble or self.tr("Take one with the camera ..."))

    def _command(self, menu: QMenu, name: str, icon: str, text: str, slot: Callable[[], object]) -> QAction:
        action = menu.addAction(theme.icon(icon), text)
        action.setObjectName(name)
        action.triggered.connect(lambda _on: slot())
        return action

    def _choice(self, name: str, text: str, parts: bool) -> QAction:
        action = self.eraser.addAction(text)
        action.setObjectName(name)
        action.setCheckable(True)
        self._group.addAction(action)
        action.triggered.connect(lambda _on: self._canvas.set_erasing(True, parts))
        return action

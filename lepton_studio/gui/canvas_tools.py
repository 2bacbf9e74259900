"""The row of tools below the canvas: brush, eraser, pictures, and the way back."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSizePolicy, QSlider, QToolButton, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.canvas_menus import CanvasMenus
from lepton_studio.gui.canvas_pictures import CanvasPictures
from lepton_studio.gui.widgets.brush_dot import BrushDot
from lepton_studio.gui.widgets.draw_pad import DrawPad
from lepton_studio.gui.widgets.icon_button import icon_button

# The brush in thousandths of the side of the canvas.
THINNEST, THICKEST, KEY_STEP = 20, 160, 5
SIDE, NARROW_SIDE, ICON_SIDE = 36, 28, 20
SHORTEST_SLIDER, LONGEST_SLIDER = 56, 150


class CanvasTools(QWidget):
    """Says to the canvas what a person chooses. Its owner calls :meth:`stop`.

    Attributes:
        pictures: what takes pictures for the canvas.
        menus: its menus.

    Signals:
        said: a line for people with its role, as of a message line; an empty one when nothing is to be said any more.
    """

    said = Signal(str, str)

    def __init__(self, canvas: DrawPad, parent: QWidget | None = None) -> None:
        """Makes the tools of a canvas."""
        super().__init__(parent)
        self.canvas = canvas
        self.pictures = CanvasPictures(canvas, self)
        self.pictures.said.connect(self.said)
        self.menus = CanvasMenus(canvas, self.pictures, self)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._make_brush()
        self._make_tools_with_menus()
        self._make_way_back()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(theme.GAP_SMALL)
        for each in (self._brush_word, self.dot, self.brush_slider, self.width_button, self.eraser_button):
            self._row.addWidget(each)
        self._row.addWidget(self.eraser_menu_button)
        self._row.addStretch(1)
        for each in (self.picture_button, self.undo_button, self.redo_button, self.clear_button):
            self._row.addWidget(each)
        self._shortcut(Qt.Key.Key_Delete, canvas.clear)
        self._shortcut(Qt.Key.Key_Backspace, canvas.clear)
        self._shortcut(Qt.Key.Key_Escape, self._escape)
        canvas.strokes_changed.connect(self.refresh)
        canvas.tool_changed.connect(self.refresh)
        self.refresh()

    def stop(self) -> None:
        """Ends background work."""
        self.pictures.stop()

    def keys(self) -> list[tuple[str, str]]:
        """Keys that work here, with what they do; for the list in the Help menu."""
        return [
            ("E", self.tr("Eraser, or brush again")),
            ("B", self.tr("Brush")),
            ("[", self.tr("Thinner brush; ] thicker")),
            ("Del", self.tr("On the canvas: clear it")),
            ("Esc", self.tr("On the canvas: back to the brush, or clear it")),
            ("Ctrl+V", self.tr("Lay a picture from the clipboard on the canvas")),
        ]

    def take_key(self, event: QKeyEvent) -> bool:
        """Does what a key says that nobody else wanted; whether it said anything."""
        if event.matches(QKeySequence.StandardKey.Paste):
            self.pictures.paste()
            return True
        if event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.GroupSwitchModifier):
            return False
        canvas, slider = self.canvas, self.brush_slider
        actions: dict[str, Callable[[], object]] = {
            "e": lambda: canvas.set_erasing(not canvas.is_erasing),
            "b": lambda: canvas.set_erasing(False),
            "[": lambda: slider.setValue(slider.value() - KEY_STEP),
            "]": lambda: slider.setValue(slider.value() + KEY_STEP),
        }
        action = actions.get(event.text().lower())
        if action is None:
            return False
        action()
        return True

    def refresh(self) -> None:
        """Shows what the canvas is about, and what can be done with it."""
        canvas = self.canvas
        width = round(canvas.brush * 1000)
        if width != self.brush_slider.value():
            self.brush_slider.blockSignals(True)
            self.brush_slider.setValue(width)
            self.brush_slider.blockSignals(False)
        self.dot.set_share(width / THICKEST)
        self.eraser_button.setChecked(canvas.is_erasing)
        self.menus.refresh()
        self.undo_button.setEnabled(canvas.can_undo)
        self.redo_button.setEnabled(canvas.can_redo)
        self.clear_button.setEnabled(bool(canvas.strokes) or canvas.photograph is not None)
        for tool, text, step in (
            (self.undo_button, self.tr("Take back: {} (Ctrl+Z)"), canvas.undo_step),
            (self.redo_button, self.tr("Do again: {} (Ctrl+Shift+Z)"), canvas.redo_step),
        ):
            tip = text.format(self._step_words.get(step, self.tr("the last step")))
            if tip != tool.toolTip():
                tool.setToolTip(tip)

    # --- Qt

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(264), theme.px(SIDE))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Polish:
            self._make_room()
        return super().event(event)

    # --- parts

    def _make_brush(self) -> None:
        self.brush_slider = QSlider(Qt.Orientation.Horizontal)
        self.brush_slider.setObjectName("canvas_brush")
        self.brush_slider.setRange(THINNEST, THICKEST)
        self.brush_slider.setPageStep(KEY_STEP * 4)
        self.brush_slider.setMinimumWidth(theme.px(SHORTEST_SLIDER))
        self.brush_slider.setMaximumWidth(theme.px(LONGEST_SLIDER))
        self.brush_slider.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.brush_slider.setToolTip(self.tr("Width of the brush and of the eraser ([ and ])"))
        self.brush_slider.setAccessibleName(self.tr("Width of the brush"))
        self.brush_slider.valueChanged.connect(self._set_width)
        self._brush_word = QLabel(self.tr("Brush"))
        self._brush_word.setBuddy(self.brush_slider)
        self.dot = BrushDot()
        self.width_button = self._tool(
            "canvas_width_all",
            "width_all",
            self.tr("Give what is drawn this width, too, and let it follow the slider"),
        )
        self.width_button.setCheckable(True)
        self.width_button.toggled.connect(self.menus.same_width.setChecked)
        self.width_button.toggled.connect(lambda _on: self._set_width(self.brush_slider.value()))
        self.menus.same_width_chosen.connect(self.width_button.setChecked)

    def _make_tools_with_menus(self) -> None:
        self.eraser_button = self._tool("canvas_eraser", "eraser", self.tr("Eraser (E)"))
        self.eraser_button.setCheckable(True)
        self.eraser_button.clicked.connect(self.canvas.set_erasing)
        self.eraser_menu_button = self._tool("canvas_eraser_menu", "chevron_down", self.tr("What the eraser takes"))
        self.eraser_menu_button.setMinimumWidth(theme.px(NARROW_SIDE))
        self.eraser_menu_button.setIconSize(QSize(theme.px(12), theme.px(12)))
        # The chevron is its picture already.
        self.eraser_menu_button.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        self._hang(self.menus.eraser, self.eraser_menu_button)
        self.picture_button = self._tool(
            "canvas_picture", "image", self.tr("A picture instead of a drawing: paste, open, or take one")
        )
        self._hang(self.menus.pictures, self.picture_button)

    def _make_way_back(self) -> None:
        self._step_words = {
            "stroke": self.tr("a stroke"), "eraser": self.tr("what was erased"), "clear": self.tr("the clearing"),
            "width": self.tr("the width of the drawing"), "picture": self.tr("a picture"),
            "drawing": self.tr("another drawing"),
        }  # fmt: skip
        self.undo_button = self._tool("canvas_undo", "undo", self.tr("Undo"))
        self.undo_button.clicked.connect(self.canvas.undo_stroke)
        self.redo_button = self._tool("canvas_redo", "redo", self.tr("Redo"))
        self.redo_button.clicked.connect(self.canvas.redo_stroke)
        self.clear_button = self._tool("canvas_clear", "trash", self.tr("Clear (Delete)"))
        self.clear_button.setText(self.tr("Clear"))
        self.clear_button.clicked.connect(self.canvas.clear)

    def _tool(self, name: str, icon_name: str, tip: str) -> QToolButton:
        tool = icon_button(name, icon_name, tip)
        tool.setIconSize(QSize(theme.px(ICON_SIDE), theme.px(ICON_SIDE)))
        tool.setMinimumSize(theme.px(SIDE), theme.px(SIDE))
        return tool

    def _hang(self, menu: QMenu, tool: QToolButton) -> None:
        tool.setMenu(menu)
        tool.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)

    def _shortcut(self, key: Qt.Key, slot: Callable[[], object]) -> None:
        shortcut = QShortcut(QKeySequence(key), self.canvas)
        shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
        shortcut.activated.connect(slot)

    # --- what happens

    def _set_width(self, width: int) -> None:
        self.canvas.set_brush(width / 1000)
        if self.width_button.isChecked() and self.canvas.strokes:
            self.canvas.set_widths(width / 1000)
        elif self.brush_slider.value() == width:
            self.canvas.show_brush()

    def _escape(self) -> None:
        if self.canvas.is_erasing:
            self.canvas.set_erasing(False)
        else:
            self.canvas.clear()

    def _make_room(self) -> None:
        """Leaves words away where there is no room for them, the least wanted first."""
        beside, only = Qt.ToolButtonStyle.ToolButtonTextBesideIcon, Qt.ToolButtonStyle.ToolButtonIconOnly
        for words in (4, 3, 2, 1, 0):
            self.clear_button.setToolButtonStyle(beside if words > 3 else only)
            self._brush_word.setVisible(words > 2)
            self.dot.setVisible(words > 1)
            self._row.setSpacing(theme.GAP_SMALL if words > 1 else theme.GRID)
            # What is left away now is in the menu of the canvas, as all is.
            for each in (self.width_button, self.eraser_menu_button):
                each.setVisible(words > 0)
            if self._wanted_width() <= self.width():
                break

    def _wanted_width(self) -> int:
        """What all that is to be seen needs; the layout would give a tool its least width, and cut its word."""
        items = (self._row.itemAt(at) for at in range(self._row.count()))
        parts = (item.widget() for item in items if item is not None)
        seen = [each for each in parts if each is not None and not each.isHidden()]
        widths = [
            each.minimumWidth() if each is self.brush_slider else max(each.sizeHint().width(), each.minimumWidth())
            for each in seen
        ]
        return sum(widths) + self._row.spacing() * len(seen)

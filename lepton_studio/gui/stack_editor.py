"""The stack of the workbench with a slim row of what can be done to the chosen cards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QMimeData, QPoint, QSize, Qt, Signal
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QMenu, QToolButton, QVBoxLayout, QWidget

from lepton_studio.engine import LAYERS, place_in, place_out
from lepton_studio.gui import theme
from lepton_studio.gui.empty_stack import EmptyStack
from lepton_studio.gui.stack_rows import RowWriter, glyph_of, palette_entries
from lepton_studio.gui.widgets.flow_layout import FlowLayout
from lepton_studio.gui.widgets.form import spec_text
from lepton_studio.gui.widgets.layer_palette import LayerPalette
from lepton_studio.gui.widgets.layer_stack import KEYS, TAG_MIME, LayerStack
from lepton_studio.gui.workbench import Workbench

Path = tuple[int, ...]


@dataclass(frozen=True)
class CardCommand:
    """One thing that can be done to the chosen cards.

    Attributes:
        name: what the keys of the stack call it; its button is "layer_<name>", without "move_".
        text: in menus; the tooltip of its button.
        icon: from resources/icons.
        run: does it.
        enabled: whether it can be done now.
        in_row: whether it has a button.
    """

    name: str
    text: str
    icon: str
    run: Callable[[], object]
    enabled: Callable[[], bool]
    in_row: bool = True


class StackEditor(QWidget):
    """Shows the workbench as a stack and does what people want with its cards, each as one step that can be undone.

    Signals:
        settings_wanted: somebody wants to set the chosen card: Enter or a double click.
    """

    settings_wanted = Signal()

    def __init__(
        self, workbench: Workbench, palette: LayerPalette | None = None, parent: QWidget | None = None
    ) -> None:
        """Shows what is on the bench and follows.

        Args:
            workbench: what is edited.
            palette: whose layers are added here; it may stand anywhere.
            parent: the widget to be in.
        """
        super().__init__(parent)
        self._workbench, self._palette = workbench, palette
        self._writer = RowWriter(workbench)
        self._choosing = False
        self.stack = LayerStack()
        self.stack.setObjectName("layer_stack")
        self.stack.drag_data = workbench.mime_data
        self.stack.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.stack.customContextMenuRequested.connect(self._show_menu)
        self.stack.choice_changed.connect(self._choose)
        self.stack.command_wanted.connect(self.do)
        self.stack.cards_dropped.connect(self._drop_cards)
        self.stack.data_dropped.connect(self._drop_data)
        self._commands = {command.name: command for command in self._table()}
        self._buttons: dict[str, QToolButton] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        layout.addWidget(self._make_row())
        layout.addWidget(self.stack, 1)
        self.empty = EmptyStack()
        self.empty.find_wanted.connect(self._find)
        layout.addWidget(self.empty)
        if palette is not None:
            palette.layer_wanted.connect(lambda tag, inside: workbench.add(tag, inside=inside))
        workbench.described.connect(self.refresh)
        workbench.selection_changed.connect(self._show_chosen)
        self.stack.folding_changed.connect(self._show_chosen)
        self.refresh()

    def _table(self) -> list[CardCommand]:
        """Everything that can be done, in the order of the menu."""
        bench = self._workbench
        some = lambda: bool(bench.chosen)  # noqa: E731
        always = lambda: True  # noqa: E731
        is_container = lambda: bench.layer is not None and bench.layer.is_container  # noqa: E731
        can_move_in = lambda: place_in(bench.layers, bench.chosen) is not None  # noqa: E731
        can_move_out = lambda: place_out(bench.chosen) is not None  # noqa: E731
        return [
            CardCommand("move_up", self.tr("Move up"), "up", lambda: bench.move(-1), some),
            CardCommand("move_down", self.tr("Move down"), "down", lambda: bench.move(1), some),
            CardCommand("move_in", self.tr("Move into the container above"), "move_in", bench.move_in, can_move_in),
            CardCommand("move_out", self.tr("Move out of its container"), "move_out", bench.move_out, can_move_out),
            CardCommand("duplicate", self.tr("Duplicate"), "duplicate", bench.duplicate, some),
            CardCommand("leave_out", self.tr("Leave out or take in again"), "leave_out", bench.set_left_out, some),
            CardCommand("wrap", self.tr("Put into a container"), "wrap", self._show_containers, some),
            CardCommand("unwrap", self.tr("Dissolve the container"), "unwrap", bench.unwrap, is_container),
            CardCommand("cut", self.tr("Cut"), "cut", bench.cut, some, False),
            CardCommand("copy", self.tr("Copy"), "copy", bench.copy, some, False),
            CardCommand("paste", self.tr("Paste"), "paste", self._paste, always, False),
            CardCommand("select_all", self.tr("Choose all"), "check", bench.select_all, always, False),
            CardCommand("settings", self.tr("Settings"), "settings", self.settings_wanted.emit, some, False),
            CardCommand("find", self.tr("Find a layer to add"), "search", self._find, self._has_palette, False),
            CardCommand("remove", self.tr("Remove"), "trash", bench.remove, some),
        ]

    def do(self, name: str) -> None:
        """Does what a command says, if that can be done now."""
        # A button leaves the keyboard where it is: what is half typed is of the card as it is now.
        if isinstance(typing := QApplication.focusWidget(), QAbstractSpinBox):
            typing.interpretText()
        command = self._commands[name]
        if command.enabled():
            command.run()

    def refresh(self) -> None:
        """Shows the workbench as it is."""
        self.stack.show_rows(self._writer.rows(), self._workbench.current, self._workbench.chosen)
        self.empty.setVisible(not self._workbench.layers)
        self._show_state()

    def menu(self) -> QMenu:
        """What can be done to the chosen cards, with the keys that do the same."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for command in self._commands.values():
            if command.name in ("duplicate", "cut", "select_all", "remove"):
                menu.addSeparator()
            keys = _keys_of(command.name)
            action = menu.addAction(theme.icon(command.icon), f"{command.text}\t{keys}" if keys else command.text)
            action.setObjectName(f"card_{command.name}")
            action.setEnabled(command.enabled())
            if command.name == "wrap":
                action.setMenu(self._container_menu(menu))
            else:
                action.triggered.connect(lambda _checked=False, run=command.run: run())
        return menu

    def keys(self) -> list[tuple[str, str]]:
        """The keys of the stack, with what they do."""
        return [(keys, self._commands[word].text) for keys, word in KEYS if keys not in ("Backspace", "Enter", "+")]

    # --- parts

    def _make_row(self) -> QWidget:
        row = QWidget()
        row.setAccessibleName(self.tr("Actions for the chosen layers"))
        layout = FlowLayout(theme.px(2), row)
        for command in self._commands.values():
            if command.in_row:
                layout.addWidget(self._make_button(command))
        return row

    def _make_button(self, command: CardCommand) -> QToolButton:
        made = QToolButton()
        made.setObjectName(f"layer_{command.name.removeprefix('move_')}")
        made.setIcon(theme.icon(command.icon))
        keys = _keys_of(command.name)
        made.setToolTip(f"{command.text} ({keys})" if keys else command.text)
        made.setAccessibleName(command.text)
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        made.setIconSize(QSize(theme.px(16), theme.px(16)))
        made.setFixedSize(theme.px(31), theme.px(30))
        made.clicked.connect(lambda: self.do(command.name))
        self._buttons[command.name] = made
        return made

    def _container_menu(self, parent: QWidget) -> QMenu:
        menu = QMenu(self.tr("Put into a container"), parent)
        for tag, kind in LAYERS.classes.items():
            if kind.is_container:
                action = menu.addAction(theme.icon(glyph_of(kind)), spec_text(kind.title))
                action.setObjectName(f"wrap_{tag}")
                action.setToolTip(spec_text(kind.summary()))
                action.triggered.connect(lambda _checked=False, tag=tag: self._workbench.wrap(tag))
        menu.setToolTipsVisible(True)
        return menu

    # --- what people do

    def _choose(self, paths: tuple[Path, ...]) -> None:
        self._choosing = True
        self._workbench.choose(*paths)
        self._choosing = False
        self._show_state()
        if not paths:
            # An empty choice is the input.
            self._show_chosen()

    def _show_menu(self, place: QPoint) -> None:
        self.menu().popup(self.stack.viewport().mapToGlobal(place))

    def _show_containers(self) -> None:
        button = self._buttons["wrap"]
        menu = self._container_menu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(button.mapToGlobal(QPoint(0, button.height())))

    def _paste(self) -> None:
        self._workbench.paste(self._workbench.place(inside=self._is_empty_inside()))

    def _is_empty_inside(self) -> bool:
        layer = self._workbench.layer
        return layer is not None and layer.is_container and not layer.children()

    def _find(self) -> None:
        if self._palette is not None:
            self._palette.focus_search()

    def _has_palette(self) -> bool:
        return self._palette is not None

    def _drop_cards(self, place: Path, copies: bool) -> None:
        if copies:
            self._workbench.copy_to(place)
        else:
            self._workbench.move_to(place)

    def _drop_data(self, data: QMimeData, place: Path) -> None:
        if data.hasFormat(TAG_MIME):
            tag = bytes(data.data(TAG_MIME).data()).decode(errors="replace")
            if tag in LAYERS.classes:
                self._workbench.add(tag, place)
        else:
            self._workbench.paste(place, data)
        self.stack.setFocus(Qt.FocusReason.OtherFocusReason)

    # --- what is shown

    def _show_chosen(self) -> None:
        if not self._choosing:
            self.stack.show_rows(list(self.stack.rows), self._workbench.current, self._workbench.chosen)
            self._show_state()

    def _show_state(self) -> None:
        for name, button in self._buttons.items():
            button.setEnabled(self._commands[name].enabled())
        if self._palette is not None:
            layer = self._workbench.layer
            is_container = layer is not None and layer.is_container
            self._palette.set_container_chosen(is_container, self.stack.is_open(self._workbench.current))


def layer_palette() -> LayerPalette:
    """The palette with all layers of the registry."""
    return LayerPalette(palette_entries())


def _keys_of(name: str) -> str:
    return next((keys for keys, word in KEYS if word == name), "")

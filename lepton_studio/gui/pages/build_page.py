"""Build: the layers from the picture to the answer, with their shapes, their cost and their code."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSplitter, QToolButton, QVBoxLayout, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.architecture_files import ArchitectureFiles
from lepton_studio.gui.build_side import BuildSide
from lepton_studio.gui.cost_view import CostView
from lepton_studio.gui.fix_offers import FixOffers
from lepton_studio.gui.layer_settings import LayerSettings
from lepton_studio.gui.page import Page, button, settings_column
from lepton_studio.gui.preset_picker import PresetPicker
from lepton_studio.gui.session import Session
from lepton_studio.gui.stack_editor import StackEditor, layer_palette
from lepton_studio.gui.widgets.icon_button import icon_button
from lepton_studio.gui.wording import grouped
from lepton_studio.gui.workbench import Workbench

# Narrower than this, stack and drawing would both be too small to read: the drawing waits for its button.
ROOM_FOR_BOTH = 520
# What each gets of the room at first.
STACK_SHARE, SIDE_SHARE = 7, 5
SETTINGS_WIDTH = 280
# From here on the sidebar has no room for all digits.
MANY_PARAMETERS = 10_000_000
# The longest name of a known network.
PICKER_WIDTH = 212


class BuildPage(Page):
    """The stack is the largest thing: palette at its left, the drawing beside it, settings and cost at the right."""

    object_name = "build_page"

    def __init__(self, session: Session, title: str) -> None:
        """Builds the page for the experiment's architecture."""
        super().__init__(session, title)
        self.workbench = Workbench(session, self)
        self._said = ""
        self._make_header()
        self.fixes = FixOffers(self.workbench)
        self.body.addWidget(self.fixes)
        self.palette_view = layer_palette()
        self.editor = StackEditor(self.workbench, self.palette_view)
        self.stack = self.editor.stack
        self.side = BuildSide(self.workbench)
        self.side.setAccessibleName(self.tr("Drawing, Try it and Code"))
        self.side.enlarge_toggled.connect(self._share_room)
        self.settings = LayerSettings(self.workbench)
        self.editor.settings_wanted.connect(self.settings.focus_first)
        self.editor.empty.known_wanted.connect(self.preset_picker.open_list)
        self._make_keys()
        self.body.addLayout(self._make_columns(), 1)
        session.starter.preparing.connect(self._show_preparing)
        self.workbench.described.connect(self._show_architecture)
        self._show_architecture()

    def state_text(self) -> str:
        report = self.workbench.report
        if report is None:
            return self.tr("{} layers").format(len(self.workbench.layers))
        if not self.workbench.layers:
            return self.tr("no layers yet")
        if report.errors:
            return self.tr("does not fit yet")
        if report.parameters >= MANY_PARAMETERS:
            return self.tr("{} M parameters").format(f"{report.parameters / 1e6:.3g}")
        return self.tr("{} parameters").format(grouped(report.parameters))

    def keys(self) -> list[tuple[str, str]]:
        return [
            *self.editor.keys(),
            ("F2", self.tr("Go to the settings of the chosen layer")),
            ("Ctrl+F", self.tr("Go to the search for layers")),
            ("Esc", self.tr("Close what is enlarged; back to the stack")),
            ("+", self.tr("In the drawing: larger; - smaller, 0 all of it, 1 its original size")),
        ]

    def stop(self) -> None:
        for part in (self.side, self.fixes, self.files, self.cost):
            part.stop()

    def hand_over(self) -> object:
        return self.workbench.chosen, self.workbench.current, self.side.currentIndex(), self.cost.kept

    def take_over(self, work: Any) -> None:
        chosen, current, look, self.cost.kept = work
        self.workbench.choose(*(path for path in chosen if path != current), current)
        self.side.setCurrentIndex(look)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_room()

    # --- parts

    def _make_header(self) -> None:
        self.preset_picker = PresetPicker(self.session)
        self.preset_picker.setObjectName("architecture_picker")
        self.preset_picker.setMinimumWidth(theme.px(PICKER_WIDTH))
        # What is known of the network stands beside the input.
        self.preset_picker.activated.connect(lambda _place: self.workbench.choose())
        self.side_button = button("side_toggle", self.tr("Drawing"), "image")
        self.side_button.setToolTip(self.tr("Drawing, a picture on its way, and code in place of the settings"))
        self.side_button.setCheckable(True)
        self.side_button.toggled.connect(self._share_room)
        self.next_button = button("build_next", self.tr("Train it"), "chevron_right", main=True)
        self.next_button.clicked.connect(lambda: self.page_wanted.emit("train_page"))
        self.files = ArchitectureFiles(self.workbench, self.message, self)
        more = icon_button("build_more", "open", self.tr("Open or save an architecture"))
        more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(more)
        menu.addAction(self.tr("Open an architecture or code ..."), self.files.choose_and_open)
        menu.addAction(self.tr("Save the architecture as ..."), self.files.choose_and_save)
        more.setMenu(menu)
        for part in (self.preset_picker, more, self.side_button, self.next_button):
            self.header.addWidget(part)

    def _make_columns(self) -> QHBoxLayout:
        columns = QHBoxLayout()
        columns.setSpacing(theme.GAP)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setObjectName("build_splitter")
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self.editor)
        self.splitter.addWidget(self.side)
        self.splitter.setStretchFactor(0, STACK_SHARE)
        self.splitter.setStretchFactor(1, SIDE_SHARE)
        self.splitter.setSizes([STACK_SHARE * 100, SIDE_SHARE * 100])
        self._column = QWidget()
        layout = QVBoxLayout(self._column)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP)
        area = settings_column(self.settings)
        area.setAccessibleName(self.tr("Settings of the chosen layer"))
        width = min(theme.px(SETTINGS_WIDTH), area.maximumWidth())
        area.setFixedWidth(width)
        self._column.setFixedWidth(width)
        layout.addWidget(area, 1)
        self.cost = CostView(self.workbench)
        layout.addWidget(self.cost)
        columns.addWidget(self.palette_view)
        columns.addWidget(self.splitter, 1)
        columns.addWidget(self._column)
        return columns

    def _make_keys(self) -> None:
        """From anywhere on the page to its parts and back."""
        for keys, action in (
            ("F2", self.settings.focus_first),
            ("Ctrl+F", self.palette_view.focus_search),
            ("Esc", self._go_back),
        ):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(action)

    def _go_back(self) -> None:
        """One step back: from an enlarged map, from the enlarged side, from wherever the keyboard is."""
        if self.side.let_go():
            return
        if self.side.enlarge.isChecked():
            self.side.enlarge.setChecked(False)
        elif self.side_button.isChecked() and not self.side_button.isHidden():
            self.side_button.setChecked(False)
        self.stack.setFocus(Qt.FocusReason.ShortcutFocusReason)

    # --- what the page shows

    def _show_architecture(self) -> None:
        report = self.workbench.report
        self.next_button.setEnabled(report is None or not report.errors)
        self.state_changed.emit()

    def _show_preparing(self, names: str) -> None:
        """An edit waits for packages; what is done meanwhile would be lost."""
        for part in (self.palette_view, self.editor, self.settings, self.preset_picker):
            part.setEnabled(not names)
        if names:
            self._said = self.tr("Loading {} for this layer ...").format(names)
            self.message.say(self._said, "second_text")
        elif self._said and self.message.text == self._said:
            self.message.clear()

    def _share_room(self) -> None:
        """Where the window is small, drawing and settings take turns."""
        margins = self.contentsMargins()
        fixed = self.palette_view.width() + self._column.width() + 2 * theme.GAP + 2 * theme.GAP_LARGE
        is_narrow = self.width() - fixed - margins.left() - margins.right() < theme.px(ROOM_FOR_BOTH)
        self.side_button.setVisible(is_narrow)
        is_side = not is_narrow or self.side_button.isChecked()
        is_alone = is_side and self.side.enlarge.isChecked()
        self.side.setVisible(is_side)
        self._column.setVisible(not is_alone and not (is_narrow and is_side))
        self.palette_view.setVisible(not is_alone)
        self.editor.setVisible(not is_alone)

"""The row of tools above the curves: how they are looked at. What has no room there is in the View menu, as all is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.page import ICON_SIDE
from lepton_studio.gui.widgets.curve_data import SMOOTHINGS, WINDOWS, CurveChoices
from lepton_studio.gui.wording import grouped

# A hit target is at least so high, in designed pixels.
SIDE = 30


class CurveTools(QWidget):
    """Holds the choices and says when a person makes another.

    Signals:
        choices_changed: the new :class:`CurveChoices`.
        all_wanted: the view is to follow the curves again.
        save_wanted: the ending of the kind of file to save.
    """

    choices_changed = Signal(object)
    all_wanted = Signal()
    save_wanted = Signal(str)

    def __init__(self, choices: CurveChoices, parent: QWidget | None = None) -> None:
        """Shows some choices."""
        super().__init__(parent)
        self.choices = choices
        self._rate_is_shown = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(theme.GRID)
        self._make_actions()
        self._make_menus()
        self.window_button = self._menu_button("curves_window", "chart_window", self._window_menu)
        self.smoothing_button = self._menu_button("curves_smoothing", "chart_smooth", self._smoothing_menu)
        self.switches = [self._switch(action) for action in (self.log, self.clip, self.raw, self.rate)]
        self.fit_button = self._button("curves_fit", "chart_fit", self.fit.toolTip())
        self.fit_button.clicked.connect(self.all_wanted)
        self.save_button = self._menu_button("curves_save", "save", self._save_menu)
        self.save_button.setToolTip(self.tr("Save the curves as a picture, a drawing or a table"))
        self.view_button = self._menu_button("curves_view", "chart_view", self._view_menu)
        self.view_button.setToolTip(self.tr("How the curves are looked at"))
        for each in (self.save_button, self.view_button):
            each.setAccessibleName(each.toolTip())
        for each in (self.window_button, self.smoothing_button, *self.switches):
            self.row.addWidget(each)
        self.row.addStretch(1)
        for each in (self.fit_button, self.save_button, self.view_button):
            self.row.addWidget(each)
        self._show()

    def add_tool(self, tool: QToolButton) -> None:
        """Puts one more tool at the right, before those for files."""
        tool.setMinimumHeight(theme.px(SIDE))
        self.row.insertWidget(self.row.indexOf(self.save_button), tool)

    def set_zoomed(self, is_zoomed: bool) -> None:
        """Says whether a person looks closer, so that there is a way back."""
        self.fit.setEnabled(is_zoomed)
        self.fit_button.setEnabled(is_zoomed)

    def set_rate_shown(self, is_shown: bool) -> None:
        """Says whether the learning rate is drawn, which the room decides until a person does."""
        self._rate_is_shown = is_shown
        self.rate.setChecked(is_shown)

    # --- Qt

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(200), theme.px(SIDE))

    # --- parts

    def _make_actions(self) -> None:
        self.log = self._action(
            "curves_log", "chart_log", self.tr("Logarithmic loss"),
            self.tr("Loss in powers of ten: shows how it still falls when it is small"),
            lambda on: self._choose(log=on),
        )  # fmt: skip
        self.clip = self._action(
            "curves_clip", "chart_clip", self.tr("Leave out outliers"),
            self.tr("Leave out outliers: rare high numbers do not squeeze the rest"),
            lambda on: self._choose(clip=on),
        )  # fmt: skip
        self.raw = self._action(
            "curves_raw", "chart_raw", self.tr("Every batch"),
            self.tr("Every batch, faintly behind its trend"),
            lambda on: self._choose(raw=on),
        )  # fmt: skip
        self.rate = self._action(
            "curves_rate", "chart_rate", self.tr("Learning rate"),
            self.tr("Learning rate, below the curves"),
            lambda on: self._choose(rate=on),
        )  # fmt: skip
        self.fit = QAction(theme.icon("chart_fit"), self.tr("Show all"), self)
        self.fit.setToolTip(self.tr("Show all and follow the training again (double click)"))
        self.fit.triggered.connect(self.all_wanted)

    def _action(self, name: str, icon: str, text: str, tip: str, choose: Callable[[bool], None]) -> QAction:
        action = QAction(theme.icon(icon), text, self)
        action.setObjectName(name)
        action.setToolTip(tip)
        action.setCheckable(True)
        action.triggered.connect(choose)
        return action

    def _make_menus(self) -> None:
        self._windows, self._window_menu = self._choice_menu(
            self.tr("Last batches"), WINDOWS, self._window_word, lambda value: self._choose(window=value)
        )
        self._smoothings, self._smoothing_menu = self._choice_menu(
            self.tr("Smoothing"), SMOOTHINGS, self._smoothing_word, lambda value: self._choose(smoothing=value)
        )
        self._view_menu = QMenu(self)
        self._view_menu.addActions([self.log, self.clip, self.raw, self.rate])
        self._view_menu.addSeparator()
        self._view_menu.addMenu(self._window_menu)
        self._view_menu.addMenu(self._smoothing_menu)
        self._view_menu.addSeparator()
        self._view_menu.addAction(self.fit)
        self._save_menu = QMenu(self)
        for ending, text in (
            (".png", self.tr("Picture (PNG) ...")),
            (".svg", self.tr("Drawing that scales (SVG) ...")),
            (".csv", self.tr("Table of the numbers (CSV) ...")),
        ):
            self._save_menu.addAction(text).triggered.connect(lambda _on, ending=ending: self.save_wanted.emit(ending))

    def _choice_menu(
        self, title: str, values: tuple[int, ...], word: Callable[[int], str], choose: Callable[[int], None]
    ) -> tuple[dict[int, QAction], QMenu]:
        menu, group = QMenu(title, self), QActionGroup(self)
        actions = {}
        for value in values:
            action = menu.addAction(word(value))
            action.setCheckable(True)
            action.triggered.connect(lambda _on, value=value: choose(value))
            group.addAction(action)
            actions[value] = action
        return actions, menu

    def _button(self, name: str, icon: str, tip: str) -> QToolButton:
        tool = QToolButton()
        tool.setObjectName(name)
        tool.setMinimumSize(theme.px(SIDE), theme.px(SIDE))
        tool.setIconSize(QSize(theme.px(ICON_SIDE), theme.px(ICON_SIDE)))
        if icon:
            tool.setIcon(theme.icon(icon))
        tool.setToolTip(tip)
        tool.setAccessibleName(tip)
        return tool

    def _menu_button(self, name: str, icon: str, menu: QMenu) -> QToolButton:
        tool = self._button(name, icon, menu.title())
        tool.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        tool.setMenu(menu)
        return tool

    def _switch(self, action: QAction) -> QToolButton:
        tool = self._button(f"{action.objectName()}_switch", "", action.toolTip())
        tool.setDefaultAction(action)
        return tool

    # --- what is chosen

    def _choose(self, **changes: Any) -> None:
        self.choices = replace(self.choices, **changes)
        self._show()
        self.choices_changed.emit(self.choices)

    def _show(self) -> None:
        choices = self.choices
        for action, is_on in ((self.log, choices.log), (self.clip, choices.clip), (self.raw, choices.raw)):
            action.setChecked(is_on)
        self.rate.setChecked(self._rate_is_shown if choices.rate is None else choices.rate)
        self._windows[choices.window].setChecked(True)
        self._smoothings[choices.smoothing].setChecked(True)
        self.window_button.setText(self._window_word(choices.window))
        window, smoothing = self._window_word(choices.window), self._smoothing_word(choices.smoothing)
        for tool, tip in (
            (self.window_button, self.tr("Shown: {}").format(window)),
            (self.smoothing_button, self.tr("Smoothing: {}").format(smoothing)),
        ):
            tool.setToolTip(tip)
            tool.setAccessibleName(tip)
        self._make_room()

    def _window_word(self, window: int) -> str:
        if window > 0:
            return self.tr("Last {} batches").format(grouped(window))
        return self.tr("All batches") if window == 0 else self.tr("Last epoch")

    def _smoothing_word(self, batches: int) -> str:
        names = (self.tr("None"), self.tr("Light"), self.tr("Medium"), self.tr("Strong"), self.tr("Very strong"))
        name = dict(zip(SMOOTHINGS, names, strict=True))[batches]
        return name if batches == 1 else self.tr("{} (about {} batches)").format(name, batches)

    def _make_room(self) -> None:
        """Hides what is in the View menu anyway, the least wanted first."""
        window = self.window_button
        beside, only = Qt.ToolButtonStyle.ToolButtonTextBesideIcon, Qt.ToolButtonStyle.ToolButtonIconOnly
        window.setToolButtonStyle(beside)
        tools = self.findChildren(QToolButton, options=Qt.FindChildOption.FindDirectChildrenOnly)
        shown = {each: each.sizeHint().expandedTo(each.minimumSize()).width() + theme.GRID for each in tools}
        log, clip, raw, rate = self.switches
        if sum(shown.values()) > self.width():
            window.setToolButtonStyle(only)
            shown[window] = shown[self.save_button]
        for each in (raw, rate, clip, self.smoothing_button, log, self.fit_button, window):
            if sum(shown.values()) <= self.width():
                break
            del shown[each]
        for each in (window, self.smoothing_button, *self.switches, self.fit_button):
            each.setVisible(each in shown)

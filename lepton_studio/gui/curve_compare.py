"""Chooses which kept runs are drawn beside the watched one."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from lepton_studio.engine import LeptonError, Run, find_run, newest_records
from lepton_studio.gui import theme
from lepton_studio.gui.monitor import Monitor
from lepton_studio.gui.page import ICON_SIDE
from lepton_studio.gui.wording import percent

# As many as a menu shows without scrolling, and as can be told apart.
MOST_LISTED, MOST_CHOSEN = 24, 8


class StayingMenu(QMenu):
    """Stays open while entries are checked, so that several can be."""

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if not self._toggle(event.button() == Qt.MouseButton.LeftButton):
            super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._toggle(event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter)):
            super().keyPressEvent(event)

    def _toggle(self, is_wanted: bool) -> bool:
        action = self.activeAction()
        if not is_wanted or action is None or not action.isCheckable() or not action.isEnabled():
            return False
        action.trigger()
        return True


class CompareButton(QToolButton):
    """A menu of the kept runs, made when it is opened.

    Signals:
        trouble_met: why a run could not be read.
    """

    trouble_met = Signal(str)

    def __init__(self, monitor: Monitor, parent: QWidget | None = None) -> None:
        """Draws beside the run of this monitor."""
        super().__init__(parent)
        self._monitor = monitor
        self.setObjectName("curves_compare")
        self.setIcon(theme.icon("chart_compare"))
        self.setIconSize(QSize(theme.px(ICON_SIDE), theme.px(ICON_SIDE)))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setText(self.tr("Compare"))
        self.setToolTip(self.tr("Draw other runs beside this one"))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = StayingMenu(self)
        self._menu.setToolTipsVisible(True)
        self._menu.aboutToShow.connect(self.list_runs)
        self.setMenu(self._menu)
        monitor.overlays_changed.connect(self._show_count)
        self._show_count()

    def list_runs(self) -> None:
        """Lists what is kept now."""
        self._menu.clear()
        chosen = {run.id: run.record for run in self._monitor.overlays}
        watched = self._monitor.run
        try:
            records = dict(newest_records(MOST_LISTED))
        except LeptonError as error:
            self._menu.addAction(str(error)).setEnabled(False)
            return
        # What is drawn can be taken away again, however old it is.
        for id_, record in {**records, **chosen}.items():
            if watched is not None and id_ == watched.id:
                continue
            name = record.name.replace("&", "&&")
            result = f"\t{percent(record.test_accuracy)}" if record.test_accuracy is not None else ""
            action = self._menu.addAction(f"{name}{result}")
            action.setToolTip(id_)
            action.setCheckable(True)
            action.setChecked(id_ in chosen)
            action.triggered.connect(lambda on, id_=id_: self._choose(id_, on))
        if self._menu.isEmpty():
            self._menu.addAction(self.tr("There is no other run yet.")).setEnabled(False)
            return
        self._menu.addSeparator()
        self._none = self._menu.addAction(self.tr("None of them"), lambda: self._monitor.compare(()))
        self._show_count()

    def _choose(self, id_: str, is_wanted: bool) -> None:
        others = tuple(run for run in self._monitor.overlays if run.id != id_)
        try:
            runs = (*others, self._opened(id_)) if is_wanted else others
        except LeptonError as error:
            self.trouble_met.emit(str(error))
            return
        self._monitor.compare(runs)

    def _opened(self, id_: str) -> Run:
        return find_run(id_)

    def _show_count(self) -> None:
        count = len(self._monitor.overlays)
        self.setText(self.tr("Compare ({})").format(count) if count else self.tr("Compare"))
        self.setAccessibleName(self.text())
        for action in self._menu.actions():
            if action.isCheckable():
                action.setEnabled(action.isChecked() or count < MOST_CHOSEN)

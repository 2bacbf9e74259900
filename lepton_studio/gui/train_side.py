"""The column at the right of the Train page: settings, steering, and two ways to look into the network."""

from __future__ import annotations

from PySide6.QtWidgets import QScrollArea, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.layers_view import LayersView
from lepton_studio.gui.monitor import Monitor
from lepton_studio.gui.page import SETTINGS_WIDTH, WIDEST_SETTINGS, second
from lepton_studio.gui.steering_view import SteeringView
from lepton_studio.gui.train_settings import TrainSettings
from lepton_studio.gui.watch_view import WatchView

SETTINGS, STEER, WATCH, LAYERS = range(4)
# Beyond the settings of other pages: sixteen pictures side by side want room.
WIDER = 24


class TrainSide(QWidget):
    """One part at a time, each made when it is first looked at."""

    def __init__(self, monitor: Monitor, parent: QWidget | None = None) -> None:
        """Shows the settings first."""
        super().__init__(parent)
        self._monitor = monitor
        self.settings = TrainSettings(monitor.session)
        self.steering: SteeringView | None = None
        self.watch: WatchView | None = None
        self.layers: LayersView | None = None
        self.bar = QTabBar()
        self.bar.setObjectName("train_tabs")
        self.bar.setExpanding(True)
        self.bar.setDrawBase(False)
        for text, tip in (
            (self.tr("Settings"), self.tr("What is trained, and how, from the next start on")),
            (self.tr("Steer"), self.tr("Change the training while it goes on")),
            (self.tr("Watch"), self.tr("Sixteen pictures, the confusions and the first filters through the epochs")),
            (self.tr("Layers"), self.tr("How each layer learns: gradients, steps, weights, dead units")),
        ):
            self.bar.setTabToolTip(self.bar.addTab(text), tip)
        self._stack = QStackedWidget()
        self._parts: dict[int, QWidget] = {SETTINGS: self._noted_settings()}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        layout.addWidget(self.bar)
        layout.addWidget(self._stack, 1)
        self.setFixedWidth(min(theme.px(SETTINGS_WIDTH + WIDER), WIDEST_SETTINGS + WIDER))
        self.bar.currentChanged.connect(self._turn)
        self._turn(SETTINGS)

    def show_state(self, state: str) -> None:
        """Says what the settings are for, while a training is under way."""
        self._note.setVisible(state != "idle")

    def turn_to(self, tab: int) -> None:
        """Brings a part to the front."""
        self.bar.setCurrentIndex(tab)

    @property
    def tab(self) -> int:
        """Which part is in front."""
        return self.bar.currentIndex()

    def stop(self) -> None:
        """Ends background work of the parts."""
        self.settings.stop()
        if self.steering is not None:
            self.steering.stop()

    def _turn(self, tab: int) -> None:
        if tab not in self._parts:
            self._parts[tab] = self._made(tab)
        part = self._parts[tab]
        if self._stack.indexOf(part) < 0:
            self._stack.addWidget(part)
        self._stack.setCurrentWidget(part)

    def _made(self, tab: int) -> QWidget:
        if tab == STEER:
            self.steering = SteeringView(self._monitor)
            return self._scrolled(self.steering)
        if tab == WATCH:
            self.watch = WatchView(self._monitor)
            return self.watch
        self.layers = LayersView(self._monitor)
        return self.layers

    def _noted_settings(self) -> QWidget:
        self._note = second(self.tr("These are for the next training. Change the one under way in Steer."))
        self._note.setObjectName("settings_note")
        self._note.hide()
        whole = QWidget()
        layout = QVBoxLayout(whole)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        layout.addWidget(self._note)
        layout.addWidget(self._scrolled(self.settings), 1)
        return whole

    def _scrolled(self, content: QWidget) -> QScrollArea:
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(area.horizontalScrollBarPolicy().ScrollBarAlwaysOff)
        area.setWidget(content)
        return area

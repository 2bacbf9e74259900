"""The column at the right of the Train page: settings, steering, and two ways to look into the network."""

from __future__ import annotations

from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.layers_view import LayersView
from lepton_studio.gui.monitor import Monitor
from lepton_studio.gui.page import SETTINGS_WIDTH, WIDEST_SETTINGS, second
from lepton_studio.gui.steering_view import SteeringView
from lepton_studio.gui.train_settings import TrainSettings
from lepton_studio.gui.watch_view import WatchView
from lepton_studio.gui.widgets.lazy_tabs import LazyTabs

SETTINGS, STEER, WATCH, LAYERS = range(4)
# Beyond the settings of other pages: sixteen pictures side by side want room.
WIDER = 24


class TrainSide(LazyTabs):
    """The settings come first."""

    def __init__(self, monitor: Monitor, parent: QWidget | None = None) -> None:
        """Makes the settings; the rest when it is looked at."""
        super().__init__("train_tabs", expanding=True, parent=parent)
        self.settings = TrainSettings(monitor.session)
        self.steering: SteeringView | None = None
        self._monitor = monitor
        self._note = second(self.tr("These are for the next training. Change the one under way in Steer."))
        self._note.setObjectName("settings_note")
        self._note.hide()
        self.add(self.tr("Settings"), self.tr("What is trained, and how, from the next start on"), self._noted_settings)
        self.add(self.tr("Steer"), self.tr("Change the training while it goes on"), self._made_steering)
        self.add(
            self.tr("Watch"),
            self.tr("Sixteen pictures, the confusions and the first filters through the epochs"),
            lambda: WatchView(monitor),
        )
        self.add(
            self.tr("Layers"),
            self.tr("How each layer learns: gradients, steps, weights, dead units"),
            lambda: LayersView(monitor),
        )
        self.setFixedWidth(min(theme.px(SETTINGS_WIDTH + WIDER), WIDEST_SETTINGS + WIDER))

    def show_state(self, state: str) -> None:
        """Says what the settings are for, while a training is under way."""
        self._note.setVisible(state != "idle")

    def stop(self) -> None:
        """Ends background work of the parts."""
        self.settings.stop()
        if self.steering is not None:
            self.steering.stop()

    def _made_steering(self) -> QWidget:
        self.steering = SteeringView(self._monitor)
        return _scrolled(self.steering)

    def _noted_settings(self) -> QWidget:
        whole = QWidget()
        layout = QVBoxLayout(whole)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        layout.addWidget(self._note)
        layout.addWidget(_scrolled(self.settings), 1)
        return whole


def _scrolled(content: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(area.horizontalScrollBarPolicy().ScrollBarAlwaysOff)
    area.setWidget(content)
    return area

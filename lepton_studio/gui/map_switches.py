"""What can be done to one channel and its layer: off, weaker or stronger, and noise."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QSlider, QWidget

from lepton_studio.engine import ANSWER, MOST_FACTOR
from lepton_studio.gui import theme
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.intervention_note import intervene, interventions_of

Path = tuple[int, ...]

# Noise is set in hundredths of the deviation, a channel's strength in tenths.
MOST_NOISE = 200


class MapSwitches(QWidget):
    """Changes the network of an easel, whose answers follow at once; nothing can be done to the answer itself."""

    def __init__(self, easel: Easel, parent: QWidget | None = None) -> None:
        """Changes nothing yet."""
        super().__init__(parent)
        self._easel = easel
        self._path: Path = ANSWER
        self._channel = 0
        self.off_box = QCheckBox()
        self.off_box.setObjectName("map_off")
        self.off_box.setToolTip(self.tr("It hands on zeros: see what the answer becomes without it"))
        self.off_box.toggled.connect(self._switch)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme.GAP_SMALL)
        grid.setVerticalSpacing(theme.GRID)
        grid.addWidget(self.off_box, 0, 0, 1, 3)
        self.strength, self._strength_text = self._row(
            grid, self.tr("Strength"), "map_strength", round(MOST_FACTOR * 10), self._scale
        )
        self.noise, self._noise_text = self._row(
            grid, self.tr("Noise on the layer"), "map_noise", MOST_NOISE, self._disturb
        )
        grid.setColumnStretch(1, 1)

    def show_channel(self, path: Path, channel: int, dimensions: int) -> None:
        """Shows what is done to a channel.

        Args:
            path: of its layer.
            channel: its number.
            dimensions: of the output: 3 for maps, 2 for the features of a sequence, 1 for units.
        """
        self._path, self._channel = path, channel
        self.setVisible(path != ANSWER)
        done = interventions_of(self._easel)
        is_off = done.is_off(path, channel)
        parts = (self.off_box, self.strength, self.noise)
        blocked = [each.blockSignals(True) for each in parts]
        self.off_box.setChecked(is_off)
        self.strength.setValue(round(done.factor(path, channel) * 10))
        self.noise.setValue(round(done.noise(path) * 100))
        for each, was_blocked in zip(parts, blocked, strict=True):
            each.blockSignals(was_blocked)
        word = self.tr("Switch this map off")
        if dimensions < 3:
            word = self.tr("Switch unit {} off") if dimensions == 1 else self.tr("Switch feature {} off")
        self.off_box.setText(word.format(channel))
        self.strength.setEnabled(not is_off)
        self._strength_text.setText(f"{self.strength.value() * 10} %")
        self._noise_text.setText(f"{self.noise.value()} %")

    def _row(
        self, grid: QGridLayout, text: str, name: str, most: int, action: Callable[[int], None]
    ) -> tuple[QSlider, QLabel]:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setObjectName(name)
        slider.setAccessibleName(text)
        slider.setRange(0, most)
        slider.valueChanged.connect(action)
        label, number = QLabel(text), QLabel()
        label.setBuddy(slider)
        number.setMinimumWidth(theme.px(48))
        number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row = grid.rowCount()
        for column, part in enumerate((label, slider, number)):
            grid.addWidget(part, row, column)
        return slider, number

    def _switch(self, is_off: bool) -> None:
        intervene(self._easel, interventions_of(self._easel).switched(self._path, self._channel, is_off))

    def _scale(self, tenths: int) -> None:
        intervene(self._easel, interventions_of(self._easel).scaled(self._path, self._channel, tenths / 10))

    def _disturb(self, hundredths: int) -> None:
        intervene(self._easel, interventions_of(self._easel).noisy(self._path, hundredths / 100))

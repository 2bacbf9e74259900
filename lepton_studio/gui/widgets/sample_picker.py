"""Picks one sample of a dataset: the one before, the next, any one; of all classes or of one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.icon_button import icon_button
from lepton_studio.gui.widgets.painting import Bytes
from lepton_studio.gui.widgets.pixel_view import PixelView
from lepton_studio.gui.widgets.quiet_combo_box import QuietComboBox

PICTURE_SIDE = 92
WIDEST_PICKER = 260


class SamplePicker(QWidget):
    """The picture and its label beside the buttons.

    Signals:
        sample_chosen: the position of another sample.
    """

    sample_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts without samples."""
        super().__init__(parent)
        self._images: Bytes = np.zeros((0, 1, 1, 1), np.uint8)
        self._labels: NDArray[np.int64] = np.zeros(0, np.int64)
        self._names: tuple[str, ...] = ()
        self._random = np.random.default_rng(0)
        self.position = -1
        self.picture = PixelView()
        self.picture.setFixedSize(theme.px(PICTURE_SIDE), theme.px(PICTURE_SIDE))
        self.picture.set_placeholder("")
        # A name of a class is no markup, and a long one must not make the page wider.
        self._label, self._place = QLabel(textFormat=Qt.TextFormat.PlainText), QLabel()
        self._label.setProperty("role", "section")
        self._place.setProperty("role", "second")
        for label in (self._label, self._place):
            label.setMinimumWidth(1)
        self.class_picker = QuietComboBox()
        self.class_picker.setObjectName("try_it_class")
        self.class_picker.setToolTip(self.tr("Step through all samples, or through those of one class"))
        self.class_picker.setAccessibleName(self.class_picker.toolTip())
        self.class_picker.setMaximumWidth(theme.px(WIDEST_PICKER))
        self.class_picker.activated.connect(self._pick_class)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(theme.GRID)
        layout.setVerticalSpacing(theme.GRID)
        layout.addWidget(self.picture, 0, 0, 3, 1, Qt.AlignmentFlag.AlignTop)
        layout.setColumnMinimumWidth(1, theme.GRID)
        layout.addWidget(self._label, 0, 2)
        layout.setColumnStretch(2, 1)
        layout.addWidget(self.class_picker, 1, 2)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.GRID)
        layout.addLayout(buttons, 2, 2)
        for name, icon, tip, way in (
            ("try_it_before", "chevron_left", self.tr("The sample before"), -1),
            ("try_it_next", "chevron_right", self.tr("The next sample"), 1),
            ("try_it_random", "shuffle", self.tr("Any sample"), 0),
        ):
            button = icon_button(name, icon, tip)
            button.clicked.connect(lambda _checked=False, way=way: self._step(way))
            buttons.addWidget(button)
        buttons.addWidget(self._place, 1)
        self.setEnabled(False)

    def show_samples(self, images: Bytes, labels: NDArray[np.int64], names: Sequence[str]) -> None:
        """Shows other samples; the position stays if it can.

        Args:
            images: uint8 N x C x H x W.
            labels: of each its class.
            names: what the classes are called.
        """
        chosen = self._chosen_class() if tuple(names) == self._names else -1
        self._images, self._labels, self._names = images, labels, tuple(names)
        self.class_picker.clear()
        self.class_picker.addItem(self.tr("All classes"), -1)
        for at, name in enumerate(names):
            self.class_picker.addItem(name, at)
        self.class_picker.setCurrentIndex(chosen + 1)
        self.setEnabled(len(images) > 0)
        self.position = min(max(self.position, 0), len(images) - 1)
        self._show()

    def choose(self, position: int) -> None:
        """Goes to a sample, and says so if it is another one."""
        if position != self.position and 0 <= position < len(self._images):
            self.position = position
            self._show()
            self.sample_chosen.emit(position)

    def _chosen_class(self) -> int:
        """The class that is stepped through; -1 for all."""
        data = self.class_picker.currentData()
        return -1 if data is None else int(data)

    def _candidates(self) -> NDArray[np.int64]:
        chosen = self._chosen_class()
        return np.arange(len(self._labels)) if chosen < 0 else np.flatnonzero(self._labels == chosen)

    def _step(self, way: int) -> None:
        """To the sample before (-1), the next (1), or any (0) of those that are stepped through; round at the ends."""
        known = self._candidates()
        if not len(known):
            return
        if way == 0:
            others = known[known != self.position]
            self.choose(int(self._random.choice(others if len(others) else known)))
        elif way > 0:
            self.choose(int(known[np.searchsorted(known, self.position, side="right") % len(known)]))
        else:
            self.choose(int(known[np.searchsorted(known, self.position) - 1]))

    def _pick_class(self) -> None:
        """Goes to the next sample of a class that was picked, unless this one is of it."""
        if self.position >= 0 and self._chosen_class() not in (-1, int(self._labels[self.position])):
            self._step(1)
        self._show()

    def _show(self) -> None:
        if self.position < 0:
            self.picture.set_picture(None)
            self._label.clear()
            self._place.clear()
            return
        self.picture.set_picture(np.asarray(self._images[self.position]))
        self._label.setText(self._names[int(self._labels[self.position])])
        self._label.setToolTip(self._label.text())
        # As the Data page numbers them: from 0, as in code.
        self._place.setText(self.tr("No. {}").format(self.position))

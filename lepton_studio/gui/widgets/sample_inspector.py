"""One sample at large, with what is known of it and of its dataset."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.pixel_view import PixelView

INSPECTOR_WIDTH = 300


class SampleInspector(QWidget):
    """Shows a picture pixel by pixel, its class, and a few facts."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts empty."""
        super().__init__(parent)
        self.setMinimumWidth(theme.px(INSPECTOR_WIDTH))
        self.picture = PixelView()
        self.picture.setObjectName("sample_view")
        self.picture.set_placeholder("")
        self.picture.setMinimumHeight(theme.px(96))
        self.picture.setMaximumHeight(theme.px(INSPECTOR_WIDTH - 20))
        self.picture.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._title = QLabel()
        self._title.setObjectName("sample_title")
        self._title.setFont(theme.font_of(theme.SECTION_PIXELS, semibold=True))
        self._facts, self._about = QLabel(wordWrap=True), QLabel(wordWrap=True)
        for label in (self._facts, self._about):
            label.setProperty("role", "second")
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        heading = QLabel(self.tr("About this dataset"))
        heading.setProperty("role", "section")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GAP, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        # The picture gives way where the window is low; the words do not.
        layout.addWidget(self.picture, 1000)
        layout.addWidget(self._title)
        layout.addWidget(self._facts)
        layout.addSpacing(theme.GAP)
        layout.addWidget(heading)
        layout.addWidget(self._about)
        layout.addStretch(1)

    def show_sample(self, picture: NDArray[np.uint8] | None, title: str, facts: str) -> None:
        """Shows a picture (C x H x W), its class and its facts; None empties the view."""
        self.picture.set_picture(picture)
        self._title.setText(title)
        self._facts.setText(facts)

    def show_about(self, text: str) -> None:
        """Sets what is said of the whole dataset."""
        self._about.setText(text)

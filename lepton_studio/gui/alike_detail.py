"""The drawing and one training picture beside each other, closely."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.page import button, second
from lepton_studio.gui.widgets.pixel_view import PixelView

SIDE = 114


class AlikeDetail(QFrame):
    """Hidden until a picture is chosen.

    Signals:
        data_wanted: the position in the dataset of the session of a picture that a person wants to see there.
    """

    data_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Makes the two pictures."""
        super().__init__(parent)
        self.setProperty("card", True)
        self._position: int | None = None
        self.drawn, self.alike = PixelView(), PixelView()
        self._drawn_text, self._alike_text = second(self.tr("Your drawing, as the network gets it")), second()
        self._alike_text.setTextFormat(Qt.TextFormat.PlainText)
        self.data_button = button("alike_in_data", self.tr("Show in Data"), "data")
        self.data_button.clicked.connect(self._want_data)
        self.close_button = button("alike_close", self.tr("Close"))
        self.close_button.clicked.connect(self.hide)
        grid = QGridLayout(self)
        grid.setContentsMargins(theme.GAP_SMALL, theme.GAP_SMALL, theme.GAP_SMALL, theme.GAP_SMALL)
        grid.setSpacing(theme.GAP_SMALL)
        for column, (view, text) in enumerate(((self.drawn, self._drawn_text), (self.alike, self._alike_text))):
            view.setFixedHeight(theme.px(SIDE))
            grid.addWidget(view, 0, column)
            grid.addWidget(text, 1, column, Qt.AlignmentFlag.AlignTop)
            grid.setColumnStretch(column, 1)
        grid.addWidget(self.close_button, 2, 0)
        grid.addWidget(self.data_button, 2, 1)
        self.hide()

    def show_pair(self, drawn: NDArray[np.uint8], alike: NDArray[np.uint8], text: str, position: int | None) -> None:
        """Shows two pictures (C x H x W) with a few words.

        Args:
            drawn: what the network gets of the drawing.
            alike: the training picture.
            text: what is known of it.
            position: where it is in the dataset of the session; None: it is not of that.
        """
        self.drawn.set_picture(drawn)
        self.alike.set_picture(alike)
        self._alike_text.setText(text)
        self._position = position
        self.data_button.setVisible(position is not None)
        self.show()

    def _want_data(self) -> None:
        if self._position is not None:
            self.data_wanted.emit(self._position)

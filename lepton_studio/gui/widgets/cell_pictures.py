"""The pictures behind one cell of a confusion matrix, and the one of them that was chosen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.pixel_view import PixelView
from lepton_studio.gui.widgets.thumbnail_grid import ThumbnailGrid

PICTURE_SIDE = 132


class CellPictures(QWidget):
    """A title, a grid, and one picture with a few words.

    Signals:
        sample_chosen: the position in the dataset of the picture that was clicked.
    """

    sample_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts empty."""
        super().__init__(parent)
        self._title = QLabel()
        self._title.setProperty("role", "section")
        self.grid = ThumbnailGrid()
        self.grid.setObjectName("cell_pictures")
        self.grid.set_placeholder(self.tr("Here you will see the pictures of the cell that you click."))
        self.grid.sample_chosen.connect(self.sample_chosen)
        self.picture = PixelView()
        self.picture.set_placeholder("")
        self.picture.setFixedSize(theme.px(PICTURE_SIDE), theme.px(PICTURE_SIDE))
        self._text = QLabel(wordWrap=True)
        self._text.setProperty("role", "second")
        row = QHBoxLayout()
        row.addWidget(self.picture)
        row.addWidget(self._text, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GAP, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        layout.addWidget(self._title)
        layout.addWidget(self.grid, 1)
        layout.addLayout(row)

    def clear(self) -> None:
        """Forgets what was shown."""
        self._title.clear()
        self.grid.set_indices(np.empty(0, np.int64))
        self.show_sample(None, "")

    def show_cell(self, title: str, indices: NDArray[np.int64]) -> None:
        """Shows the pictures at these positions of the dataset."""
        self._title.setText(title)
        self.grid.set_indices(indices)

    def show_sample(self, picture: NDArray[np.uint8] | None, text: str) -> None:
        """Shows one picture (C x H x W) with a few words."""
        self.picture.set_picture(picture)
        self._text.setText(text)

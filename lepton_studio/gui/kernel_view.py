"""The kernels of a convolution: of all its maps where they look at the picture, else of one map with its inputs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QVBoxLayout, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.page import second
from lepton_studio.gui.widgets.filter_grid import FilterGrid

MOST_KERNELS = 16


class KernelView(QWidget):
    """Hidden while there are none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts hidden."""
        super().__init__(parent)
        self._text = second()
        self.grid = FilterGrid()
        self.grid.setObjectName("map_kernels")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GRID)
        layout.addWidget(self._text)
        layout.addWidget(self.grid)
        self.hide()

    def show_kernels(self, kernels: NDArray[np.float32] | None, number: int) -> None:
        """Shows kernels.

        Args:
            kernels: outputs x inputs x h x w; None: there are none.
            number: the output that is looked at.
        """
        self.setVisible(kernels is not None)
        if kernels is None:
            return
        own = kernels[number]
        if len(own) in (1, 3):
            # They look at the picture itself, or each at one map: all of them beside each other.
            self._text.setText(self.tr("The kernels of this layer, one for each of its maps:"))
            self.grid.show_filters(kernels, float(np.abs(kernels).max()))
            self.grid.set_chosen(number)
            return
        order = np.argsort(-np.abs(own).sum(axis=(1, 2)), kind="stable")[:MOST_KERNELS]
        text = self.tr("Its kernel for the maps that come in, the strongest of them: {}")
        self._text.setText(text.format(", ".join(str(at) for at in order)))
        self.grid.show_filters(own[order][:, None], float(np.abs(own).max()))
        self.grid.set_chosen(-1)

"""A slider beside a number, for those who want to see what more and less of it does."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QSlider, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.number_edit import NumberEdit

# What is left beside label and number in the narrowest column.
SHORTEST = 40
NUMBER_WIDTH = 84


class NumberSlider(QWidget):
    """A number with a slider at its right, which moves it; what is said is said by the number."""

    def __init__(self, edit: NumberEdit, parent: QWidget | None = None) -> None:
        """Takes an editor of a number with two ends; the slider moves in its steps."""
        super().__init__(parent)
        self.edit = edit
        self.slider = _QuietSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, round((edit.maximum() - edit.minimum()) / edit.singleStep()))
        self.slider.setPageStep(max(1, self.slider.maximum() // 10))
        self.slider.setMinimumWidth(SHORTEST)
        # A row is no higher than its lowest member may be: the number would be pressed down to the slider.
        self.slider.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        edit.setMaximumWidth(theme.px(NUMBER_WIDTH))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        layout.addWidget(edit)
        layout.addWidget(self.slider, 1)
        self.setFocusProxy(edit)
        self.follow()
        edit.valueChanged.connect(self.follow)
        self.slider.valueChanged.connect(self._slid)

    def follow(self) -> None:
        """Puts the slider to the step nearest to the number; a number between two steps stays what it is."""
        blocked = self.slider.blockSignals(True)
        self.slider.setValue(round((self.edit.value() - self.edit.minimum()) / self.edit.singleStep()))
        self.slider.blockSignals(blocked)

    def _slid(self, step: int) -> None:
        # Without the rounding 0.1 * 3 would be read as 0.30000000000000004 in files.
        self.edit.setValue(round(self.edit.minimum() + step * self.edit.singleStep(), 9))


class _QuietSlider(QSlider):
    """Leaves the wheel to the page, which is scrolled below the pointer."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

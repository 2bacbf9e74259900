"""What puts experiments into the queue: the one that is set, once or over several seeds."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from lepton_studio.engine.fields import Field
from lepton_studio.gui import theme
from lepton_studio.gui.page import button
from lepton_studio.gui.widgets.flow_layout import FlowLayout
from lepton_studio.gui.widgets.number_edit import NumberEdit

SEEDS = Field("seeds", "Seeds", "integer", 5, minimum=2, maximum=100)


class QueueAdding(QWidget):
    """Two buttons and a number.

    Signals:
        add_wanted: the experiment is to be put at the end.
        repeat_wanted: it is to be put there once for each of so many seeds.
    """

    add_wanted = Signal()
    repeat_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Makes them."""
        super().__init__(parent)
        self.add_button = button("queue_add", self.tr("Add the current experiment"), "plus")
        self.add_button.setToolTip(self.tr("Put it at the end of the queue, with the settings as they are now"))
        self.add_button.clicked.connect(self.add_wanted)
        self.repeat_button = button("queue_repeat", self.tr("Repeat over"), "shuffle")
        self.repeat_button.setToolTip(
            self.tr("Train it once for each seed: what differs between them is luck, what they share is not")
        )
        self.seeds = NumberEdit(SEEDS)
        self.seeds.setObjectName("queue_seeds")
        self.seeds.setValue(SEEDS.default)
        self.seeds.setSuffix(self.tr(" seeds"))
        self.seeds.setMaximumWidth(theme.px(112))
        self.seeds.setAccessibleName(self.tr("How many seeds"))
        self.repeat_button.clicked.connect(lambda: self.repeat_wanted.emit(round(self.seeds.value())))
        # The number belongs to its button: they go to the next row together.
        repeating = QWidget()
        pair = FlowLayout(theme.GRID, repeating)
        pair.addWidget(self.repeat_button)
        pair.addWidget(self.seeds)
        layout = FlowLayout(theme.GAP_SMALL, self)
        layout.addWidget(self.add_button)
        layout.addWidget(repeating)

"""What can be done with the chosen entry of the queue."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.page import button
from lepton_studio.gui.queue_status import QueueStatus
from lepton_studio.gui.widgets.flow_layout import FlowLayout


class QueueTools(QWidget):
    """A row of buttons; what is pressed is meant for the chosen entry.

    Signals:
        move_wanted: by how many places, towards the end.
        remove_wanted, retry_wanted: it is to be taken out, or to wait again.
        compare_wanted: its group is to be compared.
        clear_wanted: all that is at its end is to be taken out.
    """

    move_wanted = Signal(int)
    remove_wanted = Signal()
    retry_wanted = Signal()
    compare_wanted = Signal()
    clear_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        """Makes the buttons."""
        super().__init__(parent)
        self.up_button = button("queue_up", "", "up")
        self.up_button.setToolTip(self.tr("Earlier"))
        self.up_button.clicked.connect(lambda: self.move_wanted.emit(-1))
        self.down_button = button("queue_down", "", "down")
        self.down_button.setToolTip(self.tr("Later"))
        self.down_button.clicked.connect(lambda: self.move_wanted.emit(1))
        self.remove_button = button("queue_remove", "", "trash")
        self.remove_button.setToolTip(self.tr("Take it out of the queue (Delete); its run is kept"))
        self.remove_button.clicked.connect(self.remove_wanted)
        self.retry_button = button("queue_retry", self.tr("Try again"), "reset")
        self.retry_button.setToolTip(self.tr("Let it wait again; its run goes on from the last good checkpoint"))
        self.retry_button.clicked.connect(self.retry_wanted)
        self.compare_button = button("queue_compare", self.tr("Compare"), "train")
        self.compare_button.setToolTip(self.tr("Show mean and spread of its repeats in the curves"))
        self.compare_button.clicked.connect(self.compare_wanted)
        self.clear_button = button("queue_clear", self.tr("Clear finished"))
        self.clear_button.setToolTip(self.tr("Take out what is done and what failed; the runs are kept"))
        self.clear_button.clicked.connect(self.clear_wanted)
        layout = FlowLayout(theme.GAP_SMALL, self)
        for each in (
            self.up_button, self.down_button, self.remove_button,
            self.retry_button, self.compare_button, self.clear_button,
        ):  # fmt: skip
            each.setAccessibleName(each.text() or each.toolTip())
            layout.addWidget(each)

    def show_choice(self, status: QueueStatus, entry_id: int | None) -> None:
        """Lets be pressed what makes sense for an entry; None: none is chosen."""
        entry = status.entry(entry_id)
        self.up_button.setEnabled(entry is not None and entry is not status.entries[0])
        self.down_button.setEnabled(entry is not None and entry is not status.entries[-1])
        self.remove_button.setEnabled(entry is not None and entry.state != "running")
        self.retry_button.setVisible(entry is not None and entry.state == "failed")
        has_runs = entry is not None and any(one.run for one in status.entries if one.group == entry.group)
        self.compare_button.setVisible(any(one.group for one in status.entries))
        self.compare_button.setEnabled(entry is not None and bool(entry.group) and has_runs)
        self.clear_button.setEnabled(len(status.entries) > status.left)

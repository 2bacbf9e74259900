"""The queue: experiments that are trained one after the other, and repeats of one over seeds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from lepton_studio.engine import Dataset, LeptonError, RunQueue, Samples, group_result
from lepton_studio.gui import theme
from lepton_studio.gui.page import button, second
from lepton_studio.gui.queue_adding import QueueAdding
from lepton_studio.gui.queue_status import QueueReader, QueueStatus
from lepton_studio.gui.queue_tools import QueueTools
from lepton_studio.gui.session import Session
from lepton_studio.gui.widgets.facts_table import Column, FactsTable
from lepton_studio.gui.widgets.flow_layout import FlowLayout
from lepton_studio.gui.widgets.message_line import MessageLine
from lepton_studio.gui.widgets.steady_label import SteadyLabel
from lepton_studio.gui.wording import percent

PULL_MILLISECONDS = 500
STEPS_OF_BAR = 1000


class QueueView(QWidget):
    """A list with what can be done with it. It pulls while it is seen; the training goes through the session.

    Signals:
        group_shown: the runs of this group are to be compared, with mean and spread.
    """

    group_shown = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        """Builds the view; it reads the queue when it is shown."""
        super().__init__(parent)
        self.setObjectName("queue_view")
        self._session = session
        self.queue = RunQueue()
        self._reader = QueueReader(session, self.queue)
        self.status = QueueStatus()
        self._shown: QueueStatus | None = None
        self._finished_group = ""
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        self.message = MessageLine()
        self.message.accepted.connect(lambda: self.group_shown.emit(self._finished_group))
        self.adding = QueueAdding()
        self.adding.add_wanted.connect(self.add)
        self.adding.repeat_wanted.connect(self.repeat)
        layout.addWidget(self.adding)
        layout.addWidget(self.message)
        self._make_table()
        layout.addWidget(self.table, 1)
        self._reason = second()
        self._reason.setObjectName("queue_reason")
        layout.addWidget(self._reason)
        self.tools = QueueTools()
        self.tools.move_wanted.connect(self._move)
        self.tools.remove_wanted.connect(self.remove)
        self.tools.retry_wanted.connect(self.retry)
        self.tools.compare_wanted.connect(self._compare)
        self.tools.clear_wanted.connect(self.clear)
        layout.addWidget(self.tools)
        self._make_progress(layout)
        layout.addLayout(self._make_starting())
        self._timer = QTimer(self, interval=PULL_MILLISECONDS)
        self._timer.timeout.connect(self.refresh)
        session.runs_changed.connect(self._reader.forget)
        session.training_changed.connect(self._refresh_if_seen)
        session.experiment_changed.connect(self._refresh_if_seen)
        self._show_status()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start()
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()
        super().hideEvent(event)

    # --- parts

    def _make_table(self) -> None:
        self.table = FactsTable((Column(self.tr("Name")), Column(self.tr("State"))))
        self.table.setObjectName("queue_table")
        self.table.setAccessibleName(self.tr("Queue"))
        self.table.set_placeholder(
            self.tr(
                "Here experiments wait and are trained one after the other, over night too. Choose dataset, network "
                "and settings, add them, change something, add them again; then start the queue."
            )
        )
        # Repeats differ at the end of their names.
        self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.table.setWordWrap(False)
        self.table.setMinimumHeight(theme.px(120))
        self.table.itemSelectionChanged.connect(self._show_buttons)
        delete = QShortcut(QKeySequence(QKeySequence.StandardKey.Delete), self.table, self.remove)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)

    def _make_progress(self, layout: QVBoxLayout) -> None:
        self.bar = QProgressBar(textVisible=False)
        self.bar.setObjectName("queue_progress")
        self.bar.setMaximum(STEPS_OF_BAR)
        words = second()
        words.setObjectName("queue_summary")
        words.setFont(theme.font_of(theme.BODY_PIXELS))
        self._summary = words
        self._steady = SteadyLabel(words)
        layout.addWidget(self.bar)
        layout.addWidget(self._steady)

    def _make_starting(self) -> FlowLayout:
        self.start_button = button("queue_start", self.tr("Start queue"), "play", main=True)
        self.start_button.clicked.connect(self.start)
        self.pause_button = button("queue_pause", self.tr("Pause after this run"), "pause")
        self.pause_button.setCheckable(True)
        self.pause_button.setToolTip(self.tr("Let the run under way come to its end, and begin no other"))
        self.pause_button.clicked.connect(self._pause)
        self.stop_button = button("queue_stop", self.tr("Stop"), "stop")
        self.stop_button.setToolTip(self.tr("End after this batch; the queue goes on exactly there"))
        self.stop_button.clicked.connect(self._session.stop_training)
        return _row_of(self.start_button, self.pause_button, self.stop_button)

    # --- what people do

    def add(self) -> None:
        """Puts the session's experiment at the end, if it can be trained."""
        if self._may_be_trained():
            self._try(lambda: self.queue.add(self._session.experiment))

    def repeat(self, seeds: int) -> None:
        """Puts it there once for each of so many seeds."""
        if self._may_be_trained():
            self._try(lambda: self.queue.add_repeats(self._session.experiment, seeds))

    def start(self) -> None:
        """Trains what is in the queue; goes on after a pause."""
        self.message.clear()
        session = self._session
        if self.status.worker == "us":
            session.start_training()
        elif session.training_state == "idle":
            session.train_all(_work(self.queue, session.samples, session.experiment.dataset))
        self.refresh()

    def remove(self) -> None:
        """Takes the chosen entry out."""
        if (entry_id := self._chosen) is not None:
            self._try(lambda: self.queue.remove(entry_id))

    def retry(self) -> None:
        """Lets the chosen entry wait again."""
        if (entry_id := self._chosen) is not None:
            self._try(lambda: self.queue.retry(entry_id))

    def clear(self) -> None:
        """Takes out what is at its end."""
        self._try(self.queue.clear_finished)

    def _move(self, by: int) -> None:
        if (entry_id := self._chosen) is not None:
            self._try(lambda: self.queue.move(entry_id, by))

    def _pause(self, wanted: bool) -> None:
        self._try(lambda: self.queue.end_after_this(wanted))

    def _compare(self) -> None:
        entry = self.status.entry(self._chosen)
        if entry is not None and entry.group:
            self.group_shown.emit(entry.group)

    @property
    def _chosen(self) -> int | None:
        key = self.table.chosen_key
        return int(key) if key else None

    def _may_be_trained(self) -> bool:
        obstacle = self._session.obstacle()
        if obstacle is not None:
            self.message.say(str(obstacle), "warning")
        return obstacle is None

    def _try(self, change: Callable[[], object]) -> None:
        self.message.clear()
        try:
            change()
        except LeptonError as error:
            self.message.say(str(error))
        self.refresh()

    # --- what the view shows

    def refresh(self) -> None:
        """Looks at the queue; shows it if anything is another way."""
        before, self.status = self.status, self._reader.read()
        if self.status != self._shown:
            self._show_status()
            self._tell_of_groups(before, self.status)

    def _refresh_if_seen(self) -> None:
        if self.isVisible():
            self.refresh()

    def _show_status(self) -> None:
        status = self.status
        before, self._shown = self._shown, status
        rows = status.rows()
        if before is None or rows != before.rows():
            self.table.show_rows(rows)
        if status.trouble:
            self.message.say(status.trouble)
        under_way = status.under_way
        self.bar.setVisible(under_way is not None)
        self.bar.setValue(round(STEPS_OF_BAR * status.share))
        self.bar.setAccessibleName(under_way.title if under_way is not None else "")
        self._steady.setVisible(bool(status.entries))
        self._steady.show_text(status.summary())
        self._show_buttons()

    def _show_buttons(self) -> None:
        status = self.status
        state, entry = status.training, status.entry(self._chosen)
        self.tools.show_choice(status, self._chosen)
        is_ours, is_going = status.worker == "us", status.worker != "nobody"
        is_paused = is_ours and state == "paused"
        self.start_button.setText(self.tr("Go on") if is_paused else self.tr("Start queue"))
        self.start_button.setEnabled(is_paused or (state == "idle" and not is_going and status.left > 0))
        self.start_button.setToolTip(self._why_not())
        self.start_button.setVisible(is_paused or not is_going)
        self.pause_button.setVisible(is_going)
        self.stop_button.setVisible(is_ours)
        self.pause_button.setChecked(is_going and status.ends_after_this)
        self.stop_button.setText(self.tr("Stopping ...") if state == "stopping" else self.tr("Stop"))
        self.stop_button.setEnabled(state in ("running", "paused"))
        self._reason.setText(entry.error if entry is not None else "")
        self._reason.setVisible(bool(self._reason.text()))

    def _why_not(self) -> str:
        """What keeps the queue from being started."""
        if self.status.worker == "others":
            return self.tr("Another program trains it.")
        if self.status.worker == "nobody" and self.status.training != "idle":
            return self.tr("A training is under way; the queue can be started after it.")
        return ""

    def _tell_of_groups(self, before: QueueStatus, after: QueueStatus) -> None:
        """Says what came of a group when its last run is at its end."""
        was_open = {entry.group for entry in before.entries if entry.is_open and entry.group}
        is_open = {entry.group for entry in after.entries if entry.is_open}
        there = {entry.group for entry in after.entries}
        for group in sorted((was_open & there) - is_open):
            accuracy = group_result(group).test_accuracy
            if accuracy is not None:
                self._finished_group = group
                text = self.tr("{0}: test accuracy {1} ± {2} over {3} runs.")
                numbers = (percent(accuracy.mean), percent(accuracy.std), accuracy.count)
                self.message.say(text.format(group, *numbers), "good")
                self.message.offer(self.tr("Compare"))


def _row_of(*widgets: QWidget) -> FlowLayout:
    row = FlowLayout(theme.GAP_SMALL)
    for widget in widgets:
        row.addWidget(widget)
    return row


def _work(queue: RunQueue, samples: Samples | None, dataset: Dataset) -> Iterator[Any]:
    """Runs in the trainer's thread, where importing torch holds nobody up."""
    from lepton_studio.engine import work_off

    yield from work_off(queue, samples, dataset)

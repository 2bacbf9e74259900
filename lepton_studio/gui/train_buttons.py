"""The buttons of a training: start, hold, step, stop, and what is wanted less often in a menu."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QWidget

from lepton_studio.gui.dialogs import confirmed
from lepton_studio.gui.page import button
from lepton_studio.gui.session import Session

# Slow motion: seconds of rest after each batch, and how many batches that leaves for a second at most.
SLOW = ((0.2, 5), (0.5, 2), (1.0, 1), (2.0, 0.5))
MORE_EPOCHS = (1, 5, 10)


class TrainButtons(QObject):
    """Makes the buttons, and keeps them true to what the training does."""

    def __init__(self, session: Session, row: QHBoxLayout, parent: QWidget) -> None:
        """Puts the buttons at the end of a row; ``parent`` is the page, over which a question is asked."""
        super().__init__(parent)
        self._session, self._page = session, parent
        self.more = button("train_more", self.tr("More"))
        self.more.setToolTip(self.tr("Slow motion, more epochs, cancel and discard"))
        self.stop = button("train_stop", self.tr("Stop"), "stop")
        self.stop.setToolTip(self.tr("End the training after this batch and keep the run (Ctrl+.)"))
        self.epoch = button("train_epoch", self.tr("Epoch"), "step_epoch")
        self.epoch.setToolTip(self.tr("Go on to the end of this epoch, then wait"))
        self.step = button("train_step", self.tr("Step"), "step")
        self.step.setToolTip(self.tr("Learn from one batch, then wait"))
        self.pause = button("train_pause", self.tr("Pause"), "pause")
        self.pause.setToolTip(self.tr("Hold the training after this batch, and keep what it learned"))
        self.start = button("train_start", self.tr("Start"), "play", main=True)
        self.start.setToolTip(self.tr("Train a new network from random weights (Ctrl+Return)"))
        for each in (self.more, self.stop, self.epoch, self.step, self.pause, self.start):
            row.addWidget(each)
        self._make_menu()
        self.stop.clicked.connect(session.stop_training)
        self.pause.clicked.connect(session.pause_training)
        self.show_state("")

    def show_state(self, obstacle: str) -> None:
        """Shows what can be done now; ``obstacle`` is what stands in the way of a new training, empty if nothing."""
        state = self._session.training_state
        going, paused = state in ("running", "stopping"), state == "paused"
        can_start = not going and (paused or not obstacle)
        self.start.setText(self.tr("Go on") if paused else self.tr("Start"))
        self.start.setEnabled(can_start)
        self.pause.setEnabled(state == "running")
        self.step.setEnabled(can_start)
        self.epoch.setEnabled(can_start)
        self.stop.setEnabled(state in ("running", "paused"))
        self.stop.setText(self.tr("Stopping ...") if state == "stopping" else self.tr("Stop"))
        # Between the click on Start and the first event there is nothing yet to discard, or to train longer.
        is_made = self._session.under_way is not None
        self._discard.setEnabled(state in ("running", "paused") and is_made)
        run = self._session.run
        can_extend = run is not None and state != "stopping" and (is_made or run.record.state != "failed")
        can_extend = can_extend and (is_made or state == "idle")
        self._longer.setEnabled(can_extend)

    # --- the menu

    def _make_menu(self) -> None:
        menu = QMenu(self.more)
        slow = menu.addMenu(self.tr("Slow motion"))
        slow.setObjectName("train_slow")
        group = QActionGroup(slow)
        for seconds, each_second in ((0.0, 0.0), *SLOW):
            text = self.tr("{} batches a second").format(f"{each_second:g}") if seconds else self.tr("Full speed")
            action = slow.addAction(text)
            action.setCheckable(True)
            action.setChecked(not seconds)
            group.addAction(action)
            action.triggered.connect(lambda _=False, seconds=seconds: self._session.set_delay(seconds))
        self._longer = menu.addMenu(self.tr("Train longer"))
        self._longer.setObjectName("train_longer")
        for epochs in MORE_EPOCHS:
            text = self.tr("1 more epoch") if epochs == 1 else self.tr("{} more epochs").format(epochs)
            self._longer.addAction(text).triggered.connect(
                lambda _=False, epochs=epochs: self._session.extend_training(epochs)
            )
        menu.addSeparator()
        self._discard: QAction = menu.addAction(self.tr("Cancel and discard ..."))
        self._discard.setObjectName("train_discard")
        self._discard.triggered.connect(self._ask_to_discard)
        self.more.setMenu(menu)

    def _ask_to_discard(self) -> None:
        run = self._session.under_way
        if run is None:
            return
        question = self.tr("Discard {}?").format(run.record.name)
        detail = self.tr("The training ends, and everything that this run has learned is deleted.")
        if run.is_queued:
            detail += " " + self.tr("The queue goes on with its next entry.")
        if confirmed(self._page, "discard_training", question, detail, self.tr("Discard")):
            self._session.discard_training(run)

    @property
    def all(self) -> tuple[QPushButton, ...]:
        """The buttons from left to right."""
        return (self.more, self.stop, self.epoch, self.step, self.pause, self.start)

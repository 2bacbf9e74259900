"""How far a sweep is, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from lepton_studio.engine import SweepResult, SweepTrial, is_worked_on
from lepton_studio.gui import theme
from lepton_studio.gui.page import button, second
from lepton_studio.gui.session import Session
from lepton_studio.gui.widgets.flow_layout import FlowLayout
from lepton_studio.gui.widgets.steady_label import SteadyLabel
from lepton_studio.gui.wording import duration

PULL_MILLISECONDS = 500
STEPS_OF_BAR = 1000


class SweepProgress(QWidget):
    """A line of words, a bar, and buttons; while it is seen, it looks at the training twice a second.

    Signals:
        go_on_wanted, take_wanted, watch_wanted, delete_wanted: a button was pressed.
    """

    go_on_wanted = Signal()
    take_wanted = Signal()
    watch_wanted = Signal()
    delete_wanted = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        """Starts without a sweep."""
        super().__init__(parent)
        self._session = session
        self._result: SweepResult | None = None
        self._trial: SweepTrial | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        self._make_progress(layout)
        layout.addLayout(self._make_buttons())
        self._timer = QTimer(self, interval=PULL_MILLISECONDS)
        self._timer.timeout.connect(self._show_progress)
        session.training_changed.connect(self.refresh)
        self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start()
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()
        super().hideEvent(event)

    def show_result(self, result: SweepResult | None, trial: SweepTrial | None) -> None:
        """Shows a sweep, and the trial whose settings can be taken."""
        self._result, self._trial = result, trial
        self.refresh()

    def refresh(self) -> None:
        """Looks at the training again."""
        self._show_progress()
        self._show_buttons()

    def _make_progress(self, layout: QVBoxLayout) -> None:
        self.bar = QProgressBar(textVisible=False)
        self.bar.setObjectName("sweep_progress")
        self.bar.setMaximum(STEPS_OF_BAR)
        words = second()
        words.setObjectName("sweep_summary")
        words.setFont(theme.font_of(theme.BODY_PIXELS))
        self._words = SteadyLabel(words)
        self.summary = words
        layout.addWidget(self._words)
        layout.addWidget(self.bar)

    def _make_buttons(self) -> FlowLayout:
        self.go_on_button = button("sweep_go_on", self.tr("Go on"), "play", main=True)
        self.go_on_button.clicked.connect(self.go_on_wanted)
        self.pause_button = button("sweep_pause", self.tr("Pause"), "pause")
        self.pause_button.setToolTip(self.tr("Hold it after this batch"))
        self.pause_button.clicked.connect(self._session.pause_training)
        self.stop_button = button("sweep_stop", self.tr("Stop"), "stop")
        self.stop_button.setToolTip(self.tr("End after this batch; the sweep goes on exactly there"))
        self.stop_button.clicked.connect(self._session.stop_training)
        self.watch_button = button("sweep_watch", self.tr("Watch"), "train")
        self.watch_button.setToolTip(self.tr("Show the training of this trial on the Train page"))
        self.watch_button.clicked.connect(self.watch_wanted)
        self.take_button = button("sweep_take", self.tr("Take the settings of the best"), "reset")
        self.take_button.setToolTip(self.tr("Make its dataset, network and hyperparameters the current ones"))
        self.take_button.clicked.connect(self.take_wanted)
        self.delete_button = button("sweep_delete", self.tr("Delete ..."), "trash")
        self.delete_button.clicked.connect(self.delete_wanted)
        row = FlowLayout(theme.GAP_SMALL)
        for each in (
            self.go_on_button, self.pause_button, self.stop_button, self.watch_button, self.take_button,
            self.delete_button,
        ):  # fmt: skip
            row.addWidget(each)
        return row

    @property
    def _is_ours(self) -> bool:
        """Whether the session trains a trial of the sweep that is looked at."""
        result, run = self._result, self._session.run
        if result is None or self._session.training_state == "idle":
            return False
        is_begun = run is not None and run.record.group == result.sweep.name
        return is_begun and is_worked_on(result.sweep)

    def _show_progress(self) -> None:
        result = self._result
        self.bar.setVisible(result is not None and not result.is_complete)
        if result is None:
            self._words.show_text(self.tr("Reading ..."))
            return
        sweep, is_ours = result.sweep, self._is_ours
        share, left = self._under_way(result) if is_ours else (0.0, None)
        words = [self.tr("{0} of {1} trials are over").format(result.ended, sweep.planned)]
        if is_ours:
            words = [self.tr("Trial {0} of {1}").format(min(result.ended + 1, sweep.planned), sweep.planned)]
            if left is not None:
                words.append(self.tr("about {} left").format(duration(left)))
        elif result.is_running and is_worked_on(sweep):
            words.append(self.tr("another program works on it") if self._session.training_state == "idle" else "")
        elif result.is_complete and result.best is not None:
            words = [
                self.tr("All {0} trials are over; number {1} is the best").format(sweep.planned, result.best.number)
            ]
        elif not result.is_complete and result.trials:
            words.append(self.tr("interrupted"))
        self._words.show_text(" · ".join(filter(None, words)))
        self.bar.setValue(round(STEPS_OF_BAR * (result.ended + share) / max(1, sweep.planned)))

    def _under_way(self, result: SweepResult) -> tuple[float, float | None]:
        """How much of the trial under way is done, and how many seconds the sweep still takes."""
        run = self._session.run
        pace = run.pace if run is not None else None
        if pace is None or not pace.batches or not pace.epochs:
            return 0.0, None
        share = min(1.0, (max(pace.epoch, 1) - 1 + pace.batch / pace.batches) / pace.epochs)
        if not pace.images_per_second:
            return share, None
        took = [trial.seconds for trial in result.trials if trial.seconds]
        each = sum(took) / len(took) if took else pace.seconds_left / max(1e-3, 1 - share)
        return share, pace.seconds_left + each * max(0, result.sweep.planned - result.ended - 1)

    def _show_buttons(self) -> None:
        result, state, is_ours = self._result, self._session.training_state, self._is_ours
        is_open = result is not None and not result.is_complete
        is_paused = is_ours and state == "paused"
        self.go_on_button.setVisible(is_open and (is_paused or not is_ours))
        self.go_on_button.setEnabled(is_paused or state == "idle")
        begun = result is not None and bool(result.trials)
        self.go_on_button.setText(self.tr("Go on") if begun else self.tr("Start"))
        self.go_on_button.setToolTip(
            "" if is_paused or state == "idle" else self.tr("A training is under way; it can go on after that.")
        )
        self.pause_button.setVisible(is_ours and not is_paused)
        self.pause_button.setEnabled(state == "running")
        self.stop_button.setVisible(is_ours)
        self.stop_button.setEnabled(state in ("running", "paused"))
        self.stop_button.setText(self.tr("Stopping ...") if state == "stopping" else self.tr("Stop"))
        self.watch_button.setVisible(is_ours)
        self.delete_button.setVisible(result is not None and not is_ours)
        trial, best = self._trial, result.best if result is not None else None
        self.take_button.setVisible(trial is not None)
        is_best = trial is not None and best is not None and trial.number == best.number
        self.take_button.setText(
            self.tr("Take the settings of the best")
            if is_best or trial is None
            else self.tr("Take the settings of trial {}").format(trial.number)
        )

"""Train: choose, start, watch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QVBoxLayout

from lepton_studio.engine import Run
from lepton_studio.gui import theme
from lepton_studio.gui.mending_offer import MendingOffer
from lepton_studio.gui.page import Page, button, second, settings_column
from lepton_studio.gui.session import Session
from lepton_studio.gui.train_settings import TrainSettings
from lepton_studio.gui.widgets.curve_plot import CurveData, CurvePlot
from lepton_studio.gui.widgets.form import spec_text
from lepton_studio.gui.widgets.performance_panel import PerformancePanel
from lepton_studio.gui.widgets.steady_label import SteadyLabel
from lepton_studio.gui.wording import duration, grouped, kernels_word, memory, milliseconds, percent

# One of the two plots each time. Drawing one takes a busy processor up to 10 ms; more often, it would take the training
# more than it is worth.
PULL_MILLISECONDS = 300


class TrainPage(Page):
    """The loss curve is the largest thing; everything else is quieter. Plots pull, nothing pushes."""

    object_name = "train_page"

    def __init__(self, session: Session, title: str) -> None:
        """Builds the page and starts to pull while it is visible."""
        super().__init__(session, title)
        self._make_buttons()
        self._make_plots()
        self._settings = TrainSettings(session)
        columns = QHBoxLayout()
        columns.setSpacing(theme.GAP_LARGE)
        left = QVBoxLayout()
        left.setSpacing(theme.GAP_SMALL)
        left.addWidget(self._legend)
        left.addWidget(self.loss_plot, 3)
        left.addWidget(self.accuracy_plot, 2)
        left.addLayout(self._make_progress())
        columns.addLayout(left, 1)
        columns.addWidget(settings_column(self._settings))
        self.body.addLayout(columns, 1)
        self._turn = False
        self._seen: list[tuple[object, ...] | None] = [None, None]
        self._timer = QTimer(self, interval=PULL_MILLISECONDS)
        self._timer.timeout.connect(self._pull_in_turn)
        session.training_changed.connect(self._show_state)
        self._obstacle = ""
        for signal in (session.experiment_changed, session.samples_changed, session.engine_started):
            signal.connect(self._show_obstacle)
        self._show_obstacle()
        # After the page itself, so that it finds what the page says.
        MendingOffer(session, self.message)

    def state_text(self) -> str:
        run, state = self.session.run, self.session.training_state
        if state == "stopping":
            return self.tr("stopping ...")
        if state == "idle" or run is None:
            done = run.record.epochs_done if run is not None else 0
            several = self.tr("{} epochs done").format(done) if done else ""
            return self.tr("1 epoch done") if done == 1 else several
        text = self.tr("paused at {} of {}") if state == "paused" else self.tr("epoch {} of {}")
        return text.format(run.pace.epoch or 1, run.experiment.hyperparameters.epochs)

    def shown(self) -> None:
        self._timer.start()
        self._pull()

    def hideEvent(self, event: object) -> None:
        self._timer.stop()

    # --- parts

    def _make_buttons(self) -> None:
        self.stop_button = button("train_stop", self.tr("Stop"), "stop")
        self.stop_button.setToolTip(self.tr("End the training after this batch and keep the run (Ctrl+.)"))
        self.step_button = button("train_step", self.tr("Step"), "step")
        self.step_button.setToolTip(self.tr("Learn from one batch, then wait"))
        self.pause_button = button("train_pause", self.tr("Pause"), "pause")
        self.pause_button.setToolTip(self.tr("Hold the training after this batch"))
        self.start_button = button("train_start", self.tr("Start"), "play", main=True)
        self.start_button.setToolTip(self.tr("Train a new network from random weights (Ctrl+Return)"))
        for each in (self.stop_button, self.step_button, self.pause_button, self.start_button):
            self.header.addWidget(each)
        self.stop_button.clicked.connect(self.session.stop_training)
        self.step_button.clicked.connect(self._step)
        self.pause_button.clicked.connect(self.session.pause_training)
        self.start_button.clicked.connect(self.start)

    def _make_plots(self) -> None:
        self._legend = QLabel(wordWrap=True)
        self._legend.setTextFormat(Qt.TextFormat.RichText)
        self.loss_plot = CurvePlot(self.tr("Loss"))
        self.loss_plot.setObjectName("loss_plot")
        self.loss_plot.set_placeholder(
            self.tr(
                "Here you will see how surprised the network is by the right answers (the loss): one point for "
                "each batch. It falls as the network learns. Press Start."
            )
        )
        self.accuracy_plot = CurvePlot(self.tr("Accuracy"), unit="%", highest=100.0)
        self.accuracy_plot.setObjectName("accuracy_plot")
        self.accuracy_plot.set_placeholder(self.tr("And here the share of pictures that it answers right (accuracy)."))
        self.accuracy_plot.link(self.loss_plot)

    def _make_progress(self) -> QVBoxLayout:
        self.progress_bar = QProgressBar(textVisible=False)
        self.progress_bar.setObjectName("train_progress")
        self.progress_text = second()
        self.progress_text.setObjectName("train_progress_text")
        self.progress_text.setFont(theme.font_of(theme.BODY_PIXELS))
        self.result_text = QLabel()
        self.result_text.setObjectName("train_result")
        line = QHBoxLayout()
        self._steady_progress = SteadyLabel(self.progress_text)
        line.addWidget(self._steady_progress, 1)
        line.addWidget(self.result_text)
        layout = QVBoxLayout()
        layout.setSpacing(theme.GAP_SMALL)
        layout.addWidget(self.progress_bar)
        layout.addLayout(line)
        self.performance = PerformancePanel()
        layout.addWidget(self.performance)
        return layout

    # --- what people do

    def start(self) -> None:
        """Starts, or goes on after a pause."""
        self.message.clear()
        self.session.start_training()

    def _step(self) -> None:
        self.message.clear()
        self.session.step_training()

    # --- what the page shows

    def _show_obstacle(self) -> None:
        """Says why the experiment cannot be trained, before anybody tries."""
        obstacle = self.session.obstacle()
        before, self._obstacle = self._obstacle, str(obstacle) if obstacle is not None else ""
        if before and self.message.text == before:
            self.message.clear()
        self._show_state()

    def _show_state(self) -> None:
        state = self.session.training_state
        # The training under way has what it needs; what stands in the way of the next one can wait.
        if self._obstacle and state == "idle" and not self.message.text:
            self.message.say(self._obstacle, "warning")
        going = state in ("running", "stopping")
        paused = state == "paused"
        self.start_button.setText(self.tr("Go on") if paused else self.tr("Start"))
        self.start_button.setEnabled(not going and (paused or not self._obstacle))
        self.pause_button.setEnabled(state == "running")
        self.step_button.setEnabled(not going and (paused or not self._obstacle))
        self.stop_button.setEnabled(state in ("running", "paused"))
        self.stop_button.setText(self.tr("Stopping ...") if state == "stopping" else self.tr("Stop"))
        self._settings.setEnabled(state == "idle")
        self._settings.setToolTip("" if state == "idle" else self.tr("Settings can be changed between trainings."))
        self._pull()

    def _pull_in_turn(self) -> None:
        """One plot at a time: drawn together, they would hold the window up twice as long."""
        self._turn = not self._turn
        # The loop reads its numbers less often than this looks; looking again at the same would slow the training.
        news = _news(self.session.run, self.session.training_state)
        if news != self._seen[self._turn]:
            self._seen[self._turn] = news
            self._pull((self.loss_plot,) if self._turn else (self.accuracy_plot,))

    def _pull(self, plots: tuple[CurvePlot, ...] = ()) -> None:
        """Shows the newest numbers on these plots, on both if none is named."""
        run = self.session.run
        if not plots:
            self._legend.setText(self._legend_text())
        if run is None:
            self.loss_plot.show_data(None)
            self.accuracy_plot.show_data(None)
            # The run may have been deleted: nothing of it stays.
            self.progress_bar.setValue(0)
            self._steady_progress.show_text("")
            self.result_text.clear()
            self.performance.show_figures({})
            return
        history, pace = run.history, run.pace
        rows = history.epochs
        batches = pace.batches or 1
        if self.loss_plot in plots or not plots:
            means = tuple((row.train_loss, row.validation_loss) for row in rows)
            self.loss_plot.show_data(_curves(history.batch_loss, batches, means))
        if self.accuracy_plot in plots or not plots:
            means = tuple((row.train_accuracy * 100, row.validation_accuracy * 100) for row in rows)
            self.accuracy_plot.show_data(_curves(history.batch_accuracy * 100, batches, means))
        self._show_progress(run)

    def _show_progress(self, run: Run) -> None:
        pace = run.pace
        state = self.session.training_state
        total = max(1, pace.epochs * pace.batches)
        done = (max(pace.epoch, 1) - 1) * pace.batches + pace.batch
        self.progress_bar.setMaximum(total)
        self.progress_bar.setValue(total if run.record.state == "finished" else min(done, total))
        self._steady_progress.show_text(self._progress_words(run, state))
        self.performance.show_figures(self._figures(run, state))
        rows = run.history.epochs
        if run.record.test_accuracy is not None:
            text = self.tr("Test accuracy {}").format(percent(run.record.test_accuracy))
        elif rows:
            text = self.tr("Validation accuracy {}").format(percent(rows[-1].validation_accuracy))
        else:
            text = ""
        self.result_text.setFont(theme.font_of(theme.SECTION_PIXELS, semibold=True))
        self.result_text.setText(text)

    def _progress_words(self, run: Run, state: str) -> str:
        pace = run.pace
        if state == "idle":
            seconds = duration(run.record.train_seconds)
            names = {
                "finished": self.tr("Finished after {} of training on {}").format(seconds, run.record.device),
                "stopped": self.tr("Stopped after {}; the run is kept").format(seconds),
                "failed": self.tr("The training failed"),
            }
            return names.get(run.record.state, "")
        if not pace.batches:
            return self.tr("Preparing ...")
        words = [self.tr("Epoch {} of {}").format(pace.epoch, pace.epochs)]
        # As wide for batch 1 as for batch 57: where the line just fits, it must not break anew at each batch.
        batches = grouped(pace.batches)
        batch = grouped(pace.batch).rjust(len(batches), "\N{FIGURE SPACE}")
        words.append(self.tr("batch {} of {}").format(batch, batches))
        if state == "paused":
            words.append(self.tr("paused"))
        return " · ".join(words)

    def _figures(self, run: Run, state: str) -> dict[str, str]:
        """What the training costs: measured now while it goes on, afterwards as it was recorded."""
        record, pace, beat = run.record, run.pace, self.session.heartbeat
        going = state != "idle"
        speed = pace.images_per_second if going else record.images_per_second
        gap = beat.p99 if going else record.window_gap_p99
        longest = beat.longest if going else record.window_gap_longest
        # Figures that come in a moment have their place from the start.
        later = "–" if going else ""
        left = duration(pace.seconds_left) if pace.images_per_second else later
        return {
            "speed": self.tr("{} images/s").format(grouped(round(speed))) if speed else later,
            "left": left if going else "",
            "gap": milliseconds(gap) if gap else later,
            "longest": milliseconds(longest) if longest else later,
            "memory": memory(pace.device_bytes) if pace.device_bytes else "",
            "precision": spec_text(record.precision),
            "threads": str(record.threads) if record.threads else "",
            "kernels": kernels_word(record.kernels),
        }

    def _legend_text(self) -> str:
        colours = theme.tokens()
        return "&nbsp;&nbsp;&nbsp;&nbsp;".join(
            f'<span style="color:{colour}">{mark}</span>&nbsp;&nbsp;{word}'
            for colour, mark, word in (
                (colours.train, "━", self.tr("train, each batch")),
                (colours.train, "○", self.tr("train, whole epoch")),
                (colours.validation, "┅■", self.tr("validation")),
            )
        )


def _curves(batches: NDArray[np.float32], per_epoch: int, means: tuple[tuple[float, float], ...]) -> CurveData:
    """What a plot draws, from the numbers of the batches and the (train, validation) means of the epochs."""
    return CurveData(batches, per_epoch, tuple(train for train, _ in means), tuple(other for _, other in means))


def _news(run: Run | None, state: str) -> tuple[object, ...]:
    """Another value whenever there is something else to show; the loop replaces pace and record, whole."""
    if run is None:
        return ()
    return (run.id, len(run.history), len(run.history.epochs), run.pace, run.record, state)

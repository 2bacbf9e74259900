"""How far a training is, what it costs, and what came of it: the lines below the curves."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from lepton_studio.engine import Run
from lepton_studio.gui import theme
from lepton_studio.gui.page import second
from lepton_studio.gui.session import Session
from lepton_studio.gui.widgets.form import spec_text
from lepton_studio.gui.widgets.performance_panel import PerformancePanel
from lepton_studio.gui.widgets.steady_label import SteadyLabel
from lepton_studio.gui.wording import duration, grouped, kernels_word, memory, milliseconds, percent


class TrainProgress(QWidget):
    """A bar, a line of words, the figures of its speed. It is told when to look."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        """Shows nothing before the first run."""
        super().__init__(parent)
        self._session = session
        self.bar = QProgressBar(textVisible=False)
        self.bar.setObjectName("train_progress")
        self.text = second()
        self.text.setObjectName("train_progress_text")
        self.text.setFont(theme.font_of(theme.BODY_PIXELS))
        self.result = QLabel()
        self.result.setObjectName("train_result")
        self.result.setFont(theme.font_of(theme.SECTION_PIXELS, semibold=True))
        self._line = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._line.setSpacing(theme.GRID)
        self._steady = SteadyLabel(self.text)
        self._line.addWidget(self._steady, 1)
        self._line.addWidget(self.result)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        layout.addWidget(self.bar)
        layout.addLayout(self._line)
        self.performance = PerformancePanel()
        # The panel hides itself where it has nothing to show; what is around it gives way where there is no room.
        self._around = QWidget()
        around = QVBoxLayout(self._around)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(self.performance)
        layout.addWidget(self._around)

    def show_figures(self, is_shown: bool, is_one_row: bool) -> None:
        """Shows what the training costs, in one row at most or in as many as it takes, or leaves the room to others."""
        self._around.setVisible(is_shown)
        self.performance.set_one_row(is_one_row)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Puts what came of it below the words where both do not fit beside each other: no line breaks anew."""
        words = self.text.fontMetrics().horizontalAdvance(self.text.text())
        needed = words + theme.GAP_SMALL + self.result.sizeHint().width()
        direction = QBoxLayout.Direction
        wanted = direction.LeftToRight if needed <= self.width() else direction.TopToBottom
        if self._line.direction() != wanted:
            self._line.setDirection(wanted)

    def refresh(self) -> None:
        """Shows where the run of the session is now."""
        run, state = self._session.run, self._session.training_state
        if run is None:
            # The run may have been deleted: nothing of it stays.
            self.bar.setValue(0)
            self._steady.show_text("")
            self.result.clear()
            self.performance.show_figures({})
            return
        pace = run.pace
        total = max(1, pace.epochs * pace.batches)
        done = (max(pace.epoch, 1) - 1) * pace.batches + pace.batch
        self.bar.setMaximum(total)
        self.bar.setValue(total if run.record.state == "finished" else min(done, total))
        self._steady.show_text(self._words(run, state))
        self.performance.show_figures(self._figures(run, state))
        self.result.setText(self._result_words(run))
        self._fit()

    def _result_words(self, run: Run) -> str:
        rows = run.history.epochs
        if run.record.test_accuracy is not None:
            return self.tr("Test accuracy {}").format(percent(run.record.test_accuracy))
        return self.tr("Validation accuracy {}").format(percent(rows[-1].validation_accuracy)) if rows else ""

    def _words(self, run: Run, state: str) -> str:
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
        elif self._around.isHidden() and pace.images_per_second:
            words.append(self.tr("{} left").format(duration(pace.seconds_left)))
        return " · ".join(words)

    def _figures(self, run: Run, state: str) -> dict[str, str]:
        """What the training costs: measured now while it goes on, afterwards as it was recorded."""
        record, pace, beat = run.record, run.pace, self._session.heartbeat
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

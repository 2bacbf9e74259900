"""What a training of the network on the bench will cost: its size at once, its time after a second of it."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from lepton_studio.engine import (
    ArchitectureReport,
    Cost,
    Experiment,
    Hyperparameters,
    LeptonError,
    Progress,
    probe_cost,
)
from lepton_studio.gui import theme
from lepton_studio.gui.narrow_progress import NarrowProgress
from lepton_studio.gui.page import button, second, section
from lepton_studio.gui.runner import Runner
from lepton_studio.gui.weights_offer import WeightsOffer
from lepton_studio.gui.widgets.figure_rows import FigureRows
from lepton_studio.gui.wording import duration, grouped, megabytes, memory
from lepton_studio.gui.workbench import Workbench

# Somebody who drags a slider is not measured at every pixel.
SETTLE_MILLISECONDS = 600
MOST_KEPT = 64
# From here on sizes are told without a fraction.
LARGE_BYTES = 100_000_000
MILLION = 1_000_000
# Guesses are told as roughly as they are: "2.3 s", "48 s", "19 min", "3 h 9 min".
SECONDS_WITH_FRACTION, SHORT_SECONDS, LONG_SECONDS = 10, 120, 7200

Key = tuple[Experiment, tuple[int, ...], int]


class CostView(QFrame):
    """A quiet card: parameters, operations and memory at once; seconds after a probe in the background.

    Attributes:
        kept: what was measured, so that an undo shows it again at once; the card that takes the place of this one
            may go on with it.
        weights_offer: the line that gets missing weights of well-known networks.
    """

    def __init__(self, bench: Workbench, parent: QWidget | None = None) -> None:
        """Follows the bench; nothing is measured before it is seen."""
        super().__init__(parent)
        self.setProperty("card", True)
        self.setObjectName("cost_view")
        self._bench, self._session = bench, bench.session
        self.kept: dict[Key, Cost] = {}
        self._probed: Key | None = None
        # What went wrong or was cancelled is not tried again by itself.
        self._given_up: dict[Key, str] = {}
        self._soon = QTimer(self, singleShot=True, interval=SETTLE_MILLISECONDS)
        self._soon.timeout.connect(self._probe)
        self.runner = Runner(self)
        self.runner.event_emitted.connect(self._probing)
        self.runner.job_failed.connect(self._failed)
        self.runner.finished.connect(self._ended)
        self._make()
        for signal in (bench.described, self._session.training_changed):
            signal.connect(self.refresh)
        self.refresh()

    def _make(self) -> None:
        self.rows = FigureRows()
        names = {
            "parameters": self.tr("Parameters"), "frozen": self.tr("of these frozen"),
            "flops": self.tr("Operations a picture"), "activations": self.tr("Activations a picture"),
            "epoch": self.tr("One epoch"), "all": self.tr("All epochs"), "memory": self.tr("Memory at the peak"),
        }  # fmt: skip
        self._tips = {
            "parameters": self.tr("Numbers that the network learns: its weights."),
            "flops": self.tr("Multiplications and additions for one answer; learning takes about three times as many."),
            "epoch": self.tr("Going once through the training pictures, and then the validation."),
            "memory": self.tr(
                "Weights, gradients, the optimizer's notes, the pictures, and of a batch those activations that "
                "learning looks at again, at the precision of the training."
            ),
        }
        for key, name in names.items():
            self.rows.add_row(key, name, self._tips.get(key, ""))
        self.note = second()
        # The column has its width; a long text shall not ask for more.
        self.note.setMinimumWidth(1)
        self.progress = NarrowProgress("cancel_cost", self)
        self.progress.cancel_wanted.connect(self._cancel)
        self.again_button = button("measure_cost", self.tr("Measure"), "reset")
        self.again_button.clicked.connect(self._measure_again)
        self.weights_offer = WeightsOffer(self._session, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GAP, theme.GAP - theme.GRID, theme.GAP, theme.GAP)
        layout.setSpacing(theme.GAP_SMALL)
        heading = section(self.tr("What training will cost"))
        for widget in (heading, self.rows, self.note, self.progress, self.again_button, self.weights_offer):
            layout.addWidget(widget)

    def refresh(self) -> None:
        """Shows what is known, and has the rest measured when edits have settled."""
        self._soon.stop()
        report, key, obstacle = self._bench.report, self._key(), self._obstacle()
        is_known = report is not None and report.output_shape is not None and bool(report.layers)
        self._show_size(report if is_known else None)
        self._show_cost(None if key is None else self.kept.get(key))
        if self.runner.isRunning() and (obstacle or key != self._probed or not self.isVisible()):
            self.runner.request_stop()
        is_open = key is not None and key not in self.kept and not obstacle
        trouble = self._given_up.get(key, "") if key is not None else ""
        self.again_button.setVisible(bool(is_open and trouble))
        if obstacle or (is_open and trouble):
            self._say("" if key in self.kept else obstacle or trouble)
        elif is_open:
            self._say("")
            if self.isVisible() and not self.runner.isRunning():
                self._soon.start()

    def stop(self) -> None:
        """Ends what is under way, before the window closes."""
        self._soon.stop()
        self.runner.stop()
        self.weights_offer.stop()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._soon.stop()
        self.runner.request_stop()

    # --- what is asked

    def _key(self) -> Key | None:
        """What the cost depends on; None while that is not known."""
        session = self._session
        if session.samples is None:
            return None
        experiment, usual = session.experiment, Hyperparameters()
        settings = experiment.hyperparameters
        optimizer = settings.optimizer
        optimizer = msgspec.structs.replace(optimizer, learning_rate=type(optimizer)().learning_rate)
        settings = msgspec.structs.replace(settings, epochs=usual.epochs, schedule=usual.schedule, optimizer=optimizer)
        architecture = msgspec.structs.replace(experiment.architecture, name="")
        same = msgspec.structs.replace(experiment, architecture=architecture, hyperparameters=settings, seed=0)
        return same, session.samples.images.shape, len(session.samples.class_names)

    def _obstacle(self) -> str:
        """Why nothing can be measured now; empty if it can."""
        session, report = self._session, self._bench.report
        if not session.engine_ready or report is None:
            return self.tr("Preparing ...")
        if session.samples is None:
            if session.loading is not None:
                return self.tr("Time and memory are measured when the dataset is loaded.")
            return self.tr("Time and memory are measured with the dataset, which is not on this computer.")
        if report.errors:
            return self.tr("Time and memory are measured when the network can be built.")
        if session.training_state != "idle":
            return self.tr("A training is under way: time and memory are measured when it has ended.")
        return ""

    # --- the probe

    def _probe(self) -> None:
        key, samples = self._key(), self._session.samples
        if key is None or samples is None or self._obstacle() or self.runner.isRunning():
            return
        self._probed = key
        self.progress.show_progress(Progress(self.tr("Measuring a few steps")))
        self.runner.walk(probe_cost(self._session.experiment, samples, lambda: self.runner.is_ending))

    def _probing(self, event: object) -> None:
        if isinstance(event, Cost) and self._probed is not None:
            self.kept[self._probed] = event
            while len(self.kept) > MOST_KEPT:
                del self.kept[next(iter(self.kept))]
        elif isinstance(event, Progress):
            self.progress.show_progress(event)

    def _failed(self, error: Exception) -> None:
        # A training that came between is no fault: it is measured afterwards.
        if self._probed is not None and self._session.training_state == "idle":
            what = str(error) if isinstance(error, LeptonError) else f"{type(error).__name__}: {error}"
            self._given_up[self._probed] = what

    def _cancel(self) -> None:
        if self._probed is not None:
            self._given_up[self._probed] = self.tr("Not measured.")
        self.runner.request_stop()

    def _measure_again(self) -> None:
        self._given_up.pop(self._key() or self._probed, None)  # type: ignore[arg-type]
        self.refresh()
        self._soon.start(0)

    def _ended(self) -> None:
        self._probed = None
        self.progress.show_progress(None)
        self.refresh()

    # --- what is shown

    def _say(self, text: str) -> None:
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def _show_size(self, report: ArchitectureReport | None) -> None:
        rows, batch = self.rows, self._session.experiment.hyperparameters.batch_size
        if self._session.samples is not None:
            batch = min(batch, len(self._session.samples))
        frozen = report.frozen if report is not None else 0
        rows.show_value("parameters", grouped(report.parameters) if report else "")
        rows.show_value("frozen", grouped(frozen))
        rows.set_row_visible("frozen", frozen > 0)
        rows.show_value("flops", self._many(report.flops) if report else "")
        rows.show_value("activations", _size(report.memory) if report else "")
        if report:
            # Not on the card: less of it is kept, so that it would be more than all of the memory beside it.
            tip = self.tr("Outputs of all layers in float32 ({0} for a batch of {1}). Learning keeps a part of them.")
            rows.explain("activations", tip.format(_size(report.memory * batch), grouped(batch)))

    def _show_cost(self, cost: Cost | None) -> None:
        rows, epochs = self.rows, self._session.experiment.hyperparameters.epochs
        rows.rename("all", self.tr("All {} epochs").format(grouped(epochs)))
        rows.set_row_visible("all", epochs > 1)
        if cost is None:
            for key in ("epoch", "all", "memory"):
                rows.show_value(key, "")
            rows.show_verdict("memory", "", "")
            return
        seconds = cost.seconds_per_epoch
        rows.show_value("epoch", self._about(seconds))
        rows.show_value("all", self._about(None if seconds is None else seconds * epochs))
        rows.show_value("memory", _size(cost.memory))
        if not cost.room:
            rows.show_verdict("memory", "", "")
        elif cost.fits:
            rows.show_verdict("memory", "good", self.tr("fits: {} free").format(memory(cost.room)))
        else:
            rows.show_verdict("memory", "bad", self.tr("does not fit: {} free").format(memory(cost.room)))
        where = self.tr("Measured on {0}, {1}.").format(cost.device, cost.precision)
        for key in ("epoch", "all", "memory"):
            rows.explain(key, f"{self._tips.get(key, '')}\n{where}".strip())
        self._say(" ".join(cost.remarks))

    def _about(self, seconds: float | None) -> str:
        if seconds is None:
            return ""
        if seconds < SECONDS_WITH_FRACTION:
            return self.tr("about {} s").format(f"{seconds:.2g}")
        if SHORT_SECONDS < seconds < LONG_SECONDS:
            return self.tr("about {} min").format(round(seconds / 60))
        return self.tr("about {}").format(duration(seconds))

    def _many(self, count: int) -> str:
        if count < MILLION:
            return grouped(count)
        if count < 1000 * MILLION:
            return self.tr("{} million").format(f"{count / MILLION:.3g}")
        return self.tr("{} billion").format(f"{count / MILLION / 1000:.3g}")


def _size(count: int) -> str:
    if count >= LARGE_BYTES:
        return memory(count)
    return f"{count / 1e3:.3g} kB" if MILLION > count >= MILLION // 10 else megabytes(count)

"""Finds a learning rate for the experiment: one button, and what came of it below."""

from __future__ import annotations

import msgspec
import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from lepton_studio.engine import (
    Experiment,
    Hyperparameters,
    LeptonError,
    Progress,
    RatePoint,
    RateSearch,
    find_rate,
    smoothed,
)
from lepton_studio.gui import theme
from lepton_studio.gui.narrow_progress import NarrowProgress
from lepton_studio.gui.page import button, second
from lepton_studio.gui.runner import Runner
from lepton_studio.gui.session import Session
from lepton_studio.gui.widgets.rate_plot import RatePlot

REDRAW_MILLISECONDS = 150

Key = tuple[Experiment, tuple[int, ...], int]


class RateFinderView(QWidget):
    """One button until it is used; then a curve, the suggestion with its reason, and a button that takes it over.

    Its owner calls :meth:`stop`.

    Attributes:
        kept: what was found, and for which experiment; the view that takes the place of this one may go on with it.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        """Follows the session; nothing is tried before it is asked for."""
        super().__init__(parent)
        self.setObjectName("rate_finder")
        self._session = session
        self.kept: tuple[Key, RateSearch] | None = None
        self._searched: Key | None = None
        self._points: list[RatePoint] = []
        self._shown: RateSearch | None = None
        self._is_folded = False
        self.runner = Runner(self)
        self.runner.event_emitted.connect(self._searching)
        self.runner.job_failed.connect(self._failed)
        self.runner.finished.connect(self._ended)
        self._redraw = QTimer(self, interval=REDRAW_MILLISECONDS)
        self._redraw.timeout.connect(self._draw_points)
        self._make()
        for signal in (session.experiment_changed, session.samples_changed, session.training_changed):
            signal.connect(self.refresh)
        self.refresh()

    def _make(self) -> None:
        self.find_button = button("find_rate", self.tr("Find a learning rate"), "search")
        self.find_button.setToolTip(
            self.tr("Trains for a few seconds while the learning rate rises, and looks where the loss falls fastest.")
        )
        self.find_button.clicked.connect(self._find)
        self.progress = NarrowProgress("cancel_rate", self)
        self.progress.cancel_wanted.connect(self._cancel)
        self.plot = RatePlot(self)
        self.plot.rate_picked.connect(self._picked)
        self.answer = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.note = second()
        for label in (self.answer, self.note):
            # The column has its width; a long text shall not ask for more.
            label.setMinimumWidth(1)
        self.use_button = button("use_rate", self.tr("Use this rate"), "check")
        self.use_button.clicked.connect(self._use)
        self.fold_button = button("fold_rate", self.tr("Close"), "close")
        self.fold_button.clicked.connect(self._fold)
        self._row = QWidget(self)
        row = QHBoxLayout(self._row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP_SMALL)
        row.addWidget(self.use_button, 1)
        row.addWidget(self.fold_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        for widget in (self.find_button, self.progress, self.plot, self.answer, self.note, self._row):
            layout.addWidget(widget)

    def refresh(self) -> None:
        """Shows what was found for this very experiment, and nothing that was found for another."""
        key, is_running = self._key(), self.runner.isRunning()
        if is_running and key != self._searched:
            self.runner.request_stop()
        found = self.kept[1] if self.kept is not None and self.kept[0] == key and not self._is_folded else None
        if found is not self._shown:
            self._show(found)
        if found is not None:
            self._show_use()
        self.find_button.setVisible(not is_running)
        self.plot.setVisible(is_running or (found is not None and bool(found.rates)))
        self.answer.setVisible(not is_running and found is not None)
        self._row.setVisible(not is_running and found is not None)
        self.note.setVisible(not is_running and bool(self.note.text()))

    def stop(self) -> None:
        """Ends what is under way, before the window closes."""
        self._redraw.stop()
        self.runner.stop()

    # --- what is asked

    def _key(self) -> Key | None:
        """What the curve depends on; None while that is not known."""
        samples = self._session.samples
        if samples is None:
            return None
        experiment, usual = self._session.experiment, Hyperparameters()
        settings = experiment.hyperparameters
        rate = type(settings.optimizer)().learning_rate
        optimizer = msgspec.structs.replace(settings.optimizer, learning_rate=rate)
        settings = msgspec.structs.replace(settings, epochs=usual.epochs, schedule=usual.schedule, optimizer=optimizer)
        architecture = msgspec.structs.replace(experiment.architecture, name="")
        same = msgspec.structs.replace(experiment, architecture=architecture, hyperparameters=settings)
        return same, samples.images.shape, len(samples.class_names)

    def _obstacle(self) -> str:
        """Why nothing can be tried now; empty if it can."""
        session = self._session
        if session.training_state != "idle":
            return self.tr("A training is under way. Ask again when it has ended.")
        trouble = session.obstacle()
        if trouble is not None:
            return str(trouble)
        if not session.engine_ready or session.samples is None:
            return self.tr("Still preparing. Ask again in a moment.")
        return ""

    # --- the search

    def _find(self) -> None:
        samples, obstacle = self._session.samples, self._obstacle()
        self._say(obstacle)
        if obstacle or samples is None or self.runner.isRunning():
            return
        self._searched, self._points, self.kept, self._is_folded = self._key(), [], None, False
        self.plot.set_result(None, can_pick=False)
        self._draw_points()
        self.progress.show_progress(Progress(self.tr("Trying learning rates")))
        self.runner.walk(find_rate(self._session.experiment, samples))
        self._redraw.start()
        self.refresh()

    def _searching(self, event: object) -> None:
        if isinstance(event, RatePoint):
            self._points.append(event)
        elif isinstance(event, Progress):
            self.progress.show_progress(event)
        elif isinstance(event, RateSearch) and self._searched is not None:
            self.kept = self._searched, event

    def _failed(self, error: Exception) -> None:
        self._say(str(error) if isinstance(error, LeptonError) else f"{type(error).__name__}: {error}")

    def _cancel(self) -> None:
        self.runner.request_stop()

    def _ended(self) -> None:
        self._redraw.stop()
        self._searched = None
        self.progress.show_progress(None)
        self.refresh()

    def _draw_points(self) -> None:
        if not self.isVisible() and self._points:
            return
        finite = [point for point in self._points if np.isfinite(point.loss)]
        losses = np.array([point.loss for point in finite], np.float64)
        rates = np.array([point.rate for point in finite], np.float64)
        self.plot.show_curve(rates, losses, smoothed(losses.tolist()) if len(losses) else losses)

    # --- what is shown

    def _show(self, found: RateSearch | None) -> None:
        self._shown = found
        if found is None:
            self.find_button.setText(self.tr("Find a learning rate"))
            self._say("")
            return
        self.find_button.setText(self.tr("Find it again"))
        self.plot.show_curve(*(np.array(each) for each in (found.rates, found.losses, found.smooth_losses)))
        self.plot.set_result(found.suggestion, can_pick=bool(found.rates))
        if found.suggestion is not None:
            reason = self.tr("Here the loss falls fastest: bold steps that still lead downhill.")
            self.answer.setText(self.tr("Suggested: {0}. {1}").format(f"{found.suggestion:g}", reason))
        elif found.verdict == "no_number":
            self.answer.setText(self.tr("No suggestion: the loss is no number from the beginning on."))
        else:
            self.answer.setText(
                self.tr(
                    "No suggestion: the loss hardly falls at any learning rate. Something else may keep this network "
                    "from learning."
                )
            )
        self._say(self.tr("Click the curve to pick another. Right of the lowest point the steps are too large."))

    def _picked(self, _rate: float) -> None:
        self._show_use()

    def _show_use(self) -> None:
        rate = self.plot.picked
        now = self._session.experiment.hyperparameters.optimizer.learning_rate
        self.use_button.setEnabled(rate is not None and rate != now)
        if rate is None:
            self.use_button.setText(self.tr("Use this rate"))
        elif rate == now:
            self.use_button.setText(self.tr("{} is in use").format(f"{rate:g}"))
        else:
            self.use_button.setText(self.tr("Use {}").format(f"{rate:g}"))

    def _use(self) -> None:
        rate, experiment = self.plot.picked, self._session.experiment
        if rate is None:
            return
        optimizer = msgspec.structs.replace(experiment.hyperparameters.optimizer, learning_rate=rate)
        settings = msgspec.structs.replace(experiment.hyperparameters, optimizer=optimizer)
        changed = msgspec.structs.replace(experiment, hyperparameters=settings)
        self._session.edit(self.tr("Use learning rate {}").format(f"{rate:g}"), changed)

    def _fold(self) -> None:
        """Leaves the button alone; the next search begins anew."""
        self.kept, self._is_folded = None, True
        self._say("")
        self.refresh()

    def _say(self, text: str) -> None:
        self.note.setText(text)
        self.note.setVisible(bool(text) and not self.runner.isRunning())

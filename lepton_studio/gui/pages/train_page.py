"""Train: choose, start, watch, steer."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QHideEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from lepton_studio.engine import LeptonError, Run
from lepton_studio.gui import theme
from lepton_studio.gui.epoch_slider import EpochSlider
from lepton_studio.gui.group_curves import GroupCurves
from lepton_studio.gui.hint_view import HintView
from lepton_studio.gui.mending_offer import MendingOffer
from lepton_studio.gui.monitor import Monitor
from lepton_studio.gui.page import Page
from lepton_studio.gui.run_curves import RunCurves
from lepton_studio.gui.session import Session
from lepton_studio.gui.train_buttons import TrainButtons
from lepton_studio.gui.train_progress import TrainProgress
from lepton_studio.gui.train_side import SETTINGS, WATCH, TrainSide
from lepton_studio.gui.training_trouble import TrainingTrouble

# One of the plots each time. Drawing one takes a busy processor up to 10 ms; more often, it would take the training
# more than it is worth.
PULL_MILLISECONDS = 300
# Of the page, in designed pixels: with less, curves need room that figures would take.
LOW = 640


class TrainPage(Page):
    """The loss curve is the largest thing; everything else is quieter. Everything pulls, nothing pushes."""

    object_name = "train_page"

    def __init__(self, session: Session, title: str) -> None:
        """Builds the page and starts to pull while it is visible."""
        super().__init__(session, title)
        self.monitor = Monitor(session, self)
        self.buttons = TrainButtons(session, self.header, self)
        self.buttons.start.clicked.connect(self.start)
        self.buttons.step.clicked.connect(lambda: self._begin(session.step_training))
        self.buttons.epoch.clicked.connect(lambda: self._begin(session.step_epoch))
        self.curves = RunCurves(self.monitor)
        self.curves.said.connect(self.message.say)
        self.groups = GroupCurves(self.monitor, self.curves)
        self.hints = HintView(self.monitor)
        self.hints.steer_wanted.connect(session.steer)
        self.hints.extend_wanted.connect(session.extend_training)
        self.hints.installEventFilter(self)
        self.slider = EpochSlider(self.monitor)
        self.slider.epoch_opened.connect(self._open_epoch)
        self.progress = TrainProgress(session)
        self.side = TrainSide(self.monitor)
        self._lay_out()
        self._seen: tuple[object, ...] | None = None
        self._obstacle = ""
        self._timer = QTimer(self, interval=PULL_MILLISECONDS)
        self._timer.timeout.connect(self._pull)
        session.training_changed.connect(self._show_state)
        session.group_wanted.connect(self.show_group)
        for signal in (session.experiment_changed, session.samples_changed, session.engine_started):
            signal.connect(self._show_obstacle)
        self._show_obstacle()
        # After the page itself, so that they find what the page says.
        MendingOffer(session, self.message)
        self.trouble = TrainingTrouble(session, self.message)

    def state_text(self) -> str:
        run, state = self.session.run, self.session.training_state
        if state == "stopping":
            return self.tr("stopping ...")
        if state == "idle" or run is None:
            done = run.record.epochs_done if run is not None else 0
            several = self.tr("{} epochs done").format(done) if done else ""
            return self.tr("1 epoch done") if done == 1 else several
        text = self.tr("paused at {} of {}") if state == "paused" else self.tr("epoch {} of {}")
        return text.format(run.pace.epoch or 1, run.pace.epochs or run.experiment.hyperparameters.epochs)

    def keys(self) -> list[tuple[str, str]]:
        return [
            ("Left", self.tr("On the line of epochs: an epoch back; Right: an epoch on")),
            ("PgUp", self.tr("On the line of epochs: a tenth of them on; PgDown: back")),
            ("Home", self.tr("On the line of epochs: the first one")),
            ("End", self.tr("On the line of epochs: back to now")),
            ("+", self.tr("On a curve: nearer; - farther, Left and Right along it, 0 all of it")),
        ]

    def shown(self) -> None:
        self._timer.start()
        self._show_all()

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()
        super().hideEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.hints and event.type() in (QEvent.Type.ShowToParent, QEvent.Type.HideToParent):
            self._make_room()
        return super().eventFilter(watched, event)

    def _make_room(self) -> None:
        """Where it is low, a hint is worth more than figures of speed, and curves are worth more than both."""
        is_low = self.height() < theme.px(LOW)
        self.progress.show_figures(self.hints.isHidden() or not is_low, is_low)

    def stop(self) -> None:
        self.curves.stop()
        self.side.stop()

    def hand_over(self) -> object:
        return self.monitor.overlays, self.monitor.epoch, self.side.tab, self.trouble.error

    def take_over(self, work: tuple[tuple[Run, ...], int | None, int, Exception | None]) -> None:
        overlays, epoch, tab, error = work
        self.side.turn_to(tab)
        if epoch is not None:
            self.monitor.refresh()
            self.monitor.look_at(epoch)
        if overlays:
            self.monitor.compare(overlays)
        if error is not None:
            self.trouble.show_error(error)

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(theme.GAP_SMALL)
        left.addWidget(self.curves, 1)
        for each in (self.hints, self.slider, self.progress):
            left.addWidget(each)
        columns = QHBoxLayout()
        columns.setSpacing(theme.GAP_LARGE)
        columns.addLayout(left, 1)
        columns.addWidget(self.side)
        self.body.addLayout(columns, 1)

    # --- what people do

    def start(self) -> None:
        """Starts, or goes on after a pause."""
        self._begin(self.session.start_training)

    def _begin(self, begin: object) -> None:
        self.message.clear()
        was_idle = self.session.training_state == "idle"
        begin()  # type: ignore[operator]
        # The settings cannot be changed now; what can be seen is more interesting.
        if was_idle and self.session.training_state != "idle" and self.side.tab == SETTINGS:
            self.side.turn_to(WATCH)

    def _open_epoch(self, run: Run, page: str) -> None:
        self.session.choose(run)
        self.page_wanted.emit(page)

    def show_group(self, group: str) -> None:
        """Draws the runs of a group beside each other, with their mean and spread."""
        try:
            self.groups.show_group(group)
        except LeptonError as error:
            self.message.say(str(error))

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
        self.buttons.show_state(self._obstacle)
        self.side.show_state(state)
        if self.isVisible():
            self._show_all()

    def _pull(self) -> None:
        """Looks for news. The loop reads its numbers less often than this; looking at the same again would slow it."""
        self.monitor.refresh()
        self.hints.refresh()
        news = _news(self.session.run, self.session.training_state)
        if news != self._seen:
            self._seen = news
            self.progress.refresh()
        self.curves.pull()

    def _show_all(self) -> None:
        self.monitor.refresh()
        self.hints.refresh()
        self.progress.refresh()
        self.curves.pull_all()


def _news(run: Run | None, state: str) -> tuple[object, ...]:
    """Another value whenever there is something else to show; the loop replaces pace and record, whole."""
    if run is None:
        return ()
    return (run.id, len(run.history), len(run.history.epochs), run.pace, run.record, state)

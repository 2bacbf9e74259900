"""What the Train page says when a training failed, or could not save, and the one click that helps."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from lepton_studio.engine import Diverged, LeptonError, Notice, OutOfMemory, Recovered, Run, live_settings
from lepton_studio.gui.log_dialog import LogDialog
from lepton_studio.gui.session import Session
from lepton_studio.gui.widgets.message_line import MessageLine

# What the learning rate is multiplied with after a training whose loss is no number any more.
CALMER = 0.1


class TrainingTrouble(QObject):
    """Watches the trainer for one page; its line says what happened, and offers what can be done about it."""

    def __init__(self, session: Session, message: MessageLine) -> None:
        """Begins to watch; after the page itself, whose line this writes anew.

        Args:
            session: whose training.
            message: the line of the page.
        """
        super().__init__(message)
        self._session, self._message = session, message
        # What was said last, and what the button beside it does.
        self._said = ""
        self._remedy: Callable[[], None] | None = None
        self._error: Exception | None = None
        self._is_due = False
        session.trainer.event_emitted.connect(self._heard)
        session.trainer.job_failed.connect(self.show_error)
        session.training_changed.connect(self._go_on_when_idle)
        message.accepted.connect(self._accepted)

    @property
    def error(self) -> Exception | None:
        """What ended the training, while the line says so: for the page that takes the place of this one."""
        return self._error if self._said and self._message.text == self._said else None

    def show_error(self, error: Exception) -> None:
        """Says what ended the training, and offers what helps."""
        run = self._session.run
        self._error, self._is_due = error, False
        text, action, remedy = str(error) or type(error).__name__, "", None
        if isinstance(error, OutOfMemory):
            if run is not None and run.record.part_size != error.part_size:
                action = self.tr("Go on with {} at once").format(error.part_size)
                remedy = lambda: self._go_on_in_parts(run, error.part_size)  # noqa: E731
        elif isinstance(error, Diverged):
            if run is not None:
                rate = float(f"{live_settings(run.experiment, run.changes).learning_rate * CALMER:.3g}")
                action = self.tr("Go on from there with {}").format(f"{rate:g}")
                remedy = lambda: self._go_on_calmer(run, rate)  # noqa: E731
        elif not isinstance(error, LeptonError):
            what = self.tr("The training ended by a fault of Lepton Studio: {}.").format(text.rstrip("."))
            text = f"{what} {self._kept(run)}"
            action, remedy = self.tr("Show the log"), self._show_log
        self._say(text, "bad", action, remedy)

    def _kept(self, run: Run | None) -> str:
        """What can be done about a fault of ours."""
        if run is None or run.record.state != "failed":
            return self.tr("The log tells where it happened.")
        return self.tr("What was learned is kept in the run “{}”: you can go on with it on Runs.").format(
            run.record.name
        )

    def _say(self, text: str, role: str, action: str = "", remedy: Callable[[], None] | None = None) -> None:
        self._said, self._remedy = text, remedy
        self._message.say(text, role)  # type: ignore[arg-type]
        self._message.offer(action)

    def _heard(self, event: object) -> None:
        if isinstance(event, Notice):
            # The training goes on, so this is no end of anything.
            self._say(str(LeptonError(event.what, event.remedy)), "warning")
        elif isinstance(event, Recovered) and self._said and self._message.text == self._said:
            self._say(event.what, "good")

    # --- what helps

    def _accepted(self) -> None:
        # The line may say something else by now, with an offer of its own.
        if self._remedy is not None and self._message.text == self._said:
            if self._remedy == self._show_log:
                self._show_log()
                return
            # The thread that failed may need a moment to end.
            self._is_due = True
            self._go_on_when_idle()

    def _go_on_when_idle(self) -> None:
        if not self._is_due or self._remedy is None or self._session.training_state != "idle":
            return
        self._is_due = False
        remedy = self._remedy
        self._message.clear()
        try:
            remedy()
        except LeptonError as error:
            self._say(str(error), "bad")

    def _go_on_in_parts(self, run: Run, part_size: int) -> None:
        run.update(part_size=part_size)
        self._session.start_training(run)

    def _go_on_calmer(self, run: Run, rate: float) -> None:
        run.steer("learning_rate", rate)
        self._session.start_training(run)

    def _show_log(self) -> None:
        dialog = LogDialog(self._message.window(), self._error)
        dialog.show()

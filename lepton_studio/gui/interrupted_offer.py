"""What was interrupted is offered at the next start, above whatever page is in front."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QDateTime, QLocale, QObject, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from lepton_studio.engine import (
    LeptonError,
    Run,
    delete_run,
    find_run,
    interrupted_runs,
    last_written,
    leave_stopped,
    live_settings,
    note_cut_short,
)
from lepton_studio.gui import theme
from lepton_studio.gui.dialogs import confirmed
from lepton_studio.gui.page import button
from lepton_studio.gui.runner import Runner
from lepton_studio.gui.session import Session
from lepton_studio.gui.widgets.icon_button import icon_button


class InterruptedRuns(QObject):
    """Looks once, in the background, for runs that were cut short; those that are left are offered one by one.

    Signals:
        changed: another run is offered, or none any more.
    """

    changed = Signal()

    def __init__(self, session: Session) -> None:
        """Looks as soon as torch is there: before that nothing can be trained, and the start shall be quick."""
        super().__init__(session)
        self.session = session
        self._found: tuple[Run, ...] = ()
        self._runner = Runner(self)
        self._runner.event_emitted.connect(self._take)
        session.engine_started.connect(self._look)
        session.training_changed.connect(self._training_changed)
        session.runs_changed.connect(self._drop_deleted)

    @property
    def offered(self) -> Run | None:
        """The one that learned last; None if there is nothing to offer."""
        return self._found[0] if self._found else None

    @property
    def others(self) -> int:
        """How many more there are."""
        return max(0, len(self._found) - 1)

    def stop(self, state_before: str) -> None:
        """Ends the look; what trained until the window was closed is offered at the next start.

        Args:
            state_before: what the training of the session did before it was stopped with the window.
        """
        self._runner.stop()
        if state_before in ("running", "paused") and self.session.run is not None:
            note_cut_short(self.session.run)

    def go_on(self) -> None:
        """Trains the offered run on, exactly where it stopped; LeptonError if it cannot be read any more."""
        if self.offered is not None:
            self.session.start_training(find_run(self.offered.id))

    def discard(self) -> None:
        """Removes the offered run for good; LeptonError if the disk refuses."""
        if self.offered is not None:
            run = self.offered
            delete_run(run)
            self.session.run_deleted(run)
            self.session.runs_changed.emit()

    def keep(self) -> None:
        """Leaves the offered run on Runs as one that was stopped, and offers it never again."""
        if self.offered is not None:
            # Read anew: it may have another name now.
            leave_stopped(find_run(self.offered.id))
            self._show(self._found[1:])
            self.session.runs_changed.emit()

    def put_off(self) -> None:
        """Offers nothing more until the next start."""
        self._show(())

    def _look(self) -> None:
        if not self._runner.isRunning():
            self._runner.walk(interrupted_runs())

    def _take(self, found: object) -> None:
        # Who trains already was quicker than the offer.
        if isinstance(found, tuple) and self.session.training_state == "idle":
            self._show(found)

    def _show(self, found: tuple[Run, ...]) -> None:
        if found != self._found:
            self._found = found
            self.changed.emit()

    def _training_changed(self) -> None:
        if self._found and self.session.training_state != "idle":
            self.put_off()

    def _drop_deleted(self) -> None:
        self._show(tuple(run for run in self._found if run.folder.is_dir()))


class InterruptedOffer(QWidget):
    """A line with buttons; hidden while there is nothing to offer."""

    def __init__(self, runs: InterruptedRuns, show_page: Callable[[str], None]) -> None:
        """Makes the line.

        Args:
            runs: what is offered.
            show_page: brings a page to the front.
        """
        super().__init__()
        self.setObjectName("interrupted_offer")
        self._runs, self._show_page = runs, show_page
        self._text = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self._text.setObjectName("interrupted_text")
        picture = QLabel()
        picture.setPixmap(theme.icon("info", "accent").pixmap(theme.px(18), theme.px(18)))
        card = QFrame()
        card.setProperty("card", True)
        row = QHBoxLayout(card)
        row.setContentsMargins(theme.GAP_SMALL, theme.GAP_SMALL, theme.GAP_SMALL, theme.GAP_SMALL)
        row.setSpacing(theme.GAP_SMALL)
        row.addWidget(picture)
        row.addWidget(self._text, 1)
        for widget in self._make_buttons():
            row.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GAP_LARGE, theme.GAP, theme.GAP_LARGE, 0)
        layout.addWidget(card)
        runs.changed.connect(self.refresh)
        self.refresh()

    @property
    def text(self) -> str:
        """What it says; empty if nothing."""
        return "" if self.isHidden() else self._text.text()

    def refresh(self) -> None:
        """Shows what is offered now."""
        run = self._runs.offered
        self.setVisible(run is not None)
        if run is not None:
            self._text.setText(f"{self._what_happened(run)} {self._others()}".strip())

    def _make_buttons(self) -> tuple[QWidget, ...]:
        go_on = button("interrupted_go_on", self.tr("Go on"), "play", main=True)
        go_on.setToolTip(self.tr("Train on exactly where it stopped"))
        go_on.clicked.connect(self._go_on)
        discard = button("interrupted_discard", self.tr("Discard ..."), "trash")
        discard.setToolTip(self.tr("Delete this run for good"))
        discard.clicked.connect(self._discard)
        later = button("interrupted_later", self.tr("Later"))
        later.setToolTip(self.tr("It waits on Runs, and is offered again at the next start"))
        later.clicked.connect(self._runs.put_off)
        tip = self.tr("Keep it on Runs as it is, and do not offer it again")
        keep = icon_button("interrupted_keep", "close", tip, "second_text")
        keep.clicked.connect(lambda: self._try(self._runs.keep))
        return discard, later, go_on, keep

    def _what_happened(self, run: Run) -> str:
        epochs = live_settings(run.experiment, run.changes).epochs
        when = QLocale().toString(QDateTime.fromSecsSinceEpoch(int(last_written(run))), "d MMM HH:mm")
        if run.record.state == "stopped":
            text = self.tr("{0} was stopped in epoch {1} of {2} on {3}, when the window was closed.")
        else:
            text = self.tr("{0} was interrupted in epoch {1} of {2} on {3}.")
        return text.format(run.record.name, min(run.record.epochs_done + 1, epochs), epochs, when)

    def _others(self) -> str:
        others = self._runs.others
        if not others:
            return ""
        one = self.tr("One more was interrupted before; it is on Runs.")
        return one if others == 1 else self.tr("{} more were interrupted before; they are on Runs.").format(others)

    def _go_on(self) -> None:
        self._show_page("train_page")
        self._try(self._runs.go_on)

    def _discard(self) -> None:
        run = self._runs.offered
        if run is None:
            return
        question = self.tr("Delete the run “{}” for good?").format(run.record.name)
        detail = self.tr("Its weights and all its numbers are lost.")
        if confirmed(self, "discard_question", question, detail, self.tr("Delete")):
            self._try(self._runs.discard)

    def _try(self, change: Callable[[], None]) -> None:
        try:
            change()
        except LeptonError as error:
            self._text.setText(str(error))

"""Runs as rows of a table: what stands in each column."""

from __future__ import annotations

from PySide6.QtCore import QObject

from lepton_studio.engine import Run, live_settings
from lepton_studio.gui.widgets.facts_table import Column, FactsRow
from lepton_studio.gui.widgets.form import spec_text
from lepton_studio.gui.wording import duration, grouped, milliseconds, percent, state_word

STATE = 1


class RunRows(QObject):
    """Makes the columns and the rows."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """From left to right."""
        return (
            Column(self.tr("Name")),
            Column(self.tr("State")),
            Column(self.tr("Dataset"), spare=True),
            Column(self.tr("Epochs"), figures=True),
            Column(self.tr("Validation"), figures=True),
            Column(self.tr("Test"), figures=True),
            Column(self.tr("Time"), figures=True, spare=True),
            Column(self.tr("Parameters"), figures=True, spare=True),
            Column(self.tr("Started"), spare=True),
        )

    def row(self, run: Run) -> FactsRow:
        """One run, with the colour of its state; what it failed of, or what the window cost it, is the tooltip."""
        tones = {"finished": "good", "failed": "bad", "damaged": "bad"}
        role = tones.get(run.record.state)
        roles = ((STATE, role),) if role else ()
        return FactsRow(run.id, tuple(self._cells(run)), roles, run.record.error or self._gap_words(run))

    def _cells(self, run: Run) -> list[str]:
        record, rows = run.record, run.history.epochs
        state = state_word(record.state)
        if record.state == "damaged":
            return [record.name, state, *[""] * 7]
        return [
            record.name,
            state,
            spec_text(run.experiment.dataset.label()),
            f"{record.epochs_done} / {live_settings(run.experiment, run.changes).epochs}",
            percent(rows[-1].validation_accuracy) if rows else "",
            percent(record.test_accuracy) if record.test_accuracy is not None else "",
            duration(record.train_seconds),
            grouped(record.parameters),
            record.created[5:16].replace("T", " "),
        ]

    def _gap_words(self, run: Run) -> str:
        """How long the window kept people waiting; empty for a run that was trained elsewhere."""
        p99, longest = run.record.window_gap_p99, run.record.window_gap_longest
        if p99 is None or longest is None:
            return ""
        text = self.tr("While it trained, the window ticked every {} at the latest in 99 of 100 cases, {} at worst.")
        return text.format(milliseconds(p99), milliseconds(longest))

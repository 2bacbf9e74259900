"""What a network was taught, and what it cost: figures before and after."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout

from lepton_studio.engine import Outcome
from lepton_studio.gui import theme
from lepton_studio.gui.page import button, second
from lepton_studio.gui.widgets.before_after import BeforeAfter, Change
from lepton_studio.gui.wording import grouped, percent


class OutcomeCard(QFrame):
    """Hidden while the network was taught nothing.

    Signals:
        back_wanted: the network from before is to answer again.
    """

    back_wanted = Signal()

    def __init__(self) -> None:
        """Starts hidden."""
        super().__init__()
        self.setProperty("card", True)
        self._verdict = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self._verdict.setObjectName("teach_verdict")
        self.bars = BeforeAfter()
        self.bars.setObjectName("teach_figures")
        self._cost = second()
        self.back_button = button("teach_back", self.tr("Back to the old one"), "undo")
        self.back_button.clicked.connect(self.back_wanted)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP_SMALL, theme.GAP_SMALL, theme.GAP_SMALL, theme.GAP_SMALL)
        column.setSpacing(theme.GAP_SMALL)
        for part in (self._verdict, self.bars, self._cost, self.back_button):
            column.addWidget(part)
        self.hide()

    @property
    def text(self) -> str:
        """What it says."""
        return self._verdict.text()

    def show_outcome(self, outcome: Outcome | None) -> None:
        """Shows what was measured; None hides it."""
        self.setVisible(outcome is not None)
        if outcome is None:
            return
        learned, aside = outcome.learned, outcome.aside
        changes = [self._counted(self.tr("Your drawings"), learned.before, learned.after, learned.of)]
        if aside.of:
            changes.append(self._counted(self.tr("Set aside for the test"), aside.before, aside.after, aside.of))
        before, after = outcome.old.shares
        name = self.tr("Old pictures ({})").format(outcome.old_name)
        changes.append(Change(name, before, after, percent(before, 1), percent(after, 1)))
        self.bars.show_changes(changes)
        self._verdict.setText(self._verdict_of(outcome))
        self._cost.setText(self._cost_of(outcome))

    def _counted(self, name: str, before: int, after: int, of: int) -> Change:
        words = self.tr("{0} of {1}")
        return Change(name, before / of, after / of, words.format(before, of), words.format(after, of))

    def _verdict_of(self, outcome: Outcome) -> str:
        if outcome.learned.after == outcome.learned.of:
            learned = self.tr("✓ It reads all that it was taught.")
        else:
            missing = outcome.learned.of - outcome.learned.after
            learned = self.tr("{} of your drawings could not be learned.").format(missing)
        if outcome.old.after >= outcome.old.before:
            return learned + " " + self.tr("The old pictures are read as well as before.")
        return (
            learned
            + " "
            + self.tr("Of {0} old pictures it reads {1} fewer.").format(
                grouped(outcome.old.of), outcome.old.before - outcome.old.after
            )
        )

    def _cost_of(self, outcome: Outcome) -> str:
        text = self.tr("{0} steps in {1} s; measured with {2} pictures that nobody learned from.").format(
            outcome.steps, f"{outcome.seconds:.1f}", grouped(outcome.old.of)
        )
        if outcome.learned.after < outcome.learned.of and outcome.share < 1:
            text += " " + self.tr(
                "All of it would have cost too much of what it knew, so it went {} of the way."
            ).format(percent(outcome.share, 0))
        return text

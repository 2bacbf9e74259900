"""Who of a panel agrees, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from PySide6.QtCore import QObject

from lepton_studio.engine import Agreement, Part
from lepton_studio.gui.widgets.answer_rows import Stance


class Words(NamedTuple):
    """What is said of an agreement, with an icon and the role of its colour."""

    text: str
    icon: Literal["check", "info", "warning"] = "info"
    role: Literal["good", "second_text", "warning"] = "second_text"


class Verdict(QObject):
    """Says who agrees, and how each network stands to that."""

    def words(self, agreement: Agreement, names: Sequence[str], opinions: Sequence[Part | None]) -> Words:
        """All of it in a line.

        Args:
            agreement: who says what.
            names: of the networks.
            opinions: what each says; without any, nothing is drawn.
        """
        agreeing, differing, unsure = agreement.agreeing, agreement.differing, agreement.unsure
        counted = len(agreeing) + len(differing) + len(unsure)
        if not counted:
            return Words(self.tr("Draw something, and see who agrees."), "info", "second_text")
        if not agreeing:
            text = self.tr("None of the {} knows.").format(counted) if counted > 1 else self.tr("It does not know.")
            return Words(text, "warning", "warning")
        if counted == 1:
            return Words(self.tr("It says {}.").format(agreement.label), "info", "second_text")
        if len(agreeing) == counted:
            text = self.tr("Both say {0}.") if counted == 2 else self.tr("All {1} say {0}.")
            return Words(text.format(agreement.label, counted), "check", "good")
        sentences = [self._most(agreement, names, counted)]
        for number in differing:
            opinion = opinions[number]
            if opinion is not None:
                sentences.append(self.tr("{0} says {1}").format(self._quoted(names[number]), opinion.label))
        if unsure:
            know = self.tr("{} does not know") if len(unsure) == 1 else self.tr("{} do not know")
            sentences.append(know.format(", ".join(self._quoted(names[number]) for number in unsure)))
        return Words(
            "; ".join(sentences) + ".", "warning" if differing else "info", "warning" if differing else "second_text"
        )

    def stance(self, agreement: Agreement, number: int) -> tuple[Stance, str]:
        """How one network stands to what most say, and the same in words where that is worth some."""
        if number in agreement.strangers:
            return "stranger", self.tr("knows other classes")
        if number in agreement.differing:
            return "differs", self.tr("≠ differs")
        if number in agreement.unsure:
            return "unsure", ""
        return ("agrees", "") if number in agreement.agreeing else ("", "")

    def _most(self, agreement: Agreement, names: Sequence[str], counted: int) -> str:
        agreeing = agreement.agreeing
        if len(agreeing) == 1:
            return self.tr("{0} says {1}").format(self._quoted(names[agreeing[0]]), agreement.label)
        return self.tr("{0} of {1} say {2}").format(len(agreeing), counted, agreement.label)

    def _quoted(self, name: str) -> str:
        return self.tr("'{}'").format(name)

"""What is said of how sure a network may be, in words."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QObject

from lepton_studio.engine import LEAST_SAMPLES, Calibration, Part
from lepton_studio.gui.wording import grouped, percent

# Below this nothing was measured that would be worth a number.
LEAST_SCORE = 0.0005
# From so many pictures a second digit of a percentage means something.
MANY_SAMPLES = 1000
DIGITS = tuple("0123456789")


class DoubtWording(QObject):
    """Makes sentences of what was measured."""

    def unmeasured(self, is_measured_now: bool, is_learning: bool) -> str:
        """Why nothing is known yet."""
        if is_measured_now:
            return self.tr("It is being measured how sure this network may be; until then it answers everything.")
        if is_learning:
            return self.tr("This network is learning: it answers everything until that has ended.")
        return self.tr("It was not measured yet how sure this network may be, so it answers everything.")

    def measured(self, calibration: Calibration) -> str:
        """On what it was measured, and whether that is enough."""
        samples = calibration.figures.samples
        if calibration.is_enough:
            return self.tr("Measured on {} pictures that it did not learn from.").format(grouped(samples))
        return self.tr(
            "Only {0} pictures were kept back from learning. From fewer than {1} nothing can be promised, so it "
            "answers everything."
        ).format(samples, LEAST_SAMPLES)

    def effect(self, calibration: Calibration, coverage: float, class_names: tuple[str, ...]) -> str:
        """What a coverage costs."""
        right = percent(calibration.accuracy_at(coverage), 1 if calibration.figures.samples < MANY_SAMPLES else 2)
        if class_names == DIGITS:
            text = self.tr("Answers {0} of digits that it has not seen, {1} of them right.")
        else:
            text = self.tr("Answers {0} of such pictures that it has not seen, {1} of them right.")
        return text.format(percent(coverage, 0), right)

    def standing(self, parts: Sequence[Part]) -> str:
        """How well a drawing is known."""
        if not parts:
            return self.tr("Draw something: its mark shows how well it is known beside the measured pictures.")
        if len(parts) > 1:
            known = sum(part.is_known for part in parts)
            return self.tr("{0} of {1} parts are known well enough.").format(known, len(parts))
        part = parts[0]
        if not part.is_known and part.score < LEAST_SCORE:
            return self.tr("Known less than any of the measured pictures. The nearest class is {}.").format(part.label)
        share = percent(part.score, 1 if part.score < 0.1 else 0)
        if part.is_known:
            text = self.tr("Known better than {0} of the measured pictures: enough to say {1}.")
        else:
            text = self.tr("Known better than {0} of the measured pictures: too little. The nearest class is {1}.")
        return text.format(share, part.label)

    def honesty(self, calibration: Calibration) -> str:
        """How far confidence and accuracy lie apart, and what the temperature does about it."""
        figures = calibration.figures
        if math.isclose(calibration.temperature, 1.0, abs_tol=0.02):
            text = self.tr("As often as it says, it is right: off by {1} on average. Nothing needs to be mended.")
        elif calibration.temperature > 1:
            text = self.tr(
                "It was too sure: off by {0} on average. Divided by a temperature of {2}, its outputs are off by {1}."
            )
        else:
            text = self.tr(
                "It was not sure enough: off by {0} on average. Divided by a temperature of {2}, its outputs are off "
                "by {1}."
            )
        errors = (percent(figures.before.error), percent(figures.after.error))
        return text.format(*errors, f"{calibration.temperature:.2f}")

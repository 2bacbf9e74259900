"""How sure a network may be: what its probabilities are worth, and when it should rather say that it does not know.

Two things are measured on pictures that the network did not learn from. The *temperature* by which its logits are
divided, so that of the answers given with 90 % nine in ten are right (Guo et al. 2017, https://arxiv.org/abs/1706.04599).
And for each *coverage*, the share of pictures that it shall answer, how high the *score* of a picture must be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from lepton_studio.engine.prediction import Looked
    from lepton_studio.engine.runs import Run

COVERAGE = 0.95


class Calibration(msgspec.Struct, frozen=True):
    """What was measured of one network.

    Attributes:
        temperature: its logits are divided by this.
    """

    temperature: float = 1.0

    def probabilities(self, looked: Looked) -> NDArray[np.float32]:
        """The honest probability of each class for each picture, N x classes."""
        logits = looked.logits / self.temperature
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        result: NDArray[np.float32] = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
        return result

    def scores(self, looked: Looked) -> NDArray[np.float32]:
        """For each of N pictures how much can be said for the answer; higher is surer."""
        return self.probabilities(looked).max(axis=1)

    def threshold(self, coverage: float = COVERAGE) -> float:
        """The score that a picture must reach to be answered, so that this share of digits is; -inf: all are."""
        return float("-inf")


def calibration_of(run: Run) -> Calibration | None:
    """What was measured of a run; None if nobody has yet."""
    return None

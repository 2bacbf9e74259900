"""How sure a network may be: what its probabilities are worth, and when it should rather say that it does not know.

Two things are measured on pictures that the network did not learn from (see ``calibrating.py``). The *temperature* by
which its logits are divided, so that of the answers given with 90 % nine in ten are right (``temperature.py``). And for
each *coverage*, the share of pictures that it shall answer, how high the *score* of a picture must be (``doubt.py``).

Both are kept beside the weights that they belong to: ``calibration.json`` for people and programs, and what is
remembered of the learned pictures in ``calibration.safetensors``. Files of other weights, of another version, or
damaged ones count as none.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from lepton_studio.engine import kept_epochs
from lepton_studio.engine.doubt import Doubt
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.familiarity import Familiarity, StrangerRow, familiarity_of
from lepton_studio.engine.files import parse_struct, read_bytes, write_bytes, write_struct
from lepton_studio.engine.temperature import Reliability, softmax

if TYPE_CHECKING:
    from lepton_studio.engine.prediction import Looked
    from lepton_studio.engine.runs import Run

COVERAGE = 0.95
# The coverages for which is known what they cost.
COVERAGES = tuple(percent / 100 for percent in range(50, 101))
# From fewer pictures nothing is promised: one in twenty of them is a picture or two.
LEAST_SAMPLES = 60

FORMAT: Literal["lepton-studio calibration"] = "lepton-studio calibration"
VERSION = 1
# A large checkpoint is known by some of it: a training changes all weights.
PIECES, PIECE_BYTES, WHOLE_BYTES = 64, 4096, 4 * 1024**2


class Figures(msgspec.Struct, frozen=True):
    """What was measured, as ``calibration.json`` has it.

    Attributes:
        temperature: the logits are divided by this.
        samples: how many pictures it was measured on.
        accuracy: the share of right answers among all of them.
        accuracies: for each of COVERAGES, the share of right answers among those that are given.
        before, after: confidence against accuracy without the temperature, and with it.
        weights: by what the weights are known that it belongs to.
        arrays: by what the file beside it is known; empty if so little was measured that there is none.
    """

    temperature: float = 1.0
    samples: int = 0
    accuracy: float = 0.0
    accuracies: tuple[float, ...] = ()
    before: Reliability = Reliability()
    after: Reliability = Reliability()
    weights: str = ""
    arrays: str = ""
    format: Literal["lepton-studio calibration"] = FORMAT
    version: int = VERSION


@dataclass(frozen=True, eq=False)
class Calibration:
    """What was measured of one network.

    Attributes:
        temperature: its logits are divided by this.
        figures: all that was measured.
        familiarity: what is remembered of the pictures that it learned from, or what names strangers.
        doubt: makes a score of it.
    """

    temperature: float = 1.0
    figures: Figures = field(default_factory=Figures)
    familiarity: Familiarity | StrangerRow | None = None
    doubt: Doubt | None = None

    @property
    def is_enough(self) -> bool:
        """Whether so many pictures were measured that something can be promised."""
        return self.doubt is not None

    def probabilities(self, looked: Looked) -> NDArray[np.float32]:
        """The honest probability of each class for each picture, N x classes."""
        return softmax(looked.logits.astype(np.float64) / self.temperature).astype(np.float32)

    def scores(self, looked: Looked) -> NDArray[np.float32]:
        """For each of N pictures how much can be said for the answer; higher is surer.

        It is the share, 0..1, of the measured pictures that are known no better; where too few were measured, only the
        probability of the answer.
        """
        if self.familiarity is None or self.doubt is None:
            highest: NDArray[np.float32] = self.probabilities(looked).max(axis=1)
            return highest
        return self.doubt.scores(self.familiarity.parts(looked, self.temperature)).astype(np.float32)

    def threshold(self, coverage: float = COVERAGE) -> float:
        """The score that a picture must reach to be answered, so that this share of digits is; -inf: all are."""
        return 1 - coverage if self.is_enough and coverage < 1 else float("-inf")

    def accuracy_at(self, coverage: float) -> float:
        """The share of right answers among those that are given, as measured; nan if too few were."""
        if not self.figures.accuracies:
            return float("nan")
        return float(np.interp(coverage, COVERAGES, self.figures.accuracies))


def calibration_of(run: Run) -> Calibration | None:
    """What was measured of the weights of a run; None if nobody has yet, or if they learn on."""
    if is_learning(run):
        return None
    try:
        content = read_bytes(_file_of(run, ".json"))
        figures = parse_struct(content, Figures, str(run.folder))
        if figures.version != VERSION or figures.weights != weights_digest(run.checkpoint):
            return None
        return _with_arrays(figures, _file_of(run, ".safetensors"))
    except (LeptonError, OSError, ValueError, KeyError, IndexError, TypeError, ArithmeticError):
        return None


def keep_calibration(run: Run, calibration: Calibration) -> Calibration:
    """Writes what was measured beside the weights; the arrays first, which the figures name.

    Raises:
        LeptonError: the disk refuses.
    """
    figures = calibration.figures
    if calibration.familiarity is not None and calibration.doubt is not None:
        content = save(calibration.familiarity.arrays() | calibration.doubt.arrays())
        write_bytes(_file_of(run, ".safetensors"), content)
        figures = msgspec.structs.replace(figures, arrays=_digest(content))
    write_struct(_file_of(run, ".json"), figures)
    _drop_orphans(run.folder / kept_epochs.FOLDER)
    return replace(calibration, figures=figures)


def is_learning(run: Run) -> bool:
    """Whether the weights of a run change at this moment; those of a kept epoch never do."""
    return run.record.state == "running" and run.shown_epoch is None


def weights_digest(path: Path) -> str:
    """By what weights are known from others: the SHA-256 of their file, or of some of it if it is large.

    Raises:
        OSError: the file cannot be read.
    """
    size = path.stat().st_size
    if size <= WHOLE_BYTES:
        return _digest(path.read_bytes())
    found = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        for start in np.linspace(0, size - PIECE_BYTES, PIECES).astype(int).tolist():
            file.seek(start)
            found.update(file.read(PIECE_BYTES))
    return found.hexdigest()


def _file_of(run: Run, ending: str) -> Path:
    if run.shown_epoch is None:
        return run.folder / f"calibration{ending}"
    return run.folder / kept_epochs.FOLDER / f"calibration-{run.shown_epoch:05}{ending}"


def _with_arrays(figures: Figures, path: Path) -> Calibration | None:
    numbers = (figures.temperature, figures.accuracy, *figures.accuracies)
    is_sound = all(np.isfinite(numbers)) and figures.temperature > 0 and figures.samples >= 0
    if not is_sound or not all(_is_sound(each) for each in (figures.before, figures.after)):
        return None
    if not figures.arrays:
        return Calibration(figures.temperature, figures)
    content = path.read_bytes()
    if len(figures.accuracies) != len(COVERAGES) or _digest(content) != figures.arrays:
        return None
    with contextlib.suppress(SafetensorError):
        arrays = load(content)
        familiarity = familiarity_of(arrays)
        doubt = Doubt.of_arrays(arrays, familiarity.signs)
        return Calibration(figures.temperature, figures, familiarity, doubt)
    return None


def _is_sound(reliability: Reliability) -> bool:
    lists: Sequence[Sequence[float]] = (reliability.counts, reliability.confidence, reliability.accuracy)
    return len({len(each) for each in lists}) == 1 and all(np.isfinite([*lists[1], *lists[2]]))


def _drop_orphans(folder: Path) -> None:
    """Removes what was measured of epochs whose weights are not kept any more."""
    for path in folder.glob("calibration-*.*"):
        if not path.with_name(f"{path.stem.replace('calibration', 'epoch')}.safetensors").exists():
            with contextlib.suppress(OSError):
                path.unlink()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

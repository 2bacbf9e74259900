"""What ``lepton-studio evaluate --coverage`` adds: what is answered, how much of it is right, how honest it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lepton_studio.cli_output import finish, percent, say
from lepton_studio.engine.errors import LeptonError

if TYPE_CHECKING:
    from lepton_studio.engine.calibration import Calibration
    from lepton_studio.engine.dataset import Samples
    from lepton_studio.engine.evaluation import Evaluation
    from lepton_studio.engine.runs import Run


def check_coverage(coverage: float | None) -> None:
    """Raises LeptonError if it is no share that can be asked for."""
    if coverage is not None and not 0.5 <= coverage <= 1:
        raise LeptonError(f"--coverage {coverage:g} is no share of pictures to answer.", "Give 0.5 to 1.")


def doubts(
    run: Run, samples: Samples, of_run: Samples | None, evaluation: Evaluation, coverage: float
) -> dict[str, Any]:
    """What becomes of a split if only so many pictures are answered as are known well enough.

    Args:
        run: the run; measured first if it was not yet.
        samples: those that were evaluated.
        of_run: those that the run was trained on, if they are loaded already.
        evaluation: of ``samples``.
        coverage: the share of pictures like those for validation that shall be answered.
    """
    import numpy as np

    from lepton_studio.engine.calibrating import look_at
    from lepton_studio.engine.prediction import Looked, Predictor
    from lepton_studio.engine.temperature import reliability, softmax

    calibration = _measured(run, of_run)
    predictor = Predictor(run)
    looked = finish(look_at(predictor, samples, evaluation.indices), Looked)
    scores = calibration.scores(looked)
    is_answered = scores >= calibration.threshold(coverage)
    right = evaluation.answers == evaluation.labels
    logits = looked.logits.astype(np.float64)
    before, after = (
        reliability(softmax(logits / temperature), evaluation.labels).error
        for temperature in (1.0, calibration.temperature)
    )
    return {
        "coverage": coverage, "measured": calibration.figures.samples, "is_enough": calibration.is_enough,
        "answered": float(is_answered.mean()),
        "accuracy_of_answered": float(right[is_answered].mean()) if is_answered.any() else None,
        "temperature": calibration.temperature, "calibration_error": {"before": before, "after": after},
    }  # fmt: skip


def doubt_line(told: dict[str, Any]) -> str:
    """The same in a sentence or two."""
    error = told["calibration_error"]
    text = (
        f"At a coverage of {percent(told['coverage'])} it answers {percent(told['answered'])}, "
        f"{percent(told['accuracy_of_answered'])} of these right. Its confidence is off by {percent(error['before'])}, "
        f"with a temperature of {told['temperature']:.3f} by {percent(error['after'])}."
    )
    if told["is_enough"]:
        return text
    return f"{text} Only {told['measured']} pictures were kept back from learning: too few to promise anything."


def _measured(run: Run, samples: Samples | None) -> Calibration:
    from lepton_studio.engine.calibrating import calibrate, load_and_calibrate
    from lepton_studio.engine.calibration import Calibration, calibration_of

    found = calibration_of(run)
    if found is None:
        say(f"Measuring how sure '{run.id}' may be.")
        found = finish(load_and_calibrate(run, None) if samples is None else calibrate(run, samples), Calibration)
    return found

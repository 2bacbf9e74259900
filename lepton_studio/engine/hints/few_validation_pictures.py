"""So few validation pictures that their accuracy says little."""

from __future__ import annotations

import math

from lepton_studio.engine.evidence import Evidence
from lepton_studio.engine.hint import Hint, Sentence, figure, percent
from lepton_studio.engine.remedies import with_settings

WEIGHT = 20
# Hardly any change of the settings moves the accuracy by more than six points: below that, nothing can be compared.
TOO_UNSURE = 0.06
# More would be missed among the training pictures.
LARGEST_SHARE = 0.3


def look(evidence: Evidence) -> Hint | None:
    """After the first epochs, when there is an accuracy to doubt."""
    rows, count = evidence.rows, evidence.validation_size
    if len(rows) < 2 or not count:
        return None
    accuracy = rows[-1].validation_accuracy
    doubt = evidence.doubt(accuracy)
    if doubt < TOO_UNSURE:
        return None
    what = Sentence(
        "There are only {0} validation pictures: their accuracy of {1} may as well be {2} points more or less.",
        figure(count), percent(accuracy), figure(round(100 * doubt)),
    )  # fmt: skip
    why = Sentence(
        "Each validation picture is a throw of the dice: of {0} of them, one more that is right is {1} points. In 95 "
        "of 100 such drawings the true accuracy lies within the range above (Wilson's interval). Differences between "
        "trainings that are smaller than that mean nothing.",
        figure(count), figure(100 / count),
    )  # fmt: skip
    settings = evidence.experiment.hyperparameters
    # Four times as many pictures halve the doubt.
    wanted = settings.validation_share * max(2.0, (doubt / TOO_UNSURE) ** 2)
    share = math.ceil(min(LARGEST_SHARE, wanted) * 20 - 1e-9) / 20
    if share < 1.5 * settings.validation_share:
        return Hint("few_validation_pictures", what, why, Sentence("Add more pictures on the Data page"))
    remedy = Sentence(
        "Keep {0} of the training pictures for validation instead of {1}",
        percent(share),
        percent(settings.validation_share),
    )
    return Hint(
        "few_validation_pictures", what, why, remedy, with_settings(evidence.experiment, validation_share=share)
    )

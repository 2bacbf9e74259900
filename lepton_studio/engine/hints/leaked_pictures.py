"""Pictures for validation and test that are among those for training, too."""

from __future__ import annotations

from lepton_studio.engine.evidence import Evidence
from lepton_studio.engine.hint import Hint, Sentence, figure

WEIGHT = 80
# Fewer than one in a hundred validation pictures change the accuracy by less than anybody could measure: published
# datasets have a few.
SHARE = 0.01


def look(evidence: Evidence) -> Hint | None:
    """Does not wait for an epoch: it is true from the start."""
    if evidence.leaked <= 0 or evidence.leaked < SHARE * evidence.validation_size:
        return None
    what = (
        Sentence("1 validation or test picture is among the training pictures, too.")
        if evidence.leaked == 1
        else Sentence("{} validation or test pictures are among the training pictures, too.", figure(evidence.leaked))
    )
    return Hint(
        "leaked_pictures",
        what,
        Sentence(
            "What the network has learned from, it may know by heart. Validation and test are to tell how it does on "
            "pictures that it has never seen; with known ones among them they flatter it, and nobody notices when it "
            "learns by heart."
        ),
        Sentence(
            "On the Data page, under Understand, look at the copies that are in several splits, take out one of each "
            "in the folder that they come from, and import it again"
        ),
    )

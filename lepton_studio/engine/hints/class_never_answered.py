"""A class that the network never gives as its answer."""

from __future__ import annotations

import numpy as np

from lepton_studio.engine.evidence import Evidence
from lepton_studio.engine.hint import Hint, Sentence, figure, percent
from lepton_studio.engine.remedies import released

WEIGHT = 58
# A network may find one class after the others; after so many epochs it should have.
FEWEST_EPOCHS = 3
# Of fewer pictures of a class, all may be answered wrong by chance.
FEWEST_PICTURES = 8
# A network that gets less right than that has other troubles than one class.
LEARNED = 0.4
# A third as many as the mean of the classes is rare.
RARE = 1 / 3


def look(evidence: Evidence) -> Hint | None:
    """Of the confusion matrix of the validation pictures: a column without any answer."""
    snapshot, rows = evidence.snapshot, evidence.rows
    if snapshot is None or len(rows) < FEWEST_EPOCHS or len(snapshot.confusion) < 2:
        return None
    confusion = np.asarray(snapshot.confusion)
    total = int(confusion.sum())
    if not total or np.trace(confusion) / total < LEARNED:
        return None
    there, answered = confusion.sum(axis=1), confusion.sum(axis=0)
    missing = np.flatnonzero((answered == 0) & (there >= FEWEST_PICTURES))
    if not len(missing):
        return None
    # The one that is there most often.
    worst = int(missing[there[missing].argmax()])
    name = evidence.class_names[worst] if worst < len(evidence.class_names) else str(worst)
    is_rare = there[worst] < RARE * total / len(confusion)
    what = Sentence(
        "The network never answers {0}, though {1} of the {2} validation pictures show it.",
        name, figure(int(there[worst])), figure(total),
    )  # fmt: skip
    if is_rare:
        why = Sentence(
            "Only {} of the pictures are of this class. The loss is a mean over all pictures: a network that never "
            "gives a rare answer is right nearly always and loses little. The accuracy does not show it, for the "
            "same reason.",
            percent(there[worst] / total, 1),
        )
        remedy = Sentence("Add pictures of {}, or take as many of each class in a view on the Data page", name)
    elif (pulled := released(evidence.experiment)) is not None:
        why = Sentence(
            "A penalty on large weights pulls so hard at them that the network can afford only the answers that pay "
            "most."
        )
        return Hint("class_never_answered", what, why, *pulled)
    else:
        instead = int(confusion[worst].argmax())
        other = evidence.class_names[instead] if instead < len(evidence.class_names) else str(instead)
        why = Sentence(
            "The class is not rare, so something makes it look like another one: the network mostly answers {} "
            "instead. Labels may be mixed up, or the network has lost what told the two apart.",
            other,
        )
        remedy = Sentence("Look at pictures of {0} and {1} with their labels on the Data page", name, other)
    return Hint("class_never_answered", what, why, remedy)

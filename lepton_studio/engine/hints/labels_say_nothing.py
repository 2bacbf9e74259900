"""What is learned helps with no other picture: the labels do not belong to the pictures."""

from __future__ import annotations

from lepton_studio.engine.evidence import Evidence
from lepton_studio.engine.hint import Hint, Sentence, percent

WEIGHT = 82
EXPLAINS = ("class_never_answered", "few_validation_pictures", "overfitting", "plateau", "underfitting")
FEWEST_EPOCHS = 3
# Even a network that learns by heart gets some others right, if labels mean anything; with twice the guesses it does.
GUESSING = 2.0
# By then it has learned many of its own pictures.
LEARNED = 3.5


def look(evidence: Evidence) -> Hint | None:
    """Far better than guessing in training, no better than guessing elsewhere, whatever luck the few pictures had."""
    rows, classes = evidence.rows, evidence.classes
    if len(rows) < FEWEST_EPOCHS or classes < 4:
        return None
    train, validation = rows[-1].train_accuracy, max(row.validation_accuracy for row in rows[-2:])
    if train < min(LEARNED / classes, 0.9) or validation + evidence.doubt(validation) >= GUESSING / classes:
        return None
    return Hint(
        "labels_say_nothing",
        Sentence(
            "The network answers {0} of its training pictures right, but only {1} of the validation pictures, as if by "
            "guessing: their labels may be wrong.",
            percent(train), percent(rows[-1].validation_accuracy),
        ),
        Sentence(
            "A network with room enough learns any labels by heart, even such as were dealt out by chance. What "
            "holds for no other picture was no rule. Mostly the labels went astray on their way here: a table in "
            "another order than the files, or folders that were mixed up; or the validation pictures are of another "
            "kind."
        ),
        Sentence("Look at some pictures of each split with their labels on the Data page"),
    )  # fmt: skip

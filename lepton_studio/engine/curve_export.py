"""The numbers of a run as a table for other programs: one row for each batch, each epoch and each change."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.files import written_whole
from lepton_studio.engine.history import Change, EpochRow, Floats
from lepton_studio.engine.runs import Run

Rows = Literal["all", "batches", "epochs"]
COLUMNS = (
    "kind", "epoch", "batch", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy",
    "learning_rate", "seconds", "changed", "before", "after",
)  # fmt: skip
# Between two words on how far it is.
ROWS_AT_ONCE = 5_000
# Of places in epochs: closer ones are the same.
NEAR = 1e-9

Cells = dict[str, object]


class CurvesExported(msgspec.Struct, frozen=True):
    """What was written.

    Attributes:
        path: the file.
        batches, epochs, changes: rows of each kind.
    """

    path: str
    batches: int
    epochs: int
    changes: int


def export_curves(run: Run, path: Path, rows: Rows = "all") -> Iterator[Progress | CurvesExported]:
    """Writes a table with commas (CSV), in the order in which things happened.

    The column ``kind`` says what a row is. In the row of a batch, ``epoch`` is how many epochs were done at its end
    (the x axis of the plots), in that of a change when it took effect. Accuracies are shares from 0 to 1. A loss that
    was no number is ``nan`` or ``inf``; what does not belong to a row, or nobody knows, is empty. The numbers of
    batches have the digits that give the same float32 again.

    Args:
        run: whose numbers; it may still be trained.
        path: the file, replaced if it is there.
        rows: all, or those of one kind alone.

    Yields:
        Progress, and at last what was written.

    Raises:
        LeptonError: there are no numbers yet, or the disk refuses.
    """
    history = run.history
    # Counted once: whoever trains goes on meanwhile.
    batches = len(history) if rows != "epochs" else 0
    epochs = history.epochs if rows != "batches" else ()
    changes = run.changes if rows == "all" else ()
    if not batches and not epochs:
        raise LeptonError(f"The run '{run.record.name}' has no numbers yet.", "Train it for a batch or an epoch first.")
    with written_whole(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
        writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        late = sorted([*map(_of_epoch, epochs), *map(_of_change, changes)], key=lambda one: one[0])
        for begin in range(0, batches, ROWS_AT_ONCE):
            yield Progress("Writing the numbers", begin, batches)
            for end, cells in _of_batches(run, begin, min(begin + ROWS_AT_ONCE, batches)):
                # An epoch ends with its last batch and has its row after it; a change comes before the next batch.
                while late and late[0][0] < end - NEAR:
                    writer.writerow(late.pop(0)[1])
                writer.writerow(cells)
        writer.writerows(cells for _, cells in late)
        text.detach()
    yield CurvesExported(str(path), batches, len(epochs), len(changes))


def _of_batches(run: Run, begin: int, end: int) -> Iterator[tuple[float, Cells]]:
    history = run.history
    numbers = zip(
        history.batch_end[begin:end].tolist(),
        *(_shortest(row[begin:end]) for row in (history.batch_loss, history.batch_accuracy, history.batch_rate)),
        strict=True,
    )
    for batch, (done, loss, accuracy, rate) in enumerate(numbers, begin + 1):
        yield (
            done,
            {
                "kind": "batch", "epoch": done, "batch": batch, "train_loss": loss, "train_accuracy": accuracy,
                "learning_rate": "" if rate == "nan" else rate,
            },
        )  # fmt: skip


def _of_epoch(row: EpochRow) -> tuple[float, Cells]:
    return float(row.epoch), {"kind": "epoch", **msgspec.structs.asdict(row)}


def _of_change(change: Change) -> tuple[float, Cells]:
    cells = {"kind": "change", "epoch": change.at, "changed": change.field}
    return change.at, cells | {"before": change.before, "after": change.after}


def _shortest(values: Floats) -> list[str]:
    """The fewest digits that give each float32 again."""
    return list(map(str, values))

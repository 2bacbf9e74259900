"""What ``train`` and ``resume`` change while a run goes on."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from lepton_studio.engine.errors import Diverged, LeptonError, OutOfMemory

if TYPE_CHECKING:
    from lepton_studio.engine.runs import Run

Changes = Annotated[
    list[str] | None,
    typer.Option(
        "--change",
        metavar="EPOCH:FIELD=VALUE",
        help="Change a live setting when so many epochs are done, such as 3:learning_rate=0.0001; fields are"
        " learning_rate, weight_decay, momentum, dropout, augmentation, batch_size, epochs.",
    ),
]


def plan_changes(run: Run, texts: list[str]) -> None:
    """Writes changes into a run, which it makes when their epoch comes.

    Raises:
        LeptonError: a text is none of a change, its field is not known or does nothing here, its value is out of range,
            or its epoch is over.
    """
    from lepton_studio.engine.history import Change
    from lepton_studio.engine.steering import live_settings, steerable, with_change

    done = run.record.epochs_done
    wishes = sorted((_parts(text) for text in texts), key=lambda wish: wish[0])
    for epoch, field, value, text in wishes:
        known = steerable(run.experiment)
        if field not in known:
            raise LeptonError(f"'{text}' changes nothing in this run.", f"What can be changed: {', '.join(known)}.")
        if epoch < done:
            raise LeptonError(f"'{text}' is too late: {done} epochs are done.", "Name a later epoch.")
        before = live_settings(run.experiment, run.changes)
        after = with_change(before, field, value)
        change = Change(epoch, 0, float(epoch), field, getattr(before, field), getattr(after, field))
        run.note_changes([change])


def lengthen(run: Run, epochs: str) -> None:
    """Lets a run go on to so many epochs in all.

    Raises:
        LeptonError: it is no number, or the run has as many already.
    """
    from lepton_studio.engine.steering import live_settings

    now = max(live_settings(run.experiment, run.changes).epochs, run.record.epochs_done)
    if not epochs.isdecimal() or int(epochs) <= run.record.epochs_done:
        raise LeptonError(
            f"'{epochs}' is not more than the {run.record.epochs_done} epochs that are done.",
            "Say how many there shall be in all.",
        )
    if int(epochs) != now:
        run.extend(int(epochs) - now)


@contextlib.contextmanager
def saying_how_to_go_on(run: Run) -> Iterator[None]:
    """Adds to what ended a training the command that goes on with it.

    Raises:
        LeptonError: there was no room for so many pictures at once, or the loss was no number.
    """
    try:
        yield
    except OutOfMemory as error:
        raise LeptonError(
            error.what, f"Go on with 'lepton-studio resume {run.id} --part-size {error.part_size}'."
        ) from error
    except Diverged as error:
        again = f"lepton-studio resume {run.id} --change {run.record.epochs_done}:learning_rate=X"
        raise LeptonError(error.what, f"{error.remedy} Go on from there with '{again}'.") from error


def _parts(text: str) -> tuple[int, str, float, str]:
    epoch, colon, setting = text.partition(":")
    field, equals, value = setting.partition("=")
    try:
        if not (colon and equals and epoch.isdecimal()):
            raise ValueError
        return int(epoch), field, float(value), text
    except ValueError as error:
        raise LeptonError(
            f"'{text}' is no change.", "Write --change EPOCH:FIELD=VALUE, such as 3:learning_rate=0.0001."
        ) from error

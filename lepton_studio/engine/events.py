"""What the generators of the engine say while they work.

A generator yields events, and bare ``None`` where nothing is new but stopping is possible.
"""

from __future__ import annotations

import msgspec

from lepton_studio.engine.history import Change, EpochRow


class Event(msgspec.Struct, frozen=True, tag=True):
    """News from work under way."""


class Progress(Event, frozen=True):
    """How far a job is.

    Attributes:
        text: what is being done, for people.
        done: how much is done.
        total: how much there is; 0 if nobody knows.
    """

    text: str
    done: int = 0
    total: int = 0


class Notice(Event, frozen=True):
    """Something went wrong that does not end the work: what, and what to do."""

    what: str
    remedy: str = ""


class Recovered(Event, frozen=True):
    """What a :class:`Notice` told of is over: what goes well again."""

    what: str


class TrainingStarted(Event, frozen=True):
    """The network stands and the first batch is next."""

    parameters: int
    device: str
    precision: str


class EpochFinished(Event, frozen=True):
    """All batches were seen once more and the validation split was answered."""

    row: EpochRow
    epochs: int


class SettingChanged(Event, frozen=True):
    """A live setting was changed, from the next batch on."""

    change: Change


class StoppedEarly(Event, frozen=True):
    """The validation loss does not fall any more: the last epoch, and the one whose weights are kept."""

    epoch: int
    kept: int


class TrainingFinished(Event, frozen=True):
    """The last epoch is over; accuracy on pictures that were never used (0..1)."""

    test_accuracy: float
    test_loss: float
    seconds: float

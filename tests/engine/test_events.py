"""News from work under way: frozen values."""

from __future__ import annotations

import msgspec
import pytest

from lepton_studio.engine.events import (
    EpochFinished,
    Event,
    Notice,
    Progress,
    Recovered,
    TrainingFinished,
    TrainingStarted,
)
from lepton_studio.engine.history import EpochRow

EVENTS: tuple[Event, ...] = (
    Progress("Reading", 1, 2),
    Notice("The disk is full.", "Free some space."),
    Recovered("The disk takes what is learned again."),
    TrainingStarted(10, "CPU", "float32"),
    EpochFinished(EpochRow(1, 0.5, 0.5, 0.5, 0.5, 1.0), 3),
    TrainingFinished(0.9, 0.1, 12.0),
)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_is_never_changed_and_can_be_compared(event: Event) -> None:
    first = event.__struct_fields__[0]
    with pytest.raises(AttributeError):
        setattr(event, first, None)
    assert msgspec.convert(msgspec.to_builtins(event), type(event)) == event

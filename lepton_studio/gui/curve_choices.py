"""How a person looks at curves, kept from one start to the next."""

from __future__ import annotations

import contextlib
from dataclasses import asdict

import msgspec

from lepton_studio.gui.widgets.curve_data import SMOOTHINGS, WINDOWS, CurveChoices
from lepton_studio.gui.window_memory import keep_text, kept_text

NAME = "curves"


def kept_choices() -> CurveChoices:
    """What was chosen last; what cannot be read, or is none of the choices, is as it was at first."""
    with contextlib.suppress(msgspec.MsgspecError):
        choices = msgspec.json.decode(kept_text(NAME).encode(), type=CurveChoices)
        if choices.window in WINDOWS and choices.smoothing in SMOOTHINGS:
            return choices
    return CurveChoices()


def keep_choices(choices: CurveChoices) -> None:
    """Remembers them; a disk that refuses costs nothing but the memory."""
    keep_text(NAME, msgspec.json.encode(asdict(choices)).decode())

"""What a person has set about the window; the dialog is a form made from this."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from lepton_studio import paths
from lepton_studio.engine import LeptonError, read_struct, write_struct
from lepton_studio.engine.fields import about

ZOOMS = ("100 %", "125 %", "150 %", "175 %")


class Preferences(msgspec.Struct, frozen=True):
    """Settings of the window; every change shows at once."""

    theme: Annotated[Literal["system", "light", "dark"], about("Colours of the window.")] = "system"
    zoom: Annotated[
        Literal["100 %", "125 %", "150 %", "175 %"],
        about("Size of text and controls; larger for a projector."),
    ] = "100 %"
    motion: Annotated[bool, about("Let bars glide to their new values.")] = True
    # As engine/calibration.py has it, whose import would hold up the first window.
    coverage: Annotated[
        float,
        about(
            "Share of pictures like those it learned from that a network answers at least; of the rest it says that it "
            "does not know them.",
            low=0.5,
            high=1.0,
        ),
    ] = 0.95

    @property
    def zoom_factor(self) -> float:
        """1.0 for 100 %."""
        return int(self.zoom.split()[0]) / 100

    def with_theme(self, theme: Literal["light", "dark"]) -> Preferences:
        """The same with another theme."""
        return msgspec.structs.replace(self, theme=theme)

    def answering(self, coverage: float) -> Preferences:
        """The same with another share of pictures to answer."""
        return msgspec.structs.replace(self, coverage=coverage)

    def zoomed(self, steps: int) -> Preferences:
        """The same some steps larger, or smaller."""
        at = min(max(ZOOMS.index(self.zoom) + steps, 0), len(ZOOMS) - 1)
        return msgspec.structs.replace(self, zoom=ZOOMS[at])


def load_preferences() -> Preferences:
    """Reads the preferences; a missing or broken file gives the defaults."""
    try:
        return read_struct(paths.preferences_file(), Preferences)
    except LeptonError:
        return Preferences()


def save_preferences(preferences: Preferences) -> None:
    """Keeps the preferences; LeptonError if the disk refuses."""
    write_struct(paths.preferences_file(), preferences)

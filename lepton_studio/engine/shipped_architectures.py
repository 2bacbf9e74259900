"""Presets: architectures that ship with the program, with what they are known for and how they are trained."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec

from lepton_studio import paths
from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.fields import about
from lepton_studio.engine.files import parse_struct, read_struct
from lepton_studio.engine.layer import Layers
from lepton_studio.engine.optimizers.adam import Adam
from lepton_studio.engine.schedule import AnySchedule
from lepton_studio.engine.schedules.cosine import Cosine

if TYPE_CHECKING:
    from lepton_studio.engine.experiment import Hyperparameters


class _Head(msgspec.Struct):
    """By which a preset is known; people's own architectures have no summary."""

    summary: str = ""


class Preset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A known network, ready to be trained."""

    name: Annotated[str, about("What it is called in the field.")]
    summary: Annotated[str, about("What it is known for, for learners.")]
    source: Annotated[str, about("Where it is from: a paper or a page.")]
    layers: Layers
    epochs: Annotated[int, about("How often to go through all training pictures.", low=1, high=1000)] = 10
    learning_rate: Annotated[float, about("How far to go at each step, with Adam.", low=0.0, high=1.0)] = 0.001
    schedule: Annotated[AnySchedule, about("How the learning rate changes as training goes on.")] = Cosine()
    picture_sizes: Annotated[
        tuple[int, int],
        about("The sides of the pictures that it is made for, from the least to the most.", unit="pixels"),
    ] = (28, 32)
    order: Annotated[int, about("Its place in lists: the simple ones come first.", low=0)] = 0

    @property
    def architecture(self) -> Architecture:
        """The network alone."""
        return Architecture(self.name, self.layers)

    def suits(self, shape: tuple[int, ...]) -> bool:
        """Whether it is made for pictures of (channels, height, width)."""
        least, most = self.picture_sizes
        return all(least <= side <= most for side in shape[1:])

    def applied_to(self, hyperparameters: Hyperparameters) -> Hyperparameters:
        """The hyperparameters with the epochs and the learning rate that it is trained with; all else stays."""
        return msgspec.structs.replace(
            hyperparameters,
            epochs=self.epochs,
            optimizer=Adam(learning_rate=self.learning_rate),
            schedule=self.schedule,
        )


def preset_cards() -> dict[str, Preset]:
    """All that ship, by the name of their file, the simplest first.

    Raises:
        LeptonError: a file is damaged; the message names it and the field.
    """
    return dict(_read(paths.resources() / "architectures"))


def presets() -> dict[str, Architecture]:
    """The architectures alone, by the name of their file."""
    return {name: card.architecture for name, card in preset_cards().items()}


def preset(name: str) -> Architecture:
    """One shipped architecture; LeptonError with the known names if there is none."""
    known = preset_cards()
    if name not in known:
        raise LeptonError(f"There is no architecture called '{name}'.", f"Known are: {', '.join(known)}.")
    return known[name].architecture


def parse_architecture(content: bytes, source: str) -> Architecture:
    """Makes an architecture from JSON text, be it one of a person's own or the file of a preset.

    Args:
        content: the text, in UTF-8.
        source: how messages call it.

    Raises:
        LeptonError: naming the source and the field that is wrong.
    """
    if parse_struct(content, _Head, source).summary:
        return parse_struct(content, Preset, source).architecture
    return parse_struct(content, Architecture, source)


# The window asks at every edit; what ships does not change while the program runs.
@functools.lru_cache(maxsize=4)
def _read(folder: Path) -> tuple[tuple[str, Preset], ...]:
    found = [(file.stem, read_struct(file, Preset)) for file in sorted(folder.glob("*.json"))]
    return tuple(sorted(found, key=lambda each: each[1].order))

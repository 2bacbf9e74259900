"""Recipes: hyperparameters with a name and a purpose, which ship with the program."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from lepton_studio import paths
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.experiment import Hyperparameters
from lepton_studio.engine.fields import about
from lepton_studio.engine.files import parse_struct, read_bytes

FORMAT: Literal["lepton-studio recipe"] = "lepton-studio recipe"
VERSION = 1

# What says how this computer works, not how to learn: a recipe leaves it as it is.
MACHINE_FIELDS = (
    "device", "precision", "threads", "compile", "part_size", "checkpoint_seconds", "kept_epochs", "writers",
)  # fmt: skip


class _Head(msgspec.Struct):
    """By which a file says what it is; the rest of another file may be anything."""

    format: str = ""
    version: int = 0


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A way to train that is worth a name."""

    name: Annotated[str, about("What to call it.")]
    description: Annotated[str, about("What it is good for, for people.")]
    hyperparameters: Annotated[Hyperparameters, about("How to train.")]
    format: Literal["lepton-studio recipe"] = FORMAT
    version: int = VERSION

    def applied_to(self, hyperparameters: Hyperparameters) -> Hyperparameters:
        """The hyperparameters of the recipe, with the settings of the machine from those given."""
        kept = {name: getattr(hyperparameters, name) for name in MACHINE_FIELDS}
        return msgspec.structs.replace(self.hyperparameters, **kept)


def recipes() -> dict[str, Recipe]:
    """The recipes that ship with the program, by the name of their file.

    Raises:
        LeptonError: a file is damaged; the message names it and the field.
    """
    return {file.stem: read_recipe(file) for file in sorted((paths.resources() / "recipes").glob("*.json"))}


def recipe_of(hyperparameters: Hyperparameters, known: dict[str, Recipe]) -> str:
    """The name of the recipe that these hyperparameters follow on whatever machine; empty if they follow none."""
    following = (name for name, recipe in known.items() if recipe.applied_to(hyperparameters) == hyperparameters)
    return next(following, "")


def read_recipe(path: Path) -> Recipe:
    """Opens a recipe file.

    Raises:
        LeptonError: naming the file and the field.
    """
    content = read_bytes(path)
    head = parse_struct(content, _Head, str(path))
    if head.format != FORMAT:
        raise LeptonError(f"{path} is not a recipe of Lepton Studio.", "Choose another file.")
    if head.version > VERSION:
        raise LeptonError(
            f"{path} was made by a newer Lepton Studio (version {head.version}, this one reads {VERSION}).",
            "Update Lepton Studio.",
        )
    return parse_struct(content, Recipe, str(path))

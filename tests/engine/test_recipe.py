"""The recipes that ship, and what a damaged one is answered with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lepton_studio import paths
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.experiment import Hyperparameters
from lepton_studio.engine.recipe import MACHINE_FIELDS, read_recipe, recipe_of, recipes
from lepton_studio.engine.writers.tensorboard import TensorBoard

MACHINE = {
    "device": "cpu",
    "precision": "float32",
    "threads": 3,
    "compile": True,
    "part_size": 7,
    "checkpoint_seconds": 2.0,
    "kept_epochs": 9,
    "writers": (TensorBoard(),),
}


def written(folder: Path, **changes: Any) -> Path:
    """The fast recipe as a file with some fields changed; None takes one away."""
    plain = json.loads((paths.resources() / "recipes" / "fast.json").read_text(encoding="utf-8")) | changes
    file = folder / "mine.json"
    file.write_text(json.dumps({key: value for key, value in plain.items() if value is not None}), encoding="utf-8")
    return file


def test_the_standard_recipe_is_what_the_program_starts_with() -> None:
    assert recipes()["standard"].hyperparameters == Hyperparameters()
    assert recipe_of(Hyperparameters(), recipes()) == "standard"


@pytest.mark.parametrize("name", recipes())
def test_a_recipe_says_what_it_is_and_nothing_of_the_machine(name: str) -> None:
    recipe = recipes()[name]
    assert recipe.name
    assert recipe.description.endswith(".")
    plain = json.loads((paths.resources() / "recipes" / f"{name}.json").read_text(encoding="utf-8"))
    assert not set(plain["hyperparameters"]) & set(MACHINE_FIELDS)


@pytest.mark.parametrize("name", recipes())
def test_a_recipe_keeps_the_settings_of_the_machine(name: str) -> None:
    assert set(MACHINE) == set(MACHINE_FIELDS)
    recipe = recipes()[name]
    before = Hyperparameters(epochs=77, batch_size=3, **MACHINE)
    after = recipe.applied_to(before)
    assert after == msgspec.structs.replace(recipe.hyperparameters, **MACHINE)
    assert recipe_of(after, recipes()) == name
    assert recipe_of(before, recipes()) == ""


def test_the_names_of_recipes_differ() -> None:
    assert len({recipe.name for recipe in recipes().values()}) == len(recipes())


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"hyperparameters": {"epochs": 0}}, "hyperparameters.epochs"),
        ({"hyperparameters": {"optimizer": {"type": "adamm"}}}, "hyperparameters.optimizer"),
        ({"description": 3}, "description"),
        ({"colour": "red"}, "colour"),
        ({"name": None}, "name"),
        ({"format": "lepton-studio experiment"}, "is not a recipe"),
        ({"version": 2}, "newer Lepton Studio"),
        ({"version": "new"}, "version"),
    ],
)
def test_a_damaged_recipe_is_answered_with_its_file_and_field(
    tmp_path: Path, changes: dict[str, Any], complaint: str
) -> None:
    file = written(tmp_path, **changes)
    with pytest.raises(LeptonError) as caught:
        read_recipe(file)
    assert str(file) in caught.value.what
    assert complaint in caught.value.what


def test_a_recipe_file_of_ones_own_can_be_read(tmp_path: Path) -> None:
    assert read_recipe(written(tmp_path, name="Mine")).name == "Mine"
    (tmp_path / "mine.json").write_text("{", encoding="utf-8")
    with pytest.raises(LeptonError, match=r"mine\.json is not valid JSON"):
        read_recipe(tmp_path / "mine.json")

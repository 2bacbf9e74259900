"""``lepton-studio registries``: all that can be chosen, by name; shows whether a packed program is complete."""

from __future__ import annotations

from typing import Annotated

import typer

from lepton_studio.cli_output import Json, emit, show_table

Only = Annotated[list[str] | None, typer.Argument(metavar="NAME...", help="Which ones; by default all.")]


def registries(only: Only = None, as_json: Json = False) -> None:
    """List all that can be chosen: datasets, layers, optimizers and so on."""
    from lepton_studio.engine.errors import LeptonError

    found = known_names()
    unknown = [name for name in only or () if name not in found]
    if unknown:
        raise LeptonError(f"There is nothing called '{unknown[0]}' to choose from.", f"There are: {', '.join(found)}.")
    chosen = {name: found[name] for name in only or found}
    if as_json:
        emit(chosen)
        return
    show_table(("what", "how many", "names"), [(name, len(names), ", ".join(names)) for name, names in chosen.items()])


def known_names() -> dict[str, list[str]]:
    """Everything that is found by looking into a folder, by the name of that folder."""
    from lepton_studio.engine.attack import ATTACKS
    from lepton_studio.engine.augmentation import AUGMENTATIONS
    from lepton_studio.engine.dataset import DATASETS
    from lepton_studio.engine.explainer import EXPLAINERS
    from lepton_studio.engine.hint import rules
    from lepton_studio.engine.layer import LAYERS
    from lepton_studio.engine.loss import LOSSES
    from lepton_studio.engine.optimizer import OPTIMIZERS
    from lepton_studio.engine.recipe import recipes
    from lepton_studio.engine.regularisation import REGULARISATIONS
    from lepton_studio.engine.schedule import SCHEDULES
    from lepton_studio.engine.shipped_architectures import preset_cards
    from lepton_studio.engine.writer import WRITERS

    by_registry = (
        DATASETS, AUGMENTATIONS, LAYERS, LOSSES, OPTIMIZERS, SCHEDULES, REGULARISATIONS, ATTACKS, EXPLAINERS, WRITERS,
    )  # fmt: skip
    return {
        **{registry.package.rpartition(".")[2]: list(registry.names()) for registry in by_registry},
        "hints": list(rules()),
        "architectures": list(preset_cards()),
        "recipes": list(recipes()),
    }

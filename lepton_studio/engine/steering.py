"""Steering: what can be set another way while a run goes on, and the list of what was.

Each change is written into the folder of the run before it takes effect, with the batch at which it does. A resume
makes the same changes at the same batches, also those that came after its checkpoint, so that a run that was killed
ends as if it had not been.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import msgspec

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.experiment import Experiment, Hyperparameters
from lepton_studio.engine.fields import Field, about, fields_of, replaced
from lepton_studio.engine.files import field_error, read_struct, write_struct
from lepton_studio.engine.history import Change
from lepton_studio.engine.layer import Layer
from lepton_studio.engine.optimizer import LearningRate, WeightDecay

CHANGES = "changes.json"


class LiveSettings(msgspec.Struct, frozen=True):
    """What can be set another way while a run goes on."""

    learning_rate: LearningRate = 0.001
    weight_decay: WeightDecay = 0.0
    momentum: Annotated[float, about("Share of the last step that is kept.", low=0, high=0.999)] = 0.0
    dropout: Annotated[
        float, about("Multiplies how much each Dropout layer switches off; 1 is as the layers say.", low=0, high=2)
    ] = 1.0
    augmentation: Annotated[
        float,
        about(
            "Multiplies how far the training pictures are changed at random; 1 is as the augmentations say.",
            low=0,
            high=2,
        ),
    ] = 1.0
    batch_size: Annotated[
        int, about("Pictures looked at before each step of the weights.", unit="images", low=1, high=10_000_000)
    ] = 64
    epochs: Annotated[int, about("How often to go through all training pictures.", low=1, high=10_000)] = 10


class _Saved(msgspec.Struct, frozen=True):
    changes: tuple[Change, ...] = ()


def live_settings(experiment: Experiment, changes: Iterable[Change] = ()) -> LiveSettings:
    """What an experiment says of the fields that can be steered, after some changes."""
    settings = experiment.hyperparameters
    optimizer = settings.optimizer
    live = LiveSettings(
        learning_rate=optimizer.learning_rate,
        weight_decay=getattr(optimizer, "weight_decay", 0.0),
        momentum=getattr(optimizer, "momentum", 0.0),
        batch_size=settings.batch_size,
        epochs=settings.epochs,
    )
    for change in changes:
        live = with_change(live, change.field, change.after)
    return live


def steerable(experiment: Experiment) -> tuple[str, ...]:
    """The fields that do something in a run of this experiment."""
    optimizer = experiment.hyperparameters.optimizer
    there = {
        "weight_decay": hasattr(optimizer, "weight_decay"),
        "momentum": hasattr(optimizer, "momentum"),
        "dropout": any(_has_dropout(layer) for layer in experiment.architecture.layers),
        "augmentation": bool(experiment.hyperparameters.augmentations),
    }
    return tuple(field.name for field in fields_of(LiveSettings) if there.get(field.name, True))


def with_change(live: LiveSettings, field: str, value: float) -> LiveSettings:
    """Live settings with one field changed.

    Raises:
        LeptonError: there is no such field, or the value is out of range.
    """
    known: dict[str, Field] = {each.name: each for each in fields_of(LiveSettings)}
    if field not in known:
        raise LeptonError(f"'{field}' cannot be changed while a run goes on.", f"Known are: {', '.join(known)}.")
    exact = round(value) if known[field].kind == "integer" else float(value)
    try:
        changed: LiveSettings = replaced(live, field, exact)
    except msgspec.ValidationError as error:
        raise LeptonError(f"{field}: {field_error(error)}.", "Choose another value.") from error
    return changed


def settings_now(hyperparameters: Hyperparameters, live: LiveSettings) -> Hyperparameters:
    """The hyperparameters that a run follows while its live settings are these, as an experiment would say them.

    What no hyperparameter says (how strong dropout is) stays with the live settings.
    """
    values = {
        name: getattr(live, name)
        for name in ("learning_rate", "weight_decay", "momentum")
        if hasattr(hyperparameters.optimizer, name)
    }
    return msgspec.structs.replace(
        hyperparameters,
        optimizer=msgspec.structs.replace(hyperparameters.optimizer, **values),
        augmentations=tuple(each.scaled(live.augmentation) for each in hyperparameters.augmentations),
        batch_size=live.batch_size,
        epochs=live.epochs,
    )


def read_changes(folder: Path) -> tuple[Change, ...]:
    """The changes of a run, in their order; none if the file is not there.

    Raises:
        LeptonError: the file is damaged.
    """
    path = folder / CHANGES
    return read_struct(path, _Saved).changes if path.exists() else ()


def write_changes(folder: Path, changes: tuple[Change, ...]) -> None:
    """Keeps the changes of a run, whole or not at all; LeptonError if the disk refuses."""
    write_struct(folder / CHANGES, _Saved(changes))


def _has_dropout(layer: Layer) -> bool:
    """Whether a layer switches off outputs at random, itself or in what it holds."""
    own: Any = getattr(layer, "dropout", 0)
    return (
        layer.tag() in ("dropout", "dropout2d") or bool(own) or any(_has_dropout(child) for child in layer.children())
    )

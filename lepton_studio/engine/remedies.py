"""What hints change: learning rates that are safer, layers that go in or out. Each gives a new experiment, or None.

Nothing here builds a network: a change is offered only where it fits for certain.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.experiment import Experiment, Hyperparameters
from lepton_studio.engine.hint import Sentence, figure
from lepton_studio.engine.layer import Layer
from lepton_studio.engine.layers.dropout import Dropout
from lepton_studio.engine.layers.relu import Relu
from lepton_studio.engine.optimizer import Optimizer
from lepton_studio.engine.tree import Tree, all_paths, insert_layers, layer_at, replace_layer

LOWEST_RATE = 1e-7
SQUEEZES = ("sigmoid", "tanh")
# Pulls of this strength win against the gradient of a loss that is about 2; so does ten times what is usual where the
# optimizer takes them in another way (AdamW, Lion).
STRONG_PULL, GENTLE_PULL, FAR_MORE = 0.03, 1e-4, 10.0


def round_down(number: float) -> float:
    """The next lower of 1, 2 and 5 times a power of ten, as people choose learning rates."""
    if not 0 < number < math.inf:
        return number
    power = 10.0 ** math.floor(math.log10(number) + 1e-9)
    lead = number / power + 1e-9
    # Through the text, because 2 * 10 ** -3 is not 0.002.
    return float(f"{(5 if lead >= 5 else 2 if lead >= 2 else 1) * power:.0e}")


def usual_rate(optimizer: Optimizer) -> float:
    """The learning rate at which such an optimizer mostly does well.

    Its default, for its momentum: a momentum of m makes a step ``1 / (1 - m)`` times as long in the end.
    """
    standard = type(optimizer)()
    momentum, usual = (float(getattr(each, "momentum", 0.0)) for each in (optimizer, standard))
    return float(standard.learning_rate * (1 - momentum) / (1 - usual))


def lower_rate(rate: float, optimizer: Optimizer) -> float:
    """A tenth of a learning rate that was too high, or what is usual if that is less."""
    return max(LOWEST_RATE, round_down(min(rate / 10, usual_rate(optimizer))))


def with_settings(experiment: Experiment, **changes: Any) -> Experiment:
    """The experiment with other hyperparameters."""
    settings: Hyperparameters = msgspec.structs.replace(experiment.hyperparameters, **changes)
    return msgspec.structs.replace(experiment, hyperparameters=settings)


def with_optimizer(experiment: Experiment, **changes: Any) -> Experiment:
    """The experiment with its optimizer set another way."""
    return with_settings(experiment, optimizer=msgspec.structs.replace(experiment.hyperparameters.optimizer, **changes))


def with_layers(experiment: Experiment, layers: Tree) -> Experiment:
    """The experiment with other layers in its network."""
    architecture: Architecture = msgspec.structs.replace(experiment.architecture, layers=layers)
    return msgspec.structs.replace(experiment, architecture=architecture)


def active_layers(experiment: Experiment) -> list[tuple[tuple[int, ...], Layer]]:
    """Paths and layers of all that take part, containers before what they hold."""
    layers = experiment.architecture.layers
    found: list[tuple[tuple[int, ...], Layer]] = []
    left_out: list[tuple[int, ...]] = []
    for path in all_paths(layers):
        layer = layer_at(layers, path)
        if layer.disabled is True or any(path[: len(each)] == each for each in left_out):
            left_out.append(path)
        else:
            found.append((path, layer))
    return found


def count_of(experiment: Experiment, *tags: str) -> int:
    """How many layers of some kinds take part."""
    return sum(layer.tag() in tags for _, layer in active_layers(experiment))


def exchanged(experiment: Experiment, change: Callable[[Layer], Layer | None]) -> Experiment:
    """The experiment with each layer for which ``change`` gives another one in its place."""
    layers = experiment.architecture.layers
    for path, layer in active_layers(experiment):
        other = change(layer)
        if other is not None:
            layers = replace_layer(layers, path, other)
    return with_layers(experiment, layers)


def with_dropout_at_the_end(experiment: Experiment, share: float) -> Experiment | None:
    """The experiment with Dropout before its last Linear layer; None if the network ends in another way."""
    layers = experiment.architecture.layers
    at = max(
        (path[0] for path, layer in active_layers(experiment) if layer.tag() == "linear" and len(path) == 1), default=-1
    )
    return with_layers(experiment, insert_layers(layers, (at,), (Dropout(p=share),))) if at > 0 else None


def straightened(experiment: Experiment) -> Experiment:
    """The experiment with ReLU in place of activations that are flat at both ends."""
    return exchanged(experiment, lambda layer: Relu(disabled=layer.disabled) if layer.tag() in SQUEEZES else None)


def released(experiment: Experiment) -> tuple[Sentence, Experiment, tuple[tuple[str, float], ...]] | None:
    """The experiment without what pulls its weights to zero more strongly than any loss could teach them.

    Returns:
        What that does, the experiment, and what helps a run under way; None if nothing pulls so strongly.
    """
    settings = experiment.hyperparameters
    optimizer = settings.optimizer
    decay, usual = (float(getattr(each, "weight_decay", 0.0)) for each in (optimizer, type(optimizer)()))
    heavy = [each for each in settings.regularisations if float(getattr(each, "strength", 0.0)) >= STRONG_PULL]
    if heavy:
        kept = tuple(each for each in settings.regularisations if each not in heavy)
        return Sentence("Remove {}", Sentence(heavy[0].title)), with_settings(experiment, regularisations=kept), ()
    if decay < max(STRONG_PULL, FAR_MORE * usual):
        return None
    gentle = usual or GENTLE_PULL
    remedy = Sentence("Lower the weight decay from {0} to {1}", figure(decay), figure(gentle))
    return remedy, with_optimizer(experiment, weight_decay=gentle), (("weight_decay", gentle),)


def rebased(before: Experiment, after: Experiment, onto: Experiment) -> Experiment | None:
    """Makes the change from one experiment to another in a third, which may have been edited since.

    Returns:
        None if the change is in the layers of a network that is another one now.
    """
    if onto == before:
        return after
    architecture = onto.architecture
    if after.architecture != before.architecture:
        if before.architecture.layers != architecture.layers:
            return None
        architecture = msgspec.structs.replace(architecture, layers=after.architecture.layers)
    merged: Experiment = _merged(before, after, onto)
    return msgspec.structs.replace(merged, architecture=architecture)


def as_settings(before: Experiment, after: Experiment) -> tuple[str, ...]:
    """What leads from one experiment to another, as ``--set`` takes it: FIELD=VALUE; changes of layers are left out."""
    one, other = (msgspec.to_builtins(each.hyperparameters) for each in (before, after))
    return tuple(f"{path}={msgspec.json.encode(value).decode()}" for path, value in _differences(one, other))


def _differences(before: dict[str, Any], after: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in after.items():
        was, here = before.get(name), f"{path}{name}"
        if isinstance(value, dict) and isinstance(was, dict) and was.get("type") == value.get("type"):
            yield from _differences(was, value, f"{here}.")
        elif value != was:
            yield here, value


def _merged(before: Any, after: Any, onto: Any) -> Any:
    """``onto`` with each field that differs between the other two, down to the fields of specs."""
    if before == after:
        return onto
    if isinstance(after, tuple) and isinstance(onto, tuple):
        # Of a list of specs, what came is put beside what is there; one of a kind that is there takes its place.
        came = [each for each in after if each not in before]
        kinds = {type(each) for each in came} | {type(each) for each in before} - {type(each) for each in after}
        return (*(each for each in onto if type(each) not in kinds), *came)
    if isinstance(after, msgspec.Struct) and type(before) is type(after) is type(onto):
        fields = after.__struct_fields__
        values = {name: _merged(getattr(before, name), getattr(after, name), getattr(onto, name)) for name in fields}
        return msgspec.structs.replace(onto, **values)
    return after

"""Which fields of an experiment a sweep can change, and what they are called."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import msgspec

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.experiment import Experiment, Hyperparameters
from lepton_studio.engine.fields import Field, fields_of
from lepton_studio.engine.recipe import MACHINE_FIELDS
from lepton_studio.engine.registry import Spec
from lepton_studio.engine.sweep_axes import Axis, ChoiceAxis, RangeAxis, axis_of_text

# What a range of a number that is 0 now begins and ends at, if factors count.
FIRST_LOW, FIRST_HIGH = 1e-6, 1e-2
# Of a number of pictures that is 0, which means all of them.
FIRST_MANY = 1000
SEEDS = 5


@dataclass(frozen=True)
class SweepField:
    """A field that a sweep can change.

    Attributes:
        path: as :func:`with_setting` takes it.
        owner: the title of what it belongs to ("Optimizer", "Linear"); empty for hyperparameters themselves.
        place: where a layer stands, counted from 1 ("4", "4.1"); empty for all else.
        name: its label.
        kind: "integer", "number", "switch", or "choice".
        value: what it is now, as it is saved.
        low, high: its range; None where open.
        log: whether factors count.
        unit, help: of the field.
        choices: the words to choose from; empty for numbers.
    """

    path: str
    owner: str
    place: str
    name: str
    kind: str
    value: Any
    low: float | None = None
    high: float | None = None
    log: bool = False
    unit: str = ""
    help: str = ""
    choices: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Its whole name: "Batch size", "Optimizer: learning rate", "Linear 4: outputs"."""
        owner = " ".join(filter(None, (self.owner, self.place)))
        return f"{owner}: {self.name[:1].lower()}{self.name[1:]}" if owner else self.name

    def proposed(self) -> Axis:
        """Values worth trying, around the one that it has now."""
        if self.choices:
            return ChoiceAxis(self.path, self.choices)
        value = float(self.value)
        if self.kind == "integer":
            return ChoiceAxis(self.path, tuple(str(number) for number in self._whole_numbers(round(value))))
        if self.log:
            low, high = (value / 10, value * 10) if value else (FIRST_LOW, FIRST_HIGH)
        else:
            low, high = (value / 2, value * 2) if value else (0.0, 1.0 if self.high is None else min(1.0, self.high))
        low, high = (float(f"{self._inside(end):.6g}") for end in (low, high))
        return RangeAxis(self.path, low, high, self.log, self.kind == "integer")

    def _whole_numbers(self, value: int) -> list[int]:
        """Half and twice as much; odd neighbours of small odd numbers, as windows of a kernel are."""
        if self.path == "seed":
            around = [value + step for step in range(SEEDS)]
        elif value == 0:
            around = [0, FIRST_MANY if self.high is not None and self.high > FIRST_MANY else 1]
        elif value % 2 and 1 < value < 10:
            around = [value - 2, value, value + 2]
        else:
            around = [value // 2, value, value * 2]
        return sorted({round(self._inside(number)) for number in around})

    def _inside(self, number: float) -> float:
        number = number if self.low is None else max(self.low, number)
        return number if self.high is None else min(self.high, number)


@functools.lru_cache(maxsize=8)
def sweepable(experiment: Experiment) -> tuple[SweepField, ...]:
    """The fields that a sweep of this experiment can change: hyperparameters, then layers, then the seed."""
    skipped = {*MACHINE_FIELDS, "device", "precision"}
    found = [
        field
        for field in _fields_in(experiment.hyperparameters, "hyperparameters", "", "")
        if field.path.removeprefix("hyperparameters.") not in skipped
    ]
    layers = experiment.architecture.layers
    # What comes out at the end is one number for each class.
    last = f"architecture.layers.{len(layers) - 1}.outputs"
    found += [field for field in _fields_of_stack(layers, "architecture.layers", "") if field.path != last]
    seed = next(field for field in fields_of(Experiment) if field.name == "seed")
    found.append(_field(seed, experiment.seed, "seed", "", ""))
    return tuple(found)


def full_path(experiment: Experiment, path: str) -> str:
    """The whole path of a field: people write "optimizer.momentum" for "hyperparameters.optimizer.momentum".

    A registry's name alone means the kind: "optimizer" is "hyperparameters.optimizer.type".
    """
    path = path.strip()
    first = path.split(".")[0]
    top = {field.name for field in fields_of(Experiment)}
    if first not in top and any(field.name == first for field in fields_of(Hyperparameters)):
        path = f"hyperparameters.{path}"
    known = {field.path for field in sweepable(experiment)}
    return f"{path}.type" if path not in known and f"{path}.type" in known else path


def field_at(experiment: Experiment, path: str) -> SweepField | None:
    """The field at a full path; None if it is none that is offered."""
    return next((field for field in sweepable(experiment) if field.path == path), None)


def words_for(experiment: Experiment, path: str) -> str:
    """What a field is called in a sentence: "learning rate", "linear 4 outputs"."""
    field = field_at(experiment, path)
    if field is None:
        return path.removeprefix("hyperparameters.").replace("_", " ")
    # A layer is one of many, an optimizer is the only one.
    return " ".join(filter(None, (field.owner, field.place, field.name) if field.place else (field.name,))).lower()


def axis_from(experiment: Experiment, text: str) -> Axis:
    """Reads ``FIELD=VALUES`` as ``--over`` takes it.

    Raises:
        LeptonError: it is not of that form.
    """
    path, equals, values = text.partition("=")
    if not equals or not path.strip() or not values.strip():
        raise LeptonError(
            f"'{text}' says not what to try.", "Write --over FIELD=32,64,128 or --over 'FIELD=1e-4..1e-2 log'."
        )
    whole = full_path(experiment, path)
    field = field_at(experiment, whole)
    return axis_of_text(whole, values, field is not None and field.kind == "integer")


def _fields_in(value: msgspec.Struct, path: str, owner: str, place: str) -> Iterator[SweepField]:
    for field in fields_of(type(value)):
        current, below = getattr(value, field.name), f"{path}.{field.name}"
        # What a container holds is hidden from forms only. A size that follows from what comes in is not to be chosen.
        if (field.hidden and not isinstance(current, tuple)) or (place and field.zero and not current):
            continue
        if field.kind in ("integer", "number", "switch", "choice"):
            yield _field(field, current, below, owner, place)
        elif isinstance(current, Spec):
            if len(field.choices) > 1:
                yield _field(field, current, f"{below}.type", owner, place)
            yield from _fields_in(current, below, field.label, place)
        elif isinstance(current, tuple):
            yield from _fields_of_stack(current, below, place)


def _fields_of_stack(members: tuple[Any, ...], path: str, place: str) -> Iterator[SweepField]:
    """Of layers, which have places, and of members of other registries, which need none; branches are stacks in one."""
    from lepton_studio.engine.layer import Layer

    for number, member in enumerate(members):
        below = f"{path}.{number}"
        here = f"{place}.{number + 1}" if place else f"{number + 1}"
        if isinstance(member, Spec):
            yield from _fields_in(member, below, member.title, here if isinstance(member, Layer) else "")
        elif isinstance(member, tuple):
            yield from _fields_of_stack(member, below, here)


def _field(field: Field, current: Any, path: str, owner: str, place: str) -> SweepField:
    kind, value = field.kind, current
    choices: tuple[str, ...] = ()
    if kind == "switch":
        choices, value = ("false", "true"), str(current).lower()
    elif kind == "choice":
        choices = tuple(map(str, field.choices))
    elif kind == "spec":
        kind, value = "choice", cast("Spec", current).tag()
        choices = tuple(one.tag() for one in field.choices)
    return SweepField(
        path, owner, place, field.label, kind, value, field.minimum, field.maximum, field.logarithmic, field.unit,
        field.help, choices,
    )  # fmt: skip

"""What a fix does to an architecture, in parts that a window can put into the words of any language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.layer import grouped
from lepton_studio.engine.tree import Path

FixKind = Literal["set", "insert", "remove", "move", "leave_out", "outputs", "append", "replace"]


@dataclass(frozen=True)
class FixStep:
    """One change of one layer.

    Attributes:
        kind: "set" a field, "insert" layers beside this one, "move" it beside another, "remove" it, "leave_out"
            (disable it), "outputs": set how many numbers come out of it, "append" layers at the end, "replace" it.
        path: of the layer in the faulty architecture; empty for "append".
        title: of the layer, as its class says it.
        number: its place as people count ("3", "2.1") where another layer has the same title, else empty.
        field: the name of the field that is set.
        label: its name on screen, as the spec says it.
        old, new: its value before and after.
        word: what the spec calls the new value, if that is 0 and means something else ("as many as come").
        inserted: the titles of new layers, in their order.
        beside: the title of the layer that it is moved before or after; ``beside_number`` its place, as above.
        is_after: whether "insert" and "move" mean after the other layer rather than before it.
    """

    kind: FixKind
    path: Path = ()
    title: str = ""
    number: str = ""
    field: str = ""
    label: str = ""
    old: Any = None
    new: Any = None
    word: str = ""
    inserted: tuple[str, ...] = ()
    beside: str = ""
    beside_number: str = ""
    is_after: bool = False

    @property
    def text(self) -> str:
        """What it does, in English."""
        what = f"{self.title} (layer {self.number})" if self.number else self.title
        new = " and ".join(self.inserted)
        if self.kind == "set":
            return f"set {self.label.lower()} of {what} to {self.word or value_text(self.new)}"
        if self.kind == "outputs":
            return f"give {f'the last {self.title}' if self.number else what} {value_text(self.new)} outputs"
        if new:
            return f"put {new} {self._place(what)}"
        if self.kind == "move":
            beside = f"{self.beside} (layer {self.beside_number})" if self.beside_number else self.beside
            return f"move {what} {'after' if self.is_after else 'before'} {beside}"
        return f"{'remove' if self.kind == 'remove' else 'leave out'} {what}"

    def _place(self, what: str) -> str:
        if self.kind == "append":
            return "at the end" if self.new is None else f"with {value_text(self.new)} outputs at the end"
        if self.kind == "replace":
            return f"in place of {what}"
        return f"{'after' if self.is_after else 'before'} {what}"


@dataclass(frozen=True)
class Fix:
    """A change that was tried: it removes the first fault of an architecture and makes none before it.

    Attributes:
        steps: what it does, mostly one thing.
        architecture: the result.
        path: of the layer concerned, in the result.
        is_complete: whether no fault at all is left.
    """

    steps: tuple[FixStep, ...]
    architecture: Architecture
    path: Path
    is_complete: bool

    @property
    def kind(self) -> FixKind:
        """What its first step is."""
        return self.steps[0].kind

    @property
    def is_same_everywhere(self) -> bool:
        """Whether it sets one field to one value in several layers."""
        is_one = len({(step.kind, step.label, step.new) for step in self.steps}) == 1
        return is_one and len(self.steps) > 1 and self.kind == "set"

    @property
    def text(self) -> str:
        """What it does, as a sentence in English without its full stop."""
        first = self.steps[0]
        if self.is_same_everywhere:
            words = f"set {first.label.lower()} to {first.word or value_text(first.new)} in {len(self.steps)} layers"
        else:
            words = ", ".join(step.text for step in self.steps)
        return words[:1].upper() + words[1:]


def value_text(value: Any) -> str:
    """The value of a field as people read it: numbers in groups, switches as on and off."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int):
        return grouped(value)
    return str(value).replace("_", " ")

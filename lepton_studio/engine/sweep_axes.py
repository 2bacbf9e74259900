"""The axes of a sweep: a field of an experiment, and the values that it takes."""

from __future__ import annotations

import math
import re

import msgspec

from lepton_studio.engine.errors import LeptonError

Value = int | float | str
"""A number of a range, or a choice as it is written after ``--set FIELD=``."""

LINE_OF_RANGE = re.compile(r"\s*(\S+?)\s*\.\.\s*(\S+)((?:\s+\w+)*)\s*")
POINTS, MOST_POINTS = 5, 1000


class ChoiceAxis(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="choices"):
    """A field that takes one of some values; ``choices`` are written as after ``--set FIELD=``."""

    path: str
    choices: tuple[str, ...]

    def points(self) -> tuple[Value, ...]:
        """All values, each once."""
        return tuple(dict.fromkeys(self.choices))

    def ends(self) -> tuple[Value, ...]:
        """The values that show whether all of them fit."""
        return self.points()

    def check(self) -> None:
        """Raises LeptonError if there is nothing to choose from."""
        if not self.choices or not all(choice.strip() for choice in self.choices):
            raise LeptonError(f"The values of '{self.path}' are missing.", "Write them with commas: 32, 64, 128.")

    def words(self) -> str:
        """The values as people write them after ``--over FIELD=``."""
        return ", ".join(self.choices)


class RangeAxis(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="range"):
    """A number between two ends, both included.

    Attributes:
        path: the field.
        low, high: the ends.
        log: whether each factor is as likely as each other, rather than each difference.
        integer: whether it is a whole number.
        count: how many values a grid takes of it.
    """

    path: str
    low: float
    high: float
    log: bool = False
    integer: bool = False
    count: int = POINTS

    def points(self) -> tuple[Value, ...]:
        """The values of a grid, evenly spaced from end to end; whole numbers only once."""
        steps = range(self.count)
        shares = [step / (self.count - 1) if self.count > 1 else 0.0 for step in steps]
        low, high = (math.log(self.low), math.log(self.high)) if self.log else (self.low, self.high)
        numbers = [low + share * (high - low) for share in shares]
        plain = [math.exp(number) for number in numbers] if self.log else numbers
        # Twelve digits, so that 0.001 is 0.001; the ends as they were written.
        rounded = [self.low, *(float(f"{number:.12g}") for number in plain[1:-1]), self.high][: self.count]
        return tuple(dict.fromkeys(round(number) if self.integer else number for number in rounded))

    def ends(self) -> tuple[Value, ...]:
        """The values that show whether all of them fit."""
        return (round(self.low), round(self.high)) if self.integer else (self.low, self.high)

    def check(self) -> None:
        """Raises LeptonError if there is no such range."""
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise LeptonError(f"{self.words()} is no range for '{self.path}'.", "The first number must be the smaller.")
        if self.log and self.low <= 0:
            raise LeptonError(
                f"A logarithmic range of '{self.path}' cannot begin at {self.low:g}.",
                "Begin above 0, or leave out log.",
            )
        if self.integer and not (self.low == round(self.low) and self.high == round(self.high)):
            raise LeptonError(f"'{self.path}' takes whole numbers.", "Write the ends without digits after the point.")
        if not 1 <= self.count <= MOST_POINTS:
            raise LeptonError(f"{self.count} values are not 1 to {MOST_POINTS}.", "Take another number of values.")

    def words(self) -> str:
        """The range as people write it after ``--over FIELD=``."""
        return f"{self.low:g}..{self.high:g}{' log' if self.log else ''}"


Axis = ChoiceAxis | RangeAxis


def axis_of_text(path: str, text: str, integer: bool = False) -> Axis:
    """Reads ``32, 64, 128`` as choices, and ``1e-4..1e-2 log 5`` as a range with five values in a grid.

    Args:
        path: the field.
        text: what was written.
        integer: whether the field takes whole numbers only.

    Raises:
        LeptonError: it is neither.
    """
    match = LINE_OF_RANGE.fullmatch(text)
    if match is None:
        return ChoiceAxis(path, choices_of_text(text))
    words = match[3].split()
    numbers = [word for word in words if word.isdecimal()]
    if len(numbers) > 1 or set(words) - {"log", *numbers}:
        raise LeptonError(
            f"'{text.strip()}' is no range of values for '{path}'.",
            "Write LOW..HIGH, then log if factors count, then how many values a grid takes: 1e-4..1e-2 log 5.",
        )
    try:
        low, high = float(match[1]), float(match[2])
    except ValueError as error:
        raise LeptonError(f"'{match[1]}..{match[2]}' is no range of numbers.", "Write it as 1e-4..1e-2.") from error
    count = int(numbers[0][:6]) if numbers else POINTS
    return RangeAxis(path, low, high, "log" in words, integer, count)


def choices_of_text(text: str) -> tuple[str, ...]:
    """Values with commas between them, each once; values of JSON may have commas inside."""
    try:
        values = msgspec.json.decode(f"[{text}]")
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        values = [part.strip() for part in text.split(",")]
    written = (value if isinstance(value, str) else msgspec.json.encode(value).decode() for value in values)
    return tuple(dict.fromkeys(word for word in written if word))


def value_text(value: Value) -> str:
    """A value as :func:`with_setting` reads it back to the last bit."""
    return value if isinstance(value, str) else repr(value)


def value_words(value: Value) -> str:
    """A value as people read it: three digits of a number."""
    if isinstance(value, float):
        return f"{value:.3g}"
    return str(value)

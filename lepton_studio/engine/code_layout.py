"""Nested calls as lines of code, laid out as ruff format would, with the lines that each layer takes."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field

INDENT = "    "
WIDEST = 120
# Comments above a layer are prose: shorter lines are easier to read.
WIDEST_COMMENT = 92

Path = tuple[int, ...]


@dataclass(frozen=True)
class Call:
    """``head(items)``; without brackets it is only a word, such as a number."""

    head: str
    items: tuple[Item, ...] = ()
    brackets: str = "()"

    @property
    def in_one_line(self) -> str | None:
        """The code in one line; None if something in it wants a line of its own."""
        parts = []
        for item in self.items:
            inner = item.code.in_one_line
            if inner is None or item.remark or item.above or item.path is not None:
                return None
            parts.append(item.prefix + inner)
        if not self.brackets:
            return self.head
        return f"{self.head}{self.brackets[0]}{', '.join(parts)}{self.brackets[1]}"


@dataclass(frozen=True)
class Item:
    """One argument of a call.

    Attributes:
        code: what is given.
        prefix: its name with an equals sign, if it has one.
        remark: a comment behind it.
        above: comments above it, a sentence each.
        path: of the layer that it stands for.
    """

    code: Call
    prefix: str = ""
    remark: str = ""
    above: tuple[str, ...] = ()
    path: Path | None = None


def word(text: str) -> Call:
    """Something that is not called: a number, a name, a text."""
    return Call(text, brackets="")


@dataclass(frozen=True)
class Place:
    """The lines of a layer, counted from 1; both belong to it."""

    path: Path
    first: int
    last: int

    def moved(self, by: int) -> Place:
        """The same further down."""
        return Place(self.path, self.first + by, self.last + by)


@dataclass
class Layout:
    """Lines of code so far, and which of them are whose."""

    lines: list[str] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)

    def add(self, item: Item, depth: int, prefix: str = "", suffix: str = ",") -> None:
        """Writes an argument, or with another prefix and suffix a statement."""
        first = len(self.lines) + 1
        indent = INDENT * depth
        start = f"{indent}{prefix}{item.prefix}"
        line = item.code.in_one_line
        # What nothing can be taken out of stays as long as it is.
        fits = line is not None and (len(start + line + suffix) <= WIDEST or not item.code.items)
        remark = f"  # {item.remark}" if item.remark else ""
        opening = f"{start}{line}{suffix}" if fits else f"{start}{item.code.head}{item.code.brackets[0]}"
        above = list(item.above)
        if len(opening + remark) > WIDEST:
            above.append(item.remark)
            remark = ""
        for sentence in above:
            self.lines += [
                f"{indent}# {part}" for part in textwrap.wrap(sentence, max(40, WIDEST_COMMENT - len(indent)))
            ]
        self.lines.append(f"{opening}{remark}")
        if not fits:
            for inner in item.code.items:
                self.add(inner, depth + 1)
            self.lines.append(f"{indent}{item.code.brackets[1]}{suffix}")
        if item.path is not None:
            self.places.append(Place(item.path, first, len(self.lines)))

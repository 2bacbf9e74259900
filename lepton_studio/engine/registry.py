"""Registries: one idea behind layers, datasets, optimizers and all the rest.

A thing that can be chosen is a frozen value (a :class:`Spec`) in a file of its own. Putting the file into
the folder is all it takes: the registry imports every file there and finds the class. Forms, JSON, the
command line and the contract tests are made from what the registry knows.
"""

import difflib
import importlib
import pkgutil
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar, Union

import msgspec

from lepton_studio.engine.errors import LeptonError


class Spec(msgspec.Struct, frozen=True, tag_field="type", forbid_unknown_fields=True):
    """A frozen value that a person can choose and set; its docstring is its help on screen."""

    title: ClassVar[str] = ""

    @classmethod
    def tag(cls) -> str:
        """The name in files and on the command line; the file of the class has the same name."""
        return str(cls.__struct_config__.tag)

    @classmethod
    def summary(cls) -> str:
        """The first sentence of the docstring, for tooltips and for the command line."""
        return (cls.__doc__ or "").strip().split("\n")[0]


S = TypeVar("S", bound=Spec)


class Registry(Generic[S]):
    """Name -> class for every :class:`Spec` that lies in one folder."""

    def __init__(self, base: type[S], word: str, package: str) -> None:
        """Remembers where to look; nothing is imported before the first question.

        Args:
            base: the class that all members share.
            word: what one member is called in messages ("layer").
            package: the folder to search, as a dotted name.
        """
        self.base = base
        self.word = word
        self.package = package

    @cached_property
    def classes(self) -> dict[str, type[S]]:
        """All members by their tag, in the order of their titles."""
        found: list[type[S]] = []
        for file in pkgutil.iter_modules(importlib.import_module(self.package).__path__):
            module = importlib.import_module(f"{self.package}.{file.name}")
            found += [
                value
                for value in vars(module).values()
                if isinstance(value, type) and issubclass(value, self.base) and value.__module__ == module.__name__
                and value.__struct_config__.tag
            ]  # fmt: skip
        return {found_class.tag(): found_class for found_class in sorted(found, key=lambda c: c.title.lower())}

    @cached_property
    def union(self) -> Any:
        """The type "any member", by which msgspec reads a member from JSON."""
        return Union[tuple(self.classes.values())]  # noqa: UP007 - made from a list at run time

    def names(self) -> tuple[str, ...]:
        """The tags of all members."""
        return tuple(self.classes)

    def __getitem__(self, name: str) -> type[S]:
        """The class called ``name``; LeptonError with the nearest names if there is none."""
        if name in self.classes:
            return self.classes[name]
        raise self.unknown(name)

    def unknown(self, name: str) -> LeptonError:
        """The error that says ``name`` is not known, with what may have been meant."""
        near = difflib.get_close_matches(name, self.names(), n=1, cutoff=0.6)
        hint = f"Did you mean '{near[0]}'? " if near else ""
        return LeptonError(f"There is no {self.word} called '{name}'.", f"{hint}Known are: {', '.join(self.names())}.")

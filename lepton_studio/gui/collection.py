"""What is being collected: the book of drawings, or the one that the first drawing will begin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from unicodedata import east_asian_width

import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine import DIGITS, Dataset, Drawing, DrawingBook, Stroke, all_datasets, create_book, open_book

KEYS = "1234567890abcdefghijklmnopqrstuvwxyz"


class Collection:
    """One book at a time. It is made with the first drawing, so that looking around leaves nothing behind.

    Attributes:
        book: the open book; None before there is one.
        name: what it is called, or will be.
        author: who draws.
        remarks: what could not be read when it was opened.
    """

    def __init__(self) -> None:
        """Begins with a new book of digits."""
        self.book: DrawingBook | None = None
        self.name, self.author = "", ""
        self._new_classes: tuple[str, ...] = DIGITS
        self._answers: dict[str, str] = {}
        self._pictures: dict[str, NDArray[np.uint8]] = {}

    def open(self, name: str) -> None:
        """Opens a book that there is.

        Raises:
            LeptonError: it cannot be read.
        """
        self.book = open_book(name)
        self.name = name
        self.author = self.book.author or self.author

    def begin(self, name: str, classes: Sequence[str] = ()) -> None:
        """Begins a new one, with the classes of the old one unless there are others."""
        self._new_classes = tuple(classes) or self.classes
        self.book, self.name = None, name

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in their order."""
        return tuple(self.book.classes) if self.book is not None else self._new_classes

    @property
    def remarks(self) -> Sequence[str]:
        """What could not be read."""
        return self.book.remarks if self.book is not None else ()

    @property
    def dataset(self) -> Dataset | None:
        """The drawings as a dataset; None while there are none."""
        return all_datasets().get(self.name) if self.book is not None and self.book.drawings else None

    def counts(self) -> dict[str, int]:
        """How many of each class."""
        return self.book.counts() if self.book is not None else dict.fromkeys(self.classes, 0)

    def total(self) -> int:
        """How many there are."""
        return len(self.book.drawings) if self.book is not None else 0

    def suggested(self) -> str:
        """The class with the fewest drawings, the first of several."""
        counts = self.counts()
        return min(counts, key=counts.__getitem__)

    def made(self) -> DrawingBook:
        """The book; it is made now if there was none.

        Raises:
            LeptonError: the disk refuses.
        """
        if self.book is None:
            self.book = create_book(self.name, self._new_classes)
            self.name = self.book.name
        return self.book

    def keep(self, label: str, ink: Sequence[Stroke] | NDArray[np.uint8], answer: str) -> Drawing:
        """Keeps a drawing, and what the network took it for; empty if nobody knows.

        Args:
            label: one of the classes.
            ink: strokes, or what the network sees of a picture, H x W.
            answer: the name of a class.

        Raises:
            LeptonError: it was not kept.
        """
        book = self.made()
        if isinstance(ink, np.ndarray):
            drawing = book.add_picture(label, ink, self.author)
        else:
            drawing = book.add(label, ink, self.author)
        self._answers[drawing.id] = answer
        return drawing

    def last_of(self, label: str, count: int) -> list[Drawing]:
        """The newest drawings of a class, the newest first."""
        newest: Iterator[Drawing] = reversed(self.book.drawings.values()) if self.book is not None else iter(())
        return list(islice((drawing for drawing in newest if drawing.label == label), count))

    def picture_of(self, drawing: Drawing) -> NDArray[np.uint8]:
        """28 x 28, uint8; a card shows the same ones again and again, so each is rendered once."""
        if drawing.id not in self._pictures:
            self._pictures[drawing.id] = drawing.picture()[0]
        return self._pictures[drawing.id]

    def is_wrong(self, drawing: Drawing) -> bool:
        """Whether the network took a drawing of this sitting for another class."""
        answer = self._answers.get(drawing.id, "")
        return bool(answer) and answer != drawing.label

    def tally(self) -> tuple[int, int]:
        """How many of this sitting the network knew, and of how many it gave an answer."""
        kept = self.book.drawings if self.book is not None else {}
        answered = [kept[identity] for identity, answer in self._answers.items() if answer and identity in kept]
        return sum(not self.is_wrong(drawing) for drawing in answered), len(answered)


def keys_of(classes: Sequence[str]) -> dict[str, str]:
    """A key for each class: its own letter or digit, otherwise the next free one; empty when there are no more."""
    own = {name: name.lower() for name in classes if len(name) == 1 and name.isprintable() and not name.isspace()}
    # A Chinese character takes several keys, an emoji a list to choose from.
    own = {name: key for name, key in own.items() if east_asian_width(name) not in {"W", "F"}}
    taken: dict[str, str] = {}
    for name, key in own.items():
        taken.setdefault(key, name)
    free = iter([key for key in KEYS if key not in taken])
    return {name: own[name] if taken.get(own.get(name, "")) == name else next(free, "") for name in classes}

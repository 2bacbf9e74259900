"""A person's own drawings, made on the Draw page (see ``drawing_book.py``)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Annotated, ClassVar

import numpy as np

from lepton_studio.engine.dataset import Dataset, LabelSource, Samples
from lepton_studio.engine.drawing_book import books, open_book
from lepton_studio.engine.drawing_entries import is_set_aside
from lepton_studio.engine.drawn_pictures import rendered
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.fields import about

log = logging.getLogger("lepton_studio")


class Drawings(Dataset, frozen=True, tag="drawings"):
    """Your own drawings, collected on the Draw page; every fifth of a class is set aside for the test."""

    title: ClassVar[str] = "Drawings"
    label_source: ClassVar[LabelSource] = "drawn"
    is_ink: ClassVar[bool] = True
    name: Annotated[str, about("What the collection is called.")] = ""

    @classmethod
    def choices(cls) -> dict[str, Dataset]:
        return {name: cls(name) for name in books()}

    def label(self) -> str:
        return self.name or self.title

    def is_here(self) -> bool:
        """Whether there are drawings of this name."""
        return self.name in books()

    def read(self) -> Iterator[Progress | Samples]:
        """Reads the strokes and renders those that were not rendered before."""
        yield Progress(f"Reading {self.label()}")
        book = open_book(self.name)
        for remark in book.remarks:
            log.warning(remark)
            yield Progress(remark)
        if not book.drawings:
            raise LeptonError(f"There are no drawings in {self.label()} yet.", "Collect some on the Draw page first.")
        images = yield from rendered(book)
        place = {name: label for label, name in enumerate(book.classes)}
        drawings = book.drawings.values()
        is_test = np.array([is_set_aside(drawing.id) for drawing in drawings])
        if is_test.all():
            # What was to be learned from has been taken back: better a test of nothing than nothing to learn.
            is_test[:] = False
        yield Samples(
            images,
            np.array([place[drawing.label] for drawing in drawings], np.int64),
            tuple(book.classes),
            is_test,
            origins=[drawing.origin() for drawing in drawings],
        )

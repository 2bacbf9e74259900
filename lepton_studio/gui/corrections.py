"""Wrong? Press the right key: what is drawn, or the ink of a picture, is kept under its class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent

from lepton_studio.engine import Drawing, DrawingBook, LeptonError, Stroke, books, create_book, open_book
from lepton_studio.gui.collection import keys_of
from lepton_studio.gui.easel import Easel

Role = Literal["second", "good", "warning", "bad"]


class Corrections(QObject):
    """The drawings that the network is to be taught, in the dataset "My drawings".

    The drawing stays on the canvas, so that a person sees how the answer to it changes.

    Signals:
        changed: a drawing came or went, or the dataset has another content.
        said: what happened, in words, and the role of the line.
    """

    changed = Signal()
    said = Signal(str, str)

    def __init__(self, easel: Easel, parent: QObject | None = None) -> None:
        """Reads nothing yet; the dataset is made with the first drawing."""
        super().__init__(parent)
        self._easel = easel
        self._book: DrawingBook | None = None
        self._size = -1
        # What was kept last, for as long as the same strokes, or the same picture, lie on the canvas.
        self._last: Drawing | None = None
        self._strokes: tuple[Stroke, ...] = ()
        self._photograph: NDArray[np.uint8] | None = None

    @property
    def name(self) -> str:
        """What the dataset is called."""
        return self.tr("My drawings")

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of the network that answers; none while there is none that reads drawings."""
        predictor = self._easel.predictor
        return predictor.class_names if predictor is not None and predictor.is_ink else ()

    @property
    def drawings(self) -> tuple[Drawing, ...]:
        """What the network can be taught, the newest first."""
        book = self._opened()
        known = set(self.classes)
        drawings = book.drawings.values() if book is not None else ()
        return tuple(each for each in reversed(tuple(drawings)) if each.label in known)

    @property
    def can_undo(self) -> bool:
        """Whether what was done last was to keep what lies on the canvas."""
        is_there = self._strokes == self._easel.strokes and self._photograph is self._easel.photograph
        return self._last is not None and is_there

    def take_key(self, event: QKeyEvent) -> bool:
        """Keeps the drawing under the class of a key; whether the key is that of a class and something is drawn."""
        held = event.modifiers() & ~(Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier)
        if held or event.isAutoRepeat() or not event.text():
            return False
        pressed = event.text().lower()
        label = next((name for name, key in keys_of(self.classes).items() if key == pressed), "")
        if not label or not (self._easel.strokes or self._easel.photograph is not None):
            return False
        self.keep(label)
        return True

    def keep(self, label: str) -> None:
        """Keeps what is drawn, or the ink of a picture, under a class; of several digits the one that is looked at.

        Another class replaces the first.
        """
        self._easel.answer_if_due()
        part, drawn, photograph = self._easel.part, self._easel.strokes, self._easel.photograph
        if photograph is not None:
            if part is None:
                is_looking = self._easel.pictures.is_under_way
                waiting = self.tr("Ink is still being looked for in the picture. Wait a moment, then press again.")
                nothing = self.tr("No ink was found in this picture: there is nothing to keep.")
                self.said.emit(waiting if is_looking else nothing, "warning")
                return
            seen = part.picture[0]
            is_kept = self._tried(lambda: self._put(label, lambda book: book.add_picture(label, seen, book.author)))
        elif not drawn:
            self.said.emit(self.tr("Nothing is drawn yet. Draw first, then say what it is."), "warning")
            return
        else:
            chosen = part.strokes if part is not None and part.strokes else range(len(drawn))
            strokes = tuple(drawn[at] for at in chosen)
            is_kept = self._tried(lambda: self._put(label, lambda book: book.add(label, strokes, book.author)))
        if not is_kept:
            return
        answer = part.label if part is not None else ""
        if answer and answer != label:
            self.said.emit(self.tr("Kept as {0}. The network said {1}.").format(label, answer), "second")
        else:
            self.said.emit(self.tr("Kept as {}, a right example.").format(label), "second")
        self.changed.emit()

    def undo(self) -> bool:
        """Takes back what was kept last, if it still lies on the canvas; whether there was anything."""
        last = self._last
        if not self.can_undo or last is None:
            return False
        self.remove(last.id)
        return True

    def remove(self, identity: str) -> None:
        """Takes a drawing out of the dataset; :meth:`bring_back` has it again."""
        book = self._opened()
        drawing = book.drawings.get(identity) if book is not None else None
        if book is None or drawing is None or not self._tried(lambda: book.remove([identity])):
            return
        if self._last is not None and self._last.id == identity:
            self._last = None
        self.said.emit(self.tr("Taken back: it was kept as {}.").format(drawing.label), "second")
        self.changed.emit()

    def refresh(self) -> None:
        """Looks whether somebody else added to the dataset."""
        before = self._size
        self._opened()
        if self._size != before:
            self.changed.emit()

    # --- inside

    def _put(self, label: str, add: Callable[[DrawingBook], Drawing]) -> None:
        """Puts something into the dataset; the same that was just kept under another class goes."""
        book = self._opened()
        is_new = book is None
        if book is None:
            book = self._book = create_book(self.name, self.classes)
        if label not in book.classes:
            book.add_class(label)
        before = self._last if self.can_undo else None
        # Not before the new one is on the disk.
        kept = add(book)
        if before is not None and (before.strokes, before.seen) == (kept.strokes, kept.seen):
            book.remove([before.id])
        self._last, self._strokes, self._photograph = kept, self._easel.strokes, self._easel.photograph
        self._size = book.path.stat().st_size
        if is_new:
            self._easel.session.datasets_changed.emit()

    def _opened(self) -> DrawingBook | None:
        """The dataset as it is now; None while there is none, or while it cannot be read."""
        path = books().get(self.name)
        try:
            size = path.stat().st_size if path is not None else -1
            if path is None:
                self._book, self._size = None, -1
            elif self._book is None or size != self._size:
                self._book, self._size = open_book(self.name), size
        except (LeptonError, OSError):
            self._book, self._size = None, -1
        return self._book

    def _tried(self, step: Callable[[], object]) -> bool:
        try:
            step()
        except (LeptonError, OSError) as error:
            self.said.emit(str(error), "bad")
            return False
        return True

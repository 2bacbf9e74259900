"""Keeps what is drawn: after every two seconds with the pen, when the canvas is cleared, and when it is left."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from lepton_studio.engine import LeptonError, Sketch, Sketchbook, Stroke
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.widgets.draw_pad import DrawPad
from lepton_studio.gui.widgets.drawn_ink import PadStroke

SAVE_MILLISECONDS = 2000
MOST_KNOWN = 50
# Of the side of the canvas; points are kept to a ten-thousandth.
FINEST = 2e-4


class SketchKeeper(QObject):
    """Between the canvas and the sketchbook.

    Attributes:
        book: the sketchbook; None if it cannot be read, or if nothing is to be kept.
        trouble: why nothing can be kept; empty if it can.

    Signals:
        changed: a sketch came or went, or another one lies on the canvas.
    """

    changed = Signal()

    def __init__(self, easel: Easel, canvas: DrawPad, parent: QObject | None = None) -> None:
        """Reads the sketchbook."""
        super().__init__(parent)
        self._easel, self._canvas = easel, canvas
        self.book: Sketchbook | None = None
        self.trouble = ""
        self._keeps = True
        # The sketch that what is drawn belongs to, what it was when it was saved last, and what it is now.
        self._id = ""
        self._saved: tuple[PadStroke, ...] = ()
        self._drawn: tuple[PadStroke, ...] = ()
        self._is_old = self._is_replaying = False
        # What was saved lately by its strokes: Undo brings it to the canvas again.
        self._known: dict[tuple[PadStroke, ...], str] = {}
        self._soon = QTimer(self, singleShot=True, interval=SAVE_MILLISECONDS)
        self._soon.timeout.connect(self.save)
        try:
            self.book = Sketchbook()
        except (LeptonError, OSError) as error:
            self.trouble = str(error)
        if self.book is not None and self.book.on_canvas is not None:
            self._id = self.book.on_canvas.id
            self._saved = self._drawn = pad_strokes(self.book.on_canvas.drawn())
        canvas.strokes_changed.connect(self._follow)
        canvas.replay_finished.connect(self._end_replay)

    @property
    def keeps(self) -> bool:
        """Whether what is drawn is kept."""
        return self._keeps and self.book is not None

    @property
    def shown_id(self) -> str:
        """The sketch that lies on the canvas; empty if none does."""
        return self._id

    @property
    def sketches(self) -> tuple[Sketch, ...]:
        """All sketches, the newest first."""
        return tuple(reversed(self.book.sketches.values())) if self.book is not None else ()

    def set_keeping(self, keeps: bool) -> None:
        """Begins or ends to keep what is drawn; what was kept stays."""
        self._keeps = keeps
        if keeps:
            self._follow()
        else:
            self._soon.stop()

    def restore(self) -> None:
        """Lays on an empty canvas what was on it when the program ended."""
        last = self.book.on_canvas if self.book is not None and self._keeps else None
        if last is not None and not self._canvas.strokes and self._canvas.photograph is None:
            self._canvas.set_strokes(pad_strokes(last.drawn()))

    def put_back(self, identity: str) -> None:
        """Lays an old sketch on the canvas; what was there comes back by Undo, and is kept."""
        sketch = self.book.sketches.get(identity) if self.book is not None else None
        if sketch is not None:
            self.save()
            self._begin(identity, pad_strokes(sketch.drawn()))
            self._canvas.put_back(self._drawn)
            self.changed.emit()

    def replay(self, identity: str) -> None:
        """Draws an old sketch again, point by point."""
        sketch = self.book.sketches.get(identity) if self.book is not None else None
        if sketch is not None:
            self.save()
            self._begin(identity, pad_strokes(sketch.drawn()))
            self._is_replaying = True
            self._canvas.replay(self._drawn)
            self.changed.emit()

    def forget(self, identity: str) -> None:
        """Deletes a sketch; what lies on the canvas stays there and is a new sketch when it is drawn further."""
        book = self.book
        if book is not None and self._tried(lambda: book.forget(identity)):
            if identity == self._id:
                self._begin("", self._drawn)
            self.changed.emit()

    def bring_back(self, sketch: Sketch) -> None:
        """Has a deleted sketch again."""
        book = self.book
        if book is not None and self._tried(lambda: book.bring_back(sketch)):
            self.changed.emit()

    def forget_all(self) -> None:
        """Deletes all sketches for good."""
        book = self.book
        if book is not None and self._tried(book.forget_all):
            self._begin("", self._drawn)
            self.changed.emit()

    def save(self) -> None:
        """Keeps what is drawn now."""
        self._soon.stop()
        if not self.keeps or self.book is None or not self._drawn or self._drawn == self._saved:
            return
        reading, run, book = self._easel.reading, self._easel.run, self.book
        drawn = tuple(Stroke(each.points, each.width, each.pressures) for each in self._drawn)
        name = run.record.name if run is not None else ""
        try:
            answer = reading.text, reading.probability, name
            self._id = book.keep(drawn, *answer, state_of=self._id, is_known=reading.is_known).id
            self._saved, self.trouble = self._drawn, ""
            self._known[self._drawn] = self._id
            if len(self._known) > MOST_KNOWN:
                del self._known[next(iter(self._known))]
        except (LeptonError, OSError) as error:
            self.trouble = str(error)
        self.changed.emit()

    def stop(self) -> None:
        """Keeps what is drawn; the page or the program is left."""
        self.save()

    # --- inside

    def _follow(self) -> None:
        """Another state of the drawing, or another drawing."""
        strokes = self._canvas.strokes
        if strokes == self._drawn or self._is_replaying:
            return
        if not strokes:
            # What was taken back stroke by stroke is kept as it was before.
            if not (self._canvas.can_redo and _begins(self._saved, self._drawn)):
                self.save()
            self._put_away()
            return
        if self._is_old and _begins(self._saved, strokes):
            # An old one whose strokes are taken back one by one is no other drawing.
            return
        is_same = bool({each.points[0] for each in strokes} & {each.points[0] for each in self._drawn})
        if not is_same and _are_alike(strokes, self._drawn):
            # What was read from the disk comes again with finer points, when the page is made anew.
            self._saved = strokes if self._saved == self._drawn else self._saved
            self._drawn = strokes
            return
        if not is_same or self._is_old:
            if not is_same:
                self.save()
            known, whole = self._known_of(strokes)
            # To draw on an old one leaves that as it is.
            self._begin(known, whole)
            self.changed.emit()
            if known:
                return
        is_less = _begins(self._drawn, strokes)
        if is_less and not _begins(self._saved, self._drawn):
            # Before it is taken back: perhaps nobody does it again.
            self.save()
        self._drawn = strokes
        if self._keeps and not is_less and not self._soon.isActive():
            self._soon.start()

    def _known_of(self, strokes: tuple[PadStroke, ...]) -> tuple[str, tuple[PadStroke, ...]]:
        """What was saved lately and is this drawing, or comes to be it by Redo: its name and all its strokes."""
        whole = next((each for each in reversed(self._known) if _begins(each, strokes)), ())
        return self._known.get(whole, ""), whole

    def _begin(self, identity: str, strokes: tuple[PadStroke, ...]) -> None:
        """From here on the canvas shows another sketch: an old one as it is, or a new one."""
        self._id, self._is_old = identity, bool(identity)
        self._saved = self._drawn = strokes
        book = self.book
        if book is not None and identity and self._keeps:
            self._tried(lambda: book.lay(identity))

    def _end_replay(self) -> None:
        self._is_replaying = False
        self._follow()

    def _put_away(self) -> None:
        self._begin("", ())
        if self.book is not None and self._keeps:
            self._tried(self.book.put_away)
        self.changed.emit()

    def _tried(self, step: Callable[[], object]) -> bool:
        try:
            step()
        except (LeptonError, OSError) as error:
            self.trouble = str(error)
            self.changed.emit()
            return False
        self.trouble = ""
        return True


def _begins(whole: tuple[PadStroke, ...], strokes: tuple[PadStroke, ...]) -> bool:
    """Whether a drawing begins with these strokes."""
    return whole[: len(strokes)] == strokes


def _are_alike(some: tuple[PadStroke, ...], others: tuple[PadStroke, ...]) -> bool:
    """Whether all points are the same but for what is lost on the way to the disk and back."""
    if [len(each.points) for each in some] != [len(each.points) for each in others]:
        return False
    pairs = zip(some, others, strict=True)
    return all(
        abs(x - a) < FINEST and abs(y - b) < FINEST
        for one, other in pairs
        for (x, y), (a, b) in zip(one.points, other.points, strict=True)
    )


def pad_strokes(strokes: Sequence[Stroke]) -> tuple[PadStroke, ...]:
    """Strokes of the engine as the canvas takes them."""
    return tuple(PadStroke(each.points, each.width, each.pressures) for each in strokes)

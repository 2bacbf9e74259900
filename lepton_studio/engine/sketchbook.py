"""The sketchbook: everything that was drawn on the Draw page lately, found again after the program has ended.

One file that grows by a line for everything that is done, like that of a dataset of drawings (see ``drawing_book.py``).
A drawing is written whenever the pen rests; a later state of the same drawing takes the place of the earlier one. So a
program that dies loses no more than was drawn since the last rest. What is old or was replaced goes when the file is
written anew: at the start, or when it has grown too large. Drawings that were kept for a dataset lie in its own
file and stay there.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import filelock
import msgspec

from lepton_studio import paths
from lepton_studio.engine.drawing_entries import DrawnStroke, rounded
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.files import append_line, field_error, read_bytes, write_bytes, writing_to
from lepton_studio.engine.strokes import Stroke

VERSION = 1
FORMAT: Literal["lepton-studio sketches"] = "lepton-studio sketches"
MOST_SKETCHES, LARGEST_BYTES = 500, 5_000_000
# Another program that adds to the same file is done in much less.
LOCK_SECONDS = 1.0


class Sketch(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="entry", tag="sketch"):
    """One drawing.

    Attributes:
        id: names it; a line with the same id is a later state of it.
        created: when it was begun, in ISO 8601 with the time zone.
        strokes: at least one.
        answer: what the network said; empty if none answered.
        probability: how sure it was.
        network: the name of the run that answered.
        is_known: whether it knew the drawing well enough to say so.
    """

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    created: str
    strokes: Annotated[tuple[DrawnStroke, ...], msgspec.Meta(min_length=1)]
    answer: str = ""
    probability: Annotated[float, msgspec.Meta(ge=0.0, le=1.0)] = 0.0
    network: str = ""
    is_known: bool = True

    def drawn(self) -> tuple[Stroke, ...]:
        """Its strokes, in shares of the canvas's side."""
        return tuple(stroke.stroke() for stroke in self.strokes)


class PutAway(msgspec.Struct, frozen=True, tag_field="entry", tag="put_away"):
    """The drawing is not on the canvas any more."""

    id: str


class Forgotten(msgspec.Struct, frozen=True, tag_field="entry", tag="forgotten"):
    """A drawing that a person deleted."""

    id: str


Entry = Sketch | PutAway | Forgotten


class _Header(msgspec.Struct, frozen=True):
    format: Literal["lepton-studio sketches"] = FORMAT
    version: int = VERSION


class Sketchbook:
    """The drawings of one file.

    Attributes:
        path: the file; it is made with the first drawing.
        sketches: by id, the oldest first.
        remarks: what could not be read, one sentence each.
    """

    def __init__(self, path: Path | None = None) -> None:
        """Reads the file, and writes it anew if much of it is of no use any more.

        Raises:
            LeptonError: it cannot be read, is no sketchbook, or from a newer program.
        """
        self.path = path if path is not None else paths.sketches_file()
        self.sketches: dict[str, Sketch] = {}
        self.remarks: list[str] = []
        self._on_canvas = ""
        with self._alone():
            lines = self._read()
            if lines > 2 * len(self.sketches) + 10 or self._is_too_much():
                # A disk that is full can wait: nothing is lost but room.
                with contextlib.suppress(LeptonError):
                    self._write_anew()

    @property
    def on_canvas(self) -> Sketch | None:
        """What lay on the canvas last and was not put away; None if nothing did."""
        return self.sketches.get(self._on_canvas)

    def keep(
        self,
        strokes: Iterable[Stroke],
        answer: str = "",
        probability: float = 0.0,
        network: str = "",
        state_of: str = "",
        *,
        is_known: bool = True,
    ) -> Sketch:
        """Keeps what lies on the canvas.

        Args:
            strokes: in shares of the canvas's side; at least one with points.
            answer: what was said to it.
            probability: how surely.
            network: by whom.
            state_of: the id of the drawing of which this is a later state; empty for a new one.
            is_known: whether that network knew it well enough.

        Raises:
            LeptonError: nothing is drawn, or the disk refuses.
        """
        drawn = tuple(rounded(stroke) for stroke in strokes if stroke.points)
        if not drawn:
            raise LeptonError("Nothing is drawn yet.", "Draw something first.")
        before = self.sketches.get(state_of)
        created = (
            before.created if before is not None else datetime.now().astimezone().isoformat(timespec="milliseconds")
        )
        probability = min(max(probability, 0.0), 1.0)
        identity = state_of or secrets.token_hex(8)
        sketch = Sketch(identity, created, drawn, answer, round(probability, 4), network, is_known)
        if sketch != before or self._on_canvas != sketch.id:
            self._append(sketch)
        return sketch

    def lay(self, identity: str) -> None:
        """Notes that an old drawing lies on the canvas; one that is not there is passed over."""
        if identity in self.sketches and identity != self._on_canvas:
            self._append(self.sketches[identity])

    def put_away(self) -> None:
        """Notes that the canvas is empty, or shows something else now."""
        if self._on_canvas:
            self._append(PutAway(self._on_canvas))

    def forget(self, identity: str) -> None:
        """Deletes a drawing; one that is not there is passed over."""
        if identity in self.sketches:
            self._append(Forgotten(identity))

    def bring_back(self, sketch: Sketch) -> None:
        """Has a deleted drawing again, at its old place."""
        lay = self._on_canvas
        self._append(sketch)
        self.sketches = dict(sorted(self.sketches.items(), key=lambda item: item[1].created))
        if lay != sketch.id:
            self._append(PutAway(sketch.id))
            self._on_canvas = lay

    def forget_all(self) -> None:
        """Deletes all drawings from the disk, for good."""
        with self._alone():
            self.sketches, self._on_canvas = {}, ""
            self._write_anew()

    # --- inside

    def _read(self) -> int:
        """Takes what the file holds and returns its number of lines."""
        if not self.path.exists():
            return 0
        first, *lines = read_bytes(self.path).split(b"\n")
        self._check(first)
        decoder = msgspec.json.Decoder(Entry)
        for number, line in enumerate(lines, start=2):
            if not line.strip():
                continue
            try:
                self._take(decoder.decode(line))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                self.remarks.append(f"Line {number} of {self.path} is damaged and was left out: {field_error(error)}.")
        return len(lines)

    def _check(self, first: bytes) -> None:
        try:
            header = msgspec.json.decode(first, type=_Header)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise LeptonError(
                f"{self.path} is no sketchbook, or its first line is damaged: {field_error(error)}.",
                "Move it elsewhere; a new one is begun then.",
            ) from error
        if header.version > VERSION:
            raise LeptonError(f"{self.path} was made by a newer Lepton Studio.", "Update Lepton Studio.")

    def _take(self, entry: Entry) -> None:
        match entry:
            case Sketch():
                self.sketches[entry.id] = entry
                self._on_canvas = entry.id
            case PutAway():
                self._on_canvas = "" if entry.id == self._on_canvas else self._on_canvas
            case Forgotten():
                self.sketches.pop(entry.id, None)
                self._on_canvas = "" if entry.id == self._on_canvas else self._on_canvas

    def _append(self, entry: Entry) -> None:
        with self._alone():
            if not self.path.exists():
                self._write_anew()
            # Not synced: a program that dies loses nothing by it, and the pen must not wait for a disk.
            append_line(self.path, msgspec.json.encode(entry), is_synced=False)
            self._take(entry)
            with writing_to(self.path):
                is_large = self.path.stat().st_size > 2 * LARGEST_BYTES
            if is_large or len(self.sketches) > 2 * MOST_SKETCHES:
                self._write_anew()

    def _is_too_much(self) -> bool:
        is_large = self.path.exists() and self.path.stat().st_size > LARGEST_BYTES
        return is_large or len(self.sketches) > MOST_SKETCHES

    def _write_anew(self) -> None:
        """Writes what there is, but the oldest where it is too much."""
        lines = {name: msgspec.json.encode(sketch) for name, sketch in self.sketches.items()}
        room = LARGEST_BYTES
        kept: list[str] = []
        for name in reversed(lines):
            room -= len(lines[name]) + 1
            if room < 0 or len(kept) == MOST_SKETCHES:
                break
            kept.append(name)
        self.sketches = {name: self.sketches[name] for name in reversed(kept)}
        content: Sequence[bytes] = [msgspec.json.encode(_Header()), *(lines[name] for name in self.sketches)]
        on_canvas = self._on_canvas if self._on_canvas in self.sketches else ""
        last = next(reversed(self.sketches), "")
        if on_canvas and on_canvas != last:
            # The last line says what lies on the canvas.
            content = [*content, lines[on_canvas]]
        elif last and not on_canvas:
            content = [*content, msgspec.json.encode(PutAway(last))]
        self._on_canvas = on_canvas
        write_bytes(self.path, b"\n".join(content) + b"\n")

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """No other program writes the file anew meanwhile; one that holds it for long is not waited for."""
        with writing_to(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(self.path.with_suffix(".lock"), timeout=LOCK_SECONDS, thread_local=False)
        with contextlib.suppress(filelock.Timeout, OSError):
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

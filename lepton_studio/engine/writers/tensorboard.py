"""TensorBoard."""

from __future__ import annotations

import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar

from lepton_studio.engine.files import writing_to
from lepton_studio.engine.writer import NewNumbers, Record, Writer, not_installed

if TYPE_CHECKING:
    from lepton_studio.engine.runs import Run

FOLDER = "tensorboard"
# TensorBoard cuts off what came before a restart only in files that say that they are of this version.
FILE_VERSION = "brain.Event:2"


class TensorBoard(Writer, frozen=True, tag="tensorboard"):
    """Event files in the folder of the run, for ``tensorboard --logdir`` and that folder, or the folder of all runs.

    Written are loss, accuracy and learning rate of each batch, and the means of each epoch, over the number of batches.
    A run that goes on begins a new file, which tells TensorBoard what of the older ones is trained again. Nothing
    but the package ``tensorboard`` is needed. https://www.tensorflow.org/tensorboard
    """

    title: ClassVar[str] = "TensorBoard"

    def open(self, run: Run) -> Record:
        try:
            from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader  # noqa: F401
            from tensorboard.summary.writer.record_writer import RecordWriter  # noqa: F401
        except ImportError as error:
            raise not_installed("TensorBoard", "tensorboard") from error
        return _EventFile(run)


class _EventFile(Record):
    """One event file, written in the training's thread: TensorFlow's own writer would leave that to another one."""

    def __init__(self, run: Run) -> None:
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog
        from tensorboard.summary.writer.record_writer import RecordWriter

        folder = run.folder / FOLDER
        with writing_to(folder):
            folder.mkdir(parents=True, exist_ok=True)
            older = sorted(folder.glob("*tfevents*"))
            done = min(len(run.history), _last_batch(older[-1])) if older else 0
            # The names must stand in the order of time; the name of the computer, which others put here, is nobody's.
            self._path = folder / f"events.out.tfevents.{time.time_ns():020d}"
            self._file: IO[bytes] = self._path.open("xb")
            self._records = RecordWriter(self._file)
            self._add(Event(file_version=FILE_VERSION))
            if older:
                # From this batch on, what older files say does not count any more.
                self._add(Event(step=done + 1, session_log=SessionLog(status=SessionLog.START)))
        self._numbers = NewNumbers(run.history, done)

    def write(self) -> None:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary

        with writing_to(self._path):
            for batch, values in self._numbers.take():
                named = [Summary.Value(tag=name, simple_value=value) for name, value in values.items()]
                self._add(Event(step=batch, summary=Summary(value=named)))
            self._file.flush()

    def close(self) -> None:
        try:
            self.write()
        finally:
            with writing_to(self._path):
                self._file.close()

    def _add(self, event: Any) -> None:
        event.wall_time = time.time()
        self._records.write(event.SerializeToString())


def _last_batch(file: Path) -> int:
    """Up to which batch an event file and those before it are complete, whatever the program was killed at."""
    from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader

    last = 0
    for event in LegacyEventFileLoader(str(file)).Load():
        # The means of an epoch come after its last batch, so that this batch may be not all of it.
        last = event.step - 1
    return max(0, last)

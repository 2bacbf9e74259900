"""What a writer is: it tells the numbers of a run to another program, in that program's files. Off by default."""

from __future__ import annotations

from typing import TYPE_CHECKING, ForwardRef

from lepton_studio.engine.registry import Registry, Spec

if TYPE_CHECKING:
    from lepton_studio.engine.runs import Run


class Record:
    """A record that is being written; made by :meth:`Writer.open`."""

    def write(self) -> None:
        """Writes what is new in the history of the run: called a few times a second, in the training's thread."""

    def close(self) -> None:
        """Writes the rest and closes the files."""


class Writer(Spec, frozen=True):
    """Keeps the numbers of a run for another program, too."""

    def open(self, run: Run) -> Record:
        """Begins, or goes on with, the record of a run, in the folder of the run.

        Raises:
            LeptonError: the package of the other program is not installed; the remedy says how to install it.
        """
        raise NotImplementedError


WRITERS: Registry[Writer] = Registry(Writer, "writer", "lepton_studio.engine.writers")

if TYPE_CHECKING:
    AnyWriter = Writer
else:
    AnyWriter = ForwardRef("WRITERS.union", module=__name__)

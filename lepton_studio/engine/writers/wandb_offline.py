"""Weights & Biases, without the network."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.files import writing_to
from lepton_studio.engine.writer import NewNumbers, Record, Writer, not_installed

if TYPE_CHECKING:
    from lepton_studio.engine.runs import Run

# The package makes a folder of this name for its runs.
FOLDER = "wandb"
PROJECT = "lepton-studio"


class WandbOffline(Writer, frozen=True, tag="wandb_offline"):
    """Files for Weights & Biases in the folder of the run; nothing is sent until you call ``wandb sync`` yourself.

    Written are loss, accuracy and learning rate of each batch, and the means of each epoch, over the number of batches;
    each batch takes about half a millisecond. A run that goes on is written anew from its first batch, because
    files of this kind cannot be cut. https://docs.wandb.ai/guides/track/log
    """

    title: ClassVar[str] = "Weights & Biases (offline)"

    def open(self, run: Run) -> Record:
        try:
            import wandb  # noqa: F401
        except ImportError as error:
            raise not_installed("Weights & Biases", "wandb") from error
        return _OfflineRun(run)


class _OfflineRun(Record):
    """A run of the package; its own program, which it starts for each, writes the files."""

    def __init__(self, run: Run) -> None:
        import msgspec
        import wandb

        folder = run.folder / FOLDER
        with writing_to(folder):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        # Nothing of this computer but the numbers of the run: what is written may be sent one day.
        settings = wandb.Settings(
            mode="offline", silent=True, console="off", disable_git=True, disable_code=True, save_code=False,
            disable_job_creation=True, host="", symlink=False, x_disable_meta=True, x_disable_stats=True,
            x_disable_machine_info=True, x_save_requirements=False,
        )  # fmt: skip
        with _explained(), _all_kept_in(folder):
            self._run: Any = wandb.init(
                dir=str(run.folder), project=PROJECT, id=run.id, name=run.record.name, settings=settings,
                config=msgspec.to_builtins(run.experiment), reinit="create_new",
            )  # fmt: skip
        self._numbers = NewNumbers(run.history)

    def write(self) -> None:
        with _explained():
            for batch, values in self._numbers.take():
                self._run.log(values, step=batch)

    def close(self) -> None:
        import wandb

        try:
            self.write()
        finally:
            with _explained():
                self._run.finish()
                # Its program would go on until ours ends.
                wandb.teardown()


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    """Turns the errors of the package into those that people are shown."""
    import wandb

    try:
        yield
    except (wandb.Error, OSError) as error:
        raise LeptonError(
            f"Weights & Biases could not keep its record: {error}.",
            "Free some space, or take the writer out of the settings.",
        ) from error


@contextlib.contextmanager
def _all_kept_in(folder: Path) -> Iterator[None]:
    """Lets the program of the package report no errors of its own, and keep what it remembers in this folder."""
    told = {"WANDB_ERROR_REPORTING": "false", "WANDB_CACHE_DIR": str(folder / "cache")}
    before = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

"""Working a queue off: one run after the other, each gone on with exactly where it stopped."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Generator, Iterator
from typing import Any

from lepton_studio import paths
from lepton_studio.engine.dataset import Dataset, Samples
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Event, Notice
from lepton_studio.engine.making_room import with_room
from lepton_studio.engine.run_queue import QueueEntry, RunQueue
from lepton_studio.engine.run_samples import load_run_samples
from lepton_studio.engine.runs import Run, run_folders
from lepton_studio.engine.training import start_training

log = logging.getLogger("lepton_studio")


def work_off(
    queue: RunQueue, samples: Samples | None = None, dataset: Dataset | None = None
) -> Iterator[Run | Event | None]:
    """Trains what is in the queue, entry after entry, until nothing is left or the work shall end.

    Each run is yielded before its training begins, then come the events of its training. What fails is marked so,
    told in a :class:`Notice`, and the next one begins. So it does after a run that is wanted no more
    (``run.is_unwanted``): its entry is taken out, and the run is left as stopped to whoever deletes it. ``close()``
    ends it all after the batch that is under way: the run is kept as stopped and goes on when the queue does. After a
    kill it is the same.

    Args:
        queue: what is to be done; entries may be added, moved and removed meanwhile.
        samples: a dataset that is loaded already.
        dataset: which one that is.

    Raises:
        LeptonError: another program works it off, or the file of the queue cannot be read or written.
        Exception: a second entry in a row met a fault of the program.
    """
    at_hand = _AtHand(dataset, samples)
    passed_over: set[int] = set()
    had_fault = False
    with queue.being_worked_off():
        while (entry := queue.take(passed_over)) is not None:
            try:
                yield from _work_on(queue, entry, at_hand, passed_over)
            except LeptonError as error:
                queue.put(entry.id, state="failed", error=str(error))
                yield Notice(f"{entry.title} failed: {error.what}", error.remedy)
                had_fault = False
            except Exception as error:
                # A night's work shall not end because one network is odd; but two in a row are no oddity of a network.
                queue.put(entry.id, state="failed", error=str(error) or type(error).__name__)
                if had_fault:
                    raise
                had_fault = True
                log.exception("%s failed", entry.title)
                yield Notice(
                    f"{entry.title} failed through a fault of the program: {type(error).__name__}: {error}.",
                    f"The log is {paths.log_file()}.",
                )
            else:
                had_fault = False


class _AtHand:
    """The dataset that was loaded last: repeats need the same one again and again."""

    def __init__(self, dataset: Dataset | None, samples: Samples | None) -> None:
        self._dataset, self._samples = dataset, samples

    def load(self, run: Run) -> Iterator[Event | Samples]:
        """Yields progress, and the samples of a run at last."""
        dataset = run.experiment.dataset
        if dataset != self._dataset:
            # Not two at once in memory.
            self._dataset = self._samples = None
        for item in load_run_samples(run, self._samples):
            if isinstance(item, Samples):
                self._dataset, self._samples = dataset, item
            yield item


def _work_on(
    queue: RunQueue, entry: QueueEntry, at_hand: _AtHand, passed_over: set[int]
) -> Iterator[Run | Event | None]:
    """Trains one entry to its end, or says why its turn must wait."""
    run = _begun(queue, entry)
    if run is None:
        run = Run.create(entry.experiment, entry.name)
        run.update(group=entry.group)
        queue.put(entry.id, run=run.id)
    elif run.record.state == "running":
        queue.put(entry.id, state="stopped")
        passed_over.add(entry.id)
        yield Notice(f"{entry.title} is being trained by another program.", "It waits for the next time.")
        return
    run.is_queued = True
    try:
        if run.record.state != "finished":
            yield from _while_wanted(run, with_room(run, lambda: _train(run, at_hand)))
    except (GeneratorExit, KeyboardInterrupt):
        if run.is_unwanted:
            with contextlib.suppress(LeptonError):
                queue.drop(entry.id)
            raise
        # Closed at the last event, there is nothing left to go on with.
        state = "done" if run.record.state == "finished" else "stopped"
        # If this cannot be written, the entry looks like one that was killed, and goes on as well.
        with contextlib.suppress(LeptonError):
            queue.put(entry.id, state=state, **_figures(run))
        raise
    finally:
        run.is_queued = False
    if run.is_unwanted:
        queue.drop(entry.id)
    else:
        queue.put(entry.id, state="done", **_figures(run))


def _while_wanted(run: Run, training: Generator[Run | Event | None]) -> Generator[Run | Event | None]:
    """The training of a run, up to its end or until nobody wants it any more."""
    with contextlib.closing(training):
        for item in training:
            yield item
            if run.is_unwanted:
                return


def _train(run: Run, at_hand: _AtHand) -> Generator[Run | Event | None]:
    try:
        yield run
        samples: Samples | None = None
        for item in at_hand.load(run):
            if isinstance(item, Samples):
                samples = item
            else:
                yield item
    except (GeneratorExit, KeyboardInterrupt):
        # Stopped before it was begun; left as it is, it would look like one whose process died.
        run.update(state="stopped")
        raise
    except BaseException as error:
        with contextlib.suppress(LeptonError):
            run.update(state="failed", error=str(error) or type(error).__name__)
        raise
    yield from start_training(run, samples)


def _begun(queue: RunQueue, entry: QueueEntry) -> Run | None:
    """The run of an entry that was begun; None if it is to be begun (anew)."""
    if entry.run:
        folder = paths.runs() / entry.run
        return Run.open(folder) if folder.is_dir() else None
    return _orphan(queue, entry) if entry.state == "running" else None


def _orphan(queue: RunQueue, entry: QueueEntry) -> Run | None:
    """A run that was made for the entry in the moment in which the program was killed."""
    known = {each.run for each in queue.entries}
    for folder in run_folders():
        with contextlib.suppress(LeptonError):
            run = Run.open(folder)
            is_new = run.record.state == "interrupted" and not len(run.history)
            if is_new and run.id not in known and _is_of(run, entry):
                queue.put(entry.id, run=run.id)
                run.update(group=entry.group)
                return run
    return None


def _is_of(run: Run, entry: QueueEntry) -> bool:
    return run.record.created >= entry.begun and run.experiment == entry.experiment


def _figures(run: Run) -> dict[str, Any]:
    record = run.record
    return {
        "epochs_done": record.epochs_done, "seconds": record.train_seconds, "test_accuracy": record.test_accuracy,
    }  # fmt: skip

"""Trainings that follow each other on the command line: the queue, and the trials of a sweep."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING

from lepton_studio import paths
from lepton_studio.cli_output import Bar
from lepton_studio.cli_stopping import stop_signals
from lepton_studio.cli_training import show_news, show_pace

if TYPE_CHECKING:
    from lepton_studio.engine.events import Event
    from lepton_studio.engine.runs import Run


def follow_runs(items: Generator[Run | Event | None], words_of: Callable[[Run | Event], str]) -> bool:
    """Trains and shows it; what the engine logs goes where the window's log is.

    Args:
        items: the runs as they begin, each with what happens in it.
        words_of: the line for a run that begins, or for what only these items tell; "" for what any training tells.

    Returns:
        Whether it was asked to stop before the end.
    """
    from lepton_studio.engine.events import Notice, Progress
    from lepton_studio.engine.runs import Run

    trained: Run | None = None
    pace: object = None
    with _log_in_file(), stop_signals() as stop_asked, contextlib.closing(items), Bar() as bar:
        for item in items:
            words = words_of(item) if item is not None else ""
            if isinstance(item, Run):
                trained = item
            if words:
                bar.say(words)
            elif item is not None and not isinstance(item, Run):
                # Before the first run there are datasets to read and entries that must wait.
                if trained is not None:
                    show_news(item, trained, bar)
                elif isinstance(item, Progress):
                    bar.show(item)
                elif isinstance(item, Notice):
                    bar.say(f"{item.what} {item.remedy}".strip())
            if trained is not None and trained.pace is not pace:
                pace = trained.pace
                show_pace(trained, bar)
            if stop_asked.is_set():
                return True
    return False


@contextlib.contextmanager
def _log_in_file() -> Iterator[None]:
    """Without a handler, what the engine logs would come to the person."""
    handler: logging.Handler = logging.NullHandler()
    with contextlib.suppress(OSError):
        paths.home().mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(paths.log_file(), encoding="utf-8", delay=True)
    log = logging.getLogger("lepton_studio")
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
        handler.close()

"""How a person or the system ends a command: Ctrl+C, and the request to terminate that ``kill`` and a shutdown send.

Both are the same but for the exit status: what was learned is kept, and nothing is said but how to go on.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any

# As shells say it: 128 and the number of the signal.
INTERRUPTED, TERMINATED = 130, 143

# The request to terminate that came while a command ran; as the signal's own handler, one for the process.
_terminated = threading.Event()


class Interrupted(Exception):  # noqa: N818 - it is an answer to Ctrl+C, not an error
    """The person asked to stop, and what was done so far is kept."""


class Terminated(KeyboardInterrupt):
    """The system asked to stop; whoever takes care of Ctrl+C takes care of this, too."""


def status_of_stop() -> int:
    """The exit status of a command that was stopped."""
    return TERMINATED if _terminated.is_set() else INTERRUPTED


@contextlib.contextmanager
def requests_to_terminate() -> Iterator[None]:
    """Lets a request to terminate come like Ctrl+C instead of ending the process on the spot."""
    _terminated.clear()

    def stop(_number: int, _frame: object) -> None:
        _terminated.set()
        raise Terminated

    before = signal.getsignal(signal.SIGTERM)
    # What somebody else has set is not ours to change.
    if threading.current_thread() is not threading.main_thread() or before is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def stop_signals() -> Iterator[threading.Event]:
    """Sets an event at the first Ctrl+C (or a request to terminate) instead of breaking off in mid-step.

    A step that is broken off would be taken twice by a resume. The second Ctrl+C breaks off at once.
    """
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before: dict[signal.Signals, Any] = {}

    def note(number: int, _frame: object) -> None:
        if number == signal.SIGTERM:
            _terminated.set()
        asked.set()
        signal.signal(number, before[signal.Signals(number)])

    for number in (signal.SIGINT, signal.SIGTERM):
        before[number] = signal.signal(number, note)
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

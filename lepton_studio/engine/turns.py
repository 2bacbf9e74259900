"""Taking turns with torch's random numbers: a probe must never come between a training and its numbers.

Random numbers of torch belong to the whole process. A training sets them at every step from (seed, epoch, batch), and
draws at once what dropout and augmentation need; a probe that does the same in another thread would give the training
other numbers, and the same seed another result.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from lepton_studio.engine.errors import LeptonError


class Turns:
    """Trainings go before: a probe takes turns of a step each, and none while a training is under way."""

    def __init__(self) -> None:
        """Nobody is at it."""
        self._changed = threading.Condition()
        self._trainings = 0
        self._is_probing = False

    @contextlib.contextmanager
    def training(self) -> Iterator[None]:
        """The time of a training; waits until the turn of a probe is over."""
        try:
            with self._changed:
                self._trainings += 1
                self._changed.wait_for(lambda: not self._is_probing)
            yield
        finally:
            with self._changed:
                self._trainings -= 1

    @contextlib.contextmanager
    def probing(self) -> Iterator[None]:
        """One turn of a probe; the random numbers are afterwards as they were before.

        Raises:
            LeptonError: a training is under way in this program.
        """
        with self._changed:
            self._changed.wait_for(lambda: not self._is_probing or self._trainings > 0)
            if self._trainings:
                raise LeptonError("A training is under way.", "Measure again when it has ended.")
            self._is_probing = True
        try:
            before = _drawn()
            try:
                yield
            finally:
                _put_back(before)
        finally:
            with self._changed:
                self._is_probing = False
                self._changed.notify_all()


def _drawn() -> list[Any]:
    """How far the random numbers of the CPU and of each GPU are."""
    import torch

    states: list[Any] = [torch.get_rng_state(), None, None]
    if torch.cuda.is_available() and torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        states[1] = torch.cuda.get_rng_state_all()
    if torch.backends.mps.is_available():
        states[2] = torch.mps.get_rng_state()
    return states


def _put_back(states: list[Any]) -> None:
    import torch

    cpu, cuda, mps = states
    torch.set_rng_state(cpu)
    if cuda is not None:
        torch.cuda.set_rng_state_all(cuda)
    if mps is not None:
        torch.mps.set_rng_state(mps)


# One for the process, as the random numbers are.
TURNS = Turns()

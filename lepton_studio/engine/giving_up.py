"""Giving work up in the middle of it: between one operation of torch and the next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch.utils._python_dispatch import TorchDispatchMode


class GivenUp(Exception):  # noqa: N818 - it is wanted, not an error
    """Nobody wants to know any more what would have come of it."""


class GivesUp(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """While it is entered, each operation of torch asks first whether it is still wanted.

    A step of a large network takes seconds on a processor, a single operation of it a fraction of one. Asking takes
    some millionths of a second: nothing beside operations of a large network, but much beside those of a small one.
    """

    def __init__(self, is_given_up: Callable[[], bool]) -> None:
        """Takes the question; it is asked in the thread that works."""
        super().__init__()  # type: ignore[no-untyped-call]
        self._is_given_up = is_given_up
        self._is_over = False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        # Once: what tidies up on the way out may need torch, too.
        if not self._is_over and self._is_given_up():
            self._is_over = True
            raise GivenUp
        return func(*args, **(kwargs or {}))

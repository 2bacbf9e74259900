"""Random numbers that belong to nobody else.

torch's own are shared by the whole program: seeding them while a training is under way, even for a moment, would give
it other ones. Here the operations of one thread draw from a generator of their own instead.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode


class PrivateNumbers(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Within it, this thread draws the very numbers that ``torch.manual_seed(seed)`` would lead to on the CPU.

    It can be entered again and goes on where it was. torch's own generator stays as it is.
    """

    def __init__(self, seed: int) -> None:
        """Starts at the first number."""
        super().__init__()  # type: ignore[no-untyped-call]
        self._generator = torch.Generator().manual_seed(seed)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        # What is tried on the meta device draws nothing.
        if kwargs.get("device") != torch.device("meta") and not any(
            isinstance(argument, Tensor) and argument.is_meta for argument in args
        ):
            func = self._with_generator(func, kwargs)
        return func(*args, **kwargs)

    def _with_generator(self, func: Any, kwargs: dict[str, Any]) -> Any:
        """The same operation, drawing from the generator; what draws nothing stays as it is."""
        # torch.randn and its like have a way of their own to be given a generator.
        known, name = func._overloadpacket, func._overloadname
        other = "generator" if name == "default" else f"{name}_generator"
        if other in known.overloads():
            func = getattr(known, other)
        if any(argument.name == "generator" for argument in func._schema.arguments):
            kwargs.setdefault("generator", self._generator)
        return func

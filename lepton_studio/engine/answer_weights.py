"""The weights that a run answers with, where they are not those that it learns with."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn

# What they are called in a checkpoint.
AVERAGE, CHOSEN = "average.", "answer."


class AnswerWeights:
    """A running average of the weights, those of the best epoch, or simply the newest.

    Attributes:
        average: name -> tensor on the device; empty if no average is kept.
        chosen: name -> tensor, what the run ends with; empty while it has not ended.
    """

    def __init__(self, network: nn.Module, share_kept: float) -> None:
        """Begins with the weights that the network has.

        Args:
            network: learns.
            share_kept: of the average at each step; 0 if none is kept.
        """
        self._network = network
        self._share = 1 - share_kept
        self.average: dict[str, Tensor] = {}
        self.chosen: dict[str, Tensor] = {}
        self.is_in_place = False
        learned = [(name, each) for name, each in network.named_parameters() if each.requires_grad]
        if share_kept:
            self.average = {name: each.detach().clone() for name, each in learned}
        self._newest: list[Tensor] = [each for _, each in learned]
        self._averages = list(self.average.values())

    def follow(self) -> None:
        """Lets the average follow the step that was taken; part of a recorded step."""
        if self._averages:
            with torch.no_grad():
                torch._foreach_lerp_(self._averages, self._newest, self._share)

    def restore(self, average: Mapping[str, Tensor]) -> None:
        """Puts the average back where a checkpoint had it."""
        for name, value in average.items():
            if name in self.average:
                self.average[name].copy_(value)

    def now(self) -> dict[str, Tensor]:
        """All weights to answer with: name -> tensor on the device, not to be written to."""
        state = self._network.state_dict()
        return state if self.is_in_place else {**state, **self.average, **self.chosen}

    def saved(self) -> dict[str, Tensor]:
        """What a checkpoint must hold besides the network."""
        named = {AVERAGE + name: value for name, value in self.average.items()}
        return named | {CHOSEN + name: value for name, value in self.chosen.items()}

    @contextlib.contextmanager
    def in_place(self) -> Iterator[None]:
        """While it is entered, the network answers with these weights; afterwards it has its own again."""
        others = self.chosen or self.average
        if not others or self.is_in_place:
            yield
            return
        state = self._network.state_dict()
        own = {name: state[name].clone() for name in others}
        try:
            self._copy(others)
            self.is_in_place = True
            yield
        finally:
            self._copy(own)
            self.is_in_place = False

    def _copy(self, weights: Mapping[str, Tensor]) -> None:
        """In place, because a recorded step holds on to the addresses."""
        state = self._network.state_dict()
        for name, value in weights.items():
            state[name].copy_(value)

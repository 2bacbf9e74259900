"""What can be done to a network to see what its parts are for: channels switched off or turned up, and noise.

None of it touches the weights: hooks change what a layer hands on. What the answer does then tells what the part was
for; Morcos et al. 2018 measure networks like that, https://arxiv.org/abs/1803.06959
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lepton_studio.engine.walk_through import Path

if TYPE_CHECKING:
    from torch import Tensor

    from lepton_studio.engine.architecture import Architecture
    from lepton_studio.engine.network import Network

Channel = tuple[Path, int]

# A channel may be turned up to so many times what it is.
MOST_FACTOR = 2.0


@dataclass(frozen=True)
class Interventions:
    """What is done to the outputs of layers; nothing, if it is empty.

    A channel is a map of a picture, a feature of a sequence, or a unit of a row.

    Attributes:
        silenced: channels that hand on zeros, each as the path of its layer and its number.
        factors: channels that are multiplied by a number (0..2).
        noises: layers to whose output noise is added, with its deviation as a share of that of the output.
    """

    silenced: frozenset[Channel] = frozenset()
    factors: tuple[tuple[Channel, float], ...] = ()
    noises: tuple[tuple[Path, float], ...] = ()

    def __bool__(self) -> bool:
        """Whether anything is done."""
        return bool(self.silenced or self.factors or self.noises)

    def switched(self, path: Path, channel: int, is_off: bool) -> Interventions:
        """The same with a channel switched off, or on again."""
        one = frozenset([(path, channel)])
        return replace(self, silenced=self.silenced | one if is_off else self.silenced - one)

    def scaled(self, path: Path, channel: int, factor: float) -> Interventions:
        """The same with a channel multiplied by a factor; 1 leaves it as it is."""
        others = [each for each in self.factors if each[0] != (path, channel)]
        new = [((path, channel), min(max(factor, 0.0), MOST_FACTOR))] if factor != 1 else []
        return replace(self, factors=tuple(sorted(others + new)))

    def noisy(self, path: Path, strength: float) -> Interventions:
        """The same with noise on what a layer hands on; 0 takes it away."""
        others = [each for each in self.noises if each[0] != path]
        return replace(self, noises=tuple(sorted([*others, (path, strength)] if strength > 0 else others)))

    def is_off(self, path: Path, channel: int) -> bool:
        """Whether a channel hands on nothing."""
        return (path, channel) in self.silenced

    def factor(self, path: Path, channel: int) -> float:
        """By what a channel is multiplied while it is on."""
        return dict(self.factors).get((path, channel), 1.0)

    def noise(self, path: Path) -> float:
        """The strength of the noise on a layer."""
        return dict(self.noises).get(path, 0.0)

    def paths(self) -> set[Path]:
        """The layers to which something is done."""
        channels = [*self.silenced, *(channel for channel, _factor in self.factors)]
        return {path for path, _channel in channels} | {path for path, _strength in self.noises}


def put_hooks(network: Network, architecture: Architecture, interventions: Interventions) -> None:
    """Does it to every forward pass from now on, in place of what was done before.

    While anything is done, the layers work in the order of the architecture, so that each is met where it stands.
    """
    from lepton_studio.engine.activations import layer_modules
    from lepton_studio.engine.network import pooled_first

    for module in network.modules():
        # Looked for, not remembered: a copy of a network has hooks of its own.
        for key in [key for key, hook in module._forward_hooks.items() if isinstance(hook, _Change)]:
            del module._forward_hooks[key]
    network.steps = tuple(network.layers) if interventions else pooled_first(network.layers)
    modules, paths = layer_modules(network, architecture), interventions.paths()
    for path in paths & set(modules):
        modules[path].register_forward_hook(_Change(path, interventions))


class _Change:
    """The hook of one layer."""

    def __init__(self, path: Path, interventions: Interventions) -> None:
        self._seed = zlib.crc32(repr(path).encode())
        self._strength = interventions.noise(path)
        self._factors = {channel: factor for (place, channel), factor in interventions.factors if place == path}
        self._factors |= {channel: 0.0 for place, channel in interventions.silenced if place == path}
        self._noise: Tensor | None = None

    def __call__(self, _module: Any, _given: Any, out: Tensor) -> Tensor:
        import torch

        if self._strength:
            if self._noise is None or self._noise.shape != out.shape[1:]:
                # Drawn once, of a generator of its own: the same drawing gives the same answer.
                generator = torch.Generator().manual_seed(self._seed)
                self._noise = torch.randn(out.shape[1:], generator=generator)
            deviation = out.detach().std(dim=tuple(range(1, out.ndim)), correction=0, keepdim=True)
            out = out + self._noise * (deviation * self._strength)
        if self._factors:
            # The features of a sequence (N x steps x features) stand last, channels and units right after the batch.
            axis = 2 if out.ndim == 3 else 1
            sizes = [1] * out.ndim
            sizes[axis] = -1
            factors = torch.ones(out.shape[axis])
            for channel, factor in self._factors.items():
                if channel < len(factors):
                    factors[channel] = factor
            out = out * factors.reshape(sizes)
        return out

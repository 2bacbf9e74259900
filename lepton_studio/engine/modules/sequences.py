"""From a picture to a sequence of steps, where each step is, and from a sequence back to one row of numbers."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class Rows(nn.Module):
    """Each row of a picture becomes a step: N x C x H x W gives N x H x (C W)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.transpose(1, 2).flatten(2)


class Patches(nn.Module):
    """Cuts a picture into squares and turns each into ``features`` numbers, row by row from the top left.

    Input: N x channels x H x W. Output: N x squares x features; with a class token one more step stands first.
    """

    def __init__(self, channels: int, patch_size: int, features: int, class_token: bool) -> None:
        super().__init__()
        self.channels = channels
        self.patch_size = patch_size
        self.features = features
        self.class_token = class_token
        # A window that moves by its own size sees each square once: the same matrix for all squares.
        self.embed = nn.Conv2d(channels, features, patch_size, patch_size)
        self.token = nn.Parameter(torch.zeros(1, 1, features)) if class_token else None

    def forward(self, x: Tensor) -> Tensor:
        steps = self.embed(x).flatten(2).transpose(1, 2)
        if self.token is None:
            return steps  # type: ignore[no-any-return]
        return torch.cat([self.token.to(steps.dtype).expand(len(x), -1, -1), steps], dim=1)


class LearnedPositions(nn.Module):
    """Adds to each step numbers that are learned for its place. N x steps x features, in and out."""

    def __init__(self, steps: int, features: int) -> None:
        super().__init__()
        self.steps = steps
        self.features = features
        self.places = nn.Parameter(nn.init.normal_(torch.empty(steps, features), std=0.02))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.places


class SinusoidalPositions(nn.Module):
    """Adds waves to each step, fast ones and slow ones, so that no two places look alike. N x steps x features."""

    places: Tensor

    def __init__(self, steps: int, features: int) -> None:
        super().__init__()
        self.steps = steps
        self.features = features
        place = torch.arange(steps).unsqueeze(1)
        speed = torch.exp(torch.arange(0, features, 2) * (-math.log(10_000.0) / features))
        waves = torch.stack([torch.sin(place * speed), torch.cos(place * speed)], dim=2)
        # An odd number of features has a sine more than cosines.
        self.register_buffer("places", waves.flatten(1)[:, :features].clone())

    def forward(self, x: Tensor) -> Tensor:
        return x + self.places


class PooledSteps(nn.Module):
    """One row of numbers for the whole sequence: N x steps x features gives N x features.

    ``kind``: "mean" or "max" over the steps, or the "first" or "last" step alone.
    """

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def forward(self, x: Tensor) -> Tensor:
        if self.kind == "mean":
            return x.mean(dim=1)
        if self.kind == "max":
            return x.amax(dim=1)
        return x[:, 0] if self.kind == "first" else x[:, -1]

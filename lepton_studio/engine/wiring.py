"""How a container leads its input through the layers that it holds; networks are drawn by it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wiring:
    """The ways from the input of a container to its output.

    Attributes:
        ways: for each way, which of the children stands first on it; the others follow up to the next way.
        goes_by: whether the input itself takes one more way, around all layers.
        around: what is done to the input on that way, in a word; empty if nothing.
        joint: what is done where the ways meet: "+", "×" or "concat"; empty where nothing meets.
        times: how often all of it is done, one time after the other.
    """

    ways: tuple[int, ...] = (0,)
    goes_by: bool = False
    around: str = ""
    joint: str = ""
    times: int = 1

"""What tells the steps of a sequence apart."""

from typing import Annotated, ClassVar, Literal

from lepton_studio.engine.fields import about
from lepton_studio.engine.layer import Layer, Module, Shape, require_sequence


class PositionalEncoding(Layer, frozen=True, tag="positional_encoding"):
    """Marks each step with its place; without it, attention would not notice if the steps were shuffled.

    ``y[t] = x[t] + p[t]``, where ``p`` is learned, or ``p[t, 2i] = sin(t / 10000^(2i/d))`` and ``p[t, 2i+1]`` the
    cosine of the same. Vaswani et al. 2017, https://arxiv.org/abs/1706.03762
    """

    title: ClassVar[str] = "Positional encoding"
    group: ClassVar[str] = "Sequence"

    kind: Annotated[
        Literal["learned", "sinusoidal"],
        about("Learned numbers for each place, or fixed waves of sine and cosine, which need no learning."),
    ] = "learned"

    def build(self, shape: Shape) -> Module:
        from lepton_studio.engine.modules.sequences import LearnedPositions, SinusoidalPositions

        require_sequence(self.title, shape)
        return LearnedPositions(*shape) if self.kind == "learned" else SinusoidalPositions(*shape)

"""Multi-head self-attention."""

from typing import Annotated, ClassVar

from lepton_studio.engine.fields import about
from lepton_studio.engine.layer import Layer, Module, Shape, require_sequence
from lepton_studio.engine.sequence_layer import require_heads


class SelfAttention(Layer, frozen=True, tag="self_attention"):
    """Lets every step look at all steps and take from each what matters to it; several heads look for several things.

    ``softmax(Q Kᵀ / √d) V``, where queries, keys and values are linear in the input: a step with the query ``q`` takes
    most from the steps whose keys are like it. Vaswani et al. 2017, https://arxiv.org/abs/1706.03762
    """

    title: ClassVar[str] = "Self-attention"
    group: ClassVar[str] = "Sequence"
    also: ClassVar[tuple[str, ...]] = ("multi-head", "mha")
    sees_everything: ClassVar[bool] = True

    heads: Annotated[
        int, about("How many looks at once; they share the features, so they must divide them.", low=1, high=64)
    ] = 4
    dropout: Annotated[float, about("Share of the looks to switch off while learning.", low=0.0, high=0.95)] = 0.0

    def build(self, shape: Shape) -> Module:
        from lepton_studio.engine.modules.attention import MultiHeadSelfAttention

        require_sequence(self.title, shape)
        require_heads(shape[1], self.heads)
        return MultiHeadSelfAttention(shape[1], self.heads, self.dropout)

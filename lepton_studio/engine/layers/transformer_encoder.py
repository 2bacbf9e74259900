"""One block of a transformer encoder."""

from typing import Annotated, ClassVar

from lepton_studio.engine.fields import about
from lepton_studio.engine.layer import Layer, Module, Shape, require_sequence
from lepton_studio.engine.sequence_layer import require_heads


class TransformerEncoder(Layer, frozen=True, tag="transformer_encoder"):
    """A block of a transformer: the steps look at each other, then each thinks for itself; both only add to it.

    ``x = x + attention(norm(x))``, then ``x = x + W₂ gelu(W₁ norm(x))``; normalising first keeps deep stacks stable.
    Vaswani et al. 2017, https://arxiv.org/abs/1706.03762; Xiong et al. 2020, https://arxiv.org/abs/2002.04745
    """

    title: ClassVar[str] = "Transformer encoder block"
    group: ClassVar[str] = "Sequence"
    also: ClassVar[tuple[str, ...]] = ("vit", "attention block")
    sees_everything: ClassVar[bool] = True

    heads: Annotated[
        int, about("How many looks at once; they share the features, so they must divide them.", low=1, high=64)
    ] = 4
    mlp_ratio: Annotated[
        int, about("How many times wider than a step the small network inside is.", label="MLP ratio", low=1, high=16)
    ] = 4
    dropout: Annotated[float, about("Share of the numbers to switch off while learning.", low=0.0, high=0.95)] = 0.1

    def build(self, shape: Shape) -> Module:
        from torch import nn

        from lepton_studio.engine.modules.attention import MultiHeadSelfAttention, TransformerBlock

        require_sequence(self.title, shape)
        features = shape[1]
        require_heads(features, self.heads)
        wide = features * self.mlp_ratio
        return TransformerBlock(
            nn.LayerNorm(features),
            MultiHeadSelfAttention(features, self.heads, self.dropout),
            nn.LayerNorm(features),
            nn.Sequential(nn.Linear(features, wide), nn.GELU(), nn.Dropout(self.dropout), nn.Linear(wide, features)),
            nn.Dropout(self.dropout),
        )

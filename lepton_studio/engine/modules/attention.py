"""Self-attention, and the block of a transformer around it, written to be read."""

from __future__ import annotations

import math

from torch import Tensor, nn


class MultiHeadSelfAttention(nn.Module):
    """Every step looks at all steps and takes from each as much as it matters to it.

    Input and output: N x steps x features. ``softmax(Q Kᵀ / √d) V`` in each head, with d = features / heads.
    What goes into ``drop`` are the weights of attention: N x heads x steps (who looks) x steps (at whom).
    """

    def __init__(self, features: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.features = features
        self.heads = heads
        self.dropout = dropout
        # The queries, keys and values of all heads in one product.
        self.ask = nn.Linear(features, 3 * features)
        self.drop = nn.Dropout(dropout)
        self.join = nn.Linear(features, features)

    def forward(self, x: Tensor) -> Tensor:
        count, steps, features = x.shape
        size = features // self.heads
        asked = self.ask(x).reshape(count, steps, 3, self.heads, size)
        query, key, value = asked.permute(2, 0, 3, 1, 4).unbind(0)
        weights = (query @ key.transpose(-2, -1) / math.sqrt(size)).softmax(dim=-1)
        seen = self.drop(weights) @ value
        return self.join(seen.transpose(1, 2).reshape(count, steps, features))  # type: ignore[no-any-return]


class TransformerBlock(nn.Module):
    """Attention between the steps, then the same small network for each step; both only add to what came in.

    Input and output: N x steps x features. ``x = x + attention(norm(x))``, then ``x = x + mlp(norm(x))``.
    """

    def __init__(
        self,
        attention_norm: nn.Module,
        attention: nn.Module,
        mlp_norm: nn.Module,
        mlp: nn.Module,
        drop: nn.Module,
    ) -> None:
        super().__init__()
        self.attention_norm = attention_norm
        self.attention = attention
        self.mlp_norm = mlp_norm
        self.mlp = mlp
        self.drop = drop

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.drop(self.attention(self.attention_norm(x)))
        return x + self.drop(self.mlp(self.mlp_norm(x)))  # type: ignore[no-any-return]

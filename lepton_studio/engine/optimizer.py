"""What an optimizer is: the rule that turns gradients into new weights."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, ForwardRef

from lepton_studio.engine.fields import about
from lepton_studio.engine.registry import Registry, Spec

if TYPE_CHECKING:
    from torch.nn import Parameter
    from torch.optim import Optimizer as TorchOptimizer
else:
    Parameter = TorchOptimizer = Any

LearningRate = Annotated[
    float,
    about(
        "How far to go at each step: too large overshoots, too small takes for ever.",
        low=1e-7,
        high=10,
        log=True,
    ),
]
WeightDecay = Annotated[
    float, about("Pulls weights towards zero, which keeps the network simple.", low=0, high=1, log=True)
]


class Optimizer(Spec, frozen=True):
    """Decides how weights change when the gradient is known."""

    learning_rate: LearningRate = 0.001

    def build(self, parameters: Iterable[Parameter]) -> TorchOptimizer:
        """Makes torch's optimizer for these parameters."""
        raise NotImplementedError


OPTIMIZERS: Registry[Optimizer] = Registry(Optimizer, "optimizer", "lepton_studio.engine.optimizers")

if TYPE_CHECKING:
    AnyOptimizer = Optimizer
else:
    AnyOptimizer = ForwardRef("OPTIMIZERS.union", module=__name__)

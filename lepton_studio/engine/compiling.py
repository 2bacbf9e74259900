"""Letting torch.compile write code for a network before it trains: slower to start, sometimes faster later."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch

from lepton_studio.engine.compile_ahead import TROUBLES, WORDS, order_of, reason_of, write_code, written_ahead
from lepton_studio.engine.events import Event, Notice

if TYPE_CHECKING:
    from lepton_studio.engine.learner import Learner


def compile_network(learner: Learner) -> Iterator[Event]:
    """Compiles the network of a learner if its experiment asks for it; goes on without, and says so, if that fails.

    https://docs.pytorch.org/docs/stable/generated/torch.compile.html
    """
    if not learner.settings.compile or learner.run.record.kernels not in ("", "compiled"):
        # A run that began without goes on without, because the last bits depend on it.
        return
    yield WORDS
    pictures, _ = next(learner.batches.training(0))
    with torch.random.fork_rng(devices=()):
        prepared = learner.augment(pictures[: learner.largest_part])
    # The minute is spent in another process, because here nobody could end it; then this one has a second or two to do.
    reason = yield from written_ahead(order_of(learner, tuple(prepared.shape[1:])))
    network = learner.network
    before = {name: value.clone() for name, value in network.state_dict().items()}
    try:
        if not reason:
            learner.compiled = write_code(network, learner.device, prepared)
            learner.kernels = "compiled"
    except TROUBLES as error:
        reason = reason_of(error)
    finally:
        network.load_state_dict(before)
        learner.optimizer.zero_grad()
    if reason:
        yield Notice(
            f"torch.compile cannot compile this network here: {reason}.",
            "It is trained without. On a CPU, torch.compile needs a C++ compiler.",
        )

"""Letting torch.compile write code for a network before it trains: slower to start, sometimes faster later."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch

from lepton_studio.engine.events import Event, Notice, Progress

if TYPE_CHECKING:
    from lepton_studio.engine.learner import Learner

# What goes wrong while code is written, translated and loaded is not one family.
TROUBLES = (RuntimeError, OSError, ImportError, AttributeError, TypeError, ValueError, subprocess.SubprocessError)


def compile_network(learner: Learner) -> Iterator[Event]:
    """Compiles the network of a learner if its experiment asks for it; goes on without, and says so, if that fails.

    https://docs.pytorch.org/docs/stable/generated/torch.compile.html
    """
    if not learner.settings.compile or learner.run.record.kernels not in ("", "compiled"):
        # A run that began without goes on without, because the last bits depend on it.
        return
    yield Progress("Compiling the network; this takes up to a minute")
    network = learner.network
    before = {name: value.clone() for name, value in network.state_dict().items()}
    try:
        # Else the ninth network of a process is left as it is: the compiler takes all of them for one that changes.
        torch.compiler.reset()
        compiled = torch.compile(network)
        network.train()
        # Compiled with the first batch that comes through, forward and backward.
        pictures, _ = next(learner.batches.training(0))
        with learner.device.autocast(), torch.random.fork_rng(devices=()):
            logits = compiled(learner.augment(pictures[: learner.largest_part]))
        logits.float().sum().backward()
    except TROUBLES as error:
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        yield Notice(
            f"torch.compile cannot compile this network here: {reason}.",
            "It is trained without. On a CPU, torch.compile needs a C++ compiler.",
        )
    else:
        learner.compiled, learner.kernels = compiled, "compiled"
    finally:
        network.load_state_dict(before)
        learner.optimizer.zero_grad()

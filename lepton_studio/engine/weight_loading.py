"""Putting published weights, or those of a file, into the networks of a fresh training.

Nothing that is opened can run code: safetensors holds numbers only, and torch's own files are read with
``weights_only``. https://docs.pytorch.org/docs/stable/generated/torch.load.html
"""

from __future__ import annotations

import pickle
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.layers.pretrained import Pretrained
from lepton_studio.engine.modules.known_networks import KnownNetwork
from lepton_studio.engine.weight_store import source_of

# What files of others wrap the weights in.
WRAPPINGS = ("state_dict", "model_state_dict", "model")
# Written in front of each name by torch's DataParallel.
PREFIX = "module."
# What torch may say of a file that is none of its own.
TROUBLES = (
    OSError, SafetensorError, RuntimeError, ValueError, KeyError, TypeError, AttributeError, EOFError,
    pickle.UnpicklingError, zipfile.BadZipFile, UnicodeDecodeError,
)  # fmt: skip


def take_weights(network: nn.Module) -> Iterator[Progress]:
    """Gives all well-known networks inside ``network`` the weights with which they are to begin.

    Raises:
        LeptonError: weights are not on this computer, damaged, or of another network.
    """
    for module in network.modules():
        if not isinstance(module, KnownNetwork) or not isinstance(module.origin, Pretrained):
            continue
        source = source_of(module.origin)
        if source is not None:
            yield Progress(f"Reading the weights of {module.network}")
            put_into(module, read_weights(source), source)


def read_weights(path: Path) -> dict[str, Tensor]:
    """The weights in a file, by name, on the CPU.

    Args:
        path: a file of safetensors, or one that torch.save wrote.

    Raises:
        LeptonError: it is damaged, or holds anything else than weights.
    """
    try:
        if path.suffix == ".safetensors":
            found: Any = load_file(path)
        else:
            with warnings.catch_warnings():
                # That a file was pickled in an unusual way is no news for people.
                warnings.simplefilter("ignore")
                found = torch.load(path, map_location="cpu", weights_only=True)
    except TROUBLES as error:
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        raise LeptonError(
            f"{path} cannot be read as weights: {reason}.", "Get it anew, or choose another .pth or .safetensors file."
        ) from error
    for wrapping in WRAPPINGS:
        if isinstance(found, Mapping) and isinstance(found.get(wrapping), Mapping):
            found = found[wrapping]
    if not isinstance(found, Mapping) or not all(isinstance(value, Tensor) for value in found.values()):
        raise LeptonError(
            f"{path} holds other things than the weights of a network.", "Choose a file with a state_dict in it."
        )
    return {str(name).removeprefix(PREFIX): value for name, value in found.items()}


def put_into(module: KnownNetwork, weights: Mapping[str, Tensor], source: Path) -> None:
    """Copies weights into a well-known network; those of the head that it does not have any more are left out.

    Raises:
        LeptonError: they belong to another network.
    """
    own = module.body.state_dict()
    # Old files do not count the batches that batch norm has seen, and nothing uses that number.
    needed = [name for name in own if not name.endswith("num_batches_tracked")]
    odd = next((name for name in needed if name not in weights or weights[name].shape != own[name].shape), None)
    if odd is not None:
        what = "is missing" if odd not in weights else f"has the shape {tuple(weights[odd].shape)}"
        raise LeptonError(
            f"{source} does not hold the weights of {module.network}: {odd} {what}.",
            "Choose the network that they belong to, or another file.",
        )
    with torch.no_grad():
        for name, tensor in own.items():
            if name in weights:
                tensor.copy_(weights[name])

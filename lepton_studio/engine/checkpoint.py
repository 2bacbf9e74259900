"""Checkpoints: all that a resume needs, in one safetensors file that can run no code.

Tensors: ``network.<name>`` and ``optimizer.<parameter number>.<name>``; ``average.<name>`` and ``answer.<name>``
where a run answers with other weights than it learns with; the position in the metadata. The order of the samples and
all random numbers follow from the seed and the position, so no generator state is needed for a resume to give what an
uninterrupted run gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn
from torch.optim import Optimizer

from lepton_studio.engine.answer_weights import AVERAGE, CHOSEN
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.files import write_bytes


class Position(msgspec.Struct, frozen=True):
    """How far a run is.

    Attributes:
        epoch: finished epochs.
        batch: batches done in the next one.
        epoch_seconds, seconds: spent in it, and in all.
        seen: samples of the epoch that were learned from; -1 in checkpoints of older programs, where all batches had
            one size.
        steps: batches done in all; -1 likewise.
    """

    epoch: int = 0
    batch: int = 0
    epoch_seconds: float = 0.0
    seconds: float = 0.0
    seen: int = -1
    steps: int = -1


def save_checkpoint(
    path: Path,
    network: nn.Module,
    optimizer: Optimizer | None,
    position: Position,
    others: Mapping[str, Tensor] | None = None,
) -> None:
    """Writes a checkpoint whole or not at all; LeptonError if the disk refuses.

    Args:
        path: where to.
        network: learns.
        optimizer: its state is kept, too.
        position: how far the run is.
        others: more tensors by their whole name.
    """
    tensors = {f"network.{name}": tensor for name, tensor in network.state_dict().items()} | dict(others or {})
    if optimizer is not None:
        for number, state in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{number}.{name}": value for name, value in state.items() if value is not None}
    write_bytes(path, save(_plain(tensors), {"position": msgspec.json.encode(position).decode()}))


def save_weights(path: Path, weights: Mapping[str, Tensor]) -> None:
    """Writes weights alone; they read like those of a checkpoint. LeptonError if the disk refuses."""
    write_bytes(path, save(_plain({f"network.{name}": tensor for name, tensor in weights.items()})))


def _plain(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """As safetensors wants them; channels_last is restored by copying back into the live tensors."""
    return {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}


def load_weights(path: Path) -> dict[str, Tensor]:
    """The weights that a network answers with, on the CPU: those chosen at the end, their average, or the newest.

    Raises:
        LeptonError: the file is missing or damaged.
    """
    weights: dict[str, Tensor] = {}
    for prefix in ("network.", AVERAGE, CHOSEN):
        weights |= load_tensors(path, prefix)
    return weights


def load_tensors(path: Path, prefix: str) -> dict[str, Tensor]:
    """The tensors of a checkpoint whose names begin so, without that beginning, on the CPU.

    Raises:
        LeptonError: the file is missing or damaged.
    """
    tensors, _ = _read(path, prefix)
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items()}


def load_into(network: nn.Module, weights: dict[str, Tensor], source: Path | str) -> None:
    """Copies weights into a network; LeptonError if they belong to another architecture."""
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise LeptonError(
            f"The weights in {source} belong to another architecture.", "Choose the run they were trained in."
        ) from error


def restore(path: Path, network: nn.Module, optimizer: Optimizer) -> Position:
    """Puts network and optimizer back where they were and returns the position.

    Raises:
        LeptonError: the file is missing or damaged, or belongs to another architecture.
    """
    tensors, metadata = _read(path, "")
    weights = {name.removeprefix("network."): value for name, value in tensors.items() if name.startswith("network.")}
    load_into(network, weights, path)
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    try:
        for name, value in tensors.items():
            if name.startswith("optimizer."):
                _, number, key = name.split(".", 2)
                parameter = parameters[int(number)]
                optimizer.state[parameter][key] = _like(parameter, value)
        return msgspec.json.decode(metadata["position"], type=Position)
    except (KeyError, ValueError, IndexError, msgspec.DecodeError) as error:
        raise LeptonError(f"{path} is no checkpoint of a training: {error!r}.", "Choose another run.") from error


def read_position(path: Path) -> Position:
    """How far the run of a checkpoint is; LeptonError if the file is missing, damaged or holds no position."""
    _, metadata = _read(path, "nothing.")
    try:
        return msgspec.json.decode(metadata["position"], type=Position)
    except (KeyError, msgspec.DecodeError) as error:
        raise LeptonError(f"{path} is no checkpoint of a training: {error!r}.", "Choose another run.") from error


def _like(parameter: Tensor, value: Tensor) -> Tensor:
    """Fused optimizers want their state in the memory layout of the parameter; step counters are scalars."""
    if value.shape != parameter.shape:
        return value.to(parameter.device)
    return torch.empty_like(parameter).copy_(value)


def _read(path: Path, prefix: str) -> tuple[dict[str, Tensor], dict[str, str]]:
    try:
        with safe_open(path, framework="pt") as file:
            names: Iterable[str] = [name for name in file.keys() if name.startswith(prefix)]  # noqa: SIM118
            return {name: file.get_tensor(name) for name in names}, file.metadata() or {}
    except (OSError, SafetensorError) as error:
        raise LeptonError(f"{path} is missing or damaged: {error}.", "Choose another run.") from error

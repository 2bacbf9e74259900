"""Snapshots: what a run looked like after each epoch, small enough to keep them all.

Weights are large, so only some epochs keep theirs (``kept_epochs.py``). What people want to look back at is small:
what the network said of sixteen pictures, how it confused the validation pictures, its first filters, and how its
layers learned. One safetensors file an epoch.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.files import write_bytes

FOLDER = "watch"
# So many pictures are followed through the epochs.
FOLLOWED = 16
# Bins of a histogram of weights.
BINS = 40
# More epochs than this are thinned out, evenly over the run; of the newest ones each stays.
MOST_KEPT = 256
NEWEST_KEPT = 32

_Floats = NDArray[np.float32]
_Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LayerTrace:
    """How one layer learned in the course of an epoch.

    Attributes:
        name: position and kind, for people: "1 Conv2d"; layers inside others as "3.1 Conv2d".
        gradients: L, float32: length of the gradient of its weights (Euclidean norm), at L moments of the epoch.
        updates: L, float32: length of the step, as a share of the length of the weights; 0.001 is healthy.
        counts: BINS, int64: histogram of its weights at the end of the epoch.
        edges: BINS + 1, float32: of the bins.
        dead: the share of its units that answered none of the pictures; nan where the layer has no units that can die.
    """

    name: str
    gradients: _Floats
    updates: _Floats
    counts: _Ints
    edges: _Floats
    dead: float = float("nan")


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What a run looked like at one moment.

    Attributes:
        epoch: finished epochs, from 1; while an epoch is under way, the number that it will have.
        followed: F, int64: positions of the followed pictures in the dataset, all of the validation split.
        labels: F, int64: their classes.
        probabilities: F x classes, float32.
        confusion: classes x classes, int64: rows are the true classes of the validation pictures, columns the answers;
            0 x 0 before the first epoch is over.
        filters: filters x channels x height x width, float32: weights of the first convolution, at most 64; empty if
            there is none.
        ends: L, float64: the moments of the traces, in epochs since the start of the run.
        layers: one trace for each layer with weights, in the order of the network.
    """

    epoch: int
    followed: _Ints
    labels: _Ints
    probabilities: _Floats
    confusion: _Ints = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    filters: _Floats = field(default_factory=lambda: np.zeros((0, 0, 0, 0), np.float32))
    ends: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    layers: tuple[LayerTrace, ...] = ()


class _Head(msgspec.Struct, frozen=True):
    epoch: int
    names: tuple[str, ...]
    dead: tuple[float | None, ...]


def save_snapshot(folder: Path, snapshot: Snapshot) -> None:
    """Keeps a snapshot in the folder of its run; LeptonError if the disk refuses."""
    layers = snapshot.layers
    arrays = {
        "followed": snapshot.followed,
        "labels": snapshot.labels,
        "probabilities": snapshot.probabilities,
        "confusion": snapshot.confusion,
        "filters": snapshot.filters,
        "ends": snapshot.ends,
    }
    for number, layer in enumerate(layers):
        for name in ("gradients", "updates", "counts", "edges"):
            arrays[f"{number}.{name}"] = getattr(layer, name)
    dead = tuple(None if np.isnan(layer.dead) else float(layer.dead) for layer in layers)
    head = _Head(snapshot.epoch, tuple(layer.name for layer in layers), dead)
    plain = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    write_bytes(_path(folder, snapshot.epoch), save(plain, {"head": msgspec.json.encode(head).decode()}))
    _thin_out(folder)


def snapshots_of(folder: Path) -> tuple[int, ...]:
    """The epochs, counted from 1, of which there are snapshots, in their order."""
    found = (path.stem.removeprefix("epoch-") for path in (folder / FOLDER).glob("epoch-*.safetensors"))
    return tuple(sorted(int(number) for number in found if number.isdecimal()))


def read_snapshot(folder: Path, epoch: int) -> Snapshot:
    """The snapshot of an epoch.

    Raises:
        LeptonError: there is none, or its file is damaged.
    """
    path = _path(folder, epoch)
    try:
        with safe_open(path, framework="np") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            head = msgspec.json.decode((file.metadata() or {})["head"], type=_Head)
        layers = tuple(
            LayerTrace(
                name,
                arrays[f"{number}.gradients"],
                arrays[f"{number}.updates"],
                arrays[f"{number}.counts"],
                arrays[f"{number}.edges"],
                float("nan") if dead is None else dead,
            )
            for number, (name, dead) in enumerate(zip(head.names, head.dead, strict=True))
        )
        return Snapshot(
            head.epoch,
            arrays["followed"],
            arrays["labels"],
            arrays["probabilities"],
            arrays["confusion"],
            arrays["filters"],
            arrays["ends"],
            layers,
        )
    except (OSError, SafetensorError, KeyError, ValueError, msgspec.DecodeError) as error:
        raise LeptonError(f"{path} is missing or damaged: {error}.", "Choose another epoch.") from error


def forget_snapshots_after(folder: Path, epoch: int) -> None:
    """Removes the snapshots of epochs that a resume trains again."""
    for later in snapshots_of(folder):
        if later > epoch:
            _path(folder, later).unlink(missing_ok=True)


def _path(folder: Path, epoch: int) -> Path:
    return folder / FOLDER / f"epoch-{epoch:05}.safetensors"


def _thin_out(folder: Path) -> None:
    """Leaves the newest, and of the others each second, fourth, eighth ...: the whole run can be looked back at."""
    epochs = snapshots_of(folder)
    if len(epochs) <= MOST_KEPT:
        return
    step = 1
    while (epochs[-1] - 1) // step > MOST_KEPT // 2:
        step *= 2
    for epoch in epochs[:-NEWEST_KEPT]:
        if (epoch - 1) % step:
            _path(folder, epoch).unlink(missing_ok=True)

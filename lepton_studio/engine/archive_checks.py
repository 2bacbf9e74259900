"""Whether the files of a run are what they say, before one goes into an archive and before one comes out of it.

What comes in is from strangers. So nothing here needs more memory than the files may be large, builds a network only
without its numbers, and ends soon whatever a file says.
"""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from lepton_studio.engine import kept_epochs, snapshots
from lepton_studio.engine.calibrating import STRANGER
from lepton_studio.engine.calibration import Figures
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.experiment import Experiment, parse_experiment
from lepton_studio.engine.files import parse_struct, read_bytes
from lepton_studio.engine.hand_labels import LabelsOfRun, read_labels
from lepton_studio.engine.history import History
from lepton_studio.engine.layer import Layer
from lepton_studio.engine.runs import CHECKPOINT, EXPERIMENT, FILES, HISTORY, LABELS, RECORD, VERSION, RunRecord
from lepton_studio.engine.steering import CHANGES, read_changes
from lepton_studio.engine.taught_runs import OUTCOME, Outcome

# Weights, and all that is read into memory as a whole: a million batches of a history take some 40 MB.
LARGEST_BYTES = 4 * 1024**3
LARGEST_READ_BYTES = 256 * 1024**2
# Numbers of a text take many times its bytes when it is read: a history has four for each batch.
LARGEST_TEXT_BYTES, MOST_NUMBERS = 16 * 1024**2, 40_000_000
# What the names and shapes of a file of weights may take; a thousand layers take some 400 kB.
LARGEST_HEAD_BYTES = 16 * 1024**2
# Pixels, and layers with all their repeats; no dataset and no architecture is near it.
LARGEST_SIDE, MOST_LAYERS = 16_384, 20_000

CALIBRATION, CALIBRATION_ARRAYS = "calibration.json", "calibration.safetensors"
# What a run may have besides its four files. Records of other programs (TensorBoard, Weights & Biases) stay at home:
# nobody can say what is in them, and nothing here reads them.
OPTIONAL = (LABELS, CHANGES, OUTCOME, STRANGER, CALIBRATION, CALIBRATION_ARRAYS)
KEPT = f"{kept_epochs.FOLDER}/epoch-"
EPOCH_FOLDERS = (kept_epochs.FOLDER, snapshots.FOLDER)
EPOCH_FILE = re.compile(
    rf"({'|'.join(EPOCH_FOLDERS)})/epoch-[0-9]{{5,6}}\.safetensors"
    rf"|{kept_epochs.FOLDER}/calibration-[0-9]{{5,6}}\.(json|safetensors)"
)

REMEDY = "Choose a file that was made by 'lepton-studio runs archive'."


class _Versioned(msgspec.Struct):
    version: int = VERSION


def largest(name: str) -> int:
    """How many bytes a file of a run may have in an archive, by its name there."""
    if name == CHECKPOINT or name.startswith(KEPT):
        return LARGEST_BYTES
    is_small = name.endswith(".json") and name not in (HISTORY, LABELS)
    return LARGEST_TEXT_BYTES if is_small else LARGEST_READ_BYTES


def files_of_run(folder: Path) -> list[str]:
    """The names of all files of a run that an archive carries, those of epochs last.

    What counts as none where it lies, because it is damaged or of weights that are gone, is none in the archive either.

    Raises:
        LeptonError: a file that the run cannot be without is larger than an archive may carry.
    """
    names = [name for name in (*FILES, *OPTIONAL) if (folder / name).is_file()]
    for name in names:
        if _size(folder / name) > largest(name):
            raise LeptonError(f"{folder / name} is too large for an archive.", "Copy the folder of the run instead.")
    epochs = [f"{part}/{path.name}" for part in EPOCH_FOLDERS for path in sorted((folder / part).glob("*"))]
    names += [name for name in epochs if EPOCH_FILE.fullmatch(name) and _size(folder / name) <= largest(name)]
    return [name for name in names if not _is_spare(name) or _is_sound(folder, name)]


def check_run(folder: Path, names: Sequence[str], source: str, remedy: str = REMEDY) -> RunRecord:
    """Reads files of a run as a later start of the program will, and returns its record.

    Args:
        folder: where they lie.
        names: which of them; the four that each run has are always read.
        source: how messages call it.
        remedy: what to do if something is wrong.

    Raises:
        LeptonError: naming the file and what is wrong with it.
    """
    content = read_bytes(folder / RECORD)
    # The version first: what a newer one writes need not make sense here.
    if parse_struct(content, _Versioned, f"{source}: {RECORD}").version > VERSION:
        raise LeptonError(f"{source} was made by a newer Lepton Studio.", "Update Lepton Studio.")
    record = parse_struct(content, RunRecord, f"{source}: {RECORD}")
    experiment = parse_experiment(read_bytes(folder / EXPERIMENT), f"{source}: {EXPERIMENT}")
    try:
        read_changes(folder)
        _check_history(folder / HISTORY)
        if LABELS in names:
            read_labels(folder / LABELS, LabelsOfRun)
        if OUTCOME in names:
            parse_struct(read_bytes(folder / OUTCOME), Outcome, str(folder / OUTCOME))
        for name in filter(_is_spare, names):
            _check_spare(folder, name)
        _check_weights(folder / CHECKPOINT, experiment, record)
        _check_epochs([folder / name for name in names if name.startswith(KEPT)], experiment, record)
    except LeptonError as error:
        # The folder may be gone when this is read.
        raise LeptonError(error.what.replace(f"{folder}{os.sep}", f"{source}: "), remedy) from error
    return record


def shapes_in(path: Path) -> tuple[dict[str, list[int]], dict[str, str]]:
    """The shapes of the tensors in a file by their names, and what else it says; no tensor is read.

    Raises:
        LeptonError: the file is empty, cut off or no such file, or its head is too large to be one of ours.
    """
    from safetensors import SafetensorError, safe_open

    head = b""
    try:
        with path.open("rb") as plain:
            head = plain.read(8)
        if len(head) == 8 and struct.unpack("<Q", head)[0] > LARGEST_HEAD_BYTES:
            raise LeptonError(f"{path} is damaged: its head is too large.")
        with safe_open(path, framework="np") as file:
            # safe_open is no mapping.
            found = {name: list(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
            return found, file.metadata() or {}
    except (OSError, SafetensorError, UnicodeDecodeError, ValueError) as error:
        reason = "it is empty" if not head else str(error)
        raise LeptonError(f"{path} is damaged: {reason}.") from error


def _is_spare(name: str) -> bool:
    """Whether a run is the same without a file, but for what it says of one epoch or of its doubts."""
    return "/" in name or name in (STRANGER, CALIBRATION, CALIBRATION_ARRAYS)


def _check_spare(folder: Path, name: str) -> None:
    """Raises LeptonError if a file cannot be read; whether it belongs to the weights is asked where it is used."""
    path = folder / name
    if path.suffix == ".json":
        parse_struct(read_bytes(path), Figures, str(path))
        return
    shapes_in(path)
    if name.startswith(f"{snapshots.FOLDER}/"):
        snapshots.read_snapshot(folder, int(path.stem.removeprefix("epoch-")))


def _is_sound(folder: Path, name: str) -> bool:
    path = folder / name
    weights = path.with_name(f"{path.stem.replace('calibration', 'epoch')}.safetensors")
    try:
        _check_spare(folder, name)
    except LeptonError:
        return False
    return "/" not in name or weights.is_file()


def _size(path: Path) -> int:
    """In bytes; 0 of a file that is gone, as those of epochs may be while a training goes on."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _check_history(path: Path) -> None:
    if read_bytes(path).count(b",") > MOST_NUMBERS:
        raise LeptonError(f"{path} has more than {MOST_NUMBERS:,} numbers.")
    History.load(path)


def _check_weights(path: Path, experiment: Experiment, record: RunRecord) -> None:
    """The weights must be those of the architecture; nothing is allocated to find that out."""
    from lepton_studio.engine.checkpoint import Position

    found, said = shapes_in(path)
    wanted, sizes = _expected_shapes(experiment, record, path)
    try:
        msgspec.json.decode(said.get("position", ""), type=Position)
    except msgspec.DecodeError as error:
        raise LeptonError(f"{path} is damaged: {error}.") from error
    network = {name: shape for name, shape in found.items() if name.startswith("network.")}
    rest = [
        _is_optimizer_state(name, shape, sizes) or _is_answer(name, shape, wanted)
        for name, shape in found.items()
        if name not in network
    ]
    if network != wanted or not all(rest):
        raise LeptonError(f"{path} does not belong to the architecture of the run.")


def _expected_shapes(
    experiment: Experiment, record: RunRecord, path: Path
) -> tuple[dict[str, list[int]], list[list[int]]]:
    """The shapes of all tensors of the network by name, and those of its parameters in their order."""
    import torch

    from lepton_studio.engine.network import build_network

    shape, classes = record.input_shape, len(record.class_names)
    if len(shape) != 3 or not all(0 < side <= LARGEST_SIDE for side in shape) or not classes:
        raise LeptonError(f"{path} is of a run that knows neither its pictures nor its classes.")
    ones = [1.0] * shape[0]
    try:
        if _count(experiment.architecture.layers) > MOST_LAYERS:
            raise LeptonError(f"{path} is of a network of more than {MOST_LAYERS:,} layers.")
        with torch.device("meta"):
            network = build_network(experiment.architecture, shape, classes, ones, ones)
    except (RuntimeError, ValueError, TypeError, IndexError, OverflowError) as error:
        raise LeptonError(f"{path} is of a network that cannot be built: {error}.") from error
    tensors = {f"network.{name}": list(tensor.shape) for name, tensor in network.state_dict().items()}
    return tensors, [list(parameter.shape) for parameter in network.parameters()]


def _count(layers: Iterable[Layer]) -> int:
    """How many layers there are, each as often as it is done."""
    return sum(1 + layer.wiring().times * _count(layer.children()) if layer.children() else 1 for layer in layers)


def _is_optimizer_state(name: str, shape: list[int], sizes: list[list[int]]) -> bool:
    """Optimizers keep, for each parameter by its number, tensors of its shape and counters."""
    match = re.fullmatch(r"optimizer\.([0-9]{1,6})\.[a-z_]+", name)
    return match is not None and int(match[1]) < len(sizes) and shape in ([], sizes[int(match[1])])


def _is_answer(name: str, shape: list[int], network: dict[str, list[int]]) -> bool:
    """Weights to answer with have the names and shapes of those to learn with."""
    from lepton_studio.engine.answer_weights import AVERAGE, CHOSEN

    prefix, _, rest = name.partition(".")
    return f"{prefix}." in (AVERAGE, CHOSEN) and network.get(f"network.{rest}") == shape


def _check_epochs(paths: Sequence[Path], experiment: Experiment, record: RunRecord) -> None:
    """Kept epochs must be weights of the architecture."""
    wanted: dict[str, list[int]] = {}
    for path in paths:
        wanted = wanted or _expected_shapes(experiment, record, path)[0]
        if shapes_in(path)[0] != wanted:
            raise LeptonError(f"{path} does not belong to the architecture of the run.")

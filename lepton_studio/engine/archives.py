"""A whole run in one file, to keep it, to give it away, and to bring it back.

An archive is a zip of the four files of a run; of the labels changed by hand and of what was changed while it ran, if
there were any; and of the kept epochs and snapshots. Nothing else.
What is brought in comes from strangers: it is checked file by file before anything of it is among the runs.
"""

from __future__ import annotations

import datetime
import lzma
import os
import re
import shutil
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec

from lepton_studio import paths
from lepton_studio.engine import kept_epochs, snapshots
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.experiment import Experiment, parse_experiment
from lepton_studio.engine.files import parse_struct, write_struct, writing_to, written_whole
from lepton_studio.engine.hand_labels import LabelsOfRun, read_labels
from lepton_studio.engine.history import History
from lepton_studio.engine.runs import CHECKPOINT, EXPERIMENT, FILES, HISTORY, LABELS, RECORD, VERSION, Run, RunRecord
from lepton_studio.engine.steering import CHANGES, read_changes

LARGEST_BYTES = 4 * 1024**3
# The texts are read into memory: a million batches take some 40 MB.
LARGEST_TEXT_BYTES = 256 * 1024**2
# What a run may have besides: what was changed by hand, and one file for each of some epochs.
OPTIONAL = (LABELS, CHANGES)
EPOCH_FOLDERS = (kept_epochs.FOLDER, snapshots.FOLDER)
EPOCH_FILE = re.compile(rf"({'|'.join(EPOCH_FOLDERS)})/epoch-[0-9]{{5,6}}\.safetensors")
# What unpacks to more than this, and to so many times its size, is made to fill a disk.
BOMB_BYTES, BOMB_RATIO = 64 * 1024**2, 100
CHUNK_BYTES = 1024**2
# Pixels; no picture of a dataset is near it.
LARGEST_SIDE = 16_384

# All that Python's zip reader raises for bytes that are no good zip.
ZIP_ERRORS = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, NotImplementedError, RuntimeError,
    ValueError, OverflowError,
)  # fmt: skip


class _Versioned(msgspec.Struct):
    version: int = VERSION


def archive_run(run: Run, path: Path) -> None:
    """Writes a run as one zip file, whole or not at all; a file that is there is replaced.

    Raises:
        LeptonError: the run has no weights yet, or the file cannot be written.
    """
    missing = [name for name in FILES if not (run.folder / name).is_file()]
    if missing:
        raise LeptonError(f"The run '{run.id}' has no {missing[0]} yet.", "Train it first.")
    with written_whole(path) as file:
        _write_zip(run.folder, file)


def import_archive(path: Path) -> Run:
    """Brings in a run under an id of its own; one that was not ended there can be resumed here.

    Raises:
        LeptonError: the file is no archive, is damaged or dangerous, or comes from a newer version. Nothing
            of it stays.
    """
    with writing_to(paths.runs()):
        paths.runs().mkdir(parents=True, exist_ok=True)
        # Beside the store, not in it: a half-written run never shows.
        staging = Path(tempfile.mkdtemp(dir=paths.home(), prefix=".import-"))
    try:
        _unpack(path, staging)
        record = _checked(staging, str(path))
        with writing_to(staging):
            write_struct(staging / RECORD, record)
            return Run.open(_move_into_store(staging, record.name))
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _write_zip(folder: Path, file: IO[bytes]) -> None:
    # Zip knows no year before 1980; a clock that is wrong is no reason to fail.
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:
        # The checkpoint first: a run that is being trained saves its history before it, and a resume cuts
        # the history to the checkpoint, so a newer history does no harm. Weights do not shrink: stored.
        archive.write(folder / CHECKPOINT, CHECKPOINT, zipfile.ZIP_STORED)
        others = [name for name in OPTIONAL if (folder / name).is_file()]
        for name in (HISTORY, EXPERIMENT, RECORD, *others):
            archive.write(folder / name, name)
        for part in EPOCH_FOLDERS:
            for file_of_epoch in sorted((folder / part).glob("epoch-*.safetensors")):
                archive.write(file_of_epoch, f"{part}/{file_of_epoch.name}", zipfile.ZIP_STORED)


def _unpack(path: Path, folder: Path) -> None:
    """Writes the files of an archive into a folder, if they are all that is in it."""
    with _reading(path), zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        _check_members(members, path)
        for member in members:
            place = folder / member.filename
            with writing_to(folder):
                place.parent.mkdir(exist_ok=True)
            with archive.open(member) as source, writing_to(folder), place.open("wb") as target:
                # The reader gives no more bytes than the directory of the zip declares, and checks their sum.
                shutil.copyfileobj(source, target, CHUNK_BYTES)
                target.flush()
                os.fsync(target.fileno())


def _check_members(members: list[zipfile.ZipInfo], path: Path) -> None:
    """Only names of ours are let in, so there are no folders but two, no ways out of ours, and no surprises."""
    names = [member.filename for member in members]
    strange = [name for name in names if name not in (*FILES, *OPTIONAL) and not EPOCH_FILE.fullmatch(name)]
    missing = [name for name in FILES if name not in names]
    if strange or len(names) != len(set(names)):
        raise LeptonError(f"{path} holds '{(strange or names)[0]}', which no archive of a run does.", _REMEDY)
    if missing:
        raise LeptonError(f"{path} has no {missing[0]}, so it is no archive of a run.", _REMEDY)
    for member in members:
        kind = stat.S_IFMT(member.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            raise LeptonError(f"{path}: {member.filename} is no plain file.", _REMEDY)
        limit = LARGEST_BYTES if member.filename.endswith(".safetensors") else LARGEST_TEXT_BYTES
        is_bomb = member.file_size > max(BOMB_BYTES, BOMB_RATIO * member.compress_size)
        if member.file_size > limit or is_bomb:
            raise LeptonError(f"{path}: {member.filename} would unpack to {member.file_size:,} bytes.", _REMEDY)


def _checked(folder: Path, source: str) -> RunRecord:
    """Reads all files as a later start of the program will, and returns the record to keep.

    Raises:
        LeptonError: naming the file and what is wrong with it.
    """
    content = (folder / RECORD).read_bytes()
    # The version first: what a newer one writes need not make sense here.
    if parse_struct(content, _Versioned, f"{source}: {RECORD}").version > VERSION:
        raise LeptonError(f"{source} was made by a newer Lepton Studio.", "Update Lepton Studio.")
    record = parse_struct(content, RunRecord, f"{source}: {RECORD}")
    experiment = parse_experiment((folder / EXPERIMENT).read_bytes(), f"{source}: {EXPERIMENT}")
    try:
        read_changes(folder)
        History.load(folder / HISTORY)
    except LeptonError as error:
        # The folder is ours and gone when this is read.
        raise LeptonError(error.what.replace(f"{folder}{os.sep}", f"{source}: "), _REMEDY) from error
    if (folder / LABELS).exists():
        try:
            read_labels(folder / LABELS, LabelsOfRun)
        except LeptonError as error:
            raise LeptonError(error.what.replace(str(folder / LABELS), f"{source}: {LABELS}"), _REMEDY) from error
    _check_weights(folder / CHECKPOINT, experiment, record, f"{source}: {CHECKPOINT}")
    _check_epochs(folder, experiment, record, source)
    name = "".join(char for char in record.name if char.isprintable())
    has_ended = record.state in ("finished", "stopped", "failed")
    return msgspec.structs.replace(record, name=name, state=record.state if has_ended else "interrupted")


def _check_weights(path: Path, experiment: Experiment, record: RunRecord, source: str) -> None:
    """The weights must be those of the architecture; nothing is allocated to find that out."""
    from safetensors import SafetensorError, safe_open

    from lepton_studio.engine.checkpoint import Position

    wanted, sizes = _expected_shapes(experiment, record, source)
    try:
        with safe_open(path, framework="pt") as file:
            found = {name: list(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
            msgspec.json.decode((file.metadata() or {}).get("position", ""), type=Position)
    except (OSError, SafetensorError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise LeptonError(f"{source} is damaged: {error}.", _REMEDY) from error
    network = {name: shape for name, shape in found.items() if name.startswith("network.")}
    rest = [
        _is_optimizer_state(name, shape, sizes) or _is_answer(name, shape, wanted)
        for name, shape in found.items()
        if name not in network
    ]
    if network != wanted or not all(rest):
        raise LeptonError(f"{source} does not belong to the architecture of the run.", _REMEDY)


def _expected_shapes(
    experiment: Experiment, record: RunRecord, source: str
) -> tuple[dict[str, list[int]], list[list[int]]]:
    """The shapes of all tensors of the network by name, and those of its parameters in their order."""
    import torch

    from lepton_studio.engine.network import build_network

    shape, classes = record.input_shape, len(record.class_names)
    if len(shape) != 3 or not all(0 < side <= LARGEST_SIDE for side in shape) or not classes:
        raise LeptonError(f"{source} is of a run that knows neither its pictures nor its classes.", _REMEDY)
    ones = [1.0] * shape[0]
    try:
        with torch.device("meta"):
            network = build_network(experiment.architecture, shape, classes, ones, ones)
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        raise LeptonError(f"{source} is of a network that cannot be built: {error}.", _REMEDY) from error
    tensors = {f"network.{name}": list(tensor.shape) for name, tensor in network.state_dict().items()}
    return tensors, [list(parameter.shape) for parameter in network.parameters()]


def _is_optimizer_state(name: str, shape: list[int], sizes: list[list[int]]) -> bool:
    """Optimizers keep, for each parameter by its number, tensors of its shape and counters."""
    match = re.fullmatch(r"optimizer\.([0-9]{1,6})\.[a-z_]+", name)
    return match is not None and int(match[1]) < len(sizes) and shape in ([], sizes[int(match[1])])


def _is_answer(name: str, shape: list[int], network: dict[str, list[int]]) -> bool:
    """Weights to answer with have the names and shapes of those to learn with."""
    from lepton_studio.engine.answer_weights import AVERAGE, CHOSEN

    prefix, _, rest = name.partition(".")
    return f"{prefix}." in (AVERAGE, CHOSEN) and network.get(f"network.{rest}") == shape


def _check_epochs(folder: Path, experiment: Experiment, record: RunRecord, source: str) -> None:
    """Kept epochs must be weights of the architecture, and snapshots must be readable."""
    from safetensors import SafetensorError, safe_open

    from lepton_studio.engine.snapshots import read_snapshot, snapshots_of

    for epoch in snapshots_of(folder):
        try:
            read_snapshot(folder, epoch)
        except LeptonError as error:
            raise LeptonError(f"{source} holds a damaged snapshot of epoch {epoch}.", _REMEDY) from error
    wanted: dict[str, list[int]] = {}
    for path in sorted((folder / kept_epochs.FOLDER).glob("*")):
        wanted = wanted or _expected_shapes(experiment, record, source)[0]
        try:
            with safe_open(path, framework="pt") as file:
                found = {name: list(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
        except (OSError, SafetensorError) as error:
            raise LeptonError(f"{source}: {path.name} is damaged: {error}.", _REMEDY) from error
        if found != wanted:
            raise LeptonError(f"{source}: {path.name} does not belong to the architecture of the run.", _REMEDY)


def _move_into_store(staging: Path, name: str) -> Path:
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "run"
    now = datetime.datetime.now().astimezone()
    for attempt in range(1, 1000):
        folder = paths.runs() / f"{now:%Y-%m-%d_%H-%M-%S}_{slug}{'' if attempt == 1 else f'-{attempt}'}"
        if not folder.exists():
            return staging.rename(folder)
    raise LeptonError(f"{paths.runs()} is full of runs of this second.", "Try again.")


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turns what a broken file makes Python raise into a LeptonError that names the file."""
    try:
        yield
    except FileNotFoundError as error:
        raise LeptonError(f"{path} does not exist.", "Check the name.") from error
    except OSError as error:
        raise LeptonError(f"{path} could not be read: {error.strerror or error}.", "Check the permissions.") from error
    except ZIP_ERRORS as error:
        raise LeptonError(f"{path} is no archive of a run, or it is damaged: {error}.", _REMEDY) from error


_REMEDY = "Choose a file that was made by 'lepton-studio runs archive'."

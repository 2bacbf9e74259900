"""Small photographs in colour: the step after MNIST."""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, ClassVar

import numpy as np
from numpy.typing import NDArray

from lepton_studio import paths
from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.events import Progress
from lepton_studio.engine.origins import FileOrigins
from lepton_studio.engine.published import PublishedDataset, damaged, reading

ARCHIVE, FOLDER = "cifar-10-binary.tar.gz", "cifar-10-batches-bin"
PICKLED_FOLDER = "cifar-10-batches-py"
TRAIN_BATCHES = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
BATCHES = (*TRAIN_BATCHES, "test_batch.bin")
SIDE, CHANNELS = 32, 3
# One byte of label, then a plane of each colour.
RECORD_BYTES = 1 + CHANNELS * SIDE * SIDE
# A batch has 10,000 pictures, 30.73 MB; the archive has nine members.
LARGEST_BATCH = 64 * 1024 * 1024
MOST_MEMBERS = 64


class Cifar10(PublishedDataset, frozen=True, tag="cifar10"):
    """60,000 small photographs in colour of animals and vehicles: much harder than digits."""

    title: ClassVar[str] = "CIFAR-10"
    publisher: ClassVar[str] = "University of Toronto (Alex Krizhevsky, Vinod Nair, Geoffrey Hinton)"
    licence: ClassVar[str] = "none stated; the authors ask to be cited"
    website: ClassVar[str] = "https://www.cs.toronto.edu/~kriz/cifar.html"
    download_bytes: ClassVar[int] = 170_052_171
    folder_name: ClassVar[str] = "CIFAR10"
    other_folders: ClassVar[tuple[str, ...]] = ("",)
    mirrors: ClassVar[tuple[str, ...]] = ("https://www.cs.toronto.edu/~kriz/",)
    md5s: ClassVar[dict[str, str]] = {ARCHIVE: "c32a1d4ab5d03f1284b67883e8d87530"}
    pictures: ClassVar[int] = 60_000
    classes: ClassVar[int] = 10
    class_names: ClassVar[tuple[str, ...]] = (
        "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
    )  # fmt: skip

    def is_here(self) -> bool:
        """Whether the archive of the binary version, or what is in it, lies in a folder for data."""
        return self.find(ARCHIVE) is not None or self._unpacked() is not None

    @classmethod
    def remedy(cls, names: Sequence[str]) -> str:
        by_hand = super().remedy(names)
        if not any((folder / PICKLED_FOLDER).is_dir() for folder in paths.data_folders()):
            return by_hand
        return f"{by_hand} ({PICKLED_FOLDER} holds pickles, which can run code when they are opened, and is not used)"

    def read(self) -> Iterator[Progress | Samples]:
        """Fetches the archive if there is none, and reads it without unpacking it to the disk."""
        batches: dict[str, bytes] = {}
        folder = self._unpacked()
        if folder is None:
            if self.find(ARCHIVE) is None:
                yield from self.fetch((ARCHIVE,))
            for name, content in _read_archive(self.found(ARCHIVE)):
                batches[name] = content
                yield Progress(f"Reading {name}", len(batches), len(BATCHES))
        else:
            for number, name in enumerate(BATCHES):
                yield Progress(f"Reading {name}", number, len(BATCHES))
                with reading(folder / name), (folder / name).open("rb") as file:
                    batches[name] = file.read(LARGEST_BATCH + 1)
        yield self._samples(folder or self.found(ARCHIVE), batches)

    def _unpacked(self) -> Path | None:
        """The folder with the batches as they are in the archive; None if one is missing."""
        found = [self.find(f"{FOLDER}/{name}") for name in BATCHES]
        folders = {path.parent if path else None for path in found}
        return folders.pop() if len(folders) == 1 else None

    def _samples(self, source: Path, batches: dict[str, bytes]) -> Samples:
        records = []
        for name in BATCHES:
            content = batches[name]
            if not content or len(content) > LARGEST_BATCH or len(content) % RECORD_BYTES:
                raise damaged(source, f"{name} does not hold whole records of {RECORD_BYTES} bytes")
            records.append(np.frombuffer(content, np.uint8).reshape(-1, RECORD_BYTES))
            if int(records[-1][:, 0].max()) >= len(self.class_names):
                raise damaged(source, f"{name} has a label that is no class")
        counts = [len(part) for part in records]
        images: NDArray[np.uint8] = np.empty((sum(counts), CHANNELS * SIDE * SIDE), np.uint8)
        np.concatenate([part[:, 1:] for part in records], out=images)
        is_test = np.repeat([name not in TRAIN_BATCHES for name in BATCHES], counts)
        return Samples(
            images.reshape(-1, CHANNELS, SIDE, SIDE),
            np.concatenate([part[:, 0] for part in records]).astype(np.int64),
            self.class_names,
            is_test,
            origins=FileOrigins(zip(BATCHES, counts, strict=True)),
        )


def _read_archive(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yields the batches as they come in the archive; nothing of it is written anywhere.

    Raises:
        LeptonError: the archive is damaged, or is another one.
    """
    wanted = {f"{FOLDER}/{name}": name for name in BATCHES}
    try:
        with reading(path), path.open("rb") as file, _archive(file) as archive:
            for number, member in enumerate(archive):
                if number > MOST_MEMBERS or member.size > LARGEST_BATCH:
                    raise damaged(path, f"{member.name} does not belong to CIFAR-10")
                name = wanted.pop(member.name.removeprefix("./"), None)
                content = archive.extractfile(member) if name and member.isfile() else None
                if name and content:
                    yield name, content.read(LARGEST_BATCH + 1)
                if not wanted:
                    return
    except (tarfile.TarError, EOFError, zlib.error, ValueError) as error:
        raise damaged(path, str(error) or type(error).__name__) from error
    raise damaged(path, f"{next(iter(wanted))} is not in it")


def _archive(file: IO[bytes]) -> tarfile.TarFile:
    """Opened as a stream: what was passed by is not kept."""
    return tarfile.open(fileobj=file, mode="r|gz")

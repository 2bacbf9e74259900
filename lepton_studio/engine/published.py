"""Datasets that somebody publishes: files with a known address and a known md5, found here or fetched from there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from lepton_studio import paths
from lepton_studio.engine.dataset import Dataset
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress


class PublishedDataset(Dataset, frozen=True):
    """A dataset in files of a publisher.

    Class attributes:
        folder_name: the folder of the files below a folder for data, ``/`` between its parts.
        other_folders: where else the files may lie below it; torchvision keeps some in the folder itself (``""``).
        mirrors: addresses to put a file's name behind, in the order to try.
        md5s: the md5 of each file that is published, by name.
        pictures, classes: how many there are when it is whole.
    """

    folder_name: ClassVar[str] = ""
    other_folders: ClassVar[tuple[str, ...]] = ()
    mirrors: ClassVar[tuple[str, ...]] = ()
    md5s: ClassVar[dict[str, str]] = {}
    pictures: ClassVar[int] = 0
    classes: ClassVar[int] = 0

    @classmethod
    def home_folder(cls) -> Path:
        """Where downloads of this dataset go."""
        return paths.home() / cls.folder_name

    @classmethod
    def find(cls, *names: str) -> Path | None:
        """Where the first of these files lies that is in a folder for data; None if none is."""
        for folder in paths.data_folders():
            for below in (cls.folder_name, *cls.other_folders):
                for name in names:
                    path = folder / below / name
                    # A folder that may not be looked into is as good as none.
                    with contextlib.suppress(OSError):
                        if path.is_file():
                            return path
        return None

    @classmethod
    def found(cls, *names: str) -> Path:
        """Like :meth:`find`, for files that must be there; LeptonError says which one is not."""
        path = cls.find(*names)
        if path is None:
            raise LeptonError(f"{names[0]} is missing.", f"Put it into {cls.home_folder()}.")
        return path

    @classmethod
    def downloaded_bytes(cls) -> int:
        """How much of the files came before a download was cancelled; 0 if none of it waits to be gone on with."""
        from lepton_studio.engine.download import part_bytes

        return sum(part_bytes(cls.home_folder() / name) for name in cls.md5s)

    @classmethod
    def remedy(cls, names: Sequence[str]) -> str:
        """What people can do themselves when files cannot be fetched."""
        return f"put {', '.join(names)} into {cls.home_folder()}"

    @classmethod
    def fetch(cls, names: Sequence[str]) -> Iterator[Progress]:
        """Fetches files into the home of the program.

        Raises:
            LeptonError: the network or the disk fails; it says which files are wanted where.
        """
        # Imported when something is fetched: what it needs takes as long as making a page of the window.
        from lepton_studio.engine.download import download

        for number, name in enumerate(names, 1):
            text = f"Fetching {name} ({number} of {len(names)})" if len(names) > 1 else f"Fetching {name}"
            remedy = f"Check the network and try again, or {cls.remedy(names)}."
            urls = [f"{mirror}{name}" for mirror in cls.mirrors]
            path, md5 = cls.home_folder() / name, cls.md5s.get(name, "")
            # No file of a dataset is much larger than all of them are said to be.
            largest = cls.download_bytes + cls.download_bytes // 8
            yield from download(urls, md5, path, text, remedy, largest_bytes=largest)


def damaged(path: Path | str, why: str) -> LeptonError:
    """The error that says what is wrong with a file of a dataset."""
    return LeptonError(f"{path} is damaged: {why}.", "Delete it and open the dataset again to fetch it anew.")


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turns errors of the system while reading into a LeptonError that names the file."""
    try:
        yield
    except OSError as error:
        raise LeptonError(
            f"{path} cannot be read: {error.strerror or error}.", "Check the permissions and the disk."
        ) from error

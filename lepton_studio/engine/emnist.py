"""EMNIST: all its parts come in one zip, which is fetched once and read as it is."""

from __future__ import annotations

from typing import ClassVar

from lepton_studio.engine.idx_files import IdxDataset, IdxSource, Pair

ARCHIVE = "gzip.zip"


class EmnistDataset(IdxDataset, frozen=True):
    """A part of EMNIST: its own files as torchvision unpacks them, or as they lie in the publisher's zip.

    The pictures are stored with rows and columns exchanged (Cohen et al., "EMNIST: an extension of MNIST to handwritten
    letters", 2017, arXiv:1702.05373); here they stand upright.
    """

    publisher: ClassVar[str] = "NIST; Gregory Cohen, Saeed Afshar, Jonathan Tapson, André van Schaik"
    licence: ClassVar[str] = "none stated; from NIST Special Database 19"
    website: ClassVar[str] = "https://www.nist.gov/itl/products-and-services/emnist-dataset"
    download_bytes: ClassVar[int] = 561_753_746
    is_ink: ClassVar[bool] = True
    folder_name: ClassVar[str] = "EMNIST/raw"
    other_folders: ClassVar[tuple[str, ...]] = ("EMNIST/raw/gzip",)
    mirrors: ClassVar[tuple[str, ...]] = ("https://biometrics.nist.gov/cs_links/EMNIST/",)
    md5s: ClassVar[dict[str, str]] = {ARCHIVE: "58c8d27c78d21e728a6bc7b3cc06412e"}
    transposed: ClassVar[bool] = True

    @classmethod
    def source(cls, name: str) -> IdxSource | None:
        own = cls.find(name, f"{name}.gz")
        if own:
            return IdxSource(own)
        archive = cls.find(ARCHIVE)
        return IdxSource(archive, f"gzip/{name}.gz") if archive else None

    @classmethod
    def missing_files(cls) -> tuple[str, ...]:
        return (ARCHIVE,) if super().missing_files() else ()


def files_of(part: str) -> tuple[Pair, Pair]:
    """The names of the four files of a part of EMNIST."""
    train, test = (f"emnist-{part}-{split}" for split in ("train", "test"))
    return (
        (f"{train}-images-idx3-ubyte", f"{train}-labels-idx1-ubyte"),
        (f"{test}-images-idx3-ubyte", f"{test}-labels-idx1-ubyte"),
    )

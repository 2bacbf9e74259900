"""Where pictures are exported to: a zip or a folder that is there whole at the end, or not at all."""

from __future__ import annotations

import shutil
import stat
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lepton_studio.engine.datasets.image_folder import folder_name
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.files import writing_to, written_whole

# Writes a file: its name in the target, with ``/`` between folders, and its bytes.
Put = Callable[[str, bytes], None]


def class_folders(names: Iterable[str]) -> dict[str, str]:
    """Class -> a folder that every file system allows; no two differ in the size of their letters only."""
    folders: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        # A leading dot would hide the folder.
        wanted = folder_name(name.lstrip("."))
        folder, number = wanted, 1
        while folder.casefold() in taken:
            number += 1
            folder = f"{wanted} {number}"
        taken.add(folder.casefold())
        folders[name] = folder
    return folders


@contextmanager
def export_target(path: Path, may_replace_zip: bool = False) -> Iterator[Put]:
    """A zip if the name ends in ``.zip``, else a folder; given as a function that puts files there.

    Args:
        path: a name that is not taken; an empty folder is as good as none.
        may_replace_zip: whether a person was asked and a file that is there may be replaced.

    Raises:
        LeptonError: something of that name is there, or the disk refuses.
    """
    is_zip = path.suffix.lower() == ".zip"
    with writing_to(path):
        is_free = not (path.exists() or path.is_symlink()) or _is_empty_folder(path)
    if not is_free and not (is_zip and may_replace_zip and path.is_file()):
        raise LeptonError(f"{path} is there already.", "Choose a name that is not taken.")
    with _packed(path) if is_zip else _in_folder(path) as put:
        yield put


def _is_empty_folder(path: Path) -> bool:
    is_zip = path.suffix.lower() == ".zip"
    return not is_zip and path.is_dir() and not path.is_symlink() and not any(path.iterdir())


@contextmanager
def _packed(path: Path) -> Iterator[Put]:
    with written_whole(path) as file, zipfile.ZipFile(file, "w") as archive:

        def put(name: str, content: bytes) -> None:
            # PNG is packed already.
            packing = zipfile.ZIP_STORED if name.endswith(".png") else zipfile.ZIP_DEFLATED
            entry = zipfile.ZipInfo(name)
            # Else unzip gives files that nobody may read.
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, content, packing)

        yield put


@contextmanager
def _in_folder(path: Path) -> Iterator[Put]:
    """Everything goes into a folder beside, which gets its name at the end."""
    with writing_to(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))

        def put(name: str, content: bytes) -> None:
            place = beside / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)

        try:
            yield put
            # Only its owner may look into what mkdtemp made.
            beside.chmod(0o755)
            if path.exists():
                path.rmdir()
            beside.rename(path)
        except BaseException:
            shutil.rmtree(beside, ignore_errors=True)
            raise

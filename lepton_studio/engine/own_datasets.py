"""What can be done with datasets of a person's own (imports, drawings, views): a new name, or the bin."""

from __future__ import annotations

import contextlib
import secrets
import shutil
from pathlib import Path
from typing import Any

import msgspec

from lepton_studio import paths
from lepton_studio.engine.catalogue import all_datasets
from lepton_studio.engine.dataset import DATASETS, Dataset
from lepton_studio.engine.datasets.image_folder import folder_name
from lepton_studio.engine.datasets.view import VIEW_FILE, View, saved_views, views_of
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.files import write_struct, writing_to
from lepton_studio.engine.hand_labels import labels_file
from lepton_studio.engine.previews import preview_file


def own_folder(dataset: Dataset) -> Path | None:
    """The folder of a dataset that a person brought in, drew or put together; None if it is not one of those."""
    name = getattr(dataset, "name", "")
    folder = paths.datasets() / name
    # A name from a file must not lead elsewhere.
    return folder if name and folder.parent == paths.datasets() and folder.is_dir() else None


def delete_own(dataset: Dataset) -> None:
    """Deletes a dataset with its labels and its preview; whole or not at all.

    Raises:
        LeptonError: it is none of a person's own, a view is made of it, or the disk refuses.
    """
    folder = _folder(dataset)
    views = views_of(dataset)
    if views:
        raise LeptonError(
            f"{dataset.label()} cannot be deleted: {', '.join(views)} is made of it.", "Delete that first."
        )
    with writing_to(folder):
        # In one step: what is half deleted must not be found as a dataset.
        bin_folder = paths.home() / f".deleted-{secrets.token_hex(4)}"
        folder.rename(bin_folder)
        shutil.rmtree(bin_folder, ignore_errors=True)
        for path in (labels_file(dataset), preview_file(dataset)):
            path.unlink(missing_ok=True)


def rename_own(dataset: Dataset, name: str) -> Dataset:
    """Gives a dataset another name, also in the views that are made of it; its labels go with it.

    Args:
        dataset: one of a person's own.
        name: the new name; what no file system takes is replaced.

    Returns:
        The same dataset under its new name.

    Raises:
        LeptonError: there is a dataset of that name already, or the disk refuses.
    """
    folder = _folder(dataset)
    if not name.strip():
        raise LeptonError("A dataset needs a name.", "Type one.")
    new_name = folder_name(name)
    if new_name == folder.name:
        return dataset
    target = folder.parent / new_name
    # On a disk that does not tell capitals from small letters, the folder is there already, as itself.
    is_taken = target.exists() and not (new_name.lower() == folder.name.lower() and target.samefile(folder))
    if is_taken or new_name in all_datasets() or new_name.lower() in DATASETS.names():
        raise LeptonError(f"There is a dataset called '{new_name}' already.", "Choose another name.")
    renamed = msgspec.structs.replace(dataset, name=new_name)
    views = saved_views()
    with writing_to(folder):
        folder.rename(target)
    if isinstance(renamed, View):
        write_struct(target / VIEW_FILE, renamed)
    _move_labels(dataset, renamed)
    for view_name, view in views.items():
        changed, is_other = _exchanged(view, dataset, renamed)
        if is_other and view_name != folder.name:
            _move_labels(view, changed)
            write_struct(paths.datasets() / view_name / VIEW_FILE, changed)
    return renamed


def _folder(dataset: Dataset) -> Path:
    folder = own_folder(dataset)
    if folder is None:
        raise LeptonError(f"{dataset.label()} is not a dataset of your own.", "Choose one that you made.")
    return folder


def _move_labels(before: Dataset, after: Dataset) -> None:
    """The names of these files follow from all that a dataset is."""
    for old, new in ((labels_file(before), labels_file(after)), (preview_file(before), preview_file(after))):
        with writing_to(new), contextlib.suppress(FileNotFoundError):
            old.replace(new)


def _exchanged(view: Any, old: Dataset, new: Dataset) -> tuple[Any, bool]:
    """A view with one dataset in place of another, also in the views inside of it; whether it was there."""
    members, found = [], False
    for member in view.members:
        exchanged, is_there = _exchanged(member, old, new) if isinstance(member, View) else (member, False)
        if member == old:
            exchanged, is_there = new, True
        members.append(exchanged)
        found = found or is_there
    return (msgspec.structs.replace(view, members=tuple(members)), True) if found else (view, False)

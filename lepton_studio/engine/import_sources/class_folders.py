"""A folder of pictures for each class, or folders for the splits with such folders in each of them."""

from __future__ import annotations

from collections.abc import Generator

from lepton_studio.engine.events import Progress
from lepton_studio.engine.found_files import FoundFile, Listing
from lepton_studio.engine.import_report import FileVerdict
from lepton_studio.engine.import_sources.plan import Plan, judged, split_of
from lepton_studio.engine.picture_files import Planned

BESIDE_CLASSES = "lies beside the class folders, so it belongs to no class"
BESIDE_SPLITS = "lies beside the folders train, validation and test, so it belongs to none of them"


def plan(listing: Listing) -> Generator[Progress, None, Plan]:
    """Takes every source; files in no class folder are refused one by one."""
    yield Progress("Looking at the folders", 0, len(listing.files))
    splits = _split_folders(listing)
    depth = 2 if splits else 1
    classes = [folder for folder in listing.folders if folder.count("/") == depth - 1]
    planned: list[Planned] = []
    verdicts: dict[str, FileVerdict] = {}
    for found in listing.files:
        if found.reason:
            verdicts[found.file] = judged(found)
        else:
            planned.append(_planned(found, splits))
    return Plan(planned.__iter__, len(planned), verdicts, class_folders=tuple(classes))


def _planned(found: FoundFile, splits: dict[str, str]) -> Planned:
    folders = found.folders
    if not splits:
        refusal = "" if folders else BESIDE_CLASSES
        return Planned(found.file, folders[0] if folders else "", found=found, refusal=refusal)
    if not folders:
        return Planned(found.file, "", found=found, refusal=BESIDE_SPLITS)
    if len(folders) < 2:
        return Planned(found.file, "", found=found, refusal=BESIDE_CLASSES)
    return Planned(found.file, folders[1], splits[folders[0]], found)


def _split_folders(listing: Listing) -> dict[str, str]:
    """Folder -> split, if the outermost folders are the splits; empty if they are the classes.

    "train" may well be a class, beside "bus" and "car". So all of them have to be splits, one of them for training,
    and have folders with files in them.
    """
    top = [folder for folder in listing.folders if "/" not in folder]
    splits = {folder: split_of(folder) for folder in top}
    deep = {found.folders[0] for found in listing.files if len(found.folders) > 1}
    if not top or not all(splits.values()) or "train" not in splits.values() or not deep >= set(top):
        return {}
    return splits

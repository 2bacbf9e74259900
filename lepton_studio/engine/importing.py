"""Bringing in a person's own pictures, in two steps: looking at them, and taking them in.

Real folders hold more than pictures. Every file gets a verdict with its reason, one bad file never stops the
rest, and the source itself is only read.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from lepton_studio import paths
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.examined import Examined, Look
from lepton_studio.engine.found_files import Listing, natural_order
from lepton_studio.engine.import_listing import checked_paths, list_sources
from lepton_studio.engine.import_report import FileVerdict, ImportOptions, ImportReport
from lepton_studio.engine.import_sources import plan_for
from lepton_studio.engine.import_sources.plan import Plan
from lepton_studio.engine.kept_imports import begin_writing, find_kept, keep
from lepton_studio.engine.picture_files import Decoded, Planned, decode
from lepton_studio.engine.picture_store import PictureStore

# Pictures that wait for a core or for their turn; each core has some, and memory stays bounded.
WAITING_PER_CORE = 8
NO_CHOICE = ImportOptions()


def examine(wanted: Path | Sequence[Path], options: ImportOptions = NO_CHOICE) -> Iterator[Progress | Examined]:
    """Looks at pictures that may be brought in; nothing is taken yet.

    Args:
        wanted: a folder with a folder for each class (or with such folders in train, validation and test), a table of
            files and labels, arrays of numpy (.npz), IDX files, a zip or tar file of any of them; several paths:
            folders are classes, everything else is taken as it is. They are only read.
        options: the frame that the pictures are fitted into.

    Yields:
        Progress in pictures, and what was found at last, which has to be closed. Closing the generator before that
        stops at once and leaves nothing behind.

    Raises:
        LeptonError: a path does not exist, there are too many files, an archive would grow without measure, or there
            is no place to keep the pictures meanwhile.
    """
    sources = checked_paths([wanted] if isinstance(wanted, Path) else wanted)
    listing = yield from list_sources(sources)
    try:
        plan = yield from plan_for(listing)
        fingerprint = listing.fingerprint()
        kept = find_kept(fingerprint, options)
        store = PictureStore(paths.datasets(), options.grey, options.colour)
        if kept is not None:
            store.close()
            examined = Examined(Look(sources, listing, plan, options, fingerprint), None, kept.files, kept)
        else:
            files = yield from _decode_all(listing, plan, options, store)
            examined = Examined(Look(sources, listing, plan, options, fingerprint), store, files)
    except BaseException:
        listing.resources.close()
        raise
    yield examined


def refit(examined: Examined, options: ImportOptions) -> Iterator[Progress | Examined]:
    """Decodes the pictures again in another frame; the old look at them is closed when the new one is there.

    Yields:
        Progress in pictures, and the new look at last.

    Raises:
        LeptonError: there is no place to keep the pictures meanwhile.
    """
    look = examined.look
    store = PictureStore(paths.datasets(), options.grey, options.colour)
    files = yield from _decode_all(look.listing, look.plan, options, store)
    again = Examined(Look(look.sources, look.listing, look.plan, options, look.fingerprint), store, files)
    examined.hand_over()
    yield again


def take_in(examined: Examined, name: str = "") -> Iterator[Progress | ImportReport]:
    """Makes a dataset of pictures that were looked at.

    Args:
        examined: what :func:`examine` found. It is closed when the dataset is there; after a failure it can be tried
            again.
        name: what to call the dataset; empty: like the source. A number is added if the name is taken. What was
            brought in before and has not changed is not taken again, unless it is to have another name.

    Yields:
        Progress in pictures, and the report at last. Closing the generator before that leaves nothing behind.

    Raises:
        LeptonError: no picture could be loaded, or there is no place to write to.
    """
    if examined.already and name in ("", examined.already):
        examined.close()
        yield _report(examined.already, examined, True)
        return
    if examined.already:
        for item in refit(examined, examined.options):
            if isinstance(item, Examined):
                with item:
                    yield from take_in(item, name)
            else:
                yield item
        return
    if not examined.loaded:
        # What should have been loaded says more than what is no picture anyway.
        in_order = sorted(examined.files, key=lambda file: file.verdict != "report")
        first = next((f" ({file.file} {file.reason})" for file in in_order), "")
        raise LeptonError(
            f"No picture in {examined.source} could be loaded{first}.",
            "Make a folder for each class and put pictures into it."
            if any(source.is_dir() for source in examined.sources)
            else "Put that right, or choose a folder with one folder of pictures for each class.",
        )
    yield Progress(f"Writing {examined.loaded} pictures", examined.loaded, examined.loaded)
    while (writing := begin_writing()) is None:
        yield Progress("Waiting for another import to end")
    with writing:
        # Somebody else may have taken the same pictures in while these were looked at.
        there = find_kept(examined.look.fingerprint, examined.options, name)
        stored = there.name if there is not None else keep(examined, name or examined.name)
    examined.close()
    yield _report(stored, examined, there is not None)


def import_folder(path: Path, name: str = "") -> Iterator[Progress | ImportReport]:
    """Looks at pictures and takes them in, in one go (see :func:`examine` and :func:`take_in`)."""
    yield from import_paths([path], name)


def import_paths(
    wanted: Sequence[Path], name: str = "", options: ImportOptions = NO_CHOICE
) -> Iterator[Progress | ImportReport]:
    """Like :func:`import_folder`, with several paths and a frame."""
    for item in examine(wanted, options):
        if isinstance(item, Examined):
            with item:
                yield from take_in(item, name)
        else:
            yield item


def _report(dataset: str, examined: Examined, already_here: bool) -> ImportReport:
    return ImportReport(
        dataset, examined.files, examined.loaded, examined.reported, examined.ignored, already_here
    )  # fmt: skip


def _decode_all(
    listing: Listing, plan: Plan, options: ImportOptions, store: PictureStore
) -> Generator[Progress, None, tuple[FileVerdict, ...]]:
    """Decodes all pictures into the store; it is closed if that is stopped or fails."""
    verdicts = dict(plan.verdicts)
    twins: dict[bytes, Planned] = {}
    done = 0
    try:
        for planned, decoded in decoded_in_order(plan.pictures(), options):
            yield Progress(f"Reading {planned.file}", done, plan.total)
            done += 1
            reason = "; ".join(filter(None, [decoded.reason, *_twin(planned, decoded, twins)]))
            if decoded.verdict == "load":
                store.add(
                    planned.class_name, decoded.colour, decoded.grey, planned.split, planned.file, decoded.size
                )  # fmt: skip
            if planned.found is not None:
                verdicts[planned.file] = FileVerdict(planned.file, decoded.verdict, reason)
        return _with_empty_classes(listing, plan, verdicts, set(store.classes))
    except BaseException:
        store.close()
        raise


def decoded_in_order(pictures: Iterator[Planned], options: ImportOptions) -> Iterator[tuple[Planned, Decoded]]:
    """Decodes on all cores at once and gives the pictures in their order; closing it stops at once."""
    cores = os.cpu_count() or 1
    waiting: deque[tuple[Planned, Future[Decoded]]] = deque()
    pool = ThreadPoolExecutor(cores, "import")
    try:
        for planned in pictures:
            waiting.append((planned, pool.submit(decode, planned, options)))
            if len(waiting) >= WAITING_PER_CORE * cores:
                first, future = waiting.popleft()
                yield first, future.result()
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _twin(planned: Planned, decoded: Decoded, twins: dict[bytes, Planned]) -> Iterator[str]:
    """Names the first file with the same bytes: it counts twice, and may be in training and test both."""
    if decoded.verdict != "load" or not decoded.digest:
        return
    first = twins.setdefault(decoded.digest, planned)
    if first is planned:
        return
    other = "" if first.class_name == planned.class_name else f", in another class ({first.class_name})"
    if first.split != planned.split:
        other += f", in another split ({first.split or 'none'})"
    yield f"it is the same file as {first.file}{other}"


def _with_empty_classes(
    listing: Listing, plan: Plan, verdicts: dict[str, FileVerdict], filled: set[str]
) -> tuple[FileVerdict, ...]:
    """All verdicts in the order of the files; folders that were meant as classes but gave no picture are reported."""
    empty = {folder for folder in plan.class_folders if folder.rpartition("/")[2] not in filled}
    reason = "is in a class folder without any picture"
    result: dict[str, FileVerdict] = {}
    mentioned: set[str] = set()
    depth = plan.class_folders[0].count("/") + 1 if plan.class_folders else 1
    for found in listing.files:
        verdict = verdicts.pop(found.file, None) or result.get(found.file)
        if verdict is None:
            continue
        folder = "/".join(found.folders[:depth])
        mentioned |= {folder, found.file}
        if folder in empty and verdict.verdict == "ignore":
            verdict = FileVerdict(verdict.file, "report", f"{reason} ({verdict.reason})")
        result[found.file] = verdict
    alone = [
        FileVerdict(folder, "report", "is a class folder without any file")
        for folder in sorted(empty - mentioned, key=natural_order)
    ]
    return (*result.values(), *verdicts.values(), *alone)

"""What the newest runs are called and came to, read without their numbers, for lists to choose from."""

from __future__ import annotations

import contextlib

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.files import read_struct
from lepton_studio.engine.runs import RECORD, RunRecord, run_folders


def newest_records(most: int) -> tuple[tuple[str, RunRecord], ...]:
    """Ids and records of the newest runs that can be read, newest first.

    The histories stay where they are: those of many long runs would take a second.

    Raises:
        LeptonError: the store itself cannot be read.
    """
    found: list[tuple[str, RunRecord]] = []
    for folder in run_folders():
        if len(found) == most:
            break
        with contextlib.suppress(LeptonError):
            found.append((folder.name, read_struct(folder / RECORD, RunRecord)))
    return tuple(found)

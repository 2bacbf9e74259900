"""What pictures can be brought in from: one kind of source a file, asked one after the other.

Each file has one function ``plan``: it looks at the files of a source and says which pictures there are, or that the
source is none of its kind. A new kind of source is a new file, named in ``READERS``.
"""

from __future__ import annotations

from collections.abc import Callable, Generator

from lepton_studio.engine.events import Progress
from lepton_studio.engine.found_files import Listing
from lepton_studio.engine.import_sources.array_files import plan as plan_arrays
from lepton_studio.engine.import_sources.class_folders import plan as plan_folders
from lepton_studio.engine.import_sources.idx_pairs import plan as plan_idx
from lepton_studio.engine.import_sources.plan import Plan
from lepton_studio.engine.import_sources.tables import plan as plan_tables

Reader = Callable[[Listing], Generator[Progress, None, Plan | None]]

# The first that knows the source takes it; folders take whatever is left.
READERS: tuple[Reader, ...] = (plan_tables, plan_arrays, plan_idx, plan_folders)


def plan_for(listing: Listing) -> Generator[Progress, None, Plan]:
    """Says which pictures a source has."""
    for reader in READERS:
        found = yield from reader(listing)
        if found is not None:
            return found
    raise AssertionError("folders take every source")

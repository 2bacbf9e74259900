"""What a view that is being made would show: loaded and counted in the background, without keeping any pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from lepton_studio.engine import Dataset, Experiment, LeptonError, Progress, Samples, View, cut


@dataclass(frozen=True)
class MemberLoaded:
    """A dataset was loaded, to be counted; its pictures have a size but take no memory."""

    dataset: Dataset
    samples: Samples


@dataclass(frozen=True)
class ViewCounted:
    """What a view shows, or why it shows nothing.

    Attributes:
        view: the view.
        pictures: how many there are.
        classes: how many classes.
        splits: how many pictures each split would have with the splits of the experiment.
        trouble: why it cannot be made; the numbers are 0 then.
    """

    view: View
    pictures: int = 0
    classes: int = 0
    splits: Mapping[str, int] | None = None
    trouble: str = ""


def without_pictures(samples: Samples) -> Samples:
    """The same samples; their pictures are one byte, repeated."""
    return replace(samples, images=np.broadcast_to(np.uint8(0), samples.images.shape), origins=())


def count_view(
    view: View, experiment: Experiment, known: Mapping[Dataset, Samples]
) -> Iterator[Progress | MemberLoaded | ViewCounted]:
    """Loads the members of a view that are not known yet, and counts it.

    Args:
        view: what to count; it may make no sense yet.
        experiment: its seed, splits and validation share.
        known: members that were loaded before, without pictures.
    """
    parts: dict[Dataset, Samples] = dict(known)
    for member in view.members:
        if member in parts:
            continue
        try:
            for item in member.load():
                if isinstance(item, Samples):
                    parts[member] = without_pictures(item)
                    yield MemberLoaded(member, parts[member])
                else:
                    yield item
        except LeptonError as error:
            yield ViewCounted(view, trouble=str(error))
            return
    try:
        samples = view.counts([parts[member] for member in view.members])
    except LeptonError as error:
        yield ViewCounted(view, trouble=str(error))
        return
    splits = {name: len(at) for name, at in cut(samples, experiment).items()}
    there = len(np.unique(samples.labels))
    yield ViewCounted(view, len(samples), there, splits)

"""Other datasets looked at in another way: joined, thinned out, classes renamed. The originals stay as they are."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from lepton_studio import paths
from lepton_studio.engine.dataset import AnyDataset, Dataset, Indices, Samples
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.fields import about
from lepton_studio.engine.files import read_struct, write_struct
from lepton_studio.engine.layer import Shape

if TYPE_CHECKING:
    from lepton_studio.engine.hand_labels import LabelsOfRun

VIEW_FILE = "view.json"
# Pictures that are fitted to another size between two words of progress.
FITTED_AT_ONCE = 1000


class ClassChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another name for a class; two classes of one name become one, and without a name a class is left out."""

    name: str
    becomes: str = ""


class View(Dataset, frozen=True, tag="view"):
    """Datasets joined, cut down, or with other class names; the originals are not changed."""

    title: ClassVar[str] = "View"
    name: Annotated[str, about("What the view is called.")] = ""
    members: Annotated[
        tuple[AnyDataset, ...],
        about("The datasets, one after the other; classes of the same name are the same class.", hidden=True),
    ] = ()
    changes: Annotated[
        tuple[ClassChange, ...], about("Classes that are renamed, merged or left out.", hidden=True)
    ] = ()
    part: Annotated[
        Literal["all", "first", "rest"],
        about("All pictures; or one part of them, drawn by chance; or the rest, which the other view does not have."),
    ] = "all"
    share: Annotated[float, about("Share of the pictures in the first part.", low=0.01, high=0.99)] = 0.5
    per_class: Annotated[
        int,
        about(
            "So many pictures of each class, drawn by chance; those set aside for the test all stay.",
            unit="images", low=0, high=10_000_000, zero="all",
        ),
    ] = 0  # fmt: skip
    seed: Annotated[int, about("The same seed draws the same pictures.", low=0, high=2**31 - 1)] = 0

    @classmethod
    def choices(cls) -> dict[str, Dataset]:
        return saved_views()

    def label(self) -> str:
        return self.name or " + ".join(member.label() for member in self.members) or self.title

    def is_here(self) -> bool:
        """Whether all its datasets are."""
        return bool(self.members) and all(member.is_here() for member in self.members)

    def shows(self) -> tuple[Dataset, ...]:
        """Its members."""
        return self.members

    def read(self) -> Iterator[Progress | Samples]:
        """Loads the datasets one after the other and puts them together."""
        return self.read_with(None)

    def read_with(self, labels: LabelsOfRun | None) -> Iterator[Progress | Samples]:
        """Like :meth:`read`, with these changed labels of its members."""
        if not self.members:
            raise LeptonError("This view shows no dataset.", "Choose another dataset, or add one to the view.")
        parts: list[Samples] = []
        for member in self.members:
            for item in member.load(labels):
                if isinstance(item, Samples):
                    parts.append(item)
                else:
                    yield item
        yield (yield from self._of(parts))

    def counts(self, parts: Sequence[Samples]) -> Samples:
        """What the view is of these samples of its members, with pictures of no size: quick, to be counted.

        Raises:
            LeptonError: a class that is to be changed is not there, or nothing is left.
        """
        labels, names = self._classes(parts)
        return _about(parts, labels, names, self._kept(parts, labels, names))

    def _of(self, parts: Sequence[Samples]) -> Generator[Progress, None, Samples]:
        labels, names = self._classes(parts)
        kept = self._kept(parts, labels, names)
        if len(parts) == 1 and len(kept) == len(labels):
            # Nothing is left out: the pictures stay where they lie.
            return replace(parts[0], labels=labels, class_names=names)
        images = yield from _images(parts, kept, self.label())
        return replace(_about(parts, labels, names, kept), images=images)

    def _classes(self, parts: Sequence[Samples]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
        """The labels of all samples, -1 for those of a class that is left out, and what the classes are called."""
        before = tuple(dict.fromkeys(name for part in parts for name in part.class_names))
        becomes = {name: name for name in before}
        changed: set[str] = set()
        for change in self.changes:
            if change.name not in becomes:
                raise LeptonError(
                    f"{self.label()} changes a class called '{change.name}', but there is none.",
                    f"Known are: {', '.join(before)}.",
                )
            if change.name in changed:
                raise LeptonError(f"{self.label()} changes the class '{change.name}' twice.", "Change it once.")
            changed.add(change.name)
            becomes[change.name] = change.becomes
        names = tuple(dict.fromkeys(name for name in becomes.values() if name))
        place = {name: names.index(new) if new else -1 for name, new in becomes.items()}
        labels = [np.array([place[name] for name in part.class_names], np.int64)[part.labels] for part in parts]
        return np.concatenate(labels), names

    def _kept(self, parts: Sequence[Samples], labels: NDArray[np.int64], names: tuple[str, ...]) -> Indices:
        """Positions of those that the classes, the part and the number per class leave."""
        # One number for each sample, whatever its class: a label that changes moves no other sample to another part.
        rank = np.random.default_rng(self.seed).permutation(len(labels))
        is_test = np.concatenate([part.is_test for part in parts])
        is_kept = labels >= 0
        for label in range(len(names)):
            members = np.flatnonzero(labels == label)
            members = members[np.argsort(rank[members])]
            if self.part != "all":
                border = round(len(members) * self.share)
                first, rest = members[:border], members[border:]
                is_kept[rest if self.part == "first" else first] = False
            if self.per_class:
                learnable = members[is_kept[members] & ~is_test[members]]
                is_kept[learnable[self.per_class :]] = False
        if not is_kept.any():
            raise LeptonError(f"Nothing is left in {self.label()}.", "Leave fewer classes out, or take a larger part.")
        return np.flatnonzero(is_kept)


def saved_views() -> dict[str, Dataset]:
    """The views that a person keeps, by name; one whose file is damaged is left out."""
    found: dict[str, Dataset] = {}
    with contextlib.suppress(OSError):
        for path in sorted(paths.datasets().glob(f"*/{VIEW_FILE}")):
            with contextlib.suppress(LeptonError):
                found[path.parent.name] = msgspec.structs.replace(read_struct(path, View), name=path.parent.name)
    return found


def save_view(view: View) -> View:
    """Keeps a view as a dataset to choose; returns it with the name that it got, a new one if that was taken."""
    from lepton_studio.engine.datasets.image_folder import new_folder

    folder = new_folder(view.label())
    named = msgspec.structs.replace(view, name=folder.name)
    try:
        write_struct(folder / VIEW_FILE, named)
    except BaseException:
        with contextlib.suppress(OSError):
            folder.rmdir()
        raise
    return named


def views_of(dataset: Dataset) -> tuple[str, ...]:
    """The names of the saved views that show a dataset, directly or through another view; they need it."""
    return tuple(name for name, view in saved_views().items() if _shows(view, dataset))


def _shows(view: Dataset, dataset: Dataset) -> bool:
    return any(shown == dataset or _shows(shown, dataset) for shown in view.shows())


def _images(parts: Sequence[Samples], kept: Indices, name: str) -> Generator[Progress, None, NDArray[np.uint8]]:
    """The pictures that are kept, in the largest frame of all; no others are read."""
    channels, height, width = (max(sides) for sides in zip(*(part.shape for part in parts), strict=True))
    images = np.empty((len(kept), channels, height, width), np.uint8)
    done, start = 0, 0
    for part in parts:
        own = kept[(kept >= start) & (kept < start + len(part))] - start
        start += len(part)
        for first in range(0, len(own), FITTED_AT_ONCE):
            yield Progress(f"Putting {name} together", done, len(kept))
            chunk = fitted_to(part.images[own[first : first + FITTED_AT_ONCE]], (channels, height, width))
            images[done : done + len(chunk)] = chunk
            done += len(chunk)
    return images


def _about(parts: Sequence[Samples], labels: NDArray[np.int64], names: tuple[str, ...], kept: Indices) -> Samples:
    """All that is known of the samples that are kept but their pictures, which have no size."""

    def of(values: Sequence[NDArray[Any] | None], instead: Sequence[NDArray[Any]]) -> Any:
        together = _all_or(values, instead)
        return None if together is None else together[kept]

    origins: Sequence[str] = ()
    if any(len(part.origins) for part in parts):
        everywhere = [origin for part in parts for origin in (part.origins if len(part.origins) else [""] * len(part))]
        origins = [everywhere[at] for at in kept]
    return Samples(
        np.empty((len(kept), parts[0].shape[0], 0, 0), np.uint8),
        labels[kept],
        names,
        np.concatenate([part.is_test for part in parts])[kept],
        of([part.is_validation for part in parts], [np.zeros(len(part), bool) for part in parts]),
        of([part.label_sources for part in parts], [np.zeros(len(part), np.uint8) for part in parts]),
        origins,
        of([part.sizes for part in parts], [_own_size(part) for part in parts]),
    )


def _own_size(part: Samples) -> NDArray[np.int32]:
    """(width, height) of each picture, where they came as they are."""
    _, height, width = part.shape
    return np.tile(np.array([width, height], np.int32), (len(part), 1))


def fitted_to(images: NDArray[np.uint8], shape: Shape) -> NDArray[np.uint8]:
    """Pictures in another frame: grey ones get three equal channels, smaller ones are scaled up, proportions kept.

    Args:
        images: N x C x H x W.
        shape: (channels, height, width), none of them smaller.

    Returns:
        N x channels x height x width, not to be written to.
    """
    channels, height, width = shape
    if images.shape[2:] != (height, width):
        scaled = np.empty((*images.shape[:2], height, width), np.uint8)
        for place in np.ndindex(images.shape[:2]):
            scaled[place] = ImageOps.pad(Image.fromarray(images[place]), (width, height), Image.Resampling.BILINEAR)
        images = scaled
    return np.broadcast_to(images, (len(images), channels, height, width)) if images.shape[1] != channels else images


def _all_or(values: Sequence[NDArray[Any] | None], instead: Sequence[NDArray[Any]]) -> NDArray[Any] | None:
    """The values one after the other, with others where there are none; None if there are none at all."""
    if all(value is None for value in values):
        return None
    found = [other if value is None else value for value, other in zip(values, instead, strict=True)]
    return np.concatenate(found)

"""Other datasets looked at in another way: joined, thinned out, classes renamed. The originals stay as they are."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lepton_studio import paths
from lepton_studio.engine.dataset import AnyDataset, Dataset, Indices, LabelSource, Samples
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.fields import about
from lepton_studio.engine.files import read_struct, write_struct
from lepton_studio.engine.layer import Shape

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
    label_source: ClassVar[LabelSource] = "publisher"

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

    def read(self) -> Iterator[Progress | Samples]:
        """Loads the datasets one after the other and puts them together."""
        if not self.members:
            raise LeptonError("This view shows no dataset.", "Choose another dataset, or add one to the view.")
        parts: list[Samples] = []
        for member in self.members:
            for item in member.load():
                if isinstance(item, Samples):
                    parts.append(item)
                else:
                    yield item
        parts = [_with_changes(part, self.changes) for part in parts]
        joined = yield from _joined(parts)
        if not len(joined):
            raise LeptonError(f"Nothing is left in {self.label()}.", "Leave fewer classes out.")
        kept = self._kept(joined)
        yield joined if len(kept) == len(joined) else _chosen(joined, kept)

    def _kept(self, samples: Samples) -> Indices:
        """Positions of those that the part and the number per class leave."""
        random = np.random.default_rng(self.seed)
        is_kept = np.ones(len(samples), bool)
        for label in range(len(samples.class_names)):
            members = random.permutation(np.flatnonzero(samples.labels == label))
            if self.part != "all":
                border = round(len(members) * self.share)
                first, rest = members[:border], members[border:]
                is_kept[rest if self.part == "first" else first] = False
            if self.per_class:
                learnable = members[is_kept[members] & ~samples.is_test[members]]
                is_kept[learnable[self.per_class :]] = False
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


def _with_changes(samples: Samples, changes: tuple[ClassChange, ...]) -> Samples:
    """Classes renamed; classes that are left out take their samples with them."""
    becomes = {change.name: change.becomes for change in changes}
    if not becomes.keys() & set(samples.class_names):
        return samples
    new_names = [becomes.get(name, name) for name in samples.class_names]
    names = tuple(dict.fromkeys(name for name in new_names if name))
    place = np.array([names.index(name) if name else -1 for name in new_names])
    labels = place[samples.labels]
    if (labels < 0).any():
        kept = np.flatnonzero(labels >= 0)
        samples, labels = _chosen(samples, kept), labels[kept]
    return replace(samples, labels=labels, class_names=names)


def _joined(parts: list[Samples]) -> Generator[Progress, None, Samples]:
    """All samples one after the other, in the largest frame of all; a single dataset stays where it lies."""
    if len(parts) == 1:
        return parts[0]
    names = tuple(dict.fromkeys(name for part in parts for name in part.class_names))
    shape = tuple(max(sides) for sides in zip(*(part.shape for part in parts), strict=True))
    images = np.empty((sum(len(part) for part in parts), *shape), np.uint8)
    done = 0
    for part in parts:
        for start in range(0, len(part), FITTED_AT_ONCE):
            yield Progress("Joining datasets", done, len(images))
            chunk = fitted_to(part.images[start : start + FITTED_AT_ONCE], (shape[0], shape[1], shape[2]))
            images[done : done + len(chunk)] = chunk
            done += len(chunk)
    labels = [np.array([names.index(name) for name in part.class_names])[part.labels] for part in parts]
    aside = [part.is_validation for part in parts]
    sizes = [part.sizes for part in parts]
    return Samples(
        images,
        np.concatenate(labels),
        names,
        np.concatenate([part.is_test for part in parts]),
        _all_or(aside, [np.zeros(len(part), bool) for part in parts]),
        _all_or([part.label_sources for part in parts], [np.zeros(len(part), np.uint8) for part in parts]),
        [origin for part in parts for origin in part.origins or [""] * len(part)],
        _all_or(sizes, [np.tile(np.array(part.shape[:0:-1], np.int32), (len(part), 1)) for part in parts]),
    )


def fitted_to(images: NDArray[np.uint8], shape: Shape) -> NDArray[np.uint8]:
    """Pictures in another frame: grey ones get three equal channels, smaller ones are scaled up.

    Args:
        images: N x C x H x W.
        shape: (channels, height, width), none of them smaller.
    """
    channels, height, width = shape
    if images.shape[2:] != (height, width):
        scaled = np.empty((len(images), images.shape[1], height, width), np.uint8)
        for each, picture in zip(scaled, images, strict=True):
            for plane, source in zip(each, picture, strict=True):
                plane[:] = np.asarray(Image.fromarray(source).resize((width, height), Image.Resampling.BILINEAR))
        images = scaled
    return np.broadcast_to(images, (len(images), channels, height, width)) if images.shape[1] != channels else images


def _all_or(values: Sequence[NDArray[Any] | None], instead: Sequence[NDArray[Any]]) -> NDArray[Any] | None:
    """The values one after the other, with others where there are none; None if there are none at all."""
    if all(value is None for value in values):
        return None
    found = [other if value is None else value for value, other in zip(values, instead, strict=True)]
    return np.concatenate(found)


def _chosen(samples: Samples, kept: Indices) -> Samples:
    """Some samples of a dataset."""

    def of(values: NDArray[Any] | None) -> Any:
        return None if values is None else values[kept]

    return Samples(
        samples.images[kept],
        samples.labels[kept],
        samples.class_names,
        samples.is_test[kept],
        of(samples.is_validation),
        of(samples.label_sources),
        [samples.origins[at] for at in kept] if samples.origins else (),
        of(samples.sizes),
    )

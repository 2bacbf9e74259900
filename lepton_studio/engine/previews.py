"""Strips of example pictures: some of each class of a dataset, made once and kept as a small PNG."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from lepton_studio import paths
from lepton_studio.engine.dataset import Dataset, Samples
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.files import write_bytes
from lepton_studio.engine.hand_labels import labels_file

COLUMNS, ROWS = 10, 2
# Pictures are shown at this size at most; a pixel between them keeps them apart.
LARGEST_SIDE, GAP_PIXELS = 48, 1
# A strip of ours has 100 kB at most.
LARGEST_FILE = 1 << 20


@dataclass(frozen=True)
class Preview:
    """What a dataset looks like.

    Attributes:
        dataset: which one.
        strip: H x W x 3, uint8; pictures of different classes beside each other.
        pictures, classes: how many the dataset has.
    """

    dataset: Dataset
    strip: NDArray[np.uint8]
    pictures: int
    classes: int


def first_of_each_class(samples: Samples, count: int) -> NDArray[np.int64]:
    """Positions of the first picture of each class, then of the second of each, and so on, up to ``count``."""
    # The rank of each sample among those of its class, in the order of the dataset.
    order = np.argsort(samples.labels, kind="stable")
    labels = samples.labels[order]
    starts = np.searchsorted(labels, labels)
    rank = np.empty(len(samples), np.int64)
    rank[order] = np.arange(len(samples)) - starts
    early = np.flatnonzero(rank < max(1, count))
    return early[np.lexsort((samples.labels[early], rank[early]))][:count]


def strip_of(samples: Samples, columns: int = COLUMNS, rows: int = ROWS) -> NDArray[np.uint8]:
    """Example pictures in rows, on black where there are too few; a picture never stands there twice.

    Returns:
        H x W x 3, uint8.
    """
    channels, height, width = samples.shape
    share = min(1.0, LARGEST_SIDE / max(height, width))
    size = max(1, round(height * share)), max(1, round(width * share))
    strip = np.zeros(
        (rows * (size[0] + GAP_PIXELS) - GAP_PIXELS, columns * (size[1] + GAP_PIXELS) - GAP_PIXELS, 3), np.uint8
    )
    for place, at in enumerate(first_of_each_class(samples, columns * rows).tolist()):
        picture = samples.images[at]
        planes = picture[:3] if channels >= 3 else np.repeat(picture[:1], 3, axis=0)
        image = Image.fromarray(np.ascontiguousarray(planes.transpose(1, 2, 0)))
        if share < 1:
            image = image.resize(size[::-1], Image.Resampling.BOX)
        top, left = (place // columns) * (size[0] + GAP_PIXELS), (place % columns) * (size[1] + GAP_PIXELS)
        strip[top : top + size[0], left : left + size[1]] = np.asarray(image)
    return strip


def preview_of(dataset: Dataset, samples: Samples) -> Preview:
    """The preview of a dataset that is in memory."""
    return Preview(dataset, strip_of(samples), len(samples), len(samples.class_names))


def preview_file(dataset: Dataset) -> Path:
    """Where the preview of a dataset is kept, once it is made."""
    return paths.previews() / f"{labels_file(dataset).stem}.png"


def shipped_preview_file(dataset: Dataset) -> Path:
    """Where the preview lies that came with the program, if one did; only of datasets as they are published."""
    return paths.resources() / "datasets" / "previews" / f"{type(dataset).tag()}.png"


def known_preview(dataset: Dataset) -> Preview | None:
    """The preview that was made before or came with the program; None if there is none that can be read."""
    for path in (preview_file(dataset), shipped_preview_file(dataset) if dataset == type(dataset)() else None):
        # A damaged picture is made anew.
        with contextlib.suppress(OSError, ValueError, KeyError, SyntaxError, Image.DecompressionBombError):
            if path is not None and _is_fresh(path, dataset):
                with Image.open(path) as image:
                    facts = dict(image.info)
                    strip = np.array(image.convert("RGB"))
                return Preview(dataset, strip, int(facts["pictures"]), int(facts["classes"]))
    return None


def _is_fresh(path: Path, dataset: Dataset) -> bool:
    """Whether there is a picture, not older than a dataset that may have changed since: drawings become more."""
    if not path.is_file() or path.stat().st_size > LARGEST_FILE:
        return False
    name = getattr(dataset, "name", "")
    own = (paths.datasets() / name).glob("*") if name else ()
    return all(file.stat().st_mtime <= path.stat().st_mtime for file in own)


def write_preview(preview: Preview, path: Path) -> None:
    """Keeps a preview as a PNG that says how many pictures and classes there are."""
    facts = PngImagePlugin.PngInfo()
    facts.add_text("pictures", str(preview.pictures))
    facts.add_text("classes", str(preview.classes))
    content = io.BytesIO()
    Image.fromarray(preview.strip).save(content, "PNG", pnginfo=facts, optimize=True)
    write_bytes(path, content.getvalue())


def make_previews(datasets: list[Dataset]) -> Iterator[Progress | Preview]:
    """Reads datasets that are here, one after the other, and makes their previews; closing it stops after one of them.

    One that cannot be read has no preview: whoever opens it learns why.
    """
    for number, dataset in enumerate(datasets):
        yield Progress(dataset.label(), number, len(datasets))
        preview = None
        try:
            for item in dataset.load() if dataset.is_here() else ():
                if isinstance(item, Samples):
                    preview = preview_of(dataset, item)
                else:
                    yield item
        except LeptonError:
            continue
        if preview is not None:
            # Without a place to keep it, it is made again next time.
            with contextlib.suppress(LeptonError):
                write_preview(preview, preview_file(dataset))
            yield preview

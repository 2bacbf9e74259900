"""The pictures of many drawings: rendered once, then kept beside them."""

from __future__ import annotations

import contextlib
import hashlib
import zipfile
from collections.abc import Generator
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.drawing_book import DrawingBook
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.files import written_whole
from lepton_studio.engine.strokes import Stroke, render_strokes

SHAPE = (1, 28, 28)
PICTURES_FILE = "pictures.npz"
# Fewer new ones are rendered faster than the file is written.
WORTH_KEEPING = 100
RENDERED_AT_ONCE = 50
DIGEST_BYTES = 16


def rendered(book: DrawingBook) -> Generator[Progress, None, NDArray[np.uint8]]:
    """Renders what was not rendered before.

    Args:
        book: the drawings.

    Returns:
        N x 1 x 28 x 28, in the order of the book.
    """
    file = book.path.parent / PICTURES_FILE
    known = _kept(file)
    images = np.empty((len(book.drawings), *SHAPE), np.uint8)
    missing = []
    for place, identity in enumerate(book.drawings):
        at = known[0].get(book.digests[identity])
        if at is None:
            missing.append((place, identity))
        else:
            images[place] = known[1][at]
    for done, (place, identity) in enumerate(missing):
        if done % RENDERED_AT_ONCE == 0:
            yield Progress("Rendering drawings", done, len(missing))
        images[place] = book.drawings[identity].picture(SHAPE)
    if len(missing) >= WORTH_KEEPING:
        # Only a saving of time: a disk that refuses is told where something would be lost.
        with contextlib.suppress(LeptonError):
            _keep(file, [book.digests[identity] for identity in book.drawings], images)
    return images


def _kept(file: Path) -> tuple[dict[bytes, int], NDArray[np.uint8]]:
    """Place by digest, and the pictures; nothing if the file is missing, damaged or of another way to render."""
    nothing = np.empty((0, *SHAPE), np.uint8)
    try:
        # Opened here, because numpy leaves a damaged file open.
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as archive:
            way, digests, images = archive["way"], archive["digests"], archive["images"]
    except (OSError, ValueError, KeyError, EOFError, RuntimeError, MemoryError, SyntaxError, zipfile.BadZipFile):
        return {}, nothing
    fits = digests.dtype == images.dtype == way.dtype == np.uint8 and way.tobytes() == _way_to_render()
    if not fits or images.shape != (len(digests), *SHAPE) or digests.shape != (len(images), DIGEST_BYTES):
        return {}, nothing
    return {digest.tobytes(): place for place, digest in enumerate(digests)}, images


def _keep(file: Path, digests: list[bytes], images: NDArray[np.uint8]) -> None:
    table = np.frombuffer(b"".join(digests), np.uint8).reshape(-1, DIGEST_BYTES)
    with written_whole(file) as opened:
        np.savez(opened, way=np.frombuffer(_way_to_render(), np.uint8), digests=table, images=images)


@lru_cache(maxsize=1)
def _way_to_render() -> bytes:
    """A digest of what rendering makes of a few strokes: another one when the rendering is changed."""
    bow = tuple((0.3 + 0.01 * step, 0.2 + 0.0007 * step * step) for step in range(30))
    strokes = (Stroke(bow, 0.075), Stroke(((0.6, 0.3), (0.4, 0.7)), 0.03), Stroke(((0.5, 0.5),), 0.16))
    return hashlib.sha256(b"".join(render_strokes(strokes[:count], SHAPE).tobytes() for count in (1, 2, 3))).digest()

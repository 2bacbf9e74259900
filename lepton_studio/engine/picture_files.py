"""From the bytes of an image file to a picture of the size that a dataset has; done on many threads at once."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.found_files import FoundFile
from lepton_studio.engine.import_report import ImportOptions, Verdict
from lepton_studio.engine.layer import Shape
from lepton_studio.engine.strokes import DAMAGE, LARGEST_SIDE, Picture, on_ground

# What is meant as a picture by its name; whatever else starts like one of MAGICS counts, too.
SUFFIXES = frozenset({
    ".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".bmp", ".dib", ".tif", ".tiff", ".webp",
    ".avif", ".heic", ".heif", ".svg", ".ppm", ".pgm", ".pbm", ".pnm", ".tga", ".ico", ".jp2",
})  # fmt: skip
MAGICS = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"RIFF")
# Pictures smaller than this are taken, with a word of warning.
TINY_SIDE = 8
# Photographs have some tens of megabytes at most; all of a file is in memory while it is decoded.
LARGEST_FILE = 256 << 20
# JPEG is decoded at a fraction of its size, but at least so many times larger than the frame, to be scaled well.
SPARE = 2
# Of pictures with more pixels, one is decoded at a time: each takes up to half a gigabyte.
HUGE_PIXELS = 24_000_000
_one_huge = threading.Lock()


@dataclass(frozen=True, slots=True)
class Planned:
    """A picture that is to be looked at.

    Attributes:
        file: where it comes from, as the report calls it.
        class_name: what it shows.
        split: "train", "validation" or "test" if the source says so, else empty.
        found: the file that it is in; None: it is in ``pixels``.
        pixels: H x W, H x W x 3 or H x W x 4, uint8.
        refusal: why it is reported and not taken, if it is a picture at all.
        remark: what people should know of it.
    """

    file: str
    class_name: str
    split: str = ""
    found: FoundFile | None = None
    pixels: NDArray[np.uint8] | None = None
    refusal: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What came of it.

    Attributes:
        verdict: whether it is a picture to be taken.
        reason: why not, or what people should know of it.
        size: (width, height) as it was found.
        digest: of the bytes of its file; empty: it has no file of its own.
        colour: the picture in the frame for colour, grey: in that for grey; None: not wanted, or there is none.
    """

    verdict: Verdict
    reason: str = ""
    size: tuple[int, int] = (0, 0)
    digest: bytes = b""
    colour: Picture | None = None
    grey: Picture | None = None


def decode(planned: Planned, options: ImportOptions) -> Decoded:  # noqa: PLR0911 - one for each verdict
    """Looks at one picture; whatever is wrong with it becomes its verdict."""
    if planned.found is None:
        assert planned.pixels is not None
        return _framed(Image.fromarray(planned.pixels), planned.pixels.shape[1::-1], options, [planned.remark])
    try:
        return _decode_file(planned, planned.found, options)
    except FileNotFoundError:
        return Decoded("report", "is not there any more")
    except UnidentifiedImageError:
        if planned.found.suffix not in SUFFIXES:
            return Decoded("ignore", "is no picture")
        return Decoded("report", "is no image that can be read")
    except Image.DecompressionBombError:
        # Pillow refuses at twice the number at which it warns.
        most = 2 * (Image.MAX_IMAGE_PIXELS or 0) // 1_000_000
        return Decoded("report", f"is too large a picture: it has more than {most} million pixels")
    except LeptonError as error:
        return Decoded("report", error.what.rstrip("."))
    # Pillow has a plugin for each format, and on damaged files they raise what they like.
    except (*DAMAGE, Warning) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        return Decoded("report", f"cannot be read: {reason}")


def _decode_file(planned: Planned, found: FoundFile, options: ImportOptions) -> Decoded:
    if found.suffix not in SUFFIXES and not found.read(4).startswith(MAGICS):
        return Decoded("ignore", "is no picture")
    if planned.refusal:
        return Decoded("report", planned.refusal)
    content = found.read(LARGEST_FILE + 1)
    if not content:
        return Decoded("report", "is empty: it has 0 bytes")
    if len(content) > LARGEST_FILE:
        return Decoded("report", f"is larger than {LARGEST_FILE >> 20} MB")
    with Image.open(io.BytesIO(content)) as image:
        remarks = [planned.remark, *_remarks(image)]
        size = _upright_size(image)
        with _one_huge if image.width * image.height > HUGE_PIXELS else nullcontext():
            solid = _solid(image, max(shape[1] for shape in (options.grey, options.colour) if shape))
    return _framed(solid, size, options, remarks, hashlib.sha256(content).digest())


def _solid(image: Image.Image, side: int) -> Image.Image:
    """The picture upright, in 8 bits, grey or RGB; photographs decoded no larger than is needed."""
    image.draft("RGB", (SPARE * side, SPARE * side))
    turned = ImageOps.exif_transpose(image)
    turned.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    return on_ground(turned, image.format == "PPM")


def _framed(
    image: Image.Image, size: tuple[int, int], options: ImportOptions, remarks: list[str], digest: bytes = b""
) -> Decoded:
    if image.mode == "RGBA":
        image = on_ground(image)
    colour = fitted(image, options.colour) if options.colour else None
    grey = fitted(image, options.grey) if options.grey else None
    one = grey if grey is not None else colour
    if one is not None and min(size) >= TINY_SIDE and one.min() == one.max():
        remarks.append("it is empty: one grey all over")
    return Decoded("load", "; ".join(filter(None, remarks)), size, digest, colour, grey)


def fitted(image: Image.Image, shape: Shape) -> Picture:
    """Scales a picture into a frame, its proportions kept, as ``read_picture`` does for prediction.

    Args:
        image: grey or RGB.
        shape: (channels, height, width) of the frame.

    Returns:
        channels x height x width, uint8.
    """
    channels, height, width = shape
    # A grey picture is scaled once and not three times.
    mode = "RGB" if channels == 3 and image.mode != "L" else "L"
    image = image if image.mode == mode else image.convert(mode)
    padded = ImageOps.pad(image, (width, height), Image.Resampling.LANCZOS)
    array = np.asarray(padded, np.uint8).reshape(height, width, -1).transpose(2, 0, 1)
    return np.ascontiguousarray(np.broadcast_to(array, shape))


def _upright_size(image: Image.Image) -> tuple[int, int]:
    # 5 to 8 lie on their side (EXIF 2.32, tag 274).
    lies = image.getexif().get(274, 1) in (5, 6, 7, 8)
    return (image.height, image.width) if lies else image.size


def _remarks(image: Image.Image) -> Iterable[str]:
    """What will be done to a picture, or is odd about it, that people should know."""
    if getattr(image, "is_animated", False):
        yield f"only the first of its {getattr(image, 'n_frames', 1)} frames is used"
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        yield "its transparent parts were filled with white or black, whichever its ink stands out from"
    if image.mode.startswith("I;16"):
        yield "its 16-bit greys 0..65535 became 0..255"
    elif image.mode in ("I", "F"):
        yield "its greys were brought to 0..255"
    if image.mode == "CMYK":
        yield "it was converted from CMYK to RGB"
    if min(image.size) < TINY_SIDE:
        yield f"it has only {image.width} x {image.height} pixels"

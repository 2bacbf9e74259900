"""Reads arrays of small whole numbers from a MATLAB file of version 5, and nothing else of that format.

A file is a header of 128 bytes, then elements: a tag (kind and number of bytes, 32 bits each), the content, and
padding to 8 bytes. An array is an element that holds elements: flags, dimensions, name and numbers; usually it is
packed by zlib inside of another ("MAT-File Format", The MathWorks). Sizes are checked before anything is reserved for
them.
"""

from __future__ import annotations

import math
import struct
import zlib
from pathlib import Path
from typing import IO, Protocol

import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.published import damaged, reading

HEADER_BYTES, TAG_BYTES = 128, 8
# MATLAB writes "MI" as a number of 16 bits; on today's machines the smaller byte comes first.
LITTLE_ENDIAN = b"\x00\x01IM"
# Kinds of elements.
INT8, UINT8, INT32, UINT32, DOUBLE, MATRIX, COMPRESSED = 1, 2, 5, 6, 9, 14, 15
# Classes of arrays that can be read; MATLAB stores doubles that are small whole numbers as bytes.
DOUBLE_CLASS, UINT8_CLASS = 6, 9
COMPLEX_FLAG = 0x0800
CHUNK_BYTES = 1 << 18
MOST_DIMENSIONS, LONGEST_NAME, MOST_ARRAYS = 8, 64, 64


class _Source(Protocol):
    """What bytes are read from."""

    def read(self, count: int, /) -> bytes:
        """Up to so many bytes; fewer only at the end."""


def read_matlab(path: Path, names: tuple[str, ...], largest_bytes: int) -> dict[str, NDArray[np.uint8]]:
    """Reads some arrays of whole numbers from 0 to 255.

    Args:
        path: the file.
        names: the arrays that must be in it; others are passed by.
        largest_bytes: an array that claims to be larger is damage.

    Returns:
        Each array with the shape that it has in MATLAB, first index fastest in memory (Fortran order).

    Raises:
        LeptonError: the file cannot be read, is no such file, or lacks an array; the message names it.
    """
    found: dict[str, NDArray[np.uint8]] = {}
    try:
        with reading(path), path.open("rb") as file:
            header = file.read(HEADER_BYTES)
            if len(header) < HEADER_BYTES or header[-4:] != LITTLE_ENDIAN:
                raise ValueError("it is not a MATLAB file of version 5")
            for _ in range(MOST_ARRAYS):
                tag = file.read(TAG_BYTES)
                if not tag or len(found) == len(names):
                    break
                kind, size = _tag(tag)
                element: _Source = _Limited(file, size)
                if kind == COMPRESSED:
                    element = _Unpacked(element)
                    kind, _ = _tag(_exactly(element, TAG_BYTES))
                if kind == MATRIX:
                    _read_array(element, names, largest_bytes, found)
                _pass_by(element)
    except (ValueError, struct.error, zlib.error, MemoryError) as error:
        raise damaged(path, str(error) or type(error).__name__) from error
    missing = [name for name in names if name not in found]
    if missing:
        raise damaged(path, f"it has no array called {missing[0]}")
    return found


def _read_array(source: _Source, names: tuple[str, ...], largest: int, found: dict[str, NDArray[np.uint8]]) -> None:
    """Reads one array up to its numbers, if it is one of those wanted."""
    flags = np.frombuffer(_element(source, UINT32, 8), "<u4")
    shape = np.frombuffer(_element(source, INT32, 4 * MOST_DIMENSIONS), "<i4").tolist()
    name = _element(source, INT8, LONGEST_NAME).decode("latin-1")
    if name not in names:
        return
    if len(flags) != 2 or int(flags[0]) & 0xFF not in (DOUBLE_CLASS, UINT8_CLASS) or int(flags[0]) & COMPLEX_FLAG:
        raise ValueError(f"{name} is not an array of small whole numbers")
    count = math.prod(shape)
    if not shape or min(shape) < 0 or count > largest:
        raise ValueError(f"{name} claims to be {' x '.join(map(str, shape))}")
    kind, size, content = _start_of(source)
    width = {UINT8: 1, DOUBLE: 8}.get(kind, 0)
    if size != count * width or (kind == DOUBLE and count * width > largest):
        raise ValueError(f"{name} has {size} bytes of kind {kind} for {count} numbers")
    values = np.frombuffer(content if content is not None else _all_of(source, size), "<f8" if width == 8 else np.uint8)
    if width == 8:
        whole = values.astype(np.uint8) if ((values >= 0) & (values <= 255)).all() else np.zeros(0, np.uint8)
        if len(whole) != len(values) or not (whole == values).all():
            raise ValueError(f"{name} has numbers that are not whole or not from 0 to 255")
        values = whole
    found[name] = values.reshape(shape, order="F")


def _element(source: _Source, kind: int, most: int) -> bytes:
    """The content of a short element of a known kind, with its padding passed by."""
    found, size, content = _start_of(source)
    if found != kind or size > most:
        raise ValueError(f"it has {size} bytes of kind {found} where kind {kind} was expected")
    if content is not None:
        return content
    content = _exactly(source, size)
    _exactly(source, -size % 8)
    return content


def _start_of(source: _Source) -> tuple[int, int, bytes | None]:
    """Kind and size of the next element; up to four bytes of content stand in the tag itself."""
    tag = _exactly(source, TAG_BYTES)
    kind, size = _tag(tag)
    short_kind, short_size = struct.unpack("<HH", tag[:4])
    if not short_size:
        return kind, size, None
    if short_size > 4:
        raise ValueError("a short element is longer than its tag")
    return short_kind, short_size, tag[4 : 4 + short_size]


def _tag(tag: bytes) -> tuple[int, int]:
    kind, size = struct.unpack("<II", tag)
    return kind, size


def _exactly(source: _Source, count: int) -> bytes:
    content = source.read(count) if count else b""
    if len(content) != count:
        raise ValueError("it ends too early")
    return content


def _all_of(source: _Source, size: int) -> bytearray:
    """Grows with what comes, so that a size that is only claimed takes no memory."""
    content = bytearray()
    while len(content) < size:
        chunk = source.read(min(CHUNK_BYTES, size - len(content)))
        if not chunk:
            raise ValueError("it ends too early")
        content += chunk
    return content


def _pass_by(source: _Source) -> None:
    """Leaves the file behind the element."""
    if isinstance(source, _Unpacked):
        source = source.packed
    while source.read(CHUNK_BYTES):
        pass


class _Limited:
    """The bytes of one element of a file."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file, self._left = file, size

    def read(self, count: int, /) -> bytes:
        """Up to so many bytes of the element."""
        content = self._file.read(min(count, self._left))
        self._left -= len(content)
        return content


class _Unpacked:
    """What is packed in an element, unpacked as it is asked for."""

    def __init__(self, packed: _Source) -> None:
        self.packed = packed
        self._zlib = zlib.decompressobj()
        self._waiting = b""

    def read(self, count: int, /) -> bytes:
        """So many bytes, fewer only at the end; never more than that are unpacked ahead."""
        content = bytearray()
        while len(content) < count and not self._zlib.eof:
            self._waiting = self._waiting or self.packed.read(CHUNK_BYTES)
            if not self._waiting:
                break
            content += self._zlib.decompress(self._waiting, count - len(content))
            self._waiting = self._zlib.unconsumed_tail
        return bytes(content)

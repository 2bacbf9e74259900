"""The IDX format, which is MNIST's own: the one place that knows how its bytes lie.

A magic number whose third byte says what the numbers are and whose last counts the dimensions, the size of each
dimension, then the numbers; all of them big-endian (http://yann.lecun.com/exdb/mnist/).
"""

from __future__ import annotations

import contextlib
import gzip
import math
import struct
from collections.abc import Callable, Iterator
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

GZIP_START = b"\x1f\x8b"
# The third byte of the magic number.
KINDS = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
MOST_DIMENSIONS = 4
LONGEST_HEADER = 4 + 4 * MOST_DIMENSIONS


class IdxHeader(NamedTuple):
    """What a file says of itself, which need not be true."""

    magic: int
    shape: tuple[int, ...]

    @property
    def kind(self) -> np.dtype[Any]:
        """What the numbers are, as they lie in the file."""
        return np.dtype(KINDS[self.magic >> 8])

    @property
    def size(self) -> int:
        """How many bytes of numbers it promises."""
        return math.prod(self.shape) * self.kind.itemsize


@contextlib.contextmanager
def unpacked(file: IO[bytes]) -> Iterator[IO[bytes]]:
    """What is in a file that can be wound back: unpacked if it is packed by gzip, whatever its name says."""
    is_packed = file.read(len(GZIP_START)) == GZIP_START
    file.seek(0)
    if not is_packed:
        yield file
        return
    with gzip.GzipFile(fileobj=file) as content:
        yield content  # type: ignore[misc]


def read_header(file: IO[bytes]) -> IdxHeader:
    """Reads the header at the beginning of a file that is not packed.

    Raises:
        ValueError: it is none, or is cut off.
    """
    start = file.read(4)
    if len(start) < 4:
        raise ValueError("it ends within its header")
    magic = int.from_bytes(start, "big")
    dimensions = magic % 256
    if magic >> 8 not in KINDS or not 1 <= dimensions <= MOST_DIMENSIONS:
        raise ValueError(f"it does not start as IDX files do: its magic number is {magic}")
    sides = file.read(4 * dimensions)
    if len(sides) < 4 * dimensions:
        raise ValueError("it ends within its header")
    return IdxHeader(magic, struct.unpack(f">{dimensions}I", sides))


def read_numbers(file: IO[bytes], check: Callable[[IdxHeader], None]) -> NDArray[Any]:
    """Reads a file that is not packed, to its end.

    Args:
        file: at its beginning.
        check: raises a ValueError if the header is not what is wanted, before memory is taken for what it promises.

    Returns:
        An array of up to four dimensions, in the byte order of this computer; not to be written to.

    Raises:
        ValueError: it is no IDX file, or not the wanted one, or promises more or less than it holds.
    """
    header = read_header(file)
    check(header)
    # One byte more than there should be shows what is too long, and makes gzip check its sum.
    content = file.read(header.size + 1)
    if len(content) != header.size:
        amount = "more" if len(content) > header.size else f"only {len(content)}"
        raise ValueError(f"its header promises {header.size} bytes and {amount} follow")
    numbers = np.frombuffer(content, header.kind).reshape(header.shape)
    return numbers.astype(header.kind.newbyteorder("="), copy=False)

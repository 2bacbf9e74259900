"""One answer of one server, read in a thread of its own (see ``download.py``)."""

from __future__ import annotations

import contextlib
import re
import threading
from http.client import HTTPException
from queue import Full, Queue
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

# A mirror that says nothing for so long is given up, and the next one is asked.
TIMEOUT_SECONDS = 10.0
CHUNK_BYTES = 64 * 1024
# Chunks that wait to be written; the network may not run ahead of a slow disk by more than 2 MB.
CHUNKS_AHEAD = 32
# How often a thread with a full queue looks whether anybody still wants it.
LOOK_SECONDS = 0.1
PARTIAL, RANGE_REFUSED = 206, 416


class HttpFetch(threading.Thread):
    """Reads one address and hands the bytes over in a queue.

    A thread, because nothing else can be left waiting: a look-up of a name, a connection or a read that hangs cannot be
    interrupted, but whoever watches the thread can turn away from it. It holds no file and ends by itself after
    TIMEOUT_SECONDS of silence.

    Attributes:
        chunks: what came, in order, and None at the end.
        first_byte: which byte of the file is the first that comes; known with the first chunk.
        total: bytes of the whole file, 0 while nobody knows.
        version: what the server calls this version of the file, to ask for the rest of the same; empty if nothing.
        can_go_on: whether the server can send the rest after it broke off.
        refuses_range: it says that the file has nothing where the rest was to begin.
        failure: why it ended; empty after all of it came.
    """

    def __init__(self, url: str, start: int, version: str = "") -> None:
        """Prepares to read from byte ``start`` on, if the file is still the given version."""
        super().__init__(name=f"download of {url}", daemon=True)
        self.url, self.first_byte, self.version = url, start, version
        self.chunks: Queue[bytes | None] = Queue(CHUNKS_AHEAD)
        self.total = 0
        self.is_wanted = True
        self.can_go_on = self.refuses_range = False
        # Stays if the thread dies of something that nobody thought of.
        self.failure = "it broke off"

    def run(self) -> None:
        """Fills ``chunks`` and leaves ``failure`` empty if all of it came."""
        try:
            with urlopen(self._request(), timeout=TIMEOUT_SECONDS) as response:
                self._read(response)
        except HTTPError as error:
            # The error is the open answer of the server, too.
            error.close()
            self.refuses_range = error.code == RANGE_REFUSED
            self.failure = f"HTTP {error.code} {error.reason}"
        except TimeoutError:
            self.failure = f"silent for {TIMEOUT_SECONDS:g} seconds"
        except URLError as error:
            silent = isinstance(error.reason, TimeoutError)
            self.failure = f"silent for {TIMEOUT_SECONDS:g} seconds" if silent else str(error.reason)
        except (OSError, HTTPException, ValueError) as error:
            self.failure = str(error) or type(error).__name__
        finally:
            self._hand_over(None)

    def _request(self) -> Request:
        # Some mirrors turn Python's own name away.
        request = Request(self.url, headers={"User-Agent": "lepton-studio"})
        if self.first_byte:
            request.add_header("Range", f"bytes={self.first_byte}-")
            if self.version:
                request.add_header("If-Range", self.version)
        return request

    def _read(self, response: Any) -> None:
        headers = response.headers
        length = int(headers.get("Content-Length") or 0)
        if getattr(response, "status", None) == PARTIAL:
            self._check_range(headers.get("Content-Range") or "")
            self.can_go_on = True
        else:
            self.first_byte = 0
            self.can_go_on = (headers.get("Accept-Ranges") or "").strip().lower() == "bytes"
        self.total = self.first_byte + length if length else 0
        self.version = _version(headers)
        come = 0
        while self.is_wanted:
            # What is there, without waiting for a whole chunk of it.
            chunk = response.read1(CHUNK_BYTES)
            if not chunk:
                broke_off = length and come < length
                self.failure = f"it broke off after {self.first_byte + come} bytes of {self.total}" if broke_off else ""
                return
            come += len(chunk)
            self._hand_over(chunk)

    def _check_range(self, content_range: str) -> None:
        found = re.match(r"bytes (\d+)-", content_range)
        if found is None or int(found[1]) != self.first_byte:
            raise ValueError(f"it sent another part ({content_range or 'unnamed'}) than was asked for")

    def _hand_over(self, chunk: bytes | None) -> None:
        while self.is_wanted:
            with contextlib.suppress(Full):
                self.chunks.put(chunk, timeout=LOOK_SECONDS)
                return


def _version(headers: Any) -> str:
    """A strong ETag, or the date; weak ETags may not stand in If-Range (RFC 9110, 13.1.5)."""
    tag = (headers.get("ETag") or "").strip()
    return tag if tag.startswith('"') else (headers.get("Last-Modified") or "").strip()

"""Fetching one file from the network: whole and checked, or not at all."""

from __future__ import annotations

import hashlib
import tempfile
import threading
from collections.abc import Iterator, Sequence
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.files import write_bytes, writing_to

# A mirror that says nothing for so long is given up, and the next one is asked.
TIMEOUT_SECONDS = 10.0
# How often the one who waits gets a word, and with it the chance to stop.
PROGRESS_SECONDS = 0.1
CHUNK_BYTES = 16 * 1024
# No file of the program's datasets is near it; a server that never ends must not fill the memory.
LARGEST_BYTES = 256 * 1024 * 1024


def download(urls: Sequence[str], md5: str, path: Path, text: str, remedy: str) -> Iterator[Progress]:
    """Fetches a file from the first mirror that gives it.

    Closing the generator stops at once; nothing of the file is left then.

    Args:
        urls: where the same file can be fetched, in the order to try.
        md5: what the publisher says of its content, in hexadecimal.
        path: where to put it; its folder is made.
        text: what is being done, for people.
        remedy: what people can do when no mirror gives it.

    Yields:
        Progress in bytes, at least every PROGRESS_SECONDS; the total is 0 while nobody knows it.

    Raises:
        LeptonError: no mirror gave the file, or it cannot be written.
    """
    _check_writable(path)
    failures: list[str] = []
    for url in urls:
        fetch = _Fetch(url)
        fetch.start()
        try:
            while fetch.is_alive():
                yield Progress(text, len(fetch.content), fetch.total)
                fetch.join(PROGRESS_SECONDS)
        finally:
            fetch.is_wanted = False
        failure = fetch.failure or _difference(fetch.content, md5)
        if not failure:
            write_bytes(path, bytes(fetch.content))
            yield Progress(text, len(fetch.content), len(fetch.content))
            return
        failures.append(f"{urlsplit(url).netloc or url}: {failure}")
    raise LeptonError(f"{path.name} could not be fetched ({'; '.join(failures) or 'no mirror is known'}).", remedy)


class _Fetch(threading.Thread):
    """Reads one address into memory.

    A thread, because nothing else can be left waiting: a look-up of a name, a connection or a read that
    hangs cannot be interrupted, but whoever watches the thread can turn away from it. It holds no file and
    ends by itself after TIMEOUT_SECONDS of silence.
    """

    def __init__(self, url: str) -> None:
        super().__init__(name=f"download of {url}", daemon=True)
        self.url = url
        self.content = bytearray()
        self.total = 0
        self.is_wanted = True
        # Stays if the thread dies of something that nobody thought of.
        self.failure = "it broke off"

    def run(self) -> None:
        """Fills ``content`` and leaves ``failure`` empty if all of it came."""
        try:
            # Some mirrors turn Python's own name away.
            request = Request(self.url, headers={"User-Agent": "lepton-studio"})
            with urlopen(request, timeout=TIMEOUT_SECONDS) as response:
                self.total = int(response.headers.get("Content-Length") or 0)
                while self.is_wanted and len(self.content) <= LARGEST_BYTES:
                    chunk = response.read(CHUNK_BYTES)
                    if not chunk:
                        self.failure = ""
                        return
                    self.content += chunk
            self.failure = "it is too large"
        except HTTPError as error:
            # The error is the open answer of the server, too.
            error.close()
            self.failure = f"HTTP {error.code} {error.reason}"
        except TimeoutError:
            self.failure = f"silent for {TIMEOUT_SECONDS:g} seconds"
        except URLError as error:
            self.failure = str(error.reason)
        except (OSError, HTTPException, ValueError) as error:
            self.failure = str(error) or type(error).__name__


def _difference(content: bytearray, md5: str) -> str:
    """What is wrong with the content; empty if nothing is."""
    if hashlib.md5(content, usedforsecurity=False).hexdigest() == md5:
        return ""
    return f"what came ({len(content)} bytes) is not what was published"


def _check_writable(path: Path) -> None:
    """A folder that cannot be written to is better known before minutes of downloading than after."""
    with writing_to(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass

"""Files come from the network whole or not at all, from a real server on this machine."""

import hashlib
import os
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from lepton_studio.engine import download as download_module
from lepton_studio.engine.download import download
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress

CONTENT = bytes(range(256)) * 4000
MD5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()


class Mirror(ThreadingHTTPServer):
    """Serves /good, /other (wrong content), /short (cut off) and /stalled (half, then silence)."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.asked: list[str] = []
        self.release = threading.Event()

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{name}"


class Answer(BaseHTTPRequestHandler):
    server: Mirror

    def do_GET(self) -> None:
        name = self.path.strip("/")
        self.server.asked.append(name)
        if name not in ("good", "other", "short", "stalled", "unsized", "nonsense"):
            self.send_error(404)
            return
        self.send_response(200)
        if name != "unsized":
            self.send_header("Content-Length", "many" if name == "nonsense" else str(len(CONTENT)))
        self.end_headers()
        half = len(CONTENT) // 2
        self.wfile.write(CONTENT[:half] if name != "other" else bytes(half))
        self.wfile.flush()
        if name == "stalled":
            self.server.release.wait(20)
        if name not in ("short", "stalled"):
            self.wfile.write(CONTENT[half:])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(download_module, "PROGRESS_SECONDS", 0.01)
    server = Mirror()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.release.set()
    server.shutdown()
    thread.join()
    server.server_close()
    for leftover in threading.enumerate():
        if leftover.name.startswith("download of "):
            leftover.join(5)
            assert not leftover.is_alive()


def fetch(urls: list[str], path: Path) -> list[Progress]:
    return list(download(urls, MD5, path, "Fetching", "Check the network."))


def test_a_file_comes_whole_and_says_how_far_it_is(mirror: Mirror, tmp_path: Path) -> None:
    path = tmp_path / "not" / "yet" / "there" / "file.gz"
    progress = fetch([mirror.url("good")], path)
    assert path.read_bytes() == CONTENT
    assert [item.name for item in path.parent.iterdir()] == ["file.gz"]
    assert progress[-1] == Progress("Fetching", len(CONTENT), len(CONTENT))
    assert [event.done for event in progress] == sorted(event.done for event in progress)


def test_a_file_of_unknown_size_comes_whole(mirror: Mirror, tmp_path: Path) -> None:
    progress = fetch([mirror.url("unsized")], tmp_path / "file.gz")
    assert (tmp_path / "file.gz").read_bytes() == CONTENT
    assert {event.total for event in progress[:-1]} <= {0}


@pytest.mark.parametrize("first", ["missing", "other", "short", "nonsense"])
def test_the_next_mirror_is_asked_when_one_fails(mirror: Mirror, tmp_path: Path, first: str) -> None:
    fetch([mirror.url(first), mirror.url("good")], tmp_path / "file.gz")
    assert (tmp_path / "file.gz").read_bytes() == CONTENT
    assert mirror.asked == [first, "good"]


@pytest.mark.parametrize(
    ("name", "words"),
    [("missing", "HTTP 404"), ("other", "not what was published"), ("short", f"{len(CONTENT) // 2} bytes")],
)
def test_a_failure_names_the_file_and_the_reason_and_leaves_nothing(
    mirror: Mirror, tmp_path: Path, name: str, words: str
) -> None:
    with pytest.raises(LeptonError) as caught:
        fetch([mirror.url(name)], tmp_path / "file.gz")
    assert "file.gz" in caught.value.what
    assert words in caught.value.what
    assert caught.value.remedy == "Check the network."
    assert list(tmp_path.iterdir()) == []


def test_a_mirror_that_cannot_be_reached_is_named(mirror: Mirror, tmp_path: Path) -> None:
    gone = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    port = gone.server_address[1]
    gone.server_close()
    with pytest.raises(LeptonError, match=f"127.0.0.1:{port}"):
        fetch([f"http://127.0.0.1:{port}/file.gz"], tmp_path / "file.gz")
    assert list(tmp_path.iterdir()) == []


def test_addresses_that_make_no_sense_are_a_lepton_error(tmp_path: Path) -> None:
    with pytest.raises(LeptonError, match=r"file\.gz"):
        fetch(
            ["no address", "http://", "http://127.0.0.1:99999/x", "file:///does/not/exist"],
            tmp_path / "file.gz",
        )
    with pytest.raises(LeptonError, match="no mirror"):
        fetch([], tmp_path / "file.gz")


def test_stopping_a_stalled_download_takes_no_time_and_leaves_nothing(mirror: Mirror, tmp_path: Path) -> None:
    work = download([mirror.url("stalled")], MD5, tmp_path / "file.gz", "Fetching", "")
    for event in work:
        if event.done > len(CONTENT) // 4:
            break
    start = time.monotonic()
    work.close()
    assert time.monotonic() - start < 1
    assert list(tmp_path.iterdir()) == []


def test_a_silent_mirror_is_given_up_for_the_next(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download_module, "TIMEOUT_SECONDS", 0.3)
    fetch([mirror.url("stalled"), mirror.url("good")], tmp_path / "file.gz")
    assert (tmp_path / "file.gz").read_bytes() == CONTENT


def test_a_server_that_never_ends_is_cut_off(mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download_module, "LARGEST_BYTES", 100_000)
    with pytest.raises(LeptonError, match="too large"):
        fetch([mirror.url("good")], tmp_path / "file.gz")


def test_a_folder_that_cannot_be_written_is_named_before_the_network_is_asked(mirror: Mirror, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"in the way")
    with pytest.raises(LeptonError, match="LEPTON_STUDIO_HOME"):
        fetch([mirror.url("good")], tmp_path / "file" / "raw" / "file.gz")
    assert mirror.asked == []


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a folder that this user may not write to")
def test_a_read_only_folder_is_named(mirror: Mirror, tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir(mode=0o500)
    with pytest.raises(LeptonError, match="could not be written"):
        fetch([mirror.url("good")], tmp_path / "raw" / "file.gz")

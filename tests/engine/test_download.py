"""Files come from the network whole, also in several tries, from a real server on this machine."""

import contextlib
import errno
import hashlib
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from lepton_studio.engine import download as download_module
from lepton_studio.engine import http_fetch
from lepton_studio.engine.download import MORE_TRIES, discard_part, download, part_bytes
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress

CONTENT = bytes(range(256)) * 4000
MD5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()


class Mirror(ThreadingHTTPServer):
    """Serves good and bad files; those under /ranges/ can be asked for in part.

    /good, /other (wrong content), /short (cut off), /stalled (half, then silence), /unsized, /nonsense; and
    /ranges/good, /ranges/short (each answer is cut off), /ranges/stalled, /ranges/shifted (another part).
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.asked: list[str] = []
        self.ranges: list[tuple[str | None, str | None]] = []
        self.content = CONTENT
        self.tag = '"one"'
        self.release = threading.Event()

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{name}"


class Answer(BaseHTTPRequestHandler):
    server: Mirror

    def do_GET(self) -> None:
        name = self.path.strip("/")
        self.server.asked.append(name)
        self.server.ranges.append((self.headers["Range"], self.headers["If-Range"]))
        if name.startswith("ranges/"):
            self.answer_in_part(name.removeprefix("ranges/"))
            return
        if name not in ("good", "other", "short", "stalled", "unsized", "nonsense"):
            self.send_error(404)
            return
        self.send_response(200)
        if name != "unsized":
            self.send_header("Content-Length", "many" if name == "nonsense" else str(len(CONTENT)))
        self.end_headers()
        self.send(CONTENT if name != "other" else bytes(len(CONTENT)), name)

    def answer_in_part(self, name: str) -> None:
        content, start = self.server.content, 0
        if self.headers["Range"] and self.headers["If-Range"] in (None, self.server.tag):
            start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
            if start >= len(content):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(content)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            said = start if name != "shifted" else start - 1
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {said}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", self.server.tag)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.send(content[start:], name)

    def send(self, content: bytes, name: str) -> None:
        half = len(content) // 2
        with contextlib.suppress(ConnectionError):
            self.wfile.write(content[:half])
            self.wfile.flush()
            if name == "stalled":
                self.server.release.wait(20)
            if name not in ("short", "stalled"):
                self.wfile.write(content[half:])

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
    assert {event.total for event in progress if event.done < len(CONTENT)} <= {0}


@pytest.mark.parametrize("first", ["missing", "other", "short", "nonsense"])
def test_the_next_mirror_is_asked_when_one_fails(mirror: Mirror, tmp_path: Path, first: str) -> None:
    fetch([mirror.url(first), mirror.url("good")], tmp_path / "file.gz")
    assert (tmp_path / "file.gz").read_bytes() == CONTENT
    assert mirror.asked == [first, "good"]


@pytest.mark.parametrize(
    ("name", "words"),
    [("missing", "HTTP 404"), ("other", "not what was published")],
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


def cancelled(url: str, path: Path, md5: str = MD5) -> int:
    """Begins a download and cancels it on the way; how much came."""
    work = download([url], md5, path, "Fetching", "")
    for event in work:
        if event.done > len(CONTENT) // 4:
            break
    work.close()  # type: ignore[attr-defined]
    return part_bytes(path)


def test_stopping_a_stalled_download_leaves_a_part_and_what_it_belongs_to(mirror: Mirror, tmp_path: Path) -> None:
    came = cancelled(mirror.url("stalled"), tmp_path / "file.gz")
    assert len(CONTENT) // 4 < came <= len(CONTENT) // 2
    assert (tmp_path / "file.gz.part").read_bytes() == CONTENT[:came]
    assert {path.name for path in tmp_path.iterdir()} == {"file.gz.part", "file.gz.part.json"}
    discard_part(tmp_path / "file.gz")
    assert list(tmp_path.iterdir()) == []


def test_a_cancelled_download_goes_on_where_it_stopped(mirror: Mirror, tmp_path: Path) -> None:
    path = tmp_path / "file.gz"
    came = cancelled(mirror.url("ranges/stalled"), path)
    progress = fetch([mirror.url("ranges/good")], path)
    assert mirror.ranges == [(None, None), (f"bytes={came}-", None)]
    assert path.read_bytes() == CONTENT
    assert [item.name for item in tmp_path.iterdir()] == ["file.gz"]
    assert min(event.done for event in progress) >= came
    assert progress[-1].total == len(CONTENT)


KILLED_ON_THE_WAY = """
import os, sys
from pathlib import Path
from lepton_studio.engine.download import download
for event in download([sys.argv[1]], sys.argv[2], Path(sys.argv[3]), "Fetching", ""):
    if event.done >= int(sys.argv[4]):
        os._exit(7)
"""


def test_a_download_goes_on_after_the_program_died(mirror: Mirror, tmp_path: Path) -> None:
    path = tmp_path / "file.gz"
    arguments = [mirror.url("ranges/stalled"), MD5, str(path), str(len(CONTENT) // 4)]
    environment = {**os.environ, "no_proxy": "127.0.0.1"}
    dead = subprocess.run(
        [sys.executable, "-c", KILLED_ON_THE_WAY, *arguments], env=environment, timeout=60, check=False
    )
    assert dead.returncode == 7
    came = part_bytes(path)
    assert len(CONTENT) // 4 <= came < len(CONTENT)
    fetch([mirror.url("ranges/good")], path)
    assert mirror.ranges[-1][0] == f"bytes={came}-"
    assert path.read_bytes() == CONTENT
    # Also the lock that the dead one left is no hindrance, and goes.
    assert [item.name for item in tmp_path.iterdir()] == ["file.gz"]


def test_the_same_server_is_asked_whether_its_file_is_still_the_same(mirror: Mirror, tmp_path: Path) -> None:
    path = tmp_path / "file.gz"
    came = cancelled(mirror.url("ranges/stalled"), path)
    mirror.release.set()
    # The server says only now that it has another version, and sends the whole of that.
    mirror.tag = '"two"'
    with pytest.raises(LeptonError, match=r"file\.gz"):
        fetch([mirror.url("ranges/stalled")], path)
    assert mirror.ranges[1] == (f"bytes={came}-", '"one"')
    # It came from the beginning, so the old part is not in what was kept.
    assert path.with_name("file.gz.part").read_bytes() == CONTENT[: part_bytes(path)]


def test_a_server_that_cannot_send_parts_sends_the_whole(mirror: Mirror, tmp_path: Path) -> None:
    path = tmp_path / "file.gz"
    came = cancelled(mirror.url("stalled"), path)
    fetch([mirror.url("good")], path)
    assert mirror.ranges[1][0] == f"bytes={came}-"
    assert path.read_bytes() == CONTENT


def test_a_connection_that_breaks_is_taken_up_again_at_once(mirror: Mirror, tmp_path: Path) -> None:
    with pytest.raises(LeptonError, match="it broke off after"):
        fetch([mirror.url("ranges/short")], tmp_path / "file.gz")
    # Each answer is half of what was missing.
    missing = len(CONTENT)
    for asked, _ in mirror.ranges:
        assert asked == (None if missing == len(CONTENT) else f"bytes={len(CONTENT) - missing}-")
        missing -= missing // 2
    assert len(mirror.ranges) == 1 + MORE_TRIES
    assert part_bytes(tmp_path / "file.gz") == len(CONTENT) - missing
    fetch([mirror.url("ranges/good")], tmp_path / "file.gz")
    assert (tmp_path / "file.gz").read_bytes() == CONTENT


def leave_part(path: Path, content: bytes, md5: str = MD5) -> None:
    path.with_name(f"{path.name}.part").write_bytes(content)
    path.with_name(f"{path.name}.part.json").write_text(f'{{"md5": "{md5}", "url": "http://elsewhere/"}}')


def test_a_part_that_is_whole_already_becomes_the_file(mirror: Mirror, tmp_path: Path) -> None:
    leave_part(tmp_path / "file.gz", CONTENT)
    fetch([mirror.url("ranges/good")], tmp_path / "file.gz")
    assert (tmp_path / "file.gz").read_bytes() == CONTENT
    assert mirror.ranges == [(f"bytes={len(CONTENT)}-", None)]


@pytest.mark.parametrize("part", [CONTENT + b"more", b"x" * len(CONTENT), b"x" * 1000])
def test_a_part_that_does_not_fit_is_thrown_away_and_the_whole_is_fetched(
    mirror: Mirror, tmp_path: Path, part: bytes
) -> None:
    leave_part(tmp_path / "file.gz", part)
    fetch([mirror.url("ranges/good")], tmp_path / "file.gz")
    assert (tmp_path / "file.gz").read_bytes() == CONTENT
    assert [item.name for item in tmp_path.iterdir()] == ["file.gz"]
    assert [asked for asked, _ in mirror.ranges] == [f"bytes={len(part)}-", None]


@pytest.mark.parametrize("info", [None, "", "{}", '{"md5": "another", "url": ""}'])
def test_a_part_of_another_version_or_of_nobody_knows_what_is_not_used(
    mirror: Mirror, tmp_path: Path, info: str | None
) -> None:
    leave_part(tmp_path / "file.gz", CONTENT[:1000])
    note = tmp_path / "file.gz.part.json"
    note.unlink() if info is None else note.write_text(info)
    fetch([mirror.url("ranges/good")], tmp_path / "file.gz")
    assert mirror.ranges == [(None, None)]
    assert (tmp_path / "file.gz").read_bytes() == CONTENT


def test_a_server_that_sends_another_part_than_asked_for_is_not_believed(mirror: Mirror, tmp_path: Path) -> None:
    leave_part(tmp_path / "file.gz", CONTENT[:1000])
    with pytest.raises(LeptonError, match="another part"):
        fetch([mirror.url("ranges/shifted")], tmp_path / "file.gz")
    assert part_bytes(tmp_path / "file.gz") == 1000


def test_no_room_is_told_before_anything_is_written(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=len(CONTENT) - 1))
    with pytest.raises(LeptonError, match="no room"):
        fetch([mirror.url("good")], tmp_path / "file.gz")
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_up_on_the_way_is_not_left_full(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = download_module._Part.write

    class FullDisk:
        """A file on a disk with no room."""

        def __init__(self, file: object) -> None:
            self.close = file.close  # type: ignore[attr-defined]

        def write(self, chunk: bytes) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def full(part: object, file: object, chunk: bytes) -> None:
        write(part, file if part.size < 200_000 else FullDisk(file), chunk)  # type: ignore[attr-defined,arg-type]

    monkeypatch.setattr(download_module._Part, "write", full)
    with pytest.raises(LeptonError, match=os.strerror(errno.ENOSPC)):
        fetch([mirror.url("good")], tmp_path / "file.gz")
    assert list(tmp_path.iterdir()) == []


def test_two_windows_do_not_fetch_the_same_file(mirror: Mirror, tmp_path: Path) -> None:
    first = download([mirror.url("stalled")], MD5, tmp_path / "file.gz", "Fetching", "")
    next(iter(first))
    with pytest.raises(LeptonError, match="another window"):
        fetch([mirror.url("good")], tmp_path / "file.gz")
    first.close()  # type: ignore[attr-defined]
    fetch([mirror.url("good")], tmp_path / "file.gz")
    assert [item.name for item in tmp_path.iterdir()] == ["file.gz"]


def test_a_silent_mirror_is_given_up_for_the_next(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_fetch, "TIMEOUT_SECONDS", 0.3)
    fetch([mirror.url("stalled"), mirror.url("good")], tmp_path / "file.gz")
    assert (tmp_path / "file.gz").read_bytes() == CONTENT


def test_a_server_that_never_ends_is_cut_off(mirror: Mirror, tmp_path: Path) -> None:
    with pytest.raises(LeptonError, match="too large"):
        list(download([mirror.url("good")], MD5, tmp_path / "file.gz", "Fetching", "", largest_bytes=100_000))
    assert list(tmp_path.iterdir()) == []


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

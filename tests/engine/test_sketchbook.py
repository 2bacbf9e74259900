"""Every drawing is found again, whatever became of the program or of the file."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from lepton_studio import paths
from lepton_studio.engine import sketchbook
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.sketch_export import save_sketch, sketch_as_svg
from lepton_studio.engine.sketchbook import Sketch, Sketchbook
from lepton_studio.engine.strokes import Stroke

LINE = (Stroke(((0.1, 0.2), (0.8, 0.9)), 0.07),)
FIRM = (Stroke(((0.1, 0.2), (0.5, 0.5), (0.8, 0.9)), 0.07, (0.2, 0.9, 0.5)),)


def test_nothing_is_made_before_something_is_drawn() -> None:
    book = Sketchbook()
    assert book.sketches == {}
    assert not paths.sketches_file().exists()


def test_a_sketch_is_found_again_with_strokes_pressures_and_answer() -> None:
    kept = Sketchbook().keep(FIRM, "7", 0.91, "LeptonNet")
    found = Sketchbook().sketches[kept.id]
    assert found == kept
    assert found.drawn() == FIRM
    assert (found.answer, found.probability, found.network) == ("7", 0.91, "LeptonNet")


def test_a_later_state_takes_the_place_of_the_earlier_one() -> None:
    book = Sketchbook()
    first = book.keep(LINE)
    second = book.keep((*LINE, *FIRM), "4", 0.5, state_of=first.id)
    other = book.keep(FIRM)
    found = Sketchbook()
    assert list(found.sketches) == [first.id, other.id]
    assert found.sketches[first.id].drawn() == (*LINE, *FIRM)
    assert second.created == first.created


def test_the_same_state_is_written_once() -> None:
    book = Sketchbook()
    kept = book.keep(LINE, "1", 0.5)
    size = book.path.stat().st_size
    book.keep(LINE, "1", 0.5, state_of=kept.id)
    assert book.path.stat().st_size == size


def test_what_lay_on_the_canvas_is_known_until_it_is_put_away() -> None:
    book = Sketchbook()
    kept = book.keep(LINE)
    assert Sketchbook().on_canvas == kept
    book.put_away()
    assert Sketchbook().on_canvas is None
    assert kept.id in Sketchbook().sketches


def test_a_forgotten_sketch_stays_away_and_can_be_brought_back_to_its_place() -> None:
    book = Sketchbook()
    sketches = [msgspec.structs.replace(book.keep(LINE), created=f"2026-01-0{day}") for day in (1, 2, 3)]
    for sketch in sketches:
        book.bring_back(sketch)
    book.forget(sketches[1].id)
    book.forget("never there")
    assert list(Sketchbook().sketches) == [sketches[0].id, sketches[2].id]
    book.bring_back(sketches[1])
    assert list(book.sketches) == [sketch.id for sketch in sketches]


def test_forgetting_all_leaves_no_stroke_on_the_disk() -> None:
    book = Sketchbook()
    book.keep(FIRM)
    book.forget_all()
    assert b"points" not in book.path.read_bytes()
    assert Sketchbook().sketches == {}


def test_nothing_drawn_is_no_sketch() -> None:
    with pytest.raises(LeptonError, match="Nothing is drawn"):
        Sketchbook().keep(())


def test_only_so_many_are_kept_the_newest_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sketchbook, "MOST_SKETCHES", 5)
    book = Sketchbook()
    ids = [book.keep(LINE).id for _ in range(8)]
    assert list(Sketchbook().sketches) == ids[3:]
    assert b"put_away" not in book.path.read_bytes()
    assert Sketchbook().on_canvas is not None


def test_only_so_many_bytes_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sketchbook, "LARGEST_BYTES", 600)
    book = Sketchbook()
    ids = [book.keep(LINE).id for _ in range(30)]
    # Also while the program runs.
    assert book.path.stat().st_size <= 1400
    found = Sketchbook()
    assert found.path.stat().st_size <= 700
    assert list(found.sketches) == ids[-len(found.sketches) :]
    assert len(found.sketches) >= 2


def test_replaced_states_go_at_the_next_start() -> None:
    book = Sketchbook()
    kept = book.keep(LINE)
    for number in range(40):
        book.keep(LINE, "1", number / 40, state_of=kept.id)
    size = book.path.stat().st_size
    assert Sketchbook().sketches[kept.id].probability == pytest.approx(39 / 40)
    assert book.path.stat().st_size < size / 10
    assert Sketchbook().on_canvas is not None


def test_a_sketch_that_lay_on_the_canvas_and_is_not_the_newest_still_does_after_writing_anew() -> None:
    book = Sketchbook()
    first = book.keep(LINE)
    book.keep(FIRM)
    for number in range(40):
        book.keep(LINE, "1", number / 40, state_of=first.id)
    Sketchbook()
    found = Sketchbook()
    assert found.on_canvas is not None
    assert found.on_canvas.id == first.id


def test_a_line_that_is_cut_off_is_left_out_with_a_remark() -> None:
    book = Sketchbook()
    first, second = book.keep(LINE), book.keep(FIRM)
    book.path.write_bytes(book.path.read_bytes()[:-20])
    found = Sketchbook()
    assert list(found.sketches) == [first.id]
    assert len(found.remarks) == 1
    third = found.keep(FIRM)
    assert list(Sketchbook().sketches) == [first.id, third.id]
    assert second.id not in found.sketches


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "no sketchbook"),
        (b"hello\n", "no sketchbook"),
        (b'{"format":"lepton-studio drawings","version":1}\n', "no sketchbook"),
        (b'{"format":"lepton-studio sketches","version":2}\n', "newer"),
    ],
    ids=["empty", "text", "drawings", "newer"],
)
def test_a_file_that_is_no_sketchbook_is_refused_and_left_alone(content: bytes, what: str) -> None:
    path = paths.sketches_file()
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with pytest.raises(LeptonError, match=what):
        Sketchbook()
    assert path.read_bytes() == content


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.one_of(st.binary(max_size=80), st.sampled_from([
    b'{"entry":"sketch","id":"a","created":"","strokes":[{"width":0.1,"points":[[0.5,0.5]]}]}',
    b'{"entry":"sketch","id":"a","created":"","strokes":[{"width":1e999,"points":[[0.5,0.5]]}]}',
    b'{"entry":"sketch","id":"b","created":"","strokes":[{"width":0.1,"points":[[5,NaN]]}]}',
    b'{"entry":"sketch","id":"b","created":"","strokes":[{"width":0.1,"points":[[0,1]],"pressures":[0.1,0.2]}]}',
    b'{"entry":"forgotten","id":"a"}', b'{"entry":"put_away","id":"b"}', b'{"entry":"sketch","id":"","strokes":[]}',
    b"[" * 5000, b'{"entry":"nothing"}',
])), max_size=12))  # fmt: skip
def test_whatever_stands_in_the_file_it_opens_and_goes_on(lines: list[bytes], tmp_path: Path) -> None:
    path = tmp_path / "hostile.jsonl"
    path.write_bytes(b"\n".join([b'{"format":"lepton-studio sketches","version":1}', *lines]))
    book = Sketchbook(path)
    assert all(stroke.points for sketch in book.sketches.values() for stroke in sketch.drawn())
    kept = book.keep(LINE)
    assert Sketchbook(path).sketches[kept.id].drawn() == LINE


KILLED = """
import os, signal, sys
from lepton_studio.engine.sketchbook import Sketchbook
from lepton_studio.engine.strokes import Stroke

book = Sketchbook()
identity, points = "", []
for number in range(int(sys.argv[1])):
    points.append((number % 100 / 100, 0.5))
    identity = book.keep((Stroke(tuple(points), 0.07),), "1", 0.5, state_of=identity).id
print(identity, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")
@pytest.mark.parametrize("states", [1, 25])
def test_a_program_that_is_killed_loses_nothing_of_what_was_written(states: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(states)], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    found = Sketchbook()
    assert found.on_canvas is not None
    assert found.on_canvas.id == done.stdout.strip()
    assert len(found.on_canvas.drawn()[0].points) == states


def test_two_programs_add_to_the_same_file() -> None:
    one, two = Sketchbook(), Sketchbook()
    ids = {one.keep(LINE).id, two.keep(FIRM).id, one.keep(FIRM).id}
    assert set(Sketchbook().sketches) == ids


def test_a_sketch_is_saved_as_a_picture_of_dark_ink(tmp_path: Path) -> None:
    sketch = Sketchbook().keep(FIRM, "7")
    save_sketch(sketch, tmp_path / "seven.png")
    pixels = np.asarray(Image.open(tmp_path / "seven.png"))
    assert pixels.shape == (1024, 1024)
    assert pixels[0, 0] == 255
    assert pixels.min() == 0


@pytest.mark.parametrize("strokes", [LINE, FIRM, (Stroke(((0.5, 0.5),), 0.1),)], ids=["mouse", "pen", "dot"])
def test_a_sketch_is_saved_as_lines(strokes: tuple[Stroke, ...], tmp_path: Path) -> None:
    from xml.etree import ElementTree

    sketch = Sketch("a", "2026", tuple(_kept(strokes)), 'a "quoted" <7>')
    save_sketch(sketch, tmp_path / "it.SVG")
    tree = ElementTree.fromstring((tmp_path / "it.SVG").read_text())
    lines = tree.findall(".//{http://www.w3.org/2000/svg}polyline")
    assert len(lines) == (2 if strokes is FIRM else 1)
    assert tree.attrib["aria-label"].startswith('a "quoted" <7>')
    assert sketch_as_svg(sketch).endswith("</svg>\n")


def test_a_sketch_is_saved_as_strokes(tmp_path: Path) -> None:
    sketch = Sketchbook().keep(FIRM, "7", 0.5, "LeptonNet")
    save_sketch(sketch, tmp_path / "seven.json")
    saved = json.loads((tmp_path / "seven.json").read_text())
    assert saved["strokes"][0]["pressures"] == [0.2, 0.9, 0.5]
    assert msgspec.convert(saved, Sketch) == sketch


def test_an_unknown_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LeptonError, match="unknown ending"):
        save_sketch(Sketchbook().keep(LINE), tmp_path / "seven.gif")


def _kept(strokes: tuple[Stroke, ...]) -> tuple[sketchbook.DrawnStroke, ...]:
    return tuple(sketchbook.rounded(stroke) for stroke in strokes)

"""A drawing as a file: a picture of points, a picture of lines, or its strokes."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path
from xml.sax.saxutils import quoteattr

import msgspec
from PIL import Image

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.files import write_bytes
from lepton_studio.engine.sketchbook import Sketch
from lepton_studio.engine.strokes import Stroke, draw_strokes

# The endings that are known.
SKETCH_ENDINGS = (".png", ".svg", ".json")
# Pixels of a picture of points, units of one of lines.
SIDE = 1024


def save_sketch(sketch: Sketch, path: Path) -> None:
    """Writes a drawing, dark ink on white; the ending of the name decides how.

    Raises:
        LeptonError: the ending is not known, or the disk refuses.
    """
    ending = path.suffix.lower()
    if ending == ".png":
        buffer = io.BytesIO()
        Image.fromarray(255 - draw_strokes(sketch.drawn(), SIDE)).save(buffer, "PNG")
        write_bytes(path, buffer.getvalue())
    elif ending == ".svg":
        write_bytes(path, sketch_as_svg(sketch).encode())
    elif ending == ".json":
        write_bytes(path, msgspec.json.format(msgspec.json.encode(sketch), indent=2) + b"\n")
    else:
        raise LeptonError(f"'{path.name}' has an unknown ending.", f"Known are: {', '.join(SKETCH_ENDINGS)}.")


def sketch_as_svg(sketch: Sketch) -> str:
    """The lines of a drawing as they are, in any size without steps."""
    title = f"{sketch.answer}, {sketch.created}" if sketch.answer else sketch.created
    lines = "\n".join(line for stroke in sketch.drawn() for line in _lines_of(stroke))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}" aria-label={quoteattr(title)}>\n'
        '<g fill="none" stroke="#000" stroke-linecap="round" stroke-linejoin="round">\n'
        f"{lines}\n</g>\n</svg>\n"
    )


def _lines_of(stroke: Stroke) -> list[str]:
    places = [f"{x * SIDE:.1f},{y * SIDE:.1f}" for x, y in stroke.points]
    width = stroke.width * SIDE
    if len(places) == 1:
        places *= 2
    if not stroke.pressures:
        return [f'<polyline stroke-width="{width:.1f}" points="{" ".join(places)}"/>']
    firm = [*stroke.pressures, stroke.pressures[-1]]
    # A line of one width cannot become thicker on its way: a piece for each step.
    return [
        f'<polyline stroke-width="{width * (0.5 + (here + after) / 2):.1f}" points="{start} {end}"/>'
        for (start, end), (here, after) in zip(pairwise(places), pairwise(firm), strict=False)
    ]

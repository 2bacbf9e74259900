"""What is said of maps and strokes, in the language of the window."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QCoreApplication

from lepton_studio.engine import Explanation, StrokeOcclusion, StrokePart
from lepton_studio.gui.widgets.stroke_strip import StrokeCell
from lepton_studio.gui.widgets.value_colours import short_number
from lepton_studio.gui.wording import milliseconds, percent


def map_caption(explanation: Explanation, names: Sequence[str]) -> str:
    """What was asked, how strong the strongest pixel is, and how long it took."""
    translate, question = QCoreApplication.translate, explanation.question
    most = short_number(float(np.abs(np.nan_to_num(explanation.heat)).max(initial=0.0)))
    if question.against is None:
        asked = translate("why", "Why {}?").format(names[question.target])
    else:
        asked = translate("why", "Why {0}, and not {1}?").format(names[question.target], names[question.against])
    took = translate("why", "strongest pixel {0} · {1}").format(most, milliseconds(explanation.seconds))
    return f"{asked} · {took}"


def scale_ends(explanation: Explanation, names: Sequence[str]) -> tuple[str, str, str]:
    """What stands below the colours: left, in the middle and right."""
    translate, question = QCoreApplication.translate, explanation.question
    if not question.explainer.is_signed:
        return translate("why", "nothing"), "", translate("why", "most")
    speaks = translate("why", "for {}").format(names[question.target])
    if question.against is None:
        return translate("why", "against {}").format(names[question.target]), "0", speaks
    return translate("why", "for {}").format(names[question.against]), "0", speaks


def strokes_title(weighed: StrokeOcclusion | None) -> str:
    """The heading above strokes, or above pieces of the only one."""
    translate = QCoreApplication.translate
    is_cut = weighed is not None and weighed.is_cut
    return translate("why", "Which piece mattered") if is_cut else translate("why", "Which stroke mattered")


def strokes_words(weighed: StrokeOcclusion | None, is_photograph: bool) -> str:
    """How what is said of strokes is to be read, or why nothing is."""
    translate = QCoreApplication.translate
    if is_photograph:
        return translate("why", "A picture has no strokes that could be left out.")
    if weighed is None:
        return translate("why", "When the pen rests, each stroke is left out in turn, and the network looks again.")
    if not weighed.parts:
        return translate("why", "There is too little ink to leave some of it out.")
    if weighed.is_cut:
        return translate(
            "why",
            "Your only stroke, cut into pieces: below each, what would be read without it. Orange: the answer needs "
            "it; blue: it would be surer without. Point at one to find it above.",
        )
    return translate(
        "why",
        "Below each stroke, what would be read without it. Orange: the answer needs it; blue: it would be surer "
        "without. Point at one to find it above.",
    )


def stroke_cells(weighed: StrokeOcclusion, names: Sequence[str]) -> list[StrokeCell]:
    """Each stroke with its words."""
    most = max((abs(part.fall) for part in weighed.parts), default=0.0) or 1.0
    cells = []
    for part in weighed.parts:
        said, is_other = names[part.answer], part.answer != weighed.target
        sure = percent(float(part.probabilities[part.answer]), 0)
        text = f"→ {said}  {sure}" if is_other else f"{said}  {sure}"
        tip = _stroke_tip(weighed, part, names)
        cells.append(StrokeCell(weighed.picture, part.places, part.fall / most, part.width, text, is_other, tip))
    return cells


def _stroke_tip(weighed: StrokeOcclusion, part: StrokePart, names: Sequence[str]) -> str:
    translate, target = QCoreApplication.translate, weighed.target
    before, after = float(weighed.probabilities[target]), float(part.probabilities[target])
    what = translate("why", "Without this piece") if weighed.is_cut else translate("why", "Without this stroke")
    said = translate("why", "{0} goes from {1} to {2}").format(names[target], percent(before, 1), percent(after, 1))
    if part.answer != target:
        sure = percent(float(part.probabilities[part.answer]), 0)
        said = translate("why", "{0} would be read ({1}), and {2}").format(names[part.answer], sure, said)
    score = short_number(abs(part.fall))
    moved = (
        translate("why", "its score falls by {}").format(score)
        if part.fall >= 0
        else translate("why", "its score rises by {}").format(score)
    )
    return f"{what}: {said}; {moved}."

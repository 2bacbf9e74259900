"""Several networks on the same drawing: each answers as it would alone, and who agrees is counted as people do."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from lepton_studio.engine.calibration import COVERAGE
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.panel import Agreement, Judge, agreement_of, picture_for
from lepton_studio.engine.prediction import Predictor
from lepton_studio.engine.reading import Part, Reader
from lepton_studio.engine.run_store import bundled_run, delete_run
from lepton_studio.engine.runs import Run
from lepton_studio.engine.strokes import Stroke, prepare_ink, render_strokes

SEVEN = (Stroke(((0.3, 0.2), (0.7, 0.2), (0.45, 0.8)), 0.06),)
DIGITS, CORNERS = tuple("0123456789"), ("north west", "north east", "south west", "south east")


def part_saying(label: str, is_known: bool = True) -> Part:
    return Part((0, 0, 1, 1), (0,), np.zeros((1, 8, 8), np.uint8), np.ones(1, np.float32), label, 1.0, is_known)


@pytest.fixture
def seven() -> Part:
    (part,) = Reader(Predictor(bundled_run())).read_strokes(SEVEN).parts
    return part


def test_a_judge_says_what_its_network_says_alone(seven: Part) -> None:
    opinion = Judge(bundled_run()).judge(seven, SEVEN, COVERAGE)
    assert opinion.label == seven.label
    assert opinion.is_known == seven.is_known
    np.testing.assert_allclose(opinion.probabilities, seven.probabilities, rtol=1e-5, atol=1e-7)


def test_a_network_of_another_shape_gets_the_drawing_drawn_for_it(seven: Part, trained_run) -> None:
    judge = Judge(trained_run)
    assert judge.seconds is None
    opinion = judge.judge(seven, SEVEN, COVERAGE)
    assert np.array_equal(opinion.picture, render_strokes(SEVEN, (1, 8, 8)))
    alone = Predictor(trained_run).probabilities(opinion.picture[None])[0]
    assert opinion.label == CORNERS[int(alone.argmax())]
    assert opinion.box == seven.box
    assert judge.seconds is not None
    assert judge.seconds > 0


def test_only_the_strokes_of_the_part_are_drawn(seven: Part) -> None:
    both = (*SEVEN, Stroke(((0.1, 0.1), (0.1, 0.9)), 0.06))
    assert np.array_equal(picture_for((1, 8, 8), seven, both), render_strokes(SEVEN, (1, 8, 8)))


def test_a_photograph_is_fitted_from_what_the_first_network_saw(seven: Part) -> None:
    photographed = replace(seven, strokes=())
    expected = prepare_ink(Image.fromarray(seven.picture[0]), (3, 32, 32))
    assert np.array_equal(picture_for((3, 32, 32), photographed, ()), expected)
    assert expected.any()


def test_a_judge_is_behind_until_it_has_taken_the_weights_left_last(seven: Part, trained_run) -> None:
    judge = Judge(trained_run)
    first = judge.judge(seven, SEVEN, COVERAGE)
    assert not judge.is_behind
    trained_run.leave_weights({name: -tensor for name, tensor in Predictor(trained_run).network.state_dict().items()})
    assert judge.is_behind
    second = judge.judge(seven, SEVEN, COVERAGE)
    assert not judge.is_behind
    assert not np.allclose(first.probabilities, second.probabilities)


def test_a_kept_epoch_answers_with_its_own_weights(seven: Part, trained_run) -> None:
    now, then = (Judge(run).judge(seven, SEVEN, COVERAGE) for run in (trained_run, trained_run.at_epoch(1)))
    assert not np.allclose(now.probabilities, then.probabilities)


def test_a_damaged_run_says_why_it_cannot_answer(seven: Part, trained_run) -> None:
    trained_run.checkpoint.write_bytes(b"nothing of the kind")
    judge = Judge(Run.open(trained_run.folder))
    with pytest.raises(LeptonError):
        judge.judge(seven, SEVEN, COVERAGE)
    assert judge.trouble
    assert judge.is_there


def test_a_deleted_run_is_not_there_any_more(trained_run) -> None:
    judge, epoch = Judge(trained_run), Judge(trained_run.at_epoch(1))
    assert judge.is_there
    assert epoch.is_there
    shutil.rmtree(trained_run.folder / "epochs")
    assert judge.is_there
    assert not epoch.is_there
    delete_run(trained_run)
    assert not judge.is_there


@pytest.mark.parametrize(
    ("labels", "unsure", "expected"),
    [
        ("777", (), Agreement("7", (0, 1, 2), (), (), ())),
        ("717", (), Agreement("7", (0, 2), (1,), (), ())),
        ("177", (), Agreement("7", (1, 2), (0,), (), ())),
        ("71", (), Agreement("7", (0,), (1,), (), ())),
        ("1717", (), Agreement("1", (0, 2), (1, 3), (), ())),
        ("717", (0, 2), Agreement("1", (1,), (), (0, 2), ())),
        ("77", (0, 1), Agreement("", (), (), (0, 1), ())),
    ],
    ids=["all", "most", "against the page", "tie of two", "tie of four", "unsure ones do not count", "nobody knows"],
)
def test_most_of_those_that_know_decide(labels: str, unsure: tuple[int, ...], expected: Agreement) -> None:
    opinions = [part_saying(label, number not in unsure) for number, label in enumerate(labels)]
    assert agreement_of(opinions, [DIGITS] * len(opinions)) == expected


def test_who_knows_other_classes_is_not_counted() -> None:
    opinions = [part_saying("7"), part_saying("north west"), None, part_saying("7")]
    found = agreement_of(opinions, [DIGITS, CORNERS, DIGITS, DIGITS[::-1]])
    assert found == Agreement("7", (0, 3), (), (), (1,))
    assert agreement_of([], []) == Agreement()

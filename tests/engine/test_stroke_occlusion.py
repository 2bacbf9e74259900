"""Strokes left out in their place, and explanations beside a network that goes on answering."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.explainer import EXPLAINERS
from lepton_studio.engine.explaining import Explanation, Question, explain_beside, explain_now
from lepton_studio.engine.prediction import Predictor
from lepton_studio.engine.reading import Reader
from lepton_studio.engine.run_store import bundled_run
from lepton_studio.engine.stroke_occlusion import PARTS, Placing, StrokeOcclusion, occlude_strokes, placing_of
from lepton_studio.engine.strokes import Stroke, render_strokes

SHAPE = (1, 28, 28)
WIDTH = 0.07


def line(*corners: tuple[float, float], width: float = WIDTH) -> Stroke:
    """A stroke through corners, with points as close as those of a hand."""
    points = [corners[0]]
    for (x, y), (to_x, to_y) in itertools.pairwise(corners):
        points += [(x + (to_x - x) * share, y + (to_y - y) * share) for share in np.linspace(0.1, 1, 10).tolist()]
    return Stroke(tuple(points), width)


# A seven with a bar: without its bar it is a seven all the same, without its long stroke it is none.
SEVEN = (line((0.25, 0.2), (0.75, 0.2), (0.45, 0.85)), line((0.4, 0.52), (0.68, 0.52)))
ONE = (line((0.5, 0.2), (0.5, 0.8)),)


@pytest.fixture
def reader() -> Reader:
    run = bundled_run()
    assert run is not None
    return Reader(Predictor(run))


def test_the_long_stroke_of_a_seven_is_worth_more_than_its_bar(reader: Reader) -> None:
    found = occlude_strokes(reader, SEVEN)
    assert found.target == 7
    assert not found.is_cut
    assert [part.stroke for part in found.parts] == [0, 1]
    assert found.parts[0].fall > found.parts[1].fall
    assert found.parts[0].loss > 0.5
    assert found.parts[0].answer != 7
    assert found.parts[1].answer == 7


def test_the_whole_picture_and_its_answer_are_those_of_the_reading(reader: Reader) -> None:
    found, part = occlude_strokes(reader, SEVEN), reader.read_strokes(SEVEN).parts[0]
    assert np.array_equal(found.picture, part.picture)
    np.testing.assert_allclose(found.probabilities, part.probabilities, atol=1e-6)


def test_what_remains_stays_where_it_was(reader: Reader) -> None:
    found = occlude_strokes(reader, SEVEN)
    for part in found.parts:
        lost = found.picture.astype(int) - part.picture
        assert lost.min() >= 0
        assert lost.max() > 100
        # Where nothing was taken away, nothing is another.
        rows, columns = np.nonzero(lost[0])
        distances = np.hypot(
            columns[:, None] + 0.5 - part.places[None, :, 0], rows[:, None] + 0.5 - part.places[None, :, 1]
        )
        assert distances.min(axis=1).max() <= part.width / 2 + 1.5
    # Framed anew, what remains would be another picture.
    assert not np.array_equal(found.parts[0].picture, render_strokes(SEVEN[1:], SHAPE))


def test_a_single_stroke_is_cut_into_parts_of_equal_length(reader: Reader) -> None:
    found = occlude_strokes(reader, SEVEN[:1])
    assert found.is_cut
    assert len(found.parts) == PARTS
    lengths = [float(np.hypot(*np.diff(part.places, axis=0).T).sum()) for part in found.parts]
    assert max(lengths) - min(lengths) < 0.6
    assert {part.stroke for part in found.parts} == {0}
    assert all(part.picture.any() for part in found.parts)
    assert len({part.picture.tobytes() for part in found.parts}) == PARTS
    np.testing.assert_allclose([part.loss for part in found.parts],
                               [found.probabilities[7] - part.probabilities[7] for part in found.parts])  # fmt: skip


def test_another_class_can_be_asked_for(reader: Reader) -> None:
    found = occlude_strokes(reader, SEVEN, target=1)
    assert found.target == 1
    assert [part.loss for part in found.parts] == pytest.approx(
        [float(found.probabilities[1] - part.probabilities[1]) for part in found.parts]
    )


def test_strokes_without_points_count_but_are_not_asked_about(reader: Reader) -> None:
    found = occlude_strokes(reader, (SEVEN[0], Stroke((), WIDTH), SEVEN[1]))
    assert [part.stroke for part in found.parts] == [0, 2]


def test_a_dot_has_no_parts_and_an_empty_drawing_neither(reader: Reader) -> None:
    for strokes in ((), (Stroke(((0.5, 0.5),), WIDTH),), (Stroke(((0.5, 0.5),) * 4, WIDTH),)):
        found = occlude_strokes(reader, strokes)
        assert found.parts == ()
        assert found.picture.shape == SHAPE


def test_of_a_scribble_of_very_many_strokes_the_longest_are_asked_about(reader: Reader) -> None:
    strokes = tuple(line((0.1, 0.1 + at / 50), (0.2 + at / 50, 0.1 + at / 50)) for at in range(30))
    assert [part.stroke for part in occlude_strokes(reader, strokes).parts] == list(range(14, 30))


@pytest.mark.parametrize("strokes", [SEVEN, SEVEN[:1], ONE, (line((0.3, 0.3), (0.7, 0.3), (0.3, 0.3)),)], ids=len)
def test_a_drawing_is_found_again_in_the_picture(strokes: tuple[Stroke, ...]) -> None:
    placing = placing_of(strokes, SHAPE)
    assert placing is not None
    picture = render_strokes(strokes, SHAPE)[0]
    for stroke in strokes:
        for x, y in stroke.points:
            column, row = placing.scale * x + placing.left, placing.scale * y + placing.top
            assert picture[max(0, int(row) - 1) : int(row) + 2, max(0, int(column) - 1) : int(column) + 2].max() > 100


def test_the_square_of_the_picture_goes_along_with_the_drawing() -> None:
    moved = tuple(Stroke(tuple((x / 2 + 0.4, y / 2) for x, y in stroke.points), WIDTH / 2) for stroke in SEVEN)
    first, second = placing_of(SEVEN, SHAPE), placing_of(moved, SHAPE)
    assert first is not None
    assert second is not None
    left, top, width, height = first.square(28)
    assert second.square(28) == pytest.approx((left / 2 + 0.4, top / 2, width / 2, height / 2), abs=2e-3)
    assert Placing(10, 2, 3).square(20) == (-0.2, -0.3, 2.0, 2.0)


def test_what_has_no_extent_has_no_place_that_could_be_told() -> None:
    assert placing_of((), SHAPE) is None
    assert placing_of((Stroke(((0.5, 0.5),), WIDTH),), SHAPE) is None


# --- beside


def test_an_explanation_beside_the_network_is_that_of_the_network(reader: Reader) -> None:
    picture = render_strokes(SEVEN, SHAPE)
    for kind in EXPLAINERS.classes.values():
        question = Question(kind(), 7, against=2)
        now = explain_now(reader.predictor, picture, question)
        *_, beside = (event for event in explain_beside(reader, picture, question, (), 7) if event is not None)
        assert isinstance(beside, Explanation)
        assert beside.question == now.question == question
        largest = float(np.abs(now.heat).max())
        np.testing.assert_allclose(beside.heat, now.heat, atol=1e-5 * largest)
        assert now.seconds > 0


def test_strokes_come_first_and_may_come_alone(reader: Reader) -> None:
    picture = render_strokes(SEVEN, SHAPE)
    question = Question(EXPLAINERS["saliency"](), 7)
    both = [event for event in explain_beside(reader, picture, question, SEVEN, 7) if event is not None]
    assert [type(event) for event in both] == [StrokeOcclusion, Explanation]
    alone = [event for event in explain_beside(reader, picture, None, SEVEN, 7) if event is not None]
    assert [type(event) for event in alone] == [StrokeOcclusion]


def test_a_network_for_which_the_method_has_no_meaning_still_tells_about_strokes(trained_run) -> None:
    reader = Reader(Predictor(trained_run))
    strokes = (line((0.2, 0.2), (0.8, 0.8)), line((0.8, 0.2), (0.2, 0.8)))
    picture = render_strokes(strokes, reader.predictor.shape)
    from lepton_studio.engine.explainers.grad_cam import GradCam

    events = explain_beside(reader, picture, Question(GradCam(layer="17"), 0), strokes, 0)
    assert isinstance(next(events), StrokeOcclusion)
    with pytest.raises(LeptonError, match="no layer '17'"):
        list(events)


def test_a_twin_shares_weights_and_not_hooks(reader: Reader) -> None:
    predictor, picture = reader.predictor, render_strokes(SEVEN, SHAPE)
    twin = predictor.twin()
    assert np.array_equal(twin.look(picture[None]).logits, predictor.look(picture[None]).logits)
    seen: list[int] = []
    hook = predictor.network.layers[0].register_forward_hook(lambda *_: seen.append(1))
    twin.look(picture[None])
    assert seen == []
    hook.remove()
    import torch

    with torch.no_grad():
        for parameter in predictor.network.parameters():
            parameter.mul_(0.5)
    assert np.array_equal(twin.look(picture[None]).logits, predictor.look(picture[None]).logits)


@pytest.mark.parametrize("shipped", ["row_lstm", "vit_tiny", "resnet8"])
def test_every_kind_of_network_has_a_twin(shipped: str, trained_run) -> None:
    from lepton_studio.engine.prediction import _unfilled
    from lepton_studio.engine.shipped_architectures import preset

    predictor = Predictor(trained_run)
    predictor.shape = SHAPE
    predictor._network = _unfilled(preset(shipped), SHAPE, 10)
    import torch

    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for tensor in (*predictor._network.parameters(), *predictor._network.buffers()):
            if tensor.is_floating_point():
                tensor.copy_(torch.rand(tensor.shape, generator=generator) * 0.1 + 0.01)
    picture = render_strokes(SEVEN, SHAPE)
    twin = predictor.twin()
    assert np.array_equal(twin.look(picture[None]).logits, predictor.look(picture[None]).logits)
    heat = EXPLAINERS["saliency"]().explain(twin.network, picture, 3)
    assert np.array_equal(heat, EXPLAINERS["saliency"]().explain(predictor.network, picture, 3))

"""Explains answers to drawings, at once or in another thread beside the answers themselves."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lepton_studio.engine.device import one_thread
from lepton_studio.engine.explainer import Explainer, Heat
from lepton_studio.engine.prediction import Predictor
from lepton_studio.engine.reading import Reader
from lepton_studio.engine.stroke_occlusion import StrokeOcclusion, occlude_strokes
from lepton_studio.engine.strokes import Picture, Stroke


@dataclass(frozen=True)
class Question:
    """Why a class, and not another?

    Attributes:
        explainer: how to find out.
        target: the class whose score is explained.
        against: the class that it is compared with; None: with no other.
    """

    explainer: Explainer
    target: int
    against: int | None = None


@dataclass(frozen=True, eq=False)
class Explanation:
    """A map of a picture.

    Attributes:
        question: what was asked.
        picture: what the network saw, C x H x W, uint8.
        heat: H x W, float32 (see the explainer).
        seconds: what it took.
    """

    question: Question
    picture: Picture
    heat: Heat
    seconds: float


def convolution_places(predictor: Predictor) -> tuple[str, ...]:
    """For each convolution that can be looked at, the place of the layer that hands its maps on, in their order."""
    import torch

    from lepton_studio.engine.convolution_maps import map_places

    return tuple(map_places(predictor.network, torch.zeros(1, *predictor.shape)))


def explain_now(predictor: Predictor, picture: Picture, question: Question) -> Explanation:
    """Explains with the network itself, in the thread that it answers in.

    Raises:
        LeptonError: the method has no meaning for this network.
    """
    began = time.perf_counter()
    heat = question.explainer.explain(predictor.network, picture, question.target, question.against)
    return Explanation(question, picture, heat, time.perf_counter() - began)


def explain_beside(
    reader: Reader, picture: Picture, question: Question | None, strokes: Sequence[Stroke], target: int
) -> Iterator[Explanation | StrokeOcclusion | None]:
    """Explains in another thread, while the network goes on answering in its own.

    The network's modules are copied before this returns, in the thread of the caller; its weights are shared.

    Args:
        reader: whose network answers.
        picture: what it saw.
        question: what is asked; None: only about the strokes.
        strokes: those that the picture was made of; none: nothing is asked about strokes.
        target: the class whose probability is watched without each of them.

    Returns:
        A generator that yields None where it may be stopped, the map, and what the strokes are worth. It raises a
        LeptonError if the method has no meaning for this network, after the strokes.
    """
    beside = copy.copy(reader)
    beside.predictor = reader.predictor.twin()
    return _explain(beside, picture, question, tuple(strokes), target)


def _explain(
    reader: Reader, picture: Picture, question: Question | None, strokes: tuple[Stroke, ...], target: int
) -> Iterator[Explanation | StrokeOcclusion | None]:
    if strokes:
        yield occlude_strokes(reader, strokes, target)
    if question is None:
        return
    began = time.perf_counter()
    network = reader.predictor.network
    with one_thread():
        for heat in question.explainer.in_steps(network, picture, question.target, question.against):
            if heat is not None:
                yield Explanation(question, picture, heat, time.perf_counter() - began)
            yield None

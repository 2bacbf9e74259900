"""The empty canvas says what the chosen network can read."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from lepton_studio.engine import Dataset, Run
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.engine.datasets.fashion_mnist import FashionMnist
from lepton_studio.engine.datasets.kmnist import Kmnist
from lepton_studio.gui.pages.draw_page import DrawPage
from lepton_studio.gui.session import Session


@pytest.mark.parametrize(
    "case",
    [
        (BundledDigits(), tuple("0123"), "Draw here: the network knows 0, 1, 2, 3 from"),
        (Kmnist(), tuple("abcd"), "Draw here: the network knows a, b, c, d from"),
        (FashionMnist(), ("coat", "bag", "shirt", "dress"), "learned from photographs: coat, bag"),
    ],
    ids=["some digits", "other ink", "photographs"],
)
def test_an_empty_canvas_says_what_the_network_reads(
    case: tuple[Dataset, tuple[str, ...], str],
    tiny_session: Session,
    fresh_predictor: Any,
    trained_run: Run,
    qtbot: Any,
) -> None:
    dataset, classes, said = case
    run = fresh_predictor(trained_run.experiment.architecture, (1, 8, 8), 4).run
    run.experiment = msgspec.structs.replace(run.experiment, dataset=dataset)
    run.record = msgspec.structs.replace(run.record, class_names=classes)
    tiny_session.choose(run)
    page = DrawPage(tiny_session, "Draw")
    qtbot.addWidget(page)
    assert said in page.canvas._hint
    page.stop()

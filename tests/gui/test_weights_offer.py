"""Missing weights are offered where the network is built, and come with one click."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lepton_studio import paths
from lepton_studio.engine import KNOWN_WEIGHTS, Architecture, LeptonError, Progress
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.layers.pretrained import Pretrained
from lepton_studio.gui import weights_offer
from lepton_studio.gui.session import Session
from lepton_studio.gui.weights_offer import WeightsOffer

SOON = {"timeout": 20_000}


@pytest.fixture
def session(qapp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    session = Session()
    yield session
    session.close()


@pytest.fixture
def offer(session: Session, qtbot) -> Iterator[WeightsOffer]:
    offer = WeightsOffer(session)
    qtbot.addWidget(offer)
    yield offer
    offer.stop()


def build(session: Session, *networks: str) -> None:
    layers = tuple(Pretrained(network=network) for network in networks)  # type: ignore[arg-type]
    architecture = Architecture("Known", (*layers, Linear(outputs=10)))
    session.experiment = msgspec.structs.replace(session.experiment, architecture=architecture)
    session.experiment_changed.emit()


def arrive(network: str) -> None:
    paths.weights().mkdir(parents=True, exist_ok=True)
    (paths.weights() / KNOWN_WEIGHTS[network].file).write_bytes(b"weights")


def test_it_is_there_only_while_something_is_missing(offer, session) -> None:
    assert offer.text == ""
    build(session, "resnet18", "squeezenet1_1")
    assert "resnet18, squeezenet1_1" in offer.text
    assert "51.8 MB" in offer.text
    arrive("resnet18")
    build(session, "resnet18")
    assert offer.text == ""


def test_one_click_fetches_all_that_is_missing_and_tells_the_pages(
    offer, session, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[str] = []
    may_end = threading.Event()

    def fetch(network: str) -> Iterator[Progress]:
        yield Progress("Fetching", 1, 2)
        may_end.wait(10)
        arrive(network)
        fetched.append(network)

    monkeypatch.setattr(weights_offer, "fetch_weights", fetch)
    build(session, "resnet18", "alexnet", "resnet18")
    told: list[bool] = []
    session.experiment_changed.connect(lambda: told.append(True))
    offer.get_button.click()
    assert offer.get_button.isHidden()
    may_end.set()
    qtbot.waitUntil(lambda: offer.text == "" and not offer.runner.isRunning(), **SOON)
    assert fetched == ["resnet18", "alexnet"]
    assert told == [True]


def test_a_download_that_fails_says_why_and_can_be_tried_again(
    offer, session, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(_network: str) -> Iterator[Progress]:
        yield Progress("Fetching", 1, 2)
        raise LeptonError("No mirror answers.", "Check the network.")

    monkeypatch.setattr(weights_offer, "fetch_weights", fetch)
    build(session, "resnet18")
    offer.get_button.click()
    qtbot.waitUntil(lambda: "No mirror answers" in offer.text and not offer.runner.isRunning(), **SOON)
    assert not offer.get_button.isHidden()
    build(session, "resnet34")
    assert "No mirror answers" not in offer.text


def test_a_download_can_be_cancelled(offer, session, qtbot, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = threading.Event()

    def fetch(_network: str) -> Iterator[Progress]:
        try:
            while True:
                yield Progress("Fetching", 1, 2)
                closed.wait(0.005)
        finally:
            closed.set()

    monkeypatch.setattr(weights_offer, "fetch_weights", fetch)
    build(session, "resnet18")
    offer.get_button.click()
    qtbot.waitUntil(lambda: not offer._progress.isHidden(), **SOON)
    offer._progress.cancel_wanted.emit()
    qtbot.waitUntil(lambda: closed.is_set() and not offer.runner.isRunning(), **SOON)
    qtbot.waitUntil(lambda: not offer.get_button.isHidden(), **SOON)
    assert "resnet18" in offer.text


def test_what_is_missing_stands_in_the_way_of_a_training(session, tiny_samples) -> None:
    session.engine_ready = True
    session.loader.samples = tiny_samples
    architecture = Architecture("Known", (Pretrained(network="resnet18", size=32), Linear(outputs=4)))
    session.experiment = msgspec.structs.replace(session.experiment, architecture=architecture)
    assert "are not on this computer" in str(session.obstacle())
    arrive("resnet18")
    assert session.obstacle() is None

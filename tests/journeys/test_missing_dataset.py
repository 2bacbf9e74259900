"""A dataset that is not on this computer."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtWidgets import QComboBox, QPushButton

from lepton_studio.engine import DATASETS


@pytest.fixture
def absent(hand: Any) -> Any:
    """A hand on the Data page, with Fashion-MNIST picked and not here."""
    hand.choose("dataset_picker", "Fashion-MNIST")
    hand.wait(lambda: hand.find("data_download").isVisible())
    return hand


def test_a_missing_dataset_offers_its_download_with_its_size(absent: Any) -> None:
    assert absent.says("Fashion-MNIST is not on this computer yet")
    assert "MB" in absent.find("data_download", QPushButton).text()
    assert absent.find("go_data_page").state == "not here yet"
    assert not absent.find("data_cancel").isVisible()
    assert not absent.trouble


def test_without_network_a_download_ends_in_one_clear_line(absent: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    monkeypatch.setattr(DATASETS["fashion_mnist"], "mirrors", (f"http://127.0.0.1:{port}/",))
    absent.click("data_download")
    page = absent.window.page("data_page")
    absent.wait(lambda: bool(page.message.text) and absent.find("data_download").isVisible())
    assert len(page.message.text.splitlines()) == 1
    assert "network" in page.message.text
    assert "Traceback" not in page.message.text
    # The offer stands, and another dataset works at once.
    absent.choose("dataset_picker", "Bundled digits")
    absent.wait(lambda: absent.session.samples is not None)
    assert not page.message.text


@pytest.fixture
def silent_server() -> Iterator[int]:
    """A server that takes calls and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_download_is_cancelled(absent: Any, silent_server: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DATASETS["fashion_mnist"], "mirrors", (f"http://127.0.0.1:{silent_server}/",))
    absent.click("data_download")
    absent.wait(lambda: absent.find("data_cancel").isVisible())
    assert absent.find("go_data_page").state == "loading ..."
    absent.click("data_cancel")
    absent.wait(lambda: absent.find("data_download").isVisible())
    assert not absent.trouble


def test_training_without_the_dataset_is_refused_before_a_run_is_made(absent: Any) -> None:
    absent.go("train_page")
    assert "Fashion-MNIST" in absent.window.page("train_page").message.text
    assert not absent.find("train_start").isEnabled()
    absent.choose("train_dataset_picker", "Bundled digits")
    absent.wait(lambda: absent.find("train_start").isEnabled())
    assert not absent.window.page("train_page").message.text
    assert absent.find("dataset_picker", QComboBox).currentText() == "Bundled digits"

"""``lepton-studio find-rate``: a suggestion for people, all points for programs."""

from __future__ import annotations

import json

import pytest

from lepton_studio.cli import main
from lepton_studio.engine import rate_finder

QUICK = ("--architecture", "mlp", "--device", "cpu", "--precision", "float32", "--batch-size", "16")


@pytest.fixture(autouse=True)
def _few_rates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_finder, "BATCHES_BELOW", 6)
    monkeypatch.setattr(rate_finder, "BATCHES_ABOVE", 90)


def test_a_rate_is_suggested_with_a_reason_and_a_table(capsys) -> None:
    assert main(["find-rate", *QUICK]) == 0
    told = capsys.readouterr().out
    assert "learning rate" in told
    assert "1.0e-07" in told
    assert "for Adam. Here the loss falls fastest" in told
    assert "--learning-rate 0.0" in told


def test_programs_get_every_point(capsys) -> None:
    assert main(["find-rate", *QUICK, "--optimizer", "sgd", "--set", "optimizer.momentum=0.95", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["optimizer"] == "sgd"
    assert len(told["rates"]) == len(told["losses"]) == len(told["smooth_losses"]) > 20
    assert told["rates"][0] < told["suggestion"] < told["rates"][-1]
    assert told["verdict"] == "steepest"


def test_no_suggestion_is_told_with_what_to_look_at(capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_finder, "LEAST_FALL", 1.0)
    assert main(["find-rate", *QUICK]) == 2
    assert "hardly falls at any learning rate" in capsys.readouterr().err


def test_options_that_mean_nothing_here_are_refused(capsys) -> None:
    for word in ("--epochs", "--learning-rate", "--name"):
        assert main(["find-rate", word, "1"]) == 2
        assert word in capsys.readouterr().err

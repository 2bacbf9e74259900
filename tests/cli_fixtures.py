"""The command line, run in the process of a test.

``tests/conftest.py`` hands this file to pytest.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest


class Answer(NamedTuple):
    """How a command ended, and what it wrote where."""

    status: int
    out: str
    err: str

    @property
    def value(self) -> Any:
        """What ``--json`` gave."""
        return json.loads(self.out)


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Runs a command line in this process; its words may be numbers and paths."""
    # Not above: most test processes never need the command line.
    from lepton_studio.cli import main

    def run(*words: object) -> Answer:
        capsys.readouterr()
        status = main([str(word) for word in words])
        return Answer(status, *capsys.readouterr())

    return run

"""What tests of the parts of Draw share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lepton_studio.engine import Run
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.session import Session


@pytest.fixture
def easel(tiny_session: Session, trained_run: Run) -> Iterator[Easel]:
    """Nothing is drawn yet, and a tiny network that has learned answers."""
    tiny_session.choose(trained_run)
    easel = Easel(tiny_session)
    easel.take_run()
    yield easel
    easel.stop()

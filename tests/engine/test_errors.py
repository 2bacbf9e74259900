"""The one exception that is meant for people."""

import copy
import pickle

import pytest

from lepton_studio.engine.errors import LeptonError


def test_an_error_reads_as_what_happened_and_what_to_do() -> None:
    assert str(LeptonError("The disk is full.", "Free some space.")) == "The disk is full. Free some space."
    assert str(LeptonError("The disk is full.")) == "The disk is full."


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])
def test_a_copy_of_an_error_keeps_both_sentences(copied) -> None:
    error = copied(LeptonError("What.", "Remedy."))
    assert (error.what, error.remedy, str(error)) == ("What.", "Remedy.", "What. Remedy.")

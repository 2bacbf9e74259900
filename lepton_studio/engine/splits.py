"""Who learns from what: the cut of a dataset into training, validation and test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.dataset import Indices, Samples
from lepton_studio.engine.fields import about

if TYPE_CHECKING:
    from lepton_studio.engine.experiment import Experiment


MeanAndStd = tuple[tuple[float, ...], tuple[float, ...]]


class Splits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the pictures are shared out; the share of validation is among the hyperparameters."""

    test: Annotated[
        Literal["given", "drawn"],
        about("Which pictures are for the test: those that the publisher or the folders set aside, or drawn anew."),
    ] = "given"
    test_share: Annotated[
        float, about("Share of all pictures that is drawn for the test; of no use while it is given.", low=0, high=0.9)
    ] = 0.2
    validation: Annotated[
        Literal["given", "drawn"],
        about("Which pictures check the progress: those set aside by the publisher or the folders, or drawn anew."),
    ] = "given"
    stratified: Annotated[bool, about("Draw the same share of each class, rather than of all pictures.")] = True
    seed: Annotated[
        int, about("The same seed draws the same pictures.", low=0, high=2**31 - 1, zero="as the experiment")
    ] = 0


def cut(samples: Samples, experiment: Experiment) -> Mapping[str, Indices]:
    """The splits of an experiment."""
    return cut_samples(samples, experiment.hyperparameters.validation_share, experiment.seed, experiment.splits)


AS_GIVEN = Splits()


def cut_samples(
    samples: Samples, validation_share: float, seed: int, splits: Splits = AS_GIVEN
) -> Mapping[str, Indices]:
    """Cuts a dataset into its splits.

    Args:
        samples: the dataset.
        validation_share: 0 to 0.9, of what is not for testing; where none is given or wanted as given.
        seed: of the experiment; the same seed gives the same cut.
        splits: what is given and what is drawn.

    Returns:
        Sorted positions for "train", "validation" and "test"; each sample is in one of them.
    """
    random = np.random.default_rng(splits.seed or seed)
    is_test = samples.is_test
    if splits.test == "drawn":
        is_test = _drawn(samples, np.ones(len(samples), bool), splits.test_share, splits.stratified, random)
    given = None if samples.is_validation is None else samples.is_validation & ~is_test
    # Where none was set aside, or a drawn test took them all, they are drawn.
    if splits.validation == "given" and given is not None and given.any():
        is_validation = given
    else:
        is_validation = _drawn(samples, ~is_test, validation_share, splits.stratified, random)
        if validation_share and not is_validation.any() and np.count_nonzero(~is_test) > 1:
            # So few of each class that each share is less than half a picture.
            is_validation = _one_of(~is_test, random)
    return {
        "train": np.flatnonzero(~is_validation & ~is_test),
        "validation": np.flatnonzero(is_validation),
        "test": np.flatnonzero(is_test),
    }


def learned_mean_and_std(samples: Samples, splits: Splits, cut: Mapping[str, Indices]) -> MeanAndStd:
    """Mean and deviation per channel of what is not for testing, as ``Samples.mean_and_std`` gives them.

    Args:
        samples: the dataset.
        splits: how it was cut; with a test that is drawn, other pictures are for testing than were set aside.
        cut: the cut.
    """
    if splits.test == "given":
        return samples.mean_and_std
    is_test = np.zeros(len(samples), bool)
    is_test[cut["test"]] = True
    return replace(samples, is_test=is_test).mean_and_std


def _one_of(among: NDArray[np.bool_], random: np.random.Generator) -> NDArray[np.bool_]:
    drawn = np.zeros(len(among), bool)
    drawn[random.choice(np.flatnonzero(among))] = True
    return drawn


def _drawn(
    samples: Samples, among: NDArray[np.bool_], share: float, stratified: bool, random: np.random.Generator
) -> NDArray[np.bool_]:
    """A share of those that may be drawn, from each class or from all together."""
    drawn = np.zeros(len(samples), dtype=bool)
    groups = (samples.labels == label for label in range(len(samples.class_names))) if stratified else [among]
    for group in groups:
        members = np.flatnonzero(group & among)
        drawn[random.choice(members, round(len(members) * share), replace=False)] = True
    return drawn

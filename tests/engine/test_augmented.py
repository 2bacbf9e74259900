"""Examples of augmentations: what training would do, without a trace in torch's random numbers."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lepton_studio.engine import augmented_examples
from lepton_studio.engine.augmentation import AUGMENTATIONS, Augmentation, Tensor
from lepton_studio.engine.augmentations.affine import Affine
from lepton_studio.engine.augmentations.noise import Noise


def image(*shape: int) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 9, 14)])
@pytest.mark.parametrize("name", AUGMENTATIONS.names())
def test_examples_are_uint8_pictures_of_the_same_shape(name: str, shape: tuple[int, ...]) -> None:
    before = image(*shape)
    kept = before.copy()
    examples = augmented_examples(before, (AUGMENTATIONS[name](),), count=5)
    assert examples.shape == (5, *shape)
    assert examples.dtype == np.uint8
    assert len({each.tobytes() for each in examples}) > 1
    assert np.array_equal(before, kept)


def test_without_augmentations_each_example_is_the_picture() -> None:
    before = image(3, 8, 8)
    assert all(np.array_equal(each, before) for each in augmented_examples(before, ()))
    assert len(augmented_examples(before, ())) == 8


def test_examples_are_what_training_makes_in_the_order_that_is_given() -> None:
    before, both = image(1, 12, 12), (Affine(), Noise())
    pictures = torch.from_numpy(before).float().expand(8, 1, 12, 12)
    torch.manual_seed(6)
    expected = Noise().apply(Affine().apply(pictures))
    found = augmented_examples(before, both, seed=6)
    assert np.array_equal(found, expected.round().to(torch.uint8).numpy())
    assert not np.array_equal(found, augmented_examples(before, both[::-1], seed=6))


def test_examples_follow_from_the_seed() -> None:
    first, same, other = (augmented_examples(image(1, 9, 9), (Affine(),), seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)


class Broken(Affine, frozen=True, tag="broken_test"):
    """Draws a number, and then fails."""

    def apply(self, pictures: Tensor) -> Tensor:
        torch.rand(1)
        raise RuntimeError("broken")


@pytest.mark.parametrize("augmentation", [Affine(), Broken()])
def test_torchs_random_numbers_go_on_as_if_nothing_had_been_drawn(augmentation: Augmentation) -> None:
    torch.manual_seed(17)
    expected = torch.rand(6)
    torch.manual_seed(17)
    first = torch.rand(3)
    try:
        augmented_examples(image(1, 9, 9), (augmentation,))
    except RuntimeError:
        assert isinstance(augmentation, Broken)
    assert torch.equal(torch.cat([first, torch.rand(3)]), expected)


def test_a_picture_of_a_mapped_file_that_cannot_be_written_is_taken(tmp_path: object) -> None:
    before = image(1, 6, 6)
    before.setflags(write=False)
    assert augmented_examples(before, (Noise(),), count=2).shape == (2, 1, 6, 6)

"""What holds for every augmentation: the same kind of picture comes out, by chance, and by the seed alone."""

from __future__ import annotations

import pytest
import torch

from lepton_studio.engine.augmentation import AUGMENTATIONS, Augmentation
from lepton_studio.engine.augmentations.affine import Affine
from lepton_studio.engine.fields import fields_of, replaced

every_augmentation = pytest.mark.parametrize(
    "augmentation", [spec_class() for spec_class in AUGMENTATIONS.classes.values()], ids=AUGMENTATIONS.names()
)


def pictures(*shape: int) -> torch.Tensor:
    random = torch.Generator().manual_seed(11)
    return torch.randint(0, 256, shape, generator=random).float()


def extremes(augmentation: Augmentation) -> list[Augmentation]:
    """The augmentation with each of its numbers at either end of its range, and with all of them."""
    found, lowest, highest = [augmentation], augmentation, augmentation
    for field in fields_of(type(augmentation)):
        if field.kind in ("integer", "number"):
            number = int if field.kind == "integer" else float
            low, high = number(field.minimum), number(field.maximum)
            found += [replaced(augmentation, field.name, low), replaced(augmentation, field.name, high)]
            lowest, highest = replaced(lowest, field.name, low), replaced(highest, field.name, high)
    return [*found, lowest, highest]


@every_augmentation
@pytest.mark.parametrize("shape", [(5, 1, 28, 28), (3, 3, 9, 14), (1, 1, 1, 1), (1, 3, 28, 28), (2, 4, 3, 2)])
def test_an_augmented_batch_has_the_same_shape_kind_and_range(
    augmentation: Augmentation, shape: tuple[int, ...]
) -> None:
    before = pictures(*shape)
    for changed in extremes(augmentation):
        after = changed.apply(before.clone())
        assert after.shape == before.shape
        assert after.dtype == torch.float32
        assert torch.isfinite(after).all()
        assert after.min() >= 0
        assert after.max() <= 255


@every_augmentation
def test_an_augmentation_follows_from_the_seed_and_leaves_its_input_alone(augmentation: Augmentation) -> None:
    before = pictures(8, 1, 28, 28)
    kept = before.clone()
    results = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        results.append(augmentation.apply(before))
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])
    assert torch.equal(before, kept)


@every_augmentation
def test_each_picture_of_a_batch_is_changed_on_its_own(augmentation: Augmentation) -> None:
    torch.manual_seed(3)
    after = augmentation.apply(pictures(1, 1, 28, 28).expand(16, 1, 28, 28).clone())
    assert any(not torch.equal(after[0], other) for other in after[1:])


@every_augmentation
@pytest.mark.parametrize("shape", [(4, 1, 12, 20), (2, 3, 9, 7)])
def test_an_augmentation_of_no_strength_changes_nothing(augmentation: Augmentation, shape: tuple[int, ...]) -> None:
    before = pictures(*shape)
    after = extremes(augmentation)[-2].apply(before)
    assert torch.allclose(after, before, atol=1e-2)


@every_augmentation
def test_a_picture_does_not_see_the_others_of_its_batch(augmentation: Augmentation) -> None:
    before = pictures(6, 1, 20, 20)
    other = before.clone()
    other[2] = 255 - other[2]
    results = []
    for batch in (before, other):
        torch.manual_seed(4)
        results.append(extremes(augmentation)[-1].apply(batch))
    beside = [0, 1, 3, 4, 5]
    assert torch.equal(results[0][beside], results[1][beside])


@every_augmentation
def test_where_training_computes_in_bfloat16_augmentations_do_not(augmentation: Augmentation) -> None:
    before = pictures(4, 3, 20, 20)
    torch.manual_seed(8)
    plain = augmentation.apply(before)
    torch.manual_seed(8)
    with torch.autocast("cpu", torch.bfloat16):
        after = augmentation.apply(before)
    assert after.dtype == torch.float32
    assert torch.equal(after, plain)


@every_augmentation
def test_nothing_waits_for_a_number_and_shapes_follow_from_the_batch_alone(augmentation: Augmentation) -> None:
    # A fake tensor has a shape and no numbers: asking for one, or for a shape that depends on one, is an error. A
    # recording for a GPU refuses the same.
    from torch._subclasses.fake_tensor import FakeTensorMode

    for changed in extremes(augmentation):
        with FakeTensorMode():
            batch = torch.empty(5, 3, 28, 20)
            assert changed.apply(batch).shape == batch.shape


def test_each_augmentation_has_a_place_of_its_own_in_the_row() -> None:
    ranks = [spec_class.rank for spec_class in AUGMENTATIONS.classes.values()]
    assert sorted(ranks) == list(range(len(ranks)))


def test_what_is_wrong_for_strokes_or_for_photographs_says_so() -> None:
    flip, thickness = AUGMENTATIONS["flip"], AUGMENTATIONS["stroke_thickness"]
    assert "wrong labels" in flip.ink_caution
    assert flip.photo_caution == ""
    assert "Not for digits" in flip.summary()
    assert "bright strokes on a dark ground" in thickness.photo_caution
    assert thickness.ink_caution == ""
    assert "bright strokes on a dark ground" in thickness.summary()


def test_an_affine_change_of_nothing_is_no_change() -> None:
    before = pictures(4, 1, 12, 20)
    after = Affine(shift=0, turn=0, scale=0, shear=0).apply(before)
    assert torch.allclose(after, before, atol=1e-2)


def centre_of_mass(picture: torch.Tensor) -> tuple[float, float]:
    height, width = picture.shape
    total = picture.sum()
    rows = (picture.sum(1) * (torch.arange(height) + 0.5)).sum() / total
    columns = (picture.sum(0) * (torch.arange(width) + 0.5)).sum() / total
    return float(rows) - height / 2, float(columns) - width / 2


def test_an_affine_shift_moves_by_no_more_pixels_than_it_says() -> None:
    torch.manual_seed(5)
    before = torch.zeros(200, 1, 20, 40)
    before[:, :, 9:11, 19:21] = 255
    after = Affine(shift=3, turn=0, scale=0, shear=0).apply(before)
    moved = torch.tensor([centre_of_mass(picture[0]) for picture in after]).abs().amax(dim=0)
    assert (moved <= 3.01).all()
    assert (moved > 2.5).all()


def test_an_affine_turn_keeps_distances_in_pictures_that_are_not_square() -> None:
    torch.manual_seed(6)
    before = torch.zeros(100, 1, 32, 64)
    before[:, :, 15:17, 43:45] = 255
    after = Affine(shift=0, turn=45, scale=0, shear=0).apply(before)
    distances = [torch.tensor(centre_of_mass(picture[0])).norm().item() for picture in after]
    assert min(distances) > 11.5
    assert max(distances) < 12.5

"""The numbers of the augmentations, against torchvision where it does the same, and against plain numpy elsewhere."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from lepton_studio.engine.augmentations.affine import Affine
from lepton_studio.engine.augmentations.blur import Blur, blurred
from lepton_studio.engine.augmentations.brightness_contrast import BrightnessContrast, in_other_light
from lepton_studio.engine.augmentations.elastic import Elastic, displaced
from lepton_studio.engine.augmentations.erasing import Erasing
from lepton_studio.engine.augmentations.flip import Flip
from lepton_studio.engine.augmentations.noise import Noise
from lepton_studio.engine.augmentations.stroke_thickness import StrokeThickness, thickened


@pytest.fixture
def functional() -> Any:
    """torchvision's transforms, where they can be imported."""
    return pytest.importorskip("torchvision.transforms.v2.functional", reason="torchvision is not installed")


def pictures(*shape: int, seed: int = 21) -> Tensor:
    random = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, shape, generator=random).float()


def each(*numbers: float) -> Tensor:
    return torch.tensor(numbers).reshape(-1, 1, 1, 1)


# --- affine


@pytest.mark.parametrize(
    ("field", "largest"), [("turn", 40.0), ("scale", 0.4), ("shift", 5.0), ("shear", 0.6)], ids=lambda value: str(value)
)
@pytest.mark.parametrize("channels", [1, 3])
def test_affine_turns_scales_shifts_and_slants_as_torchvision_does(
    functional: Any, field: str, largest: float, channels: int
) -> None:
    before = pictures(6, channels, 21, 21)
    still = {"turn": 0.0, "scale": 0.0, "shift": 0.0, "shear": 0.0}
    torch.manual_seed(9)
    after = Affine(**{**still, field: largest}).apply(before)
    torch.manual_seed(9)
    angle, scale, shear, right, down = (torch.rand(5, 6) * 2 - 1) * largest
    for at in range(6):
        expected = functional.affine(
            before[at],
            angle=-math.degrees(math.radians(float(angle[at]))) if field == "turn" else 0.0,
            translate=[-float(right[at]), -float(down[at])] if field == "shift" else [0.0, 0.0],
            scale=1 + float(scale[at]) if field == "scale" else 1.0,
            shear=[math.degrees(math.atan(float(shear[at]))), 0.0] if field == "shear" else [0.0, 0.0],
            interpolation=functional.InterpolationMode.BILINEAR,
        )
        assert torch.allclose(after[at], expected, atol=0.05), at


# --- elastic


@pytest.mark.parametrize("shape", [(2, 1, 28, 28), (3, 3, 11, 18)])
def test_displaced_pixels_are_those_of_torchvisions_elastic(functional: Any, shape: tuple[int, ...]) -> None:
    before = pictures(*shape)
    count, _, height, width = shape
    moves = torch.randn(count, 2, height, width, generator=torch.Generator().manual_seed(2)) * 2
    after = displaced(before, moves)
    share = moves / torch.tensor([width / 2, height / 2]).reshape(1, 2, 1, 1)
    for at in range(count):
        field = share[at].permute(1, 2, 0)[None]
        assert torch.allclose(after[at], functional.elastic(before[at], field), atol=0.05)


def moves_of(elastic: Elastic, count: int, height: int, width: int) -> Tensor:
    """How far each pixel was moved to the right: what becomes of a ramp, where nothing came from outside."""
    ramp = torch.arange(width).float().expand(count, 1, height, width)
    torch.manual_seed(13)
    inside = slice(10, -10)
    return (elastic.apply(ramp) - ramp)[:, 0, inside, inside]


@pytest.mark.parametrize("smoothness", [2.0, 4.0, 7.5])
@pytest.mark.parametrize("move", [0.5, 1.4])
def test_elastic_moves_points_as_far_and_as_smoothly_as_it_says(move: float, smoothness: float) -> None:
    moves = moves_of(Elastic(move=move, smoothness=smoothness), 400, 40, 48)
    assert float(moves.square().mean().sqrt()) == pytest.approx(move, rel=0.05)
    assert abs(float(moves.mean())) < 0.1 * move
    # White noise that was smoothed by a Gaussian: points at a distance d agree by exp(-d^2 / 4 sigma^2).
    distance = round(smoothness)
    agreement = (moves[:, :, distance:] * moves[:, :, :-distance]).mean() / moves.square().mean()
    assert float(agreement) == pytest.approx(math.exp(-(distance**2) / (4 * smoothness**2)), abs=0.06)


def test_elastic_moves_every_place_of_a_picture_equally() -> None:
    moves = moves_of(Elastic(move=1.0, smoothness=5.0), 3000, 40, 48)
    spread = moves.square().mean(dim=0).sqrt()
    assert float(spread.min()) > 0.9
    assert float(spread.max()) < 1.1


# --- strokes


def grown(picture: np.ndarray, corners: bool) -> np.ndarray:
    """Dilation written out: the brightest of a pixel and its neighbours."""
    height, width = picture.shape
    result = picture.copy()
    for row in range(height):
        for column in range(width):
            for down in (-1, 0, 1):
                for right in (-1, 0, 1):
                    inside = 0 <= row + down < height and 0 <= column + right < width
                    if inside and (corners or not (down and right)):
                        result[row, column] = max(result[row, column], picture[row + down, column + right])
    return result


def test_strokes_grow_and_shrink_by_pixels_and_by_parts_of_them() -> None:
    before = pictures(1, 1, 9, 12)
    picture = before[0, 0].numpy()
    by_one = grown(picture, corners=False)
    by_two = grown(by_one, corners=True)
    less = -grown(-picture, corners=False)
    expected = [by_one, by_two, less, (picture + by_one) / 2, 0.75 * by_one + 0.25 * by_two, 0.6 * picture + 0.4 * less]
    changes = each(1, 2, -1, 0.5, 1.25, -0.4)
    after = thickened(before.expand(6, 1, 9, 12), changes, 1.0, 2.0)
    for result, wanted in zip(after[:, 0].numpy(), expected, strict=True):
        assert np.allclose(result, wanted, atol=1e-3)


def test_a_line_of_one_pixel_pales_but_does_not_vanish() -> None:
    before = torch.zeros(300, 1, 12, 12)
    before[:, :, :, 6] = 255
    torch.manual_seed(1)
    after = StrokeThickness(thinner=0.9, thicker=0).apply(before)
    assert after[:, 0, 6, 6].min() >= 25
    assert after[:, 0, 6, 6].max() > 230
    assert after[:, 0, :, :6].max() == 0


def test_strokes_get_no_thinner_and_no_thicker_than_it_says() -> None:
    before = torch.zeros(500, 1, 16, 16)
    before[:, :, :, 6:9] = 255
    torch.manual_seed(2)
    after = StrokeThickness(thinner=0.5, thicker=1.5).apply(before)
    width = after[:, 0, 8].sum(dim=1) / 255
    assert 2.0 <= width.min() < 2.1
    assert 5.9 < width.max() <= 6.0


# --- noise and blur


def test_the_grain_is_gaussian_and_between_none_and_what_it_says() -> None:
    torch.manual_seed(3)
    grain = Noise(grain=20).apply(torch.full((400, 1, 40, 40), 128.0)) - 128
    spread = grain.std(dim=(1, 2, 3))
    assert spread.min() < 1
    assert 18 < spread.max() < 21.5
    assert float(spread.mean()) == pytest.approx(10, abs=1)
    strong = grain[spread > 10]
    beyond = (strong.abs() > 2 * strong.std(dim=(1, 2, 3), keepdim=True)).float().mean()
    assert float(beyond) == pytest.approx(0.0455, abs=0.005)


@pytest.mark.parametrize("shape", [(3, 1, 28, 28), (3, 3, 17, 30)])
def test_blurred_pictures_are_those_of_torchvision(functional: Any, shape: tuple[int, ...]) -> None:
    before = pictures(*shape)
    sigmas = (0.4, 1.0, 2.2)
    after = blurred(before, each(*sigmas), reach=7)
    for at, sigma in enumerate(sigmas):
        assert torch.allclose(after[at], functional.gaussian_blur(before[at], [15, 15], [sigma, sigma]), atol=0.01)


def test_a_blur_of_nothing_is_no_change_and_keeps_the_light() -> None:
    before = pictures(2, 1, 20, 20)
    after = blurred(before, each(0.0, 1.0), reach=3)
    assert torch.equal(after[0], before[0])
    dot = torch.zeros(50, 1, 31, 31)
    dot[:, :, 15, 15] = 255
    torch.manual_seed(4)
    spread = Blur(width=2).apply(dot)
    assert torch.allclose(spread.sum(dim=(1, 2, 3)), torch.full((50,), 255.0), atol=0.1)


# --- light


@pytest.mark.parametrize("channels", [1, 3])
def test_brightness_and_contrast_are_torchvisions(functional: Any, channels: int) -> None:
    before = pictures(3, channels, 12, 15)
    brightness, contrast = (0.6, 1.0, 1.7), (1.4, 0.5, 1.2)
    after = in_other_light(before, each(*brightness), each(*contrast))
    for at in range(3):
        brighter = functional.adjust_brightness(before[at] / 255, brightness[at])
        expected = functional.adjust_contrast(brighter, contrast[at]) * 255
        assert torch.allclose(after[at], expected, atol=0.01)


def test_brightness_changes_by_no_more_than_it_says() -> None:
    torch.manual_seed(6)
    after = BrightnessContrast(brightness=0.3, contrast=0).apply(torch.full((500, 1, 4, 4), 100.0))
    assert 70 <= after.min() < 71
    assert 129 < after.max() <= 130


# --- covering


def boxes(before: Tensor, after: Tensor) -> list[tuple[int, int, int, int] | None]:
    """Top, left, height and width of what changed in each picture; None where nothing did."""
    found: list[tuple[int, int, int, int] | None] = []
    for changed in (after != before).any(dim=1):
        rows, columns = changed.any(dim=1).nonzero().flatten(), changed.any(dim=0).nonzero().flatten()
        if not len(rows):
            found.append(None)
            continue
        top, left = int(rows[0]), int(columns[0])
        found.append((top, left, int(rows[-1]) - top + 1, int(columns[-1]) - left + 1))
    return found


@pytest.mark.parametrize(("fill", "value"), [("black", 0.0), ("grey", 127.5)])
def test_covered_pictures_are_those_of_torchvision_with_the_same_rectangle(
    functional: Any, fill: Any, value: float
) -> None:
    before = pictures(60, 3, 20, 26).clamp(min=1, max=100)
    torch.manual_seed(7)
    after = Erasing(probability=0.7, smallest=0.05, largest=0.3, fill=fill).apply(before)
    found = boxes(before, after)
    assert any(found)
    assert not all(found)
    for at, box in enumerate(found):
        if box is not None:
            expected = functional.erase(before[at], *box, v=torch.full((3, 1, 1), value))
            assert torch.equal(after[at], expected)


def test_rectangles_have_the_areas_and_sides_that_are_asked_for() -> None:
    before = torch.full((3000, 1, 40, 40), 200.0)
    torch.manual_seed(8)
    found = boxes(before, Erasing(probability=0.5, smallest=0.05, largest=0.2).apply(before))
    covered = [box for box in found if box is not None]
    assert len(covered) / len(found) == pytest.approx(0.5, abs=0.03)
    areas = np.array([height * width for _, _, height, width in covered]) / 1600
    assert 0.044 < areas.min() < 0.06
    assert 0.19 < areas.max() < 0.21
    assert areas.mean() == pytest.approx(0.125, abs=0.005)
    ratios = np.array([height / width for _, _, height, width in covered])
    assert 0.25 < ratios.min() < 0.35
    assert 2.8 < ratios.max() < 3.7
    # Everywhere, the corners included.
    assert {0} < {box[0] for box in covered}
    assert max(top + height for top, _, height, _ in covered) == 40
    assert max(left + width for _, left, _, width in covered) == 40


def test_noise_fills_the_rectangle_with_all_levels() -> None:
    torch.manual_seed(9)
    after = Erasing(probability=1, smallest=0.5, largest=0.5, fill="noise").apply(torch.full((50, 1, 20, 20), -1.0))
    inside = after[after >= 0]
    assert float(inside.mean()) == pytest.approx(127.5, abs=3)
    assert float(inside.std()) == pytest.approx(255 / math.sqrt(12), abs=3)


# --- mirrors


def test_mirrored_pictures_are_those_of_torchvision(functional: Any) -> None:
    before = pictures(4, 3, 7, 10)
    assert torch.equal(Flip(horizontal=1, vertical=0).apply(before), functional.horizontal_flip(before))
    assert torch.equal(Flip(horizontal=0, vertical=1).apply(before), functional.vertical_flip(before))


def test_as_many_pictures_are_mirrored_as_it_says_each_way_on_its_own() -> None:
    before = pictures(1, 1, 5, 5).expand(2000, 1, 5, 5)
    torch.manual_seed(10)
    after = Flip(horizontal=0.5, vertical=0.2).apply(before)
    across = (after == before.flip(3)).all(dim=(1, 2, 3)).float().mean()
    both = (after == before.flip(2, 3)).all(dim=(1, 2, 3)).float().mean()
    assert float(across) == pytest.approx(0.4, abs=0.04)
    assert float(both) == pytest.approx(0.1, abs=0.03)

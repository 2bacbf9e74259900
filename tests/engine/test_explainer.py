"""Explainers: what holds for each of them and any network, and that they agree with Captum."""

from __future__ import annotations

import functools
import threading
import warnings
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.convolution_maps import map_places
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.explainer import EXPLAINERS, Explainer
from lepton_studio.engine.explainers.grad_cam import GradCam
from lepton_studio.engine.explainers.integrated_gradients import IntegratedGradients
from lepton_studio.engine.explainers.occlusion import Occlusion
from lepton_studio.engine.explainers.smooth_gradient import SmoothGradient
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.network import Network, build_network
from lepton_studio.engine.private_numbers import PrivateNumbers
from lepton_studio.engine.shipped_architectures import preset
from lepton_studio.engine.strokes import Stroke, render_strokes

PRESETS = ("softmax_regression", "mlp", "lepton_net", "resnet8", "row_lstm", "vit_tiny", "mobilenet_small")
# Where a method has no meaning, by design.
MEANINGLESS = {
    ("grad_cam", "softmax_regression"), ("grad_cam", "mlp"), ("grad_cam", "row_lstm"), ("grad_cam", "vit_tiny"),
    ("hires_cam", "softmax_regression"), ("hires_cam", "mlp"), ("hires_cam", "row_lstm"), ("hires_cam", "vit_tiny"),
    ("guided_backprop", "softmax_regression"), ("guided_backprop", "row_lstm"), ("guided_backprop", "vit_tiny"),
}  # fmt: skip
# Few steps: the contract does not depend on how many.
SMALL: dict[str, Explainer] = {
    name: kind() for name, kind in EXPLAINERS.classes.items()
} | {"integrated_gradients": IntegratedGradients(steps=3), "smooth_gradient": SmoothGradient(copies=3),
     "occlusion": Occlusion(window=9, stride=9)}  # fmt: skip
SEVEN = (Stroke(((0.2, 0.2), (0.8, 0.2), (0.5, 0.5), (0.4, 0.9)), 0.08), Stroke(((0.3, 0.55), (0.7, 0.55)), 0.08))
PICTURE = render_strokes(SEVEN)
every_explainer = pytest.mark.parametrize("name", sorted(SMALL))
with_meaning = pytest.mark.parametrize(
    ("name", "shipped"),
    [(name, shipped) for name in sorted(SMALL) for shipped in PRESETS if (name, shipped) not in MEANINGLESS],
)


@functools.cache
def known(shipped: str) -> Network:
    """The same for all tests that leave it as it is."""
    return fresh(shipped)


def fresh(shipped: str, seed: int = 3) -> Network:
    """A preset with random weights, and statistics of batch norm as of a trained one."""
    generator = torch.Generator().manual_seed(seed)
    with PrivateNumbers(seed):
        network = build_network(preset(shipped), (1, 28, 28), 10, [33.3], [78.6]).eval()
    for name, buffer in network.named_buffers():
        if name.endswith(("running_mean", "running_var")):
            least = 0.5 if name.endswith("running_var") else -0.2
            buffer.copy_(torch.rand(buffer.shape, generator=generator) + least)
    return network


def state(network: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


def hooks_of(network: nn.Module) -> list[Any]:
    return [
        hook
        for part in network.modules()
        for hook in (*part._forward_hooks.values(), *part._forward_pre_hooks.values(), *part._backward_hooks.values())
    ]


def logits_of(network: nn.Module, picture: NDArray[Any]) -> NDArray[np.float32]:
    with torch.inference_mode():
        result: NDArray[np.float32] = network(torch.from_numpy(np.array(picture, np.float32))[None])[0].numpy()
    return result


@with_meaning
def test_a_map_has_a_finite_number_for_each_pixel_and_leaves_network_and_random_numbers_alone(
    name: str, shipped: str
) -> None:
    network, explainer = known(shipped), SMALL[name]
    before, numbers, picture = state(network), torch.get_rng_state(), PICTURE.copy()
    heat = explainer.explain(network, picture, 7)
    assert (heat.shape, heat.dtype) == ((28, 28), np.float32)
    assert np.isfinite(heat).all()
    # Where all patterns speak against a class, Grad-CAM has nothing to show.
    assert heat.any() or any(explainer.explain(network, PICTURE, other).any() for other in range(7))
    assert explainer.is_signed or float(heat.min()) >= 0
    assert np.array_equal(picture, PICTURE)
    assert torch.equal(torch.get_rng_state(), numbers)
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert all(parameter.grad is None and parameter.requires_grad for parameter in network.parameters())
    assert hooks_of(network) == []
    assert not network.training


@with_meaning
def test_the_same_question_has_the_same_answer_for_bytes_and_for_numbers(name: str, shipped: str) -> None:
    network, explainer = known(shipped), SMALL[name]
    first = explainer.explain(network, PICTURE, 2)
    assert np.array_equal(explainer.explain(network, PICTURE.astype(np.float32), 2), first)


@with_meaning
def test_why_not_another_class_is_asked_of_the_difference_of_the_scores(name: str, shipped: str) -> None:
    network, explainer = known(shipped), SMALL[name]

    subtract = nn.Linear(10, 1, bias=False)
    with torch.no_grad():
        subtract.weight.zero_()
        subtract.weight[0, 7], subtract.weight[0, 2] = 1.0, -1.0
    difference = Network(nn.Sequential(*network.layers, subtract), [33.3], [78.6]).eval()
    expected = explainer.explain(difference, PICTURE, 0)
    heat = explainer.explain(network, PICTURE, 7, against=2)
    np.testing.assert_allclose(heat, expected, rtol=1e-5, atol=1e-6 * float(np.abs(expected).max()))
    alone = explainer.explain(network, PICTURE, 7)
    assert not (heat.any() and np.allclose(heat, alone, rtol=1e-3, atol=0))


@pytest.mark.parametrize(("name", "shipped"), sorted(MEANINGLESS))
def test_a_network_for_which_a_method_has_no_meaning_is_refused_with_advice(name: str, shipped: str) -> None:
    network = known(shipped)
    with pytest.raises(LeptonError, match="says nothing of this network") as caught:
        SMALL[name].explain(network, PICTURE, 1)
    assert "Saliency" in caught.value.remedy
    assert hooks_of(network) == []


@every_explainer
def test_a_picture_in_colours_has_one_number_for_each_pixel(name: str) -> None:
    with PrivateNumbers(1):
        network = build_network(preset("lepton_net"), (3, 32, 32), 10, [100.0] * 3, [50.0] * 3).eval()
    picture = np.random.default_rng(4).integers(0, 256, (3, 32, 32), dtype=np.uint8)
    heat = SMALL[name].explain(network, picture, 3)
    assert heat.shape == (32, 32)
    assert np.isfinite(heat).all()


@every_explainer
def test_an_explainer_says_for_learners_what_it_does_and_how_its_map_is_read(name: str) -> None:
    kind = EXPLAINERS[name]
    assert kind.summary().endswith(".")
    assert kind.how_to_read.endswith(".")
    assert "https://" in (kind.__doc__ or "")
    assert msgspec.convert(msgspec.to_builtins(SMALL[name]), EXPLAINERS.union) == SMALL[name]


def test_explaining_in_one_thread_does_not_disturb_another() -> None:
    network, found = known("lepton_net"), dict[str, NDArray[np.float32]]()
    expected = {name: explainer.explain(network, PICTURE, 5) for name, explainer in SMALL.items()}
    # The others put hooks on the network, so each of them asks a twin.
    gradients = [name for name in SMALL if name not in ("grad_cam", "hires_cam", "guided_backprop")]

    def work(name: str) -> None:
        for _ in range(5):
            found[name] = SMALL[name].explain(network, PICTURE, 5)

    threads = [threading.Thread(target=work, args=(name,)) for name in gradients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(found[name], expected[name]) for name in gradients)


def test_integrated_gradients_add_up_to_the_score_above_that_of_empty_paper() -> None:
    network = known("lepton_net")
    heat = IntegratedGradients(steps=300).explain(network, PICTURE, 7)
    difference = logits_of(network, PICTURE)[7] - logits_of(network, np.zeros_like(PICTURE))[7]
    assert float(heat.sum()) == pytest.approx(float(difference), rel=0.02)


def test_for_a_network_without_bends_input_times_gradient_is_what_each_pixel_adds() -> None:
    network = known("softmax_regression")
    heat = EXPLAINERS["input_times_gradient"]().explain(network, PICTURE, 4)
    difference = logits_of(network, PICTURE)[4] - logits_of(network, np.zeros_like(PICTURE))[4]
    assert float(heat.sum()) == pytest.approx(float(difference), rel=1e-3)
    assert not heat[PICTURE[0] == 0].any()


def test_a_patch_over_one_pixel_measures_what_the_score_loses() -> None:
    with PrivateNumbers(2):
        network = build_network(Architecture("A", (Flatten(), Linear(outputs=3))), (1, 5, 4), 3, [0.0], [1.0]).eval()
    picture = np.random.default_rng(1).integers(1, 200, (1, 5, 4), dtype=np.uint8)
    heat = Occlusion(window=1, stride=1).explain(network, picture, 2)
    weight = network.layers[1].weight.detach().numpy()[2].reshape(5, 4)
    np.testing.assert_allclose(heat, weight * picture[0], rtol=1e-3, atol=1e-4)


def test_patches_cover_every_pixel_of_pictures_of_any_size() -> None:
    for height, width in ((28, 28), (8, 8), (3, 5), (64, 50), (1, 1)):
        for window, stride in ((4, 2), (5, 3), (3, 7), (28, 1)):
            covered = np.zeros((height, width), int)
            for rows, columns in Occlusion(window=window, stride=stride).places(height, width):
                covered[rows, columns] += 1
            assert covered.min() >= 1


def test_noise_with_another_seed_gives_another_map() -> None:
    network = known("lepton_net")
    maps = [SmoothGradient(copies=4, seed=seed).explain(network, PICTURE, 7) for seed in (0, 0, 1)]
    assert np.array_equal(maps[0], maps[1])
    assert not np.array_equal(maps[0], maps[2])


def test_smooth_gradient_without_noise_is_the_gradient() -> None:
    network = known("lepton_net")
    heat = SmoothGradient(copies=2, noise=0.0).explain(network, PICTURE, 7)
    np.testing.assert_allclose(heat, EXPLAINERS["saliency"]().explain(network, PICTURE, 7), rtol=1e-4, atol=1e-9)


def test_the_convolution_that_is_looked_at_can_be_chosen() -> None:
    network = known("resnet8")
    last = GradCam().explain(network, PICTURE, 7)
    assert np.array_equal(last, GradCam(layer="8").explain(network, PICTURE, 7))
    assert not np.array_equal(last, GradCam(layer="2").explain(network, PICTURE, 7))
    with pytest.raises(LeptonError, match="no layer '19'") as caught:
        GradCam(layer="19").explain(network, PICTURE, 7)
    assert "2, 3.body.2" in caught.value.remedy
    with pytest.raises(LeptonError, match="gives no maps"):
        GradCam(layer="10").explain(network, PICTURE, 7)


@pytest.mark.parametrize(
    ("shipped", "expected"),
    [
        # The ReLU behind the convolution, before the pooling.
        ("lepton_net", ["1", "4"]),
        # The ReLU behind the sum; the way around is a convolution, too, and comes first.
        ("resnet8", ["2", "3.body.2", "4", "5.shortcut", "5.body.2", "6", "7.shortcut", "7.body.2", "8"]),
        ("mlp", []),
        ("vit_tiny", []),
    ],
)
def test_maps_are_taken_where_a_convolution_hands_them_on(shipped: str, expected: list[str]) -> None:
    assert map_places(known(shipped), torch.zeros(1, 1, 28, 28)) == expected
    assert hooks_of(known(shipped)) == []


def test_a_relu_that_works_in_place_changes_no_map() -> None:
    plain, in_place = fresh("resnet8"), fresh("resnet8")
    for part in in_place.modules():
        if isinstance(part, nn.ReLU):
            part.inplace = True
    for name, explainer in SMALL.items():
        expected, heat = explainer.explain(plain, PICTURE, 7), explainer.explain(in_place, PICTURE, 7)
        assert np.array_equal(heat, expected), name


# --- Captum


def captums(name: str, network: Network, pictures: Tensor, target: int) -> Tensor:
    """What Captum says with the same settings."""
    attr = pytest.importorskip("captum.attr", reason="Captum is the oracle")
    explainer, asked = EXPLAINERS[name](), pictures.clone().requires_grad_()

    def noisy() -> Tensor:
        assert isinstance(explainer, SmoothGradient)
        # The very same noise; Captum takes the mean of what it is given, so the sign is kept until then.
        with PrivateNumbers(explainer.seed):
            tunnel = attr.NoiseTunnel(attr.Saliency(network))
            mean = tunnel.attribute(
                asked, nt_samples=explainer.copies, stdevs=explainer.noise * 255, target=target, abs=False
            )
        return mean.abs()  # type: ignore[no-any-return]

    def cam(of: Callable[[nn.Module, nn.Module], Any], **more: Any) -> Tensor:
        place = network.layers.get_submodule(map_places(network, pictures)[-1])
        # In the order of the architecture, so that ReLU gives maps as large as those of the convolution.
        plain = Network(network.layers, [33.3], [78.6]).eval()
        plain.steps = tuple(network.layers)
        small = of(plain, place).attribute(pictures, target=target, **more).sum(dim=1, keepdim=True)
        return attr.LayerAttribution.interpolate(small, tuple(pictures.shape[2:]), "bilinear")  # type: ignore[no-any-return]

    def occluded() -> Tensor:
        assert isinstance(explainer, Occlusion)
        side, stride = explainer.window, explainer.stride
        return attr.Occlusion(network).attribute(  # type: ignore[no-any-return]
            pictures, (1, side, side), strides=(1, stride, stride), target=target
        )

    ways: dict[str, Callable[[], Tensor]] = {
        "saliency": lambda: attr.Saliency(network).attribute(asked, target=target),
        "input_times_gradient": lambda: attr.InputXGradient(network).attribute(asked, target=target),
        "integrated_gradients": lambda: attr.IntegratedGradients(network).attribute(
            asked, target=target, n_steps=IntegratedGradients().steps, method="gausslegendre"
        ),
        "smooth_gradient": noisy,
        "grad_cam": lambda: cam(attr.LayerGradCam, relu_attributions=True),
        "hires_cam": lambda: cam(attr.LayerGradientXActivation),
        "guided_backprop": lambda: attr.GuidedBackprop(network).attribute(asked, target=target),
        "occlusion": occluded,
    }
    with warnings.catch_warnings():
        # Captum tells each time that it sets hooks.
        warnings.simplefilter("ignore")
        return ways[name]()


@pytest.mark.parametrize("shipped", ["lepton_net", "resnet8"])
@every_explainer
def test_a_map_is_captums(name: str, shipped: str) -> None:
    network = known(shipped)
    pictures = torch.from_numpy(PICTURE[None].astype(np.float32))
    # Where all patterns speak against a class, Grad-CAM has nothing to show that could be compared.
    maps = ((target, EXPLAINERS[name]().explain(network, PICTURE, target)) for target in range(10))
    target, heat = next((target, heat) for target, heat in maps if heat.any())
    expected = captums(name, network, pictures, target).detach().numpy()[0, 0]
    largest = float(np.abs(expected).max())
    assert largest > 0
    # The difference of two logits that are almost alike loses a digit, there as here.
    assert float(np.abs(heat - expected).max()) <= (2e-5 if name == "occlusion" else 2e-6) * largest

"""Where to compute and how exactly."""

from __future__ import annotations

import pytest
import torch

from lepton_studio.engine.device import (
    Device,
    choose_device,
    import_torch,
    make_deterministic,
    seed_everything,
)
from lepton_studio.engine.errors import LeptonError


@pytest.fixture
def hardware(monkeypatch: pytest.MonkeyPatch):
    """Pretends that a computer has these devices."""

    def have(*kinds: str, bfloat16: bool = False) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: "cuda" in kinds)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: "mps" in kinds)
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "A Card")
        monkeypatch.setattr(
            torch.cuda, "is_bf16_supported", lambda including_emulation=True: bfloat16 or including_emulation
        )
        monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: bfloat16, raising=False)

    return have


@pytest.mark.parametrize(
    ("kinds", "chosen"), [(("cuda", "mps"), "cuda"), (("mps",), "mps"), (("cuda",), "cuda"), ((), "cpu")]
)
def test_auto_takes_the_fastest_there_is(hardware, kinds: tuple[str, ...], chosen: str) -> None:
    hardware(*kinds)
    assert choose_device().kind == chosen


@pytest.mark.parametrize("kind", ["cuda", "mps", "tpu"])
def test_a_device_that_is_not_there_is_named(hardware, kind: str) -> None:
    hardware()
    with pytest.raises(LeptonError, match=f"'{kind}' was asked for") as caught:
        choose_device(kind)
    assert "'auto'" in caught.value.remedy


def test_the_cpu_may_be_asked_for_where_there_is_a_card(hardware) -> None:
    hardware("cuda")
    device = choose_device("cpu", "float32")
    assert (device.kind, device.precision) == ("cpu", "float32")
    assert device.name.startswith("CPU")


@pytest.mark.parametrize(
    ("kinds", "bfloat16", "precision"),
    [
        (("cuda",), True, "bfloat16"),
        (("cuda",), False, "float32"),
        (("mps",), True, "float32"),
        ((), True, "bfloat16"),
        ((), False, "float32"),
    ],
)
def test_auto_precision_is_bfloat16_where_the_hardware_knows_it(
    hardware, kinds: tuple[str, ...], bfloat16: bool, precision: str
) -> None:
    hardware(*kinds, bfloat16=bfloat16)
    assert choose_device().precision == precision


def test_a_cpu_that_cannot_be_asked_computes_in_float32(hardware, monkeypatch: pytest.MonkeyPatch) -> None:
    hardware()
    monkeypatch.delattr(torch.cpu, "_is_avx512_bf16_supported")
    assert choose_device().precision == "float32"


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_autocast_computes_in_the_precision_of_the_device(precision: str) -> None:
    layer = torch.nn.Linear(3, 2)
    with Device("cpu", "CPU", precision).autocast():
        assert str(layer(torch.ones(1, 3)).dtype) == f"torch.{precision}"


def test_the_same_seed_gives_the_same_random_numbers() -> None:
    drawn = []
    for _ in range(2):
        seed_everything(2**63 - 1)
        drawn.append(torch.rand(3))
    assert torch.equal(drawn[0], drawn[1])


def test_determinism_is_asked_of_cudnn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.cudnn, "deterministic", False)
    monkeypatch.setattr(torch.backends.cudnn, "benchmark", True)
    make_deterministic()
    assert torch.backends.cudnn.deterministic
    assert not torch.backends.cudnn.benchmark


def test_importing_torch_ends_with_the_name_of_the_device() -> None:
    events = list(import_torch())
    assert events[-1].text == choose_device().name
    assert events[-1].done == events[-1].total == 1

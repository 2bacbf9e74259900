"""Where to compute and how exactly."""

from __future__ import annotations

import gc
import mmap
import os
import sys
from collections.abc import Iterator

import pytest
import torch

from lepton_studio.engine.device import (
    Device,
    choose_device,
    import_torch,
    make_deterministic,
    memory_in_use,
    one_thread,
    seed_everything,
    seed_step,
    spare_the_collector,
)
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.processor import architecture_name, processor_name


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
    assert device.name.startswith(processor_name())


@pytest.mark.parametrize(("count", "words"), [(1, "1 thread"), (2, "2 threads")])
def test_a_cpu_is_called_by_its_name_and_its_threads(count: int, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lepton_studio.engine.device.processor_name", lambda: "AMD EPYC 9R14")
    before = torch.get_num_threads()
    try:
        assert choose_device("cpu", threads=count).name == f"AMD EPYC 9R14, {words}"
    finally:
        torch.set_num_threads(before)


def test_a_device_knows_what_older_programs_called_it() -> None:
    device = Device("cpu", "AMD EPYC 9R14, 2 threads", "float32", 2)
    assert device.was_called("AMD EPYC 9R14, 2 threads")
    assert device.was_called(f"{architecture_name()}, 2 threads")
    assert not device.was_called(f"{architecture_name()}, 1 thread")
    assert not device.was_called("AMD EPYC 7R13, 2 threads")
    assert not Device("cuda", "A Card", "float32").was_called(f"{architecture_name()}, 0 threads")


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


@pytest.mark.parametrize("seed", [0, 7, 2**63 - 1])
def test_the_seed_of_a_step_gives_the_numbers_of_torchs_own_seed(seed: int) -> None:
    torch.manual_seed(seed)
    drawn = [torch.rand(3), torch.randn(5), torch.randperm(9)]
    torch.rand(1)
    seed_step(Device("cpu", "CPU", "float32"), seed)
    again = [torch.rand(3), torch.randn(5), torch.randperm(9)]
    assert all(torch.equal(one, other) for one, other in zip(drawn, again, strict=True))


def test_the_seed_of_a_step_on_a_card_is_that_of_the_processor_too(monkeypatch: pytest.MonkeyPatch) -> None:
    card = torch.Generator()
    monkeypatch.setattr(torch.cuda, "default_generators", (None, card))
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 1)
    seed_step(Device("cuda", "A Card", "float32"), 11)
    assert card.initial_seed() == torch.initial_seed() == 11


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says how much memory a program has")
def test_the_memory_in_use_on_a_cpu_is_that_of_the_program() -> None:
    device = Device("cpu", "CPU", "float32")
    before = memory_in_use(device)
    assert before > 10 << 20
    # Not from the heap, which may have as much left over from other tests.
    with mmap.mmap(-1, 64 << 20) as pages:
        pages.write(b"1" * len(pages))
        assert memory_in_use(device) - before > len(pages) // 2


def test_where_nobody_knows_the_memory_it_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sysconf", raising=False)
    assert memory_in_use(Device("cpu", "CPU", "float32")) == 0


@pytest.fixture
def _thawed() -> Iterator[None]:
    def thaw() -> None:
        gc.unfreeze()
        spare_the_collector.cache_clear()

    thaw()
    yield
    thaw()


@pytest.mark.usefixtures("_thawed")
def test_the_collector_is_spared_once_and_what_comes_later_is_collected() -> None:
    spare_the_collector()
    spared = gc.get_freeze_count()
    assert spared > 1000
    later = [[] for _ in range(5000)]
    spare_the_collector()
    # Frozen objects may be freed by their last reference, but none is added.
    assert gc.get_freeze_count() <= spared
    assert gc.is_tracked(later)


def test_one_thread_is_for_the_inside_alone() -> None:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with one_thread():
            inside = torch.get_num_threads()
        assert (inside, torch.get_num_threads()) == (1, 2)
    finally:
        torch.set_num_threads(before)

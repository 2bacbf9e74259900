"""Checkpoints: everything a resume needs, nothing that can run code, and one error for what is damaged."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from torch import nn

from lepton_studio.engine.checkpoint import Position, load_into, load_weights, restore, save_checkpoint
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.optimizer import OPTIMIZERS

PLACE = Position(3, 7, 1.5, 20.25)


def network(seed: int = 0, outputs: int = 2) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(2, 3, 2), nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(27, outputs))


def step(module: nn.Module, optimizer: torch.optim.Optimizer, seed: int) -> None:
    torch.manual_seed(seed)
    optimizer.zero_grad()
    module(torch.randn(4, 2, 4, 4)).square().sum().backward()
    optimizer.step()


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    module = network()
    optimizer = OPTIMIZERS["adam"]().build(module.parameters())
    step(module, optimizer, 1)
    save_checkpoint(tmp_path / "c.safetensors", module, optimizer, PLACE)
    return tmp_path / "c.safetensors"


def restored(path: Path, outputs: int = 2) -> Position:
    module = network(5, outputs)
    return restore(path, module, OPTIMIZERS["adam"]().build(module.parameters()))


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("name", OPTIMIZERS.names())
def test_every_optimizer_goes_on_from_a_checkpoint_as_if_nothing_had_been(
    name: str, layout: torch.memory_format, tmp_path: Path
) -> None:
    whole = network(0).to(memory_format=layout)
    optimizer = OPTIMIZERS[name]().build(whole.parameters())
    for seed in (1, 2):
        step(whole, optimizer, seed)
    save_checkpoint(tmp_path / "c.safetensors", whole, optimizer, PLACE)
    again = network(9).to(memory_format=layout)
    other = OPTIMIZERS[name]().build(again.parameters())
    assert restore(tmp_path / "c.safetensors", again, other) == PLACE
    for seed in (3, 4):
        step(whole, optimizer, seed)
        step(again, other, seed)
    state = again.state_dict()
    assert [key for key, tensor in whole.state_dict().items() if not torch.equal(tensor, state[key])] == []


def test_weights_are_read_as_they_were_with_their_kinds(tmp_path: Path) -> None:
    module = network()
    save_checkpoint(tmp_path / "c.safetensors", module, None, PLACE)
    weights = load_weights(tmp_path / "c.safetensors")
    assert weights.keys() == module.state_dict().keys()
    assert all(torch.equal(weights[name], tensor) for name, tensor in module.state_dict().items())
    assert weights["1.num_batches_tracked"].dtype == torch.int64
    other = network(7)
    load_into(other, weights, "here")
    assert all(torch.equal(weights[name], tensor) for name, tensor in other.state_dict().items())


def test_a_checkpoint_without_an_optimizer_restores_the_place(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "c.safetensors", network(), None, PLACE)
    assert restored(tmp_path / "c.safetensors") == PLACE


def test_a_checkpoint_is_plain_safetensors(saved: Path) -> None:
    names = set(load_file(saved))
    assert {"network.0.weight", "network.1.running_mean", "optimizer.0.exp_avg", "optimizer.0.step"} <= names


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LeptonError, match="missing or damaged") as caught:
        load_weights(tmp_path / "nowhere.safetensors")
    assert "nowhere.safetensors" in caught.value.what


def test_a_folder_in_its_place_is_named(tmp_path: Path) -> None:
    with pytest.raises(LeptonError, match="missing or damaged"):
        load_weights(tmp_path)


@pytest.mark.parametrize("share", [0, 0.001, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_checkpoint_is_named(saved: Path, share: float) -> None:
    content = saved.read_bytes()
    saved.write_bytes(content[: int(share * len(content))])
    for read in (load_weights, restored):
        with pytest.raises(LeptonError) as caught:
            read(saved)
        assert str(saved) in caught.value.what


@settings(max_examples=50)
@given(place=st.integers(0, 2000), byte=st.integers(0, 255))
def test_a_checkpoint_with_a_byte_changed_is_read_or_refused_in_words(
    place: int, byte: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("damaged") / "c.safetensors"
    module = network()
    optimizer = OPTIMIZERS["sgd"]().build(module.parameters())
    step(module, optimizer, 1)
    save_checkpoint(path, module, optimizer, PLACE)
    content = bytearray(path.read_bytes())
    content[place % len(content)] = byte
    path.write_bytes(content)
    try:
        assert isinstance(restored(path), Position)
    except LeptonError as error:
        assert str(path) in error.what  # noqa: PT017 - either outcome is right


@given(content=st.binary(max_size=300))
def test_any_bytes_are_refused_in_words(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("any") / "c.safetensors"
    path.write_bytes(content)
    with pytest.raises(LeptonError):
        restored(path)


def test_a_header_that_claims_to_be_enormous_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.safetensors"
    header = json.dumps({"a": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header)
    with pytest.raises(LeptonError):
        load_weights(path)
    path.write_bytes(struct.pack("<Q", 2**62) + b"{}")
    with pytest.raises(LeptonError):
        load_weights(path)


def test_weights_of_another_architecture_are_refused(saved: Path) -> None:
    with pytest.raises(LeptonError, match="belong to another architecture") as caught:
        restored(saved, outputs=3)
    assert str(saved) in caught.value.what


@pytest.mark.parametrize(
    "spoil",
    [
        lambda tensors, data: data.clear(),
        lambda tensors, data: data.update(position="{"),
        lambda tensors, data: data.update(position='{"epoch": "one"}'),
        lambda tensors, data: tensors.update({"optimizer.99.step": torch.zeros(())}),
        lambda tensors, data: tensors.update({"optimizer.x.step": torch.zeros(())}),
        lambda tensors, data: tensors.update({"optimizer.step": torch.zeros(())}),
    ],
    ids=["no place", "no json", "no number", "no such parameter", "no parameter number", "no name"],
)
def test_a_checkpoint_with_a_wrong_inside_is_refused(saved: Path, spoil: Any) -> None:
    tensors, metadata = load_file(saved), {"position": msgspec.json.encode(PLACE).decode()}
    spoil(tensors, metadata)
    save_file(tensors, saved, metadata)
    with pytest.raises(LeptonError) as caught:
        restored(saved)
    assert str(saved) in caught.value.what


def test_a_pickle_is_not_run(tmp_path: Path) -> None:
    import pickle

    class Trap:
        def __reduce__(self) -> tuple[Any, tuple[str]]:
            return (Path.touch, (tmp_path / "sprung",))

    (tmp_path / "c.safetensors").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(LeptonError):
        load_weights(tmp_path / "c.safetensors")
    assert not (tmp_path / "sprung").exists()

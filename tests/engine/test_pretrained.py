"""Well-known networks as one card: what they cost, where their weights come from, and that frozen ones stay."""

from __future__ import annotations

import functools
import hashlib
import itertools
import pickle
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from lepton_studio import paths
from lepton_studio.engine import weight_store
from lepton_studio.engine.architecture import Architecture, describe
from lepton_studio.engine.checkpoint import load_weights
from lepton_studio.engine.download import part_bytes
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.experiment import Experiment
from lepton_studio.engine.known_weights import KNOWN_WEIGHTS, KnownWeights
from lepton_studio.engine.layers.avg_pool2d import AvgPool2d
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.layers.pretrained import Pretrained
from lepton_studio.engine.layers.residual import Residual
from lepton_studio.engine.learner import Learner
from lepton_studio.engine.modules.known_networks import KnownNetwork
from lepton_studio.engine.prediction import Predictor
from lepton_studio.engine.runs import Run
from lepton_studio.engine.training import start_training
from lepton_studio.engine.weight_loading import read_weights, take_weights
from lepton_studio.engine.weight_store import check_weights, fetch_weights, missing_weights

# Small, and with batch norm, dropout and a head of two layers.
SMALL = "mobilenet_v3_small"
BODY = "network.layers.0.body."
Weights = dict[str, torch.Tensor]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """torchvision's cache, which is a person's own and not for tests."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return paths.torch_checkpoints()


def stack(**settings: Any) -> Architecture:
    return Architecture("Transfer", (Pretrained(network=SMALL, size=16, **settings), Linear(outputs=4)))


@functools.cache
def published(network: str = SMALL) -> Weights:
    """The weights of the whole network, its head included, as torchvision would give them."""
    from torchvision import models

    torch.manual_seed(11)
    state: Weights = models.get_model(network, weights=None).state_dict()
    return {name: tensor + 0.5 if "running" in name else tensor for name, tensor in state.items()}


@pytest.fixture
def kept(cache: Path) -> Weights:
    """Weights that torchvision has downloaded before."""
    weights = published()
    cache.mkdir(parents=True)
    torch.save(weights, cache / KNOWN_WEIGHTS[SMALL].file)
    return weights


@pytest.fixture
def transfer(tiny_experiment: Experiment) -> Callable[..., Experiment]:
    def make(**settings: Any) -> Experiment:
        return msgspec.structs.replace(tiny_experiment, architecture=stack(**settings))

    return make


def trained(experiment: Experiment, samples: Any) -> Run:
    run = Run.create(experiment)
    list(start_training(run, samples))
    return run


def body_of(run: Run) -> Weights:
    return {
        name.removeprefix("layers.0.body."): tensor
        for name, tensor in load_weights(run.checkpoint).items()
        if name.startswith("layers.0.body.")
    }


# --- the card


def test_the_table_is_what_torchvision_says() -> None:
    from torchvision import models

    assert set(KNOWN_WEIGHTS) == set(get_args(get_type_hints(Pretrained)["network"]))
    for name, known in KNOWN_WEIGHTS.items():
        theirs = models.get_model_weights(name).IMAGENET1K_V1
        assert theirs.url == weight_store.PUBLISHER + known.file
        # Their sizes are in units of 2**20 bytes, with three decimals.
        assert known.size == pytest.approx(theirs.meta["_file_size"] * 2**20, abs=600)
        assert int(known.checksum, 16)


def test_torch_looks_for_weights_where_we_do(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Path(torch.hub.get_dir()) / "checkpoints" == cache
    monkeypatch.delenv("TORCH_HOME")
    assert Path(torch.hub.get_dir()) / "checkpoints" == paths.torch_checkpoints()
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere/cache")
    assert Path(torch.hub.get_dir()) / "checkpoints" == paths.torch_checkpoints()


@pytest.mark.parametrize("network", KNOWN_WEIGHTS)
def test_every_network_is_described_without_its_weights_as_a_row_of_features(network: str) -> None:
    side = KNOWN_WEIGHTS[network].smallest
    card = Pretrained(network=network, size=max(side, 32))
    report = describe(Architecture("Known", (card, Linear(outputs=10))), (1, 28, 28), 10)
    assert report.errors == ()
    assert len(report.layers[0].output_shape or ()) == 1
    assert report.layers[0].frozen == report.layers[0].parameters > 500_000
    assert report.layers[1].frozen == 0
    assert report.flops > 1_000_000


def test_the_activations_of_a_network_that_learns_are_those_of_all_its_layers() -> None:
    def memory(freeze: bool) -> int:
        card = Pretrained(network="resnet18", size=224, freeze=freeze)
        return describe(Architecture("Known", (card, Linear(outputs=10))), (3, 50, 50), 10).layers[0].memory

    # Convolutions and norms of ResNet-18 at 224 pixels give 2.5 million numbers each, ReLUs and pooling the rest.
    assert 15e6 < memory(False) < 40e6
    assert memory(True) == 4 * 512


@pytest.mark.parametrize("network", KNOWN_WEIGHTS)
def test_the_smallest_size_of_each_network_is_the_smallest(network: str) -> None:
    side = KNOWN_WEIGHTS[network].smallest
    with torch.device("meta"):
        module = KnownNetwork(network, 0, True).eval()
    assert module(torch.empty(1, 3, side, side, device="meta")).dim() == 2
    if side > 1:
        with pytest.raises((RuntimeError, AssertionError)):
            module(torch.empty(1, 3, side - 1, side - 1, device="meta"))


@pytest.mark.parametrize(
    ("card", "shape", "words"),
    [
        (Pretrained(), (16, 28, 28), "1 or 3 channels"),
        (Pretrained(), (512,), "needs a picture"),
        (Pretrained(network="vit_b_16", size=64), (3, 32, 32), "Set the size to 224"),
        (Pretrained(network="vgg11_bn", size=0), (1, 28, 28), "Set the size to 32 or more"),
    ],
)
def test_a_picture_that_a_network_cannot_take_is_refused_in_words(
    card: Pretrained, shape: tuple[int, ...], words: str
) -> None:
    with pytest.raises(LeptonError, match=words):
        card.build(shape)


def test_the_features_are_those_of_torchvision_before_its_last_layer() -> None:
    from torchvision import models

    module = KnownNetwork("resnet18", 0, True).eval()
    theirs = models.resnet18()
    theirs.fc = nn.Identity()
    theirs.load_state_dict(module.body.state_dict())
    pictures = torch.randn(2, 1, 40, 40)
    assert torch.equal(module(pictures), theirs.eval()(pictures.repeat(1, 3, 1, 1)))


def test_pictures_are_brought_to_the_size_that_was_asked_for_as_torchvision_does() -> None:
    from torchvision.transforms.v2.functional import resize

    module = KnownNetwork(SMALL, 48, True).eval()
    seen: list[torch.Tensor] = []
    module.body.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0]))
    small, large = torch.rand(1, 1, 28, 20), torch.rand(1, 3, 96, 60)
    module(small)
    module(large)
    torch.testing.assert_close(seen[0], resize(small, [48, 48]).repeat(1, 3, 1, 1))
    torch.testing.assert_close(seen[1], resize(large, [48, 48], antialias=True))


def test_without_torchvision_the_card_says_so_and_all_else_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchvision", None)
    report = describe(Architecture("Known", (Pretrained(size=77), Linear(outputs=10))), (1, 29, 31), 10)
    assert "torchvision" in str(report.errors[0])
    assert "pip install" in report.errors[0].remedy
    assert describe(Architecture("Plain", (Linear(outputs=10),)), (784,), 10).errors == ()


def test_a_torchvision_of_another_torch_is_told_from_none() -> None:
    from lepton_studio.engine.layers.pretrained import _without_torchvision

    clash = _without_torchvision(RuntimeError("operator torchvision::nms does not exist\nmore"))
    assert "does not fit this PyTorch (operator torchvision::nms does not exist)" in clash.what
    none = _without_torchvision(ModuleNotFoundError("No module named 'torchvision'", name="torchvision"))
    assert "is not installed" in none.what


# --- where weights come from


def test_a_training_begins_with_the_weights_of_torchvisions_cache_and_frozen_ones_stay(
    kept: Weights, transfer: Callable[..., Experiment], tiny_samples: Any
) -> None:
    run = trained(transfer(), tiny_samples)
    body = body_of(run)
    assert len(body) > 200
    assert [name for name, tensor in body.items() if not torch.equal(tensor, kept[name])] == []
    assert run.record.state == "finished"


def test_thawed_weights_begin_there_and_learn(
    kept: Weights, transfer: Callable[..., Experiment], tiny_samples: Any
) -> None:
    body = body_of(trained(transfer(freeze=False), tiny_samples))
    changed = [name for name, tensor in body.items() if not torch.equal(tensor, kept[name])]
    assert "features.0.0.weight" in changed
    assert any("running_mean" in name for name in changed)
    distance = (body["features.0.0.weight"] - kept["features.0.0.weight"]).norm()
    assert distance < kept["features.0.0.weight"].norm()


def test_only_what_learns_is_in_the_optimizer_and_its_state(
    kept: Weights, transfer: Callable[..., Experiment], tiny_samples: Any
) -> None:
    learner = Learner(Run.create(transfer()), tiny_samples)
    sizes = [parameter.shape for group in learner.optimizer.param_groups for parameter in group["params"]]
    assert sizes == [(4, 1024), (4,)]
    assert learner.is_fresh


def test_a_network_in_which_nothing_learns_is_refused(tiny_experiment: Experiment, tiny_samples: Any) -> None:
    still = Architecture("Still", (AvgPool2d(kernel_size=4, stride=4), Flatten()))
    with pytest.raises(LeptonError, match="Nothing in this network learns"):
        Learner(Run.create(msgspec.structs.replace(tiny_experiment, architecture=still)), tiny_samples)


# One that is thawed is resumed as any other network, and takes longest of all here.
@pytest.mark.parametrize("freeze", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_a_resumed_training_takes_the_same_steps_and_needs_no_published_weights(
    kept: Weights, cache: Path, transfer: Callable[..., Experiment], tiny_samples: Any, freeze: bool
) -> None:
    experiment = transfer(freeze=freeze)
    whole = trained(experiment, tiny_samples)
    run = Run.create(experiment)
    events = start_training(run, tiny_samples)
    list(itertools.islice(events, 5))
    events.close()  # type: ignore[attr-defined]
    (cache / KNOWN_WEIGHTS[SMALL].file).unlink()
    run = Run.open(run.folder)
    list(start_training(run, tiny_samples))
    one, other = load_weights(run.checkpoint), load_weights(whole.checkpoint)
    assert [name for name in other if not torch.equal(one[name], other[name])] == []
    assert run.history.batch_loss.tobytes() == whole.history.batch_loss.tobytes()
    probabilities = Predictor(run).probabilities(np.asarray(tiny_samples.images[:3]))
    assert probabilities.shape == (3, 4)


def test_frozen_weights_are_copied_for_the_window_once(
    kept: Weights, transfer: Callable[..., Experiment], tiny_samples: Any
) -> None:
    run = Run.create(transfer())
    run.watched = True
    copies: list[Weights] = []
    for _ in start_training(run, tiny_samples):
        if run.weights is not None and (not copies or run.weights is not copies[-1]):
            copies.append(run.weights)
    name = "layers.0.body.features.0.0.weight"
    assert len(copies) > 2
    assert all(copy[name] is copies[0][name] for copy in copies)
    assert torch.equal(copies[0][name], kept["features.0.0.weight"])
    assert not torch.equal(copies[0]["layers.1.weight"], copies[-1]["layers.1.weight"])


def test_missing_weights_end_a_training_at_its_start_with_what_to_do(
    transfer: Callable[..., Experiment], tiny_samples: Any, cache: Path
) -> None:
    experiment = transfer()
    assert missing_weights(experiment.architecture) == (SMALL,)
    with pytest.raises(LeptonError) as caught:
        check_weights(experiment.architecture)
    assert str(cache) in caught.value.what
    assert str(paths.weights()) in caught.value.what
    assert f"architecture weights {SMALL}" in caught.value.remedy
    run = Run.create(experiment)
    with pytest.raises(LeptonError, match="are not on this computer"):
        list(start_training(run, tiny_samples))
    assert Run.open(run.folder).record.state == "failed"


def test_weights_are_asked_for_once_and_not_of_what_is_left_out_or_needs_none() -> None:
    def of(*layers: Any) -> tuple[str, ...]:
        return missing_weights(Architecture("Known", layers))

    card = Pretrained(network="resnet18")
    assert of(card, Residual(body=(card, Pretrained(network="alexnet")))) == ("resnet18", "alexnet")
    assert of(Pretrained(weights="random"), Pretrained(weights="file"), Pretrained(disabled=True)) == ()


def test_a_training_begins_with_the_weights_of_a_file(
    transfer: Callable[..., Experiment], tiny_samples: Any, tmp_path: Path
) -> None:
    weights, path = published(), tmp_path / "mine.pth"
    torch.save(weights, path)
    body = body_of(trained(transfer(weights="file", file=str(path)), tiny_samples))
    assert [name for name, tensor in body.items() if not torch.equal(tensor, weights[name])] == []


@pytest.mark.parametrize("form", ["pth", "parallel.pth", "wrapped.pt", "safetensors", "old.pth"])
def test_weights_come_from_a_file_of_many_kinds(tmp_path: Path, form: str) -> None:
    weights, path = published(), tmp_path / f"mine.{form}"
    kinds: dict[str, Callable[[], object]] = {
        "pth": lambda: torch.save(weights, path),
        "parallel.pth": lambda: torch.save({f"module.{name}": value for name, value in weights.items()}, path),
        "wrapped.pt": lambda: torch.save({"epoch": 3, "state_dict": weights}, path),
        "safetensors": lambda: save_file(weights, path),
        "old.pth": lambda: torch.save(
            {name: value for name, value in weights.items() if "num_batches" not in name},
            path,
            _use_new_zipfile_serialization=False,
        ),
    }
    kinds[form]()
    network = Pretrained(network=SMALL, size=16, weights="file", file=str(path)).build((1, 8, 8))
    list(take_weights(network))
    body = {name.removeprefix("body."): tensor for name, tensor in network.state_dict().items()}
    assert torch.equal(body["features.0.0.weight"], weights["features.0.0.weight"])
    assert torch.equal(body["features.0.1.running_mean"], weights["features.0.1.running_mean"])


class Malicious:
    """What an attacker would put into a pickle."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("opened.txt").absolute(),))


def test_opening_a_file_runs_nothing_that_is_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plain.pth").write_bytes(pickle.dumps({"weight": Malicious()}))
    torch.save({"weight": Malicious()}, tmp_path / "zip.pth")
    torch.save({"weight": Malicious()}, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    for name in ("plain.pth", "zip.pth", "old.pth"):
        with pytest.raises(LeptonError, match="cannot be read as weights"):
            read_weights(tmp_path / name)
    assert not (tmp_path / "opened.txt").exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.pth", b""),
        ("text.pth", b"no weights"),
        ("cut.pth", b"PK\x03\x04 cut off"),
        ("empty.safetensors", b""),
        ("text.safetensors", b"no weights at all, but long enough"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(LeptonError, match=name.replace(".", r"\.")):
        read_weights(tmp_path / name)


def test_files_with_other_things_or_of_another_network_are_refused(
    transfer: Callable[..., Experiment], tiny_samples: Any, tmp_path: Path
) -> None:
    torch.save([1, 2, 3], tmp_path / "list.pth")
    with pytest.raises(LeptonError, match="other things"):
        read_weights(tmp_path / "list.pth")
    torch.save(published("squeezenet1_1"), tmp_path / "other.pth")
    with pytest.raises(LeptonError, match="does not hold the weights of mobilenet_v3_small: features"):
        trained(transfer(weights="file", file=str(tmp_path / "other.pth")), tiny_samples)
    with pytest.raises(LeptonError, match="No file is named"):
        check_weights(stack(weights="file"))
    with pytest.raises(LeptonError, match="There is no file"):
        check_weights(stack(weights="file", file=str(tmp_path / "gone.pth")))


# --- fetching


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def publisher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a server on this machine that stands in for the publisher; it has one network."""
    folder = tmp_path / "published"
    folder.mkdir()
    torch.save(published(), folder / "weights.pth")
    content = (folder / "weights.pth").read_bytes()
    name = f"{SMALL}-{hashlib.sha256(content).hexdigest()[:8]}.pth"
    (folder / "weights.pth").rename(folder / name)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setitem(KNOWN_WEIGHTS, SMALL, KnownWeights(name, len(content)))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    server.daemon_threads = True
    monkeypatch.setattr(weight_store, "PUBLISHER", f"http://127.0.0.1:{server.server_address[1]}/")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield folder
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.usefixtures("publisher")
def test_weights_that_were_fetched_are_found_and_trained_with(
    transfer: Callable[..., Experiment], tiny_samples: Any
) -> None:
    assert missing_weights(stack()) == (SMALL,)
    progress = list(fetch_weights(SMALL))
    assert progress[-1].done == progress[-1].total == KNOWN_WEIGHTS[SMALL].size
    assert progress[-1].text.startswith("Fetching")
    assert missing_weights(stack()) == ()
    assert [path.name for path in paths.weights().iterdir()] == [KNOWN_WEIGHTS[SMALL].file]
    body = body_of(trained(transfer(), tiny_samples))
    assert torch.equal(body["features.0.0.weight"], published()["features.0.0.weight"])


def test_what_is_not_what_its_name_says_is_not_taken(publisher: Path) -> None:
    (publisher / KNOWN_WEIGHTS[SMALL].file).write_bytes(b"something else")
    with pytest.raises(LeptonError, match="not what was published"):
        list(fetch_weights(SMALL))
    assert missing_weights(stack()) == (SMALL,)
    assert part_bytes(paths.weights() / KNOWN_WEIGHTS[SMALL].file) == 0


def test_nobody_who_publishes_them_can_be_reached(publisher: Path) -> None:
    (publisher / KNOWN_WEIGHTS[SMALL].file).unlink()
    with pytest.raises(LeptonError) as caught:
        list(fetch_weights(SMALL))
    assert KNOWN_WEIGHTS[SMALL].file in caught.value.what
    assert str(paths.torch_checkpoints()) in caught.value.remedy
    with pytest.raises(LeptonError, match="Known are"):
        list(fetch_weights("resnet19"))

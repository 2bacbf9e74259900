"""Trains the network that ships in resources/models/pen_net, through the engine and nothing else.

    LEPTON_STUDIO_DATA=DATA python make_pen_net.py --fonts FOLDER --hershey FOLDER --kanjivg FOLDER

DATA holds MNIST, Fashion-MNIST and ``unipen_digits`` (``pen_strokes.py`` says where that is from); the other
folders hold letters (``strangers.py`` says which). What is learned from is in ``pen_pictures.py``, how well it went in
``README.md``.

The network is taught eleven classes: the digits and "no digit". What ships is a run with the ten digits; the row of
the last layer that answers "no digit" lies beside it in ``stranger.safetensors`` (``weight``, F numbers, and ``bias``,
one), where F numbers go into the last layer. While it learns, batch normalisation stands behind each layer with
weights but the first and the last. Normalising with fixed numbers is a layer's own arithmetic, so at the end it is
folded into the weights before it: the same answers, from the layers of the preset ``pen_net`` alone. At last
``calibrate_pen_net.py`` measures when the network should rather say that it does not know.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

import msgspec
import pen_pictures
import torch
from calibrate_pen_net import calibrate_shipped
from safetensors.torch import save
from torch import Tensor
from torch.nn.functional import cross_entropy

from lepton_studio import paths
from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.augmentations.affine import Affine
from lepton_studio.engine.checkpoint import Position, load_into, load_weights, save_checkpoint
from lepton_studio.engine.dataset import Samples, load_samples
from lepton_studio.engine.datasets.mnist import Mnist
from lepton_studio.engine.events import EpochFinished, TrainingFinished
from lepton_studio.engine.experiment import Experiment, Hyperparameters, save_experiment
from lepton_studio.engine.files import write_bytes, write_struct
from lepton_studio.engine.layer import Layer
from lepton_studio.engine.layers.batch_norm1d import BatchNorm1d
from lepton_studio.engine.layers.batch_norm2d import BatchNorm2d
from lepton_studio.engine.layers.conv2d import Conv2d
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.losses.cross_entropy import CrossEntropy
from lepton_studio.engine.network import Network, build_network
from lepton_studio.engine.optimizers.adamw import AdamW
from lepton_studio.engine.regularisations.weight_average import WeightAverage
from lepton_studio.engine.runs import EXPERIMENT, HISTORY, RECORD, Run
from lepton_studio.engine.schedules.one_cycle import OneCycle
from lepton_studio.engine.shipped_architectures import preset
from lepton_studio.engine.training import start_training

NAME, TITLE = "pen_net", "PenNet on pens"
STRANGER_FILE = "stranger.safetensors"
DIGITS = 10
HYPERPARAMETERS = Hyperparameters(
    epochs=16,
    batch_size=128,
    optimizer=AdamW(learning_rate=0.003, weight_decay=0.02),
    schedule=OneCycle(warm_up=0.2),
    loss=CrossEntropy(label_smoothing=0.05),
    augmentations=(Affine(shift=1.0, turn=8.0, scale=0.1, shear=0.12),),
    regularisations=(WeightAverage(decay=0.999),),
    threads=1,
)


def taught(architecture: Architecture) -> Architecture:
    """The network while it learns: eleven answers, and batch norm behind the weights in its middle."""
    layers: list[Layer] = []
    last = len(architecture.layers) - 1
    for number, layer in enumerate(architecture.layers):
        if isinstance(layer, Linear) and number == last:
            layers.append(msgspec.structs.replace(layer, outputs=len(pen_pictures.CLASSES)))
        elif isinstance(layer, Conv2d | Linear) and number:
            norm = BatchNorm2d() if isinstance(layer, Conv2d) else BatchNorm1d()
            layers += [msgspec.structs.replace(layer, bias=False), norm]
        else:
            layers.append(layer)
    return Architecture(f"{architecture.name} with batch norm", tuple(layers))


def folded(weights: dict[str, Tensor], learned: Architecture, epsilon: float = 1e-5) -> dict[str, Tensor]:
    """The weights without batch norm, by the names that they have in the shipped network."""
    found = {name: weights[name] for name in ("mean", "std")}
    place = -1
    for number, layer in enumerate(learned.layers):
        if isinstance(layer, BatchNorm1d | BatchNorm2d):
            mean, variance = (weights[f"layers.{number}.running_{what}"].double() for what in ("mean", "var"))
            gain = weights[f"layers.{number}.weight"].double() / (variance + epsilon).sqrt()
            weight = found[f"layers.{place}.weight"].double()
            found[f"layers.{place}.weight"] = (weight * gain.reshape(-1, *[1] * (weight.dim() - 1))).float()
            found[f"layers.{place}.bias"] = (weights[f"layers.{number}.bias"].double() - mean * gain).float()
            continue
        place += 1
        for what in ("weight", "bias"):
            if f"layers.{number}.{what}" in weights:
                found[f"layers.{place}.{what}"] = weights[f"layers.{number}.{what}"]
    return found


def tested(network: Network) -> tuple[float, float]:
    """Accuracy and mean cross entropy of ten classes on MNIST's test split."""
    samples = load_samples(Mnist())
    labels = torch.from_numpy(samples.labels[samples.is_test])
    with torch.inference_mode():
        parts = torch.from_numpy(samples.images[samples.is_test]).split(500)
        logits = torch.cat([network.eval()(part) for part in parts])
    return float((logits.argmax(dim=1) == labels).float().mean()), float(cross_entropy(logits, labels))


def ship(run: Run, target: Path) -> Run:
    """Makes the shipped folder of a run that learned eleven classes, and measures it on MNIST's test split."""
    architecture = preset(NAME)
    weights = folded(load_weights(run.checkpoint), run.experiment.architecture)
    last = f"layers.{len(architecture.layers) - 1}"
    stranger = {
        "weight": weights[f"{last}.weight"][DIGITS].clone(),
        "bias": weights[f"{last}.bias"][DIGITS:].clone(),
    }
    for what in ("weight", "bias"):
        weights[f"{last}.{what}"] = weights[f"{last}.{what}"][:DIGITS].clone()
    network = build_network(architecture, run.record.input_shape, DIGITS, [1.0], [1.0])
    load_into(network, weights, run.folder)
    accuracy, loss = tested(network)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        beside = Path(folder) / target.name
        beside.mkdir()
        experiment = Experiment(Mnist(), architecture, run.experiment.hyperparameters)
        save_experiment(beside / EXPERIMENT, experiment)
        record = msgspec.structs.replace(
            run.record,
            name=TITLE,
            class_names=pen_pictures.CLASSES[:DIGITS],
            parameters=sum(parameter.numel() for parameter in network.parameters()),
            test_accuracy=accuracy,
            test_loss=loss,
        )
        write_struct(beside / RECORD, record)
        # Of the history only the epochs: the batches are not worth their size.
        history = msgspec.json.decode((run.folder / HISTORY).read_bytes())
        history |= {name: [] for name in history if name.startswith("batch_")}
        (beside / HISTORY).write_bytes(msgspec.json.encode(history))
        save_checkpoint(beside / run.checkpoint.name, network, None, Position(epoch=run.record.epochs_done))
        write_bytes(beside / STRANGER_FILE, save(stranger))
        shutil.rmtree(target, ignore_errors=True)
        beside.rename(target)
    return Run.open(target)


def train(samples: Samples, hyperparameters: Hyperparameters, seed: int = 0) -> Run:
    """Teaches eleven classes."""
    run = Run.create(Experiment(Mnist(), taught(preset(NAME)), hyperparameters, seed=seed), TITLE)
    for event in start_training(run, samples):
        if isinstance(event, EpochFinished | TrainingFinished):
            print(event, flush=True)
    return run


def main() -> None:
    """Trains, then replaces the folder pen_net beside this script."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("fonts", "hershey", "kanjivg"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--pictures", type=Path, help="a file to keep the pictures in, or to take them from")
    parser.add_argument("--processes", type=int, default=1, help="how many draw the pictures")
    parser.add_argument("--epochs", type=int, default=HYPERPARAMETERS.epochs)
    parser.add_argument("--target", type=Path, default=Path(__file__).with_name(NAME))
    chosen = parser.parse_args()
    sources = pen_pictures.Sources(paths.data_folders()[0], chosen.fonts, chosen.hershey, chosen.kanjivg)
    if chosen.pictures is not None and chosen.pictures.exists():
        samples = pen_pictures.load(chosen.pictures)
    else:
        samples = pen_pictures.pictures(sources, processes=chosen.processes)
        if chosen.pictures is not None:
            pen_pictures.save(chosen.pictures, samples)
    print(pen_pictures.counts(samples.labels), flush=True)
    run = train(samples, msgspec.structs.replace(HYPERPARAMETERS, epochs=chosen.epochs))
    shipped = ship(run, chosen.target)
    calibrate_shipped(shipped.folder, sources.data)
    print(shipped.folder)


if __name__ == "__main__":
    main()

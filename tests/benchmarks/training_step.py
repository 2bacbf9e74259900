"""How fast the training loop is, beside the plain script that everyone writes first.

The plain script: a Dataset that makes a PIL image of each sample and sends it through ToTensor and Normalize,
a DataLoader(batch_size=64, shuffle=True), the same network, Adam, float32. Both train LeptonNet for whole
epochs of the bundled digits, without augmentation, in one process and in turns; medians are compared.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from lepton_studio.engine.batches import Batches
from lepton_studio.engine.dataset import Samples, load_samples
from lepton_studio.engine.experiment import Experiment, default_experiment, with_setting
from lepton_studio.engine.learner import Learner
from lepton_studio.engine.meter import Meter
from lepton_studio.engine.network import build_network
from lepton_studio.engine.runs import Run
from lepton_studio.engine.training import learn_one_epoch

BATCH = 64
ROUNDS = 5
SECONDS = 40.0
LEAST_ROUNDS = 3

Transform = Callable[[Image.Image], Tensor]


class PictureDataset(Dataset[tuple[Tensor, int]]):
    """What tutorials write: one PIL image at a time."""

    def __init__(self, samples: Samples, batches: Batches, transform: Transform) -> None:
        chosen = batches.splits["train"].numpy()
        self.images = samples.images[chosen, 0]
        self.labels = samples.labels[chosen].tolist()
        self.transform = transform

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.transform(Image.fromarray(self.images[index])), self.labels[index]


def plain_transform(mean: float, std: float) -> tuple[Transform, str]:
    """ToTensor and Normalize, from torchvision where it can be imported; and a word on where they are from."""
    try:
        import torchvision
        from torchvision import transforms
    except (ImportError, RuntimeError, OSError) as error:

        def by_hand(image: Image.Image) -> Tensor:
            pixels = torch.from_numpy(np.array(image, np.float32)).div(255)[None]
            return (pixels - mean) / std

        return by_hand, f"skipped: {error}".splitlines()[0]
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((mean,), (std,))])
    return transform, str(torchvision.__version__)


def plain_epoch(samples: Samples, learner: Learner, transform: Transform) -> Callable[[], None]:
    """One epoch of the plain script, to be called again and again."""
    experiment = learner.run.experiment
    device = learner.device.torch_device()
    classes = len(samples.class_names)
    # Mean 0 and deviation 1: the plain script normalises each sample on its way in.
    network = build_network(experiment.architecture, samples.shape, classes, [0.0], [1.0]).to(device)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.001)
    criterion = torch.nn.CrossEntropyLoss()
    loader = DataLoader(PictureDataset(samples, learner.batches, transform), batch_size=BATCH, shuffle=True)

    def epoch() -> None:
        network.train()
        running_loss = 0.0
        for pictures, labels in loader:
            optimizer.zero_grad()
            loss = criterion(network(pictures.to(device)), labels.to(device))
            loss.backward()
            optimizer.step()
            running_loss += loss.item()

    return epoch


def our_epoch(learner: Learner) -> Callable[[], None]:
    """One epoch of our loop, with all that it measures and keeps meanwhile."""
    meter = Meter(learner.run, learner.batches, learner.position)

    def epoch() -> None:
        for _ in learn_one_epoch(learner, meter):
            pass
        meter.read(learner)
        learner.epoch, learner.batch = learner.epoch + 1, 0
        meter.new_epoch()

    return epoch


def learner_of(experiment: Experiment, precision: str, samples: Samples) -> Learner:
    experiment = with_setting(experiment, "precision", precision)
    return Learner(Run.create(experiment, precision), samples)


def seconds_of(epoch: Callable[[], None]) -> float:
    started = time.perf_counter()
    epoch()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - started


def measure() -> dict[str, Any]:
    samples = load_samples(default_experiment().dataset)
    experiment = default_experiment()
    for setting in (("augmentations", "[]"), ("batch_size", str(BATCH)), ("epochs", "1000")):
        experiment = with_setting(experiment, *setting)
    ours, exact = (learner_of(experiment, precision, samples) for precision in ("auto", "float32"))
    (mean,), (std,) = samples.mean_and_std
    transform, torchvision = plain_transform(mean / 255, std / 255)
    jobs = {"ours": our_epoch(ours), "float32": our_epoch(exact), "plain": plain_epoch(samples, exact, transform)}
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    started = time.perf_counter()
    for round_number in range(ROUNDS + 1):
        for name, epoch in jobs.items():
            spent = seconds_of(epoch)
            # The first round warms up: memory, caches, the choice of algorithms.
            if round_number:
                seconds[name].append(spent)
        if round_number >= LEAST_ROUNDS and time.perf_counter() - started > SECONDS:
            break
    images = ours.batches.size("train")
    speed = {name: images / statistics.median(values) for name, values in seconds.items()}
    return {
        "ratio": round(speed["ours"] / speed["plain"], 2),
        "ratio_float32": round(speed["float32"] / speed["plain"], 2),
        "images_per_second": round(speed["ours"]),
        "images_per_second_float32": round(speed["float32"]),
        "plain_images_per_second": round(speed["plain"]),
        "precision": ours.device.precision,
        "device": ours.device.name,
        "rounds": len(seconds["ours"]),
        "torchvision": torchvision,
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        os.environ["LEPTON_STUDIO_HOME"] = home
        print(json.dumps(measure()))


if __name__ == "__main__":
    main()

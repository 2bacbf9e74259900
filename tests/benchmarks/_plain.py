"""The rival: the plain script that everyone writes first, and what the benchmarks against it share.

torchvision's MNIST dataset with ToTensor and Normalize, DataLoader(batch_size=64, shuffle=True), LeptonNet as it is
drawn, Adam(0.001), float32, ``loss.item()`` every 100 steps. It runs in a process of its own, as it does in life: what
our program asks of its process (:func:`lepton_studio.engine.device.keep_memory`, threads, the collector) is not done
to it, and the two work in turns.
"""

from __future__ import annotations

import functools
import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from lepton_studio import paths
from lepton_studio.engine.dataset import Indices, Samples, load_samples
from lepton_studio.engine.datasets.mnist import Mnist
from lepton_studio.engine.experiment import Experiment
from lepton_studio.engine.splits import cut

BATCH = 64
CORES = os.cpu_count() or 1


def plain_dataset(samples: Samples, chosen: Indices) -> Dataset[Any]:
    """torchvision's own MNIST class over these samples: one PIL image at a time through the transforms.

    Raises:
        ImportError, RuntimeError: torchvision cannot be imported beside this torch.
    """
    from torchvision import transforms
    from torchvision.datasets import MNIST

    class Given(MNIST):
        """MNIST as torchvision reads it, without its search for files."""

        def __init__(self) -> None:
            # The mean and deviation that all tutorials give.
            self.transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
            self.target_transform = None
            self.data = torch.from_numpy(samples.images[chosen, 0])
            self.targets = torch.from_numpy(samples.labels[chosen])

    return Given()


def plain_network() -> nn.Module:
    """LeptonNet, written as in a tutorial; the same 421,642 parameters."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64 * 7 * 7, 128),
        nn.ReLU(),
        nn.Linear(128, 10),
    )


class PlainScript:
    """The network, its optimizer and its loader; ``steps`` trains one epoch."""

    def __init__(self, samples: Samples, chosen: Indices, device: str = "cpu", seed: int = 0) -> None:
        torch.manual_seed(seed)
        self.device = torch.device(device)
        self.network = plain_network().to(self.device)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=0.001)
        self.criterion = nn.CrossEntropyLoss()
        self.loader = DataLoader(plain_dataset(samples, chosen), batch_size=BATCH, shuffle=True)

    def steps(self) -> Iterator[int]:
        """One epoch; yields the number of each step."""
        self.network.train()
        for step, (data, target) in enumerate(self.loader):
            pictures, labels = data.to(self.device), target.to(self.device)
            self.optimizer.zero_grad()
            loss = self.criterion(self.network(pictures), labels)
            loss.backward()
            self.optimizer.step()
            if step % 100 == 0:
                loss.item()
            yield step

    def accuracy(self, samples: Samples) -> float:
        """On the publisher's test split, 0 to 1."""
        indices = np.flatnonzero(samples.is_test)
        hits = 0
        self.network.eval()
        with torch.inference_mode():
            for some in np.array_split(indices, -(-len(indices) // 1000)):
                pictures: Tensor = (torch.from_numpy(samples.images[some]) / 255 - 0.1307) / 0.3081
                answers = self.network(pictures.to(self.device)).argmax(dim=1).cpu()
                hits += int((answers == torch.from_numpy(samples.labels[some])).sum())
        self.network.train()
        return hits / len(indices)


@contextmanager
def own_process() -> Iterator[Executor]:
    """A fresh process in which the rival runs; it sleeps while nothing is asked of it."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        yield process


@functools.cache
def _script(experiment: Experiment) -> PlainScript:
    samples = load_samples(experiment.dataset)
    return PlainScript(samples, cut(samples, experiment)["train"])


def plain_epoch_seconds(experiment: Experiment, thread_count: int) -> float:
    """Seconds of one more epoch of the plain script over the experiment's training split, on the CPU."""
    script = _script(experiment)

    def epoch() -> None:
        for _ in script.steps():
            pass

    return seconds_of(epoch, thread_count)


def seconds_of(epoch: Callable[[], None], thread_count: int) -> float:
    """Seconds of an epoch with so many threads."""
    with threads(thread_count):
        started = time.perf_counter()
        epoch()
        return time.perf_counter() - started


def why_not() -> str:
    """Why MNIST or torchvision cannot be had here; empty if they can."""
    if not Mnist().is_here():
        return "MNIST is not on this computer; download it on the Data page or set LEPTON_STUDIO_DATA"
    try:
        import torchvision  # noqa: F401
    except (ImportError, RuntimeError, OSError) as error:
        return f"torchvision cannot be imported: {error}".splitlines()[0]
    return ""


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Lets torch compute with so many threads meanwhile."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def print_figures(measure: Callable[[], dict[str, Any]]) -> None:
    """Prints what is measured with a home of its own, where the runs land; MNIST is still found in the person's."""
    with tempfile.TemporaryDirectory() as home:
        os.environ.setdefault("LEPTON_STUDIO_DATA", str(paths.home()))
        os.environ["LEPTON_STUDIO_HOME"] = home
        print(json.dumps(measure()))

"""Has torch.compile write its code in a process of its own, so that this can be ended at any moment.

Writing code for a network takes up to a minute in which torch cannot be interrupted. Another process does it first,
for a network of the same architecture, and leaves the code in torch's cache on disk. Here, compiling is then a matter
of two seconds; whoever does not want to wait any more ends the other process.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import torch

from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.device import Device, choose_device, make_deterministic
from lepton_studio.engine.events import Progress
from lepton_studio.engine.layer import Shape
from lepton_studio.engine.network import build_network

if TYPE_CHECKING:
    from lepton_studio.engine.learner import Learner

# What goes wrong while code is written, translated and loaded is not one family.
TROUBLES = (RuntimeError, OSError, ImportError, AttributeError, TypeError, ValueError, subprocess.SubprocessError)
LOOK_SECONDS = 0.2
PACKED = "the packed program has no Python and no headers of torch for its compiler"
WORDS = Progress("Compiling the network; this takes up to a minute")


class Order(msgspec.Struct, frozen=True):
    """For what code is to be written: all that it depends on.

    Attributes:
        architecture, shape, classes, mean, std: as :func:`lepton_studio.engine.network.build_network` takes them.
        pictures: how many there are at once.
        is_channels_last: whether pictures and weights lie in this layout.
        kind, precision, threads: where it is to run, see :class:`lepton_studio.engine.device.Device`.
        made_by: the version of torch.
    """

    architecture: Architecture
    shape: Shape
    classes: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    pictures: int
    is_channels_last: bool
    kind: str
    precision: str
    threads: int
    made_by: str = str(torch.__version__)


class _Outcome(msgspec.Struct, frozen=True):
    """What the other process says at its end: why it failed, in one line; empty: it did not."""

    trouble: str = ""


def order_of(learner: Learner, shape: Shape) -> Order:
    """What is to be written for the network of a learner and pictures of a shape."""
    network, device = learner.network, learner.device
    return Order(
        learner.run.experiment.architecture, shape, learner.classes,
        tuple(network.mean.flatten().tolist()), tuple(network.std.flatten().tolist()), learner.largest_part,
        learner.layout == torch.channels_last, device.kind, device.precision, device.threads,
    )  # fmt: skip


def write_code(network: torch.nn.Module, device: Device, pictures: torch.Tensor) -> Any:
    """Compiles a network with the batch that comes through, forward and backward.

    Args:
        network: is changed by the batch: its gradients, and what its normalisations keep.
        device: where to compute.
        pictures: N x C x H x W, float, 0..255, on the device.

    Returns:
        What answers like the network.
    """
    # Else the ninth network of a process is left as it is: the compiler takes all of them for one that changes.
    torch.compiler.reset()
    compiled = torch.compile(network)
    network.train()
    with device.autocast(), torch.random.fork_rng(devices=()):
        logits = compiled(pictures)
    logits.float().sum().backward()
    return compiled


def reason_of(error: BaseException) -> str:
    """What went wrong, in one line."""
    return str(error).strip().split("\n")[0] or type(error).__name__


def written_ahead(order: Order) -> Generator[Progress, None, str]:
    """Lets another process write the code, unless it was written before; ``close()`` ends that process at once.

    Returns:
        Why no code can be written, in one line; empty where it was written, or where nobody could try.
    """
    if getattr(sys, "frozen", False):
        # Torch would start its helpers with this program's own file, which is no Python, and look for headers.
        return PACKED
    asked = msgspec.json.encode(order)
    mark = _mark_of(asked)
    if mark.exists():
        return ""
    try:
        writer = _started(asked)
    except OSError:
        return ""
    try:
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                writer.wait(LOOK_SECONDS)
                break
            yield WORDS
        assert writer.stdout is not None
        said = writer.stdout.read()
    finally:
        _end(writer)
    try:
        outcome = msgspec.json.decode(said, type=_Outcome)
    except msgspec.DecodeError:
        # It died. Whatever did that may not happen here.
        return ""
    if not outcome.trouble:
        with contextlib.suppress(OSError):
            mark.parent.mkdir(parents=True, exist_ok=True)
            mark.touch()
    return outcome.trouble


def _mark_of(asked: bytes) -> Path:
    """The file that says that the code was written; it lies in torch's cache and goes with it."""
    from torch._inductor.runtime.cache_dir_utils import cache_dir

    return Path(cache_dir()) / "lepton_studio" / hashlib.sha256(asked).hexdigest()


def _started(asked: bytes) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", f"from {__name__} import main; main()"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    writer = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment,
        # So that the compilers that it starts can be ended with it, and without a console that flashes up on Windows.
        start_new_session=True, creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )  # fmt: skip
    assert writer.stdin is not None
    with contextlib.suppress(OSError):
        writer.stdin.write(asked + b"\n")
        writer.stdin.flush()
    return writer


def _end(writer: subprocess.Popen[bytes]) -> None:
    """Ends the process and what it started, if it has not come to its end."""
    if writer.poll() is None:
        if sys.platform == "win32":
            writer.kill()
        else:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(writer.pid, signal.SIGKILL)
        writer.wait()
    for pipe in (writer.stdin, writer.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def main() -> None:
    """The other process: reads an order from its input, writes the code, says what came of it."""
    # Compilers may say something, too: the outcome goes where only it can go.
    said = os.dup(1)
    os.dup2(2, 1)
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=Order)
    threading.Thread(target=_end_with_the_other, daemon=True).start()
    outcome = _Outcome()
    try:
        _obey(order)
    except TROUBLES as error:
        outcome = _Outcome(reason_of(error))
    os.write(said, msgspec.json.encode(outcome))
    # Nobody waits for what the compiler would tidy up.
    os._exit(0)


def _end_with_the_other() -> None:
    """The input ends when the process at its other end does, even if that was killed."""
    sys.stdin.buffer.read()
    os._exit(1)


def _obey(order: Order) -> None:
    device = choose_device(order.kind, order.precision, order.threads)
    make_deterministic()
    network = build_network(order.architecture, order.shape, order.classes, order.mean, order.std)
    layout = torch.channels_last if order.is_channels_last else torch.contiguous_format
    network = network.to(device.torch_device())
    if order.is_channels_last:
        network = network.to(memory_format=layout)
    pictures = torch.zeros((order.pictures, *order.shape), device=device.torch_device())
    write_code(network, device, pictures.contiguous(memory_format=layout))

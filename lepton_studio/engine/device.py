"""Where to compute and how exactly: decided once for each run, and the run records it."""

from __future__ import annotations

import contextlib
import functools
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.processor import architecture_name, processor_name

if TYPE_CHECKING:
    import torch

SHARED_MEMORY_GUESS = 4 << 30


@dataclass(frozen=True)
class Device:
    """A place to compute.

    Attributes:
        kind: "cpu", "cuda" or "mps".
        name: the name of the hardware, for people.
        precision: "float32" or "bfloat16".
        threads: on a CPU, how many threads share each operation; else 0.
    """

    kind: str
    name: str
    precision: str
    threads: int = 0

    def torch_device(self) -> torch.device:
        """The same for torch."""
        import torch

        return torch.device(self.kind)

    def autocast(self) -> AbstractContextManager[None]:
        """The context in which a forward pass computes with this precision."""
        import torch

        return torch.autocast(self.kind, torch.bfloat16, enabled=self.precision == "bfloat16")

    def was_called(self, recorded: str) -> bool:
        """Whether the record of a run may mean this one: older programs only wrote down the kind of a processor."""
        former = _with_threads(architecture_name(), self.threads)
        return recorded == self.name or (self.kind == "cpu" and recorded == former)


def choose_device(kind: str = "auto", precision: str = "auto", threads: int = 0) -> Device:
    """Picks the device: CUDA before MPS before CPU, bfloat16 where the hardware computes with it.

    Args:
        kind: "auto", "cuda", "mps" or "cpu".
        precision: "auto", "float32" or "bfloat16".
        threads: on a CPU, how many threads to use; 0 leaves one core to the window.

    Raises:
        LeptonError: a device was asked for that is not there.
    """
    import torch

    available = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if kind == "auto":
        kind = next(name for name, there in available.items() if there)
    if not available.get(kind, False):
        raise LeptonError(
            f"The device '{kind}' was asked for, but this computer or its PyTorch has none.",
            "Choose the device 'auto' or 'cpu'.",
        )
    if kind == "cpu":
        keep_memory()
        threads = threads or _thread_count()
        torch.set_num_threads(threads)
    if precision == "auto":
        precision = "bfloat16" if _has_bfloat16(kind) else "float32"
    name = torch.cuda.get_device_name() if kind == "cuda" else {"mps": "Apple GPU", "cpu": _cpu_name()}[kind]
    return Device(kind, name, precision, threads if kind == "cpu" else 0)


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Computes with one thread of the processor inside: what takes a millisecond is not worth waking others for.

    Measured with one picture through PenNet on two cores that others keep busy: 1.2 ms with one thread, 20 ms with two,
    because the first waits for the second to be given a core. Other threads of this program keep their number.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def keep_memory() -> None:
    """Lets the C library keep freed memory for the next step, instead of giving it back to the system.

    Measured: given back and faulted in again, the memory of each step costs a fifth of its time. It is done where
    there is glibc; elsewhere nothing happens.
    """
    if sys.platform != "linux":
        return
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return
    # Numbers from malloc.h: M_MMAP_THRESHOLD, M_TRIM_THRESHOLD, M_TOP_PAD, M_ARENA_MAX; 32 MB is the most allowed.
    for parameter, value in ((-3, 32 << 20), (-1, 1 << 30), (-2, 64 << 20), (-8, 1)):
        mallopt(parameter, value)


def seed_everything(seed: int) -> None:
    """Makes torch's random numbers, on every device, follow from ``seed``."""
    import torch

    torch.manual_seed(seed)


def seed_step(device: Device, seed: int) -> None:
    """The same for this device and the CPU: at every step, ``torch.manual_seed`` and its tour of all is slow."""
    import torch

    # An augmentation may draw its numbers here, wherever the pictures are.
    torch.default_generator.manual_seed(seed)
    if device.kind == "cuda":
        torch.cuda.default_generators[torch.cuda.current_device()].manual_seed(seed)
    elif device.kind == "mps":
        torch.mps.manual_seed(seed)


def memory_in_use(device: Device) -> int:
    """Bytes that the training holds on a GPU; on a CPU those of the whole program; 0 where nobody knows."""
    import torch

    if device.kind == "cuda":
        return torch.cuda.memory_reserved()
    if device.kind == "mps":
        return torch.mps.driver_allocated_memory()
    try:
        # The second number is what is really in memory, in pages: https://man7.org/linux/man-pages/man5/proc.5.html
        return int(Path("/proc/self/statm").read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError, AttributeError):
        return 0


def free_memory(device: Device) -> int:
    """Bytes that are free on a GPU; on other devices, where programs share the memory, a cautious guess."""
    import torch

    if device.kind == "cuda":
        return int(torch.cuda.mem_get_info()[0])
    return SHARED_MEMORY_GUESS


def is_out_of_memory(error: BaseException) -> bool:
    """Whether there was no room for a tensor, on a GPU or in the computer's own memory."""
    import torch

    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    # On a CPU torch raises a plain RuntimeError, https://github.com/pytorch/pytorch/issues/43369
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)


@functools.cache
def spare_the_collector() -> None:
    """Takes what was imported so far out of the reach of Python's garbage collector, once.

    A full collection looks at every object there is. After torch is imported that takes 0.1 s, and neither the
    window nor the training goes on meanwhile. (To ask the collector whether it was done already takes 0.04 s.)
    """
    gc.freeze()


def make_deterministic() -> None:
    """Same seed, same machine, same result: takes the algorithms of cuDNN that always add in one order."""
    import torch

    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False


def import_torch() -> Iterator[Progress]:
    """Imports torch piece by piece and ends with the name of the device.

    The loader holds Python's lock while it maps a library. Reading the large files first, in pieces, without
    the lock, keeps each such stretch short, so that a window in another thread goes on painting.
    """
    import importlib.util

    # Before this thread and those of the trainings ask for memory: what they have then stays as it is.
    keep_memory()
    yield Progress("Starting PyTorch")
    spec = importlib.util.find_spec("torch")
    if spec is not None and spec.origin is not None and "torch" not in sys.modules:
        for library in ("libc10.so", "libtorch_cpu.so", "libtorch_python.so"):
            yield from _warm(Path(spec.origin).parent / "lib" / library)
    import torch  # noqa: F401

    yield Progress("Starting PyTorch")
    yield from _first_times()
    yield Progress(choose_device().name, 1, 1)


def _first_times() -> Iterator[Progress]:
    """What torch does slowly when it is done for the first time, done where nobody waits for it."""
    from lepton_studio.engine.architecture import describe
    from lepton_studio.engine.prediction import Predictor
    from lepton_studio.engine.run_store import bundled_run
    from lepton_studio.engine.shipped_architectures import preset

    describe(preset("lepton_net"), (1, 28, 28), 10)
    yield Progress("Starting PyTorch")
    with contextlib.suppress(LeptonError):
        # Without the shipped network everything else is as good.
        predictor = Predictor(bundled_run())
        predictor.probabilities(np.zeros((1, *predictor.shape), np.uint8))
    from lepton_studio.engine import training  # noqa: F401

    spare_the_collector()


def _warm(path: Path) -> Iterator[Progress]:
    if not path.is_file():
        return
    with path.open("rb", buffering=0) as file:
        while file.read(1 << 24):
            yield Progress("Starting PyTorch")


def _has_bfloat16(kind: str) -> bool:
    import torch

    if kind == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if kind == "cpu":
        # There is no public question for it; without an answer float32 is always right.
        asked = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
        return bool(asked and asked())
    return False


def _thread_count() -> int:
    """One core is left to the window: two threads that must share a core wait for each other all the time.

    Measured on two busy cores: an epoch of MNIST took 85 s with two threads and 16 s with one.
    """
    chosen = os.environ.get("OMP_NUM_THREADS", "")
    if chosen.isdigit() and int(chosen) > 0:
        return int(chosen)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores - 1)


def _cpu_name() -> str:
    import torch

    return _with_threads(processor_name(), torch.get_num_threads())


def _with_threads(name: str, threads: int) -> str:
    return f"{name}, {threads} thread{'s' if threads > 1 else ''}"

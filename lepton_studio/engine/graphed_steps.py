"""The whole training step, recorded once as a CUDA graph and then replayed.

A small network keeps a GPU busy for a fraction of the time that Python needs to launch its hundred operations. A
recorded step is one launch: gather, augment, forward, backward, update, and noting the numbers. What changes from
step to step lies in tensors: the order of the samples, the learning rates, and the position in both.
https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from lepton_studio.engine.events import Notice

if TYPE_CHECKING:
    from lepton_studio.engine.learner import Learner
    from lepton_studio.engine.meter import Meter

TakeStep = Callable[["Learner", Tensor, Tensor], tuple[Tensor, Tensor]]

# torch asks for a few real steps before the recording, in which libraries choose their algorithms.
WARM_UP_STEPS = 3


class GraphedSteps:
    """All whole batches of an epoch, as one step that is done again and again.

    Without ``record`` the same step is computed operation by operation, on any device.
    """

    def __init__(self, learner: Learner, meter: Meter, take_step: TakeStep) -> None:
        """Makes the tensors; the learner's optimizer takes its learning rate from one of them from here on."""
        batches, device = learner.batches, learner.batches.device
        assert batches.images is not None
        self._learner, self._meter, self._take_step = learner, meter, take_step
        self._images, self._labels, self._numbers = batches.images, batches.labels, meter.numbers
        self._size = batches.batch_size
        self.whole_batches = batches.per_epoch // self._size
        self._order = torch.zeros(batches.per_epoch, dtype=torch.int64, device=device)
        self._rates = torch.zeros(meter.numbers.shape[1], device=device)
        # Which batch of the epoch comes next, and which sample stands first in it.
        self._position = torch.zeros(1, dtype=torch.int64, device=device)
        self._first = torch.zeros(1, dtype=torch.int64, device=device)
        self._offsets = torch.arange(self._size, device=device)
        self._once: Callable[[], None] = self._step
        for group in learner.optimizer.param_groups:
            group["lr"] = torch.tensor(float(group["lr"]), device=device)
            if "capturable" in group:
                group["capturable"] = device.type == "cuda"

    def record(self) -> None:
        """Records the step; weights and optimizer are afterwards as they were before.

        Raises:
            RuntimeError: an operation of the network or an augmentation cannot be recorded.
        """
        before = _Kept(self._learner)
        drawn = torch.default_generator.get_state()
        self._learner.network.train()
        try:
            replay = self._capture()
            if not torch.equal(drawn, torch.default_generator.get_state()):
                # They would be the same numbers at every step.
                raise RuntimeError("it draws random numbers outside the GPU")
            self._once = replay
        finally:
            before.put_back()

    def _capture(self) -> Callable[[], None]:
        here = torch.cuda.current_stream()
        aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        aside.wait_stream(here)
        try:
            with torch.cuda.stream(aside):
                for _ in range(WARM_UP_STEPS):
                    self._go_to(0, 0)
                    self._step()
        finally:
            # Also after an error: what is put back must come last.
            here.wait_stream(aside)
        self._go_to(0, 0)
        graph = torch.cuda.CUDAGraph()
        try:
            # A recording that fails leaves its own stream as the current one: ``here`` is put back around it.
            # Other threads may use the GPU meanwhile; only what this one does is recorded.
            with torch.cuda.stream(here), torch.cuda.graph(graph, capture_error_mode="thread_local"):
                self._step()
        except BaseException:
            # torch 2.11 goes on taking the generator for one that is recorded, and lets nobody draw from it.
            torch.cuda.default_generators[torch.cuda.current_device()].graphsafe_set_state(torch.Generator("cuda"))
            raise
        return graph.replay

    def replay(self, learner: Learner) -> Iterator[None]:
        """Does the whole batches of this epoch from the learner's position on; yields after each."""
        if learner.seen + self._size > learner.batches.per_epoch:
            return
        self._order.copy_(learner.batches.order(learner.epoch))
        rates = [learner.learning_rate(batch) for batch in range(len(self._rates))]
        self._rates.copy_(torch.tensor(rates))
        self._go_to(learner.batch, learner.seen)
        while learner.seen + self._size <= learner.batches.per_epoch:
            learner.seed_batch()
            learner.rate = rates[learner.batch]
            self._meter.before_step(learner)
            self._once()
            yield

    def _go_to(self, batch: int, first: int) -> None:
        self._position.fill_(batch)
        self._first.fill_(first)

    def _step(self) -> None:
        # Indexing with a tensor of one number would make torch wait for that number.
        for group in self._learner.optimizer.param_groups:
            group["lr"].copy_(self._rates.index_select(0, self._position).squeeze(0))
        chosen = self._order.index_select(0, self._first + self._offsets)
        pictures, labels = self._images.index_select(0, chosen), self._labels.index_select(0, chosen)
        loss, accuracy = self._take_step(self._learner, pictures, labels)
        self._numbers.index_copy_(1, self._position, torch.stack([loss, accuracy]).unsqueeze(1))
        self._position.add_(1)
        self._first.add_(self._size)


class _Kept:
    """Weights and optimizer state, to be put back in place: the recording holds on to their addresses."""

    def __init__(self, learner: Learner) -> None:
        self._network, self._optimizer, self._answers = learner.network, learner.optimizer, learner.answers
        self._average = {name: value.clone() for name, value in learner.answers.average.items()}
        self._weights = {name: value.clone() for name, value in self._network.state_dict().items()}
        self._state = {
            parameter: {name: value.clone() for name, value in state.items() if isinstance(value, Tensor)}
            for parameter, state in self._optimizer.state.items()
        }

    def put_back(self) -> None:
        """What the optimizer had not begun to remember becomes zero, which is how each of ours begins."""
        self._network.load_state_dict(self._weights)
        self._answers.restore(self._average)
        for parameter, state in self._optimizer.state.items():
            before = self._state.get(parameter, {})
            for name, value in state.items():
                if isinstance(value, Tensor):
                    value.copy_(before[name]) if name in before else value.zero_()


def record_steps(learner: Learner, meter: Meter, take_step: TakeStep) -> Iterator[Notice]:
    """Gives a learner on a GPU its recorded step; says why if there is none."""
    if learner.device.kind != "cuda" or learner.largest_part < learner.batches.batch_size:
        # A step of many parts keeps a GPU busy by itself, and trying it before the recording would take long.
        return
    if learner.batches.images is None:
        yield Notice(
            "The pictures do not fit into the memory of the GPU, so they are sent to it while it trains.",
            "This is slower. Nothing needs to be done.",
        )
        return
    graph = GraphedSteps(learner, meter, take_step)
    if not graph.whole_batches:
        return
    try:
        graph.record()
    except (RuntimeError, NotImplementedError, AssertionError) as error:
        # What ends a recording complains again; the first complaint says why.
        reason = str(error.__context__ or error).strip().split("\n")[0] or type(error).__name__
        yield Notice(
            f"The steps of this network cannot be recorded for the GPU: {reason}.",
            "They are launched one by one, which is slower. Nothing needs to be done.",
        )
    else:
        learner.graph = graph
        learner.kernels = "cuda_graph"

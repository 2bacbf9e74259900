"""What helps an architecture that does not fit: changes that were tried before they are offered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import takewhile
from typing import TYPE_CHECKING

import msgspec

from lepton_studio.engine.architecture import Architecture, ArchitectureReport, LayerReport, describe
from lepton_studio.engine.fix_candidates import layer_candidates
from lepton_studio.engine.fix_endings import output_candidates
from lepton_studio.engine.fix_parts import WITHOUT_OTHER, Candidate, Fault, Tree, turn
from lepton_studio.engine.fix_steps import Fix
from lepton_studio.engine.layer import Layer, Shape

if TYPE_CHECKING:
    from lepton_studio.engine.description import Description

# Of a family of changes that do the same with other numbers, so many that help are looked at further.
HELPFUL_OF_A_FAMILY = 3

# How many layers behind the fault are tried in sum, to see whether a change mends all. Counted rather than timed, so
# that the same network gets the same fixes on each machine.
FOLLOWED_LAYERS = 160


def first_fault(report: ArchitectureReport) -> LayerReport | None:
    """The layer that fails first in the order in which layers are done; None if none does."""
    return min((row for row in report.layers if row.error is not None), key=lambda row: turn(row.path), default=None)


def find_fixes(architecture: Architecture, shape: Shape, classes: int, most: int = 4) -> tuple[Fix, ...]:
    """Looks for changes that remove the first fault and make none at or before it; the best first.

    The best leave no fault at all, then change little, then keep most of the network.

    Args:
        architecture: one that does not fit.
        shape: (channels, height, width) of a picture.
        classes: how many classes the dataset has.
        most: how many to return.

    Returns:
        Nothing if there is no fault, or if nothing that was tried helps.
    """
    return next(found for found in search_fixes(architecture, shape, classes, most) if found is not None)


def search_fixes(
    architecture: Architecture, shape: Shape, classes: int, most: int = 4
) -> Iterator[tuple[Fix, ...] | None]:
    """The search of :func:`find_fixes` with places to stop: yields None now and then, and at the end what was found."""
    report = describe(architecture, shape, classes)
    if not report.errors:
        yield ()
        return
    trial = _Trial(architecture, report, classes)
    helpful: list[Candidate] = []
    for family in trial.families():
        helpful += trial.helpful(family)
        yield None
    helpful.sort(key=lambda candidate: candidate.weight)
    judged: list[tuple[bool, Candidate]] = []
    for candidate in helpful:
        judged.append((not trial.is_complete(candidate), candidate))
        yield None
    judged.sort(key=lambda pair: (pair[0], pair[1].weight))
    if judged and not judged[0][0]:
        # Nobody takes half a help that gives up a layer where there is a whole one.
        judged = [pair for pair in judged if not pair[0] or pair[1].weight < WITHOUT_OTHER]
    fixes: list[Fix] = []
    seen: set[object] = set()
    for _is_partial, candidate in judged:
        mended = msgspec.structs.replace(architecture, layers=candidate.layers)
        if len(fixes) == most or candidate.subject in seen or mended in seen or _does_more(candidate, fixes):
            continue
        after = describe(mended, shape, classes)
        seen |= {candidate.subject, mended}
        fixes.append(Fix(candidate.steps, mended, candidate.chosen, not after.errors))
    yield tuple(fixes)


def _does_more(candidate: Candidate, fixes: list[Fix]) -> bool:
    """Whether a candidate is all of a better one, and something else."""
    return any(set(fix.steps) < set(candidate.steps) for fix in fixes)


def with_outputs_for(architecture: Architecture, shape: Shape, classes: int) -> Architecture:
    """The same network with one output for each class, if that is all that is amiss; else as it is.

    Args:
        architecture: what ships is made for ten classes.
        shape: (channels, height, width) of a picture.
        classes: how many classes the dataset has.
    """
    best = next(iter(find_fixes(architecture, shape, classes, most=1)), None)
    return best.architecture if best is not None and best.kind == "outputs" else architecture


class _Trial:
    """Tries changes of one architecture, from the first layer that they touch to the last."""

    def __init__(self, architecture: Architecture, report: ArchitectureReport, classes: int) -> None:
        self._layers, self._report, self._classes = architecture.layers, report, classes
        self._rows = {row.path: row for row in report.layers}
        self._fault = first_fault(report)
        # The layers of the stack up to here, that with the fault included, are tried anew.
        self._until = len(self._layers) if self._fault is None else self._fault.path[0] + 1
        turns = [turn(path) for path in self._rows]
        self._behind = 0 if self._fault is None else sum(each > turn(self._fault.path) for each in turns)
        self._left = FOLLOWED_LAYERS
        self._ends: dict[tuple[int, Shape], bool] = {}

    def families(self) -> Iterator[list[Candidate]]:
        """What may help."""
        if self._fault is not None:
            yield from layer_candidates(Fault(self._layers, self._rows, self._fault))
        elif self._report.output_shape is not None:
            yield from output_candidates(self._layers, self._rows, self._report.output_shape, self._classes)

    def helpful(self, family: Iterable[Candidate]) -> list[Candidate]:
        """The first of a family that remove the fault."""
        found: list[Candidate] = []
        for candidate in family:
            if len(found) == HELPFUL_OF_A_FAMILY:
                break
            # Of two equal layers, one may have been put in the place of the other.
            if candidate.layers != self._layers and self._helps(candidate):
                found.append(candidate)
        return found

    def is_complete(self, candidate: Candidate) -> bool:
        """Whether nothing is left that does not fit; false as well where it would take too long to know."""
        part, rest = self._tried(candidate)
        if part.output_shape is None:
            return False
        key = (len(rest), part.output_shape)
        if key not in self._ends:
            count = _count(rest)
            # The lightest change is followed to the end of any network.
            if count > self._left and self._ends:
                return False
            self._left -= count
            self._ends[key] = _described(rest, part.output_shape).output_shape == (self._classes,)
        return self._ends[key]

    def _helps(self, candidate: Candidate) -> bool:
        part, rest = self._tried(candidate)
        if self._fault is None:
            return self.is_complete(candidate)
        first = len(candidate.layers) - len(rest) - sum(len(row.path) == 1 for row in part.rows)
        if candidate.place is not None:
            place = (candidate.place[0] - first, *candidate.place[1:])
            (row,) = (row for row in part.rows if row.path == place)
            if row.what is None or row.what.output_shape is None:
                return False
        step = candidate.steps[0]
        is_adapter = step.kind == "insert" and not step.is_after
        is_adapter = is_adapter or (step.kind == "replace" and step.path != self._fault.path)
        if is_adapter and not self._turns_kind(candidate, first, part):
            return False
        if part.output_shape is not None:
            return True
        faults = [turn(row.path) for row in part.rows if row.what is not None and row.what.error is not None]
        # Nearer to the end than the old one: so it lies behind it, whatever was put in, moved or taken out before.
        behind = sum(turn(row.path) > min(faults) for row in part.rows) + _count(rest) if faults else self._behind
        return behind < self._behind

    def _turns_kind(self, candidate: Candidate, first: int, part: Description) -> bool:
        """Whether a new layer makes another kind of shape; one that only changes numbers would hide the fault."""
        path = (candidate.chosen[0] - first, *candidate.chosen[1:])
        (row,) = (row for row in part.rows if row.path == path)
        if row.input_shape is None or row.what is None or row.what.output_shape is None:
            return False
        kinds = {len(row.input_shape)}
        if candidate.steps[0].kind == "replace":
            # And another one than the layer that it replaces.
            kinds.add(len(self._rows[candidate.chosen].output_shape or ()))
        return len(row.what.output_shape) not in kinds

    def _tried(self, candidate: Candidate) -> tuple[Description, Tree]:
        """What becomes of the layers from the first that is another to that with the fault; and those behind them."""
        old, new = self._layers, candidate.layers
        first = sum(1 for _ in takewhile(_are_one, zip(old[: self._until - 1], new, strict=False)))
        behind = zip(reversed(old[self._until :]), reversed(new[first:]), strict=False)
        same = sum(1 for _ in takewhile(_are_one, behind))
        end = len(new) - same
        shape = self._report.output_shape if first == len(old) else self._rows[(first,)].input_shape
        return _described(new[first:end], shape), new[end:]


def _described(layers: Tree, shape: Shape | None) -> Description:
    # Here, because it needs torch: the window imports this file while torch is still on its way.
    from lepton_studio.engine.description import describe_stack

    return describe_stack(layers, shape)


def _are_one(pair: tuple[Layer, Layer]) -> bool:
    return pair[0] is pair[1]


def _count(layers: Tree) -> int:
    """How many layers there are, with those inside others."""
    return sum(1 + _count(layer.children()) for layer in layers)

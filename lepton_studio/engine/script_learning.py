"""How a training learns, as pieces of the exported script: loss, optimizer, schedule, and what holds it back.

Members of the registries become classes that need nothing of ours. What only some trainings need (an attack, an
average of the weights ...) has places of its own in ``resources/code/training_script.py``, which are left away if it
is not used.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lepton_studio.engine.attack import Attack
from lepton_studio.engine.code_layout import WIDEST, WIDEST_COMMENT
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.regularisation import Regularisation
from lepton_studio.engine.schedule import Schedule

if TYPE_CHECKING:
    from lepton_studio.engine.experiment import Experiment
    from lepton_studio.engine.registry import Spec
    from lepton_studio.engine.source_copy import SourceCopier

# Places of the script that are left away if nothing needs them.
OPTIONAL = frozenset({"attack", "average", "limits", "penalties", "plateau", "stopping"})
# What the script calls what was chosen.
CONSTANTS = frozenset({
    "LOSS", "OPTIMIZER", "SCHEDULE", "AUGMENTATIONS", "PENALTIES", "LIMITS", "STOPPING", "AVERAGE", "ATTACK",
})  # fmt: skip
# The script has a shorter one of its own.
GIVEN = {"EpochRow": "lepton_studio.engine.history"}

# Which regularisations belong to which place: its constant, and the methods that are used there.
LISTS = (
    ("penalties", "PENALTIES", ("penalty",)),
    ("limits", "LIMITS", ("limit",)),
    ("stopping", "STOPPING", ("is_over", "epoch_to_keep")),
)


@dataclass
class Learning:
    """What is written of how a training learns.

    Attributes:
        pieces: source, each after what it refers to; the last one names what was chosen.
        left_out: what the script does not do, in sentences.
        regions: those of ``OPTIONAL`` that are needed.
    """

    pieces: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    regions: set[str] = field(default_factory=set)


def learning_of(copier: SourceCopier, experiment: Experiment) -> Learning:
    """Writes how an experiment learns.

    Raises:
        LeptonError: the loss, the optimizer or the schedule cannot be written as code.
    """
    from lepton_studio.engine.source_copy import source_file

    settings = experiment.hyperparameters
    before = set(copier.pieces)
    learning = Learning()
    lines = [
        f"LOSS = {_needed(copier, settings.loss, 'measure')}",
        f"OPTIMIZER = {_needed(copier, settings.optimizer, 'build')}",
    ]
    entries = ["factor"]
    if _overrides(settings.schedule, Schedule, "plateau_factor"):
        entries.append("plateau_factor")
        learning.regions.add("plateau")
    lines.append(f"SCHEDULE = {_needed(copier, settings.schedule, *entries)}")
    lines.append(_listed("AUGMENTATIONS", _calls(copier, settings.augmentations, ("apply",), "augmentation", learning)))
    lines += _regularisations(copier, settings.regularisations, learning)
    attack = settings.adversarial
    if attack.share_attacked() > 0:
        calls = _calls(copier, (attack,), ("share_attacked", "perturb"), "attack", learning)
        if calls:
            copier.copy_name("as_in_use", source_file(Attack.__module__))
            learning.regions.add("attack")
            lines.append(f"ATTACK = {calls[0]}")
    remarks = [f"# {part}" for sentence in learning.left_out for part in textwrap.wrap(sentence, WIDEST_COMMENT)]
    learning.pieces = [text for name, text in copier.pieces.items() if name not in before]
    learning.pieces.append("\n".join([*lines, *remarks]))
    return learning


def _regularisations(copier: SourceCopier, chosen: Sequence[Regularisation], learning: Learning) -> list[str]:
    """The lines that name them."""
    lines = []
    for region, constant, methods in LISTS:
        members = [each for each in chosen if any(_overrides(each, Regularisation, name) for name in methods)]
        calls = _calls(copier, members, methods, "regularisation", learning)
        if calls:
            learning.regions.add(region)
            lines.append(_listed(constant, calls))
    # As in the program, where one average is kept: the slowest.
    averages = sorted((each for each in chosen if each.share_kept() > 0), key=lambda each: each.share_kept())
    calls = _calls(copier, averages[-1:], ("share_kept",), "regularisation", learning)
    if calls:
        learning.regions.add("average")
        lines.append(f"AVERAGE = {calls[0]}")
    return lines


def _needed(copier: SourceCopier, spec: Spec, *entries: str) -> str:
    """The call that makes a copy of what no training is without."""
    from lepton_studio.engine.source_copy import NotCopiedError
    from lepton_studio.engine.spec_source import copy_spec

    try:
        return copy_spec(copier, spec, *entries)
    except NotCopiedError as error:
        raise LeptonError(f"{type(spec).title} cannot be written as code: {error.what}", error.remedy) from error


def _calls(
    copier: SourceCopier, specs: Sequence[Spec], entries: tuple[str, ...], word: str, learning: Learning
) -> list[str]:
    """The calls that make copies of some specs; those that cannot be copied are left out with a word."""
    from lepton_studio.engine.source_copy import NotCopiedError
    from lepton_studio.engine.spec_source import copy_spec

    calls = []
    for spec in specs:
        try:
            calls.append(copy_spec(copier, spec, *entries))
        except NotCopiedError as error:
            learning.left_out.append(f"The {word} {type(spec).title} is left out: {error.what}")
    return calls


def _listed(constant: str, calls: list[str]) -> str:
    """A constant that is a list, in one line or one call a line."""
    line = f"{constant} = [{', '.join(calls)}]"
    return line if len(line) <= WIDEST else "\n".join([f"{constant} = [", *(f"    {call}," for call in calls), "]"])


def _overrides(spec: Spec, base: type, method: str) -> bool:
    """Whether a member of a registry does more than the class that all members share."""
    return getattr(type(spec), method) is not getattr(base, method)

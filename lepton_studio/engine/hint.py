"""What a hint is: a sentence about a run that goes wrong, why, and what to change.

Rules are pure functions over what is known of a run. They stay silent while all is well: a hint that is often wrong
is one that nobody reads.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from lepton_studio.engine.experiment import Experiment
from lepton_studio.engine.history import History

if TYPE_CHECKING:
    from lepton_studio.engine.snapshots import Snapshot


@dataclass(frozen=True)
class Evidence:
    """What the rules look at.

    Attributes:
        experiment: what is trained, with what was changed while it ran.
        history: every number so far.
        snapshot: what was last seen of the layers; None before the first epoch is over.
        train_size, validation_size: pictures of the splits; 0 if unknown.
        leaked: test or validation pictures that are among the training pictures, too.
        diverged_at: the batch, counted from 1, whose loss was no number; 0 if there was none.
    """

    experiment: Experiment
    history: History
    snapshot: Snapshot | None = None
    train_size: int = 0
    validation_size: int = 0
    leaked: int = 0
    diverged_at: int = 0


@dataclass(frozen=True)
class Hint:
    """What a rule says.

    Attributes:
        rule: the name of the rule, that of its file.
        what: what is the matter, one sentence with the numbers of this run.
        why: what lies behind it, in some sentences for learners.
        remedy: what Apply does, in the imperative ("Lower the learning rate to 0.01").
        experiment: the experiment with that change, for a new run; None if no setting helps.
        steer: fields of LiveSettings and their new values, where the run under way can be helped.
    """

    rule: str
    what: str
    why: str
    remedy: str = ""
    experiment: Experiment | None = None
    steer: tuple[tuple[str, float], ...] = ()


Rule = Callable[[Evidence], Hint | None]


@cache
def rules() -> dict[str, Rule]:
    """All rules by the name of their file, the weightiest first: each file has ``WEIGHT`` and ``look(evidence)``."""
    package = "lepton_studio.engine.hints"
    names = [file.name for file in pkgutil.iter_modules(importlib.import_module(package).__path__)]
    modules = {name: importlib.import_module(f"{package}.{name}") for name in names}
    order = sorted(modules, key=lambda name: (-modules[name].WEIGHT, name))
    return {name: modules[name].look for name in order}


def hints_for(evidence: Evidence) -> tuple[Hint, ...]:
    """What there is to say of a run, the weightiest first; nothing when all is well."""
    return tuple(hint for look in rules().values() if (hint := look(evidence)) is not None)

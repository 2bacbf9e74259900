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
from typing import TYPE_CHECKING, Any

from lepton_studio.engine.evidence import Evidence, evidence_of
from lepton_studio.engine.experiment import Experiment

if TYPE_CHECKING:
    from lepton_studio.engine.runs import Run

__all__ = [
    "Evidence",
    "Hint",
    "Rule",
    "Sentence",
    "both",
    "evidence_of",
    "figure",
    "hints_for",
    "hints_of",
    "percent",
    "rules",
]


class Sentence(str):
    """A text with numbers in it, which remembers both, so that a window can say it in another language.

    Attributes:
        template: the English sentence with ``{}`` or ``{0}`` for the values; a literal, for translators.
        values: what is put in; one that is a sentence itself (the name of a layer) is translated, too.
    """

    template: str
    values: tuple[str, ...]

    def __new__(cls, template: str, *values: object) -> Sentence:
        """Puts the values in."""
        texts = tuple(value if isinstance(value, str) else str(value) for value in values)
        made = super().__new__(cls, template.format(*texts))
        made.template, made.values = template, texts
        return made

    def said(self, translate: Callable[[str], str]) -> str:
        """The same in the language of ``translate``, which takes a template."""
        values = (value.said(translate) if isinstance(value, Sentence) else value for value in self.values)
        return translate(self.template).format(*values)


NOTHING = Sentence("")


def both(first: Sentence, second: Sentence) -> Sentence:
    """Two sentences, one after the other."""
    return Sentence("{0} {1}", first, second)


def figure(number: float) -> str:
    """A number with three digits: "2.3", "0.0412", "14 300"."""
    return f"{number:,.0f}".replace(",", "\u202f") if abs(number) >= 999.5 else f"{number:.3g}"


def percent(share: float, digits: int = 0) -> str:
    """A share from 0 to 1 as people read it: "97 %"."""
    return f"{share * 100:.{digits}f} %"


@dataclass(frozen=True)
class Hint:
    """What a rule says.

    Attributes:
        rule: the name of the rule, that of its file.
        what: what is the matter, one sentence with the numbers of this run.
        why: what lies behind it, in some sentences for learners.
        remedy: what to do, in the imperative ("Lower the learning rate to 0.01"). With an experiment, what Apply does.
        experiment: the experiment with that change, for a new run; None if no setting helps.
        steer: fields of LiveSettings and their new values, where the run under way can be helped.
        live: what steering does, where that is something else than the remedy; empty if it is the same.
        more_epochs: so many more would help a run that has come to its end.
    """

    rule: str
    what: Sentence
    why: Sentence
    remedy: Sentence = NOTHING
    experiment: Experiment | None = None
    steer: tuple[tuple[str, float], ...] = ()
    live: Sentence = NOTHING
    more_epochs: int = 0


Rule = Callable[[Evidence], Hint | None]


@cache
def _modules() -> dict[str, Any]:
    package = "lepton_studio.engine.hints"
    names = [file.name for file in pkgutil.iter_modules(importlib.import_module(package).__path__)]
    modules = {name: importlib.import_module(f"{package}.{name}") for name in names}
    return {name: modules[name] for name in sorted(modules, key=lambda name: (-modules[name].WEIGHT, name))}


@cache
def rules() -> dict[str, Rule]:
    """All rules by the name of their file, the weightiest first: each file has ``WEIGHT`` and ``look(evidence)``.

    A file may have ``EXPLAINS``, too: the names of other rules whose hint would only tell what follows from its own.
    """
    return {name: module.look for name, module in _modules().items()}


def hints_for(evidence: Evidence) -> tuple[Hint, ...]:
    """What there is to say of a run, the weightiest first and causes without what follows from them.

    Nothing when all is well. Takes less than 2 ms, whatever the length of the run.
    """
    found = [hint for look in rules().values() if (hint := look(evidence)) is not None]
    explained = {name for hint in found for name in getattr(_modules()[hint.rule], "EXPLAINS", ())}
    return tuple(hint for hint in found if hint.rule not in explained)


def hints_of(run: Run) -> tuple[Hint, ...]:
    """What there is to say of a run, from what is kept of it."""
    return hints_for(evidence_of(run))

"""Hints: each rule speaks of what deserves it, with a change that can be made, and is silent otherwise.

These look at numbers that were made up; ``test_hint_trainings.py`` trains.
"""

from __future__ import annotations

import ast
import inspect
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import to_builtins

from lepton_studio.engine import hints as hints_package
from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.augmentations.affine import Affine
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.engine.evidence import Evidence
from lepton_studio.engine.experiment import Experiment, Hyperparameters
from lepton_studio.engine.hint import Hint, Sentence, both, figure, hints_for, percent, rules
from lepton_studio.engine.history import Change, EpochRow, History
from lepton_studio.engine.layer import Layer
from lepton_studio.engine.layers.dropout import Dropout
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.layers.relu import Relu
from lepton_studio.engine.layers.sigmoid import Sigmoid
from lepton_studio.engine.optimizers.adam import Adam
from lepton_studio.engine.optimizers.sgd import Sgd
from lepton_studio.engine.regularisations.early_stopping import EarlyStopping
from lepton_studio.engine.regularisations.gradient_clipping import GradientClipping
from lepton_studio.engine.schedules.constant import Constant
from lepton_studio.engine.schedules.cosine import Cosine
from lepton_studio.engine.snapshots import LayerTrace, Snapshot
from lepton_studio.engine.steering import live_settings, steerable, with_change

# Train loss and accuracy, validation loss and accuracy of an epoch.
Numbers = tuple[float, float, float, float]
DIGITS = tuple("0123456789")
GUESSING = math.log(10)
HEALTHY: tuple[Numbers, ...] = (
    (1.1, 0.66, 0.55, 0.84), (0.48, 0.86, 0.38, 0.89), (0.36, 0.9, 0.31, 0.91),
    (0.29, 0.92, 0.27, 0.92), (0.25, 0.93, 0.25, 0.93), (0.22, 0.94, 0.24, 0.93),
)  # fmt: skip


def experiment_of(*layers: Layer, **settings: Any) -> Experiment:
    stack = layers or (Flatten(), Linear(outputs=64), Relu(), Linear(outputs=10))
    settings = {"augmentations": (), "schedule": Constant(), **settings}
    return Experiment(BundledDigits(), Architecture("Mine", stack), Hyperparameters(**settings))


def history_of(
    epochs: Sequence[Numbers], steps: int = 50, first: float = GUESSING, rate: float = 0.001, losses: Any = None
) -> History:
    """Batches whose losses lead from one epoch to the next."""
    history = History()
    points = [first, *(row[0] for row in epochs)]
    for at, row in enumerate(epochs):
        with np.errstate(all="ignore"):
            way = np.linspace(points[at], points[at + 1], steps + 1)[1:]
        if at == 0:
            way[0] = first
        ends = at + np.arange(1, steps + 1) / steps
        history.add_batches(way, np.full(steps, row[1]), np.full(steps, rate), ends)
        history.add_epoch(EpochRow(at + 1, *row, 1.0))
    if losses is not None:
        count = len(losses)
        ends = len(epochs) + np.arange(1, count + 1) / max(count, steps)
        history.add_batches(losses, np.zeros(count), np.full(count, rate), ends)
    return history


def evidence(epochs: Sequence[Numbers] = (), experiment: Experiment | None = None, **known: Any) -> Evidence:
    chosen = experiment or experiment_of(optimizer=Adam(), epochs=max(1, len(epochs)))
    shape = {name: known.pop(name) for name in ("steps", "first", "losses") if name in known}
    history = history_of(epochs, rate=chosen.hyperparameters.optimizer.learning_rate, **shape)
    known = {"class_names": DIGITS, "validation_size": 1000, "train_size": 3200, **known}
    return Evidence(chosen, history, **known)


def snapshot_of(epoch: int = 3, confusion: Any = None, **layers: tuple[float, float]) -> Snapshot:
    """Layers by name: the length of their gradients, and their share of dead units."""
    traces = tuple(
        LayerTrace(name, np.full(3, size, np.float32), np.full(3, 1e-3, np.float32), np.zeros(40, np.int64),
                   np.zeros(41, np.float32), dead)
        for name, (size, dead) in layers.items()
    )  # fmt: skip
    matrix = np.zeros((0, 0), np.int64) if confusion is None else np.asarray(confusion)
    nothing = np.zeros(0, np.int64)
    return Snapshot(epoch, nothing, nothing, np.zeros((0, 10), np.float32), matrix, layers=traces)


def confusion_without(answer: int, there: int, others: int = 40) -> np.ndarray:
    matrix = np.diag(np.full(10, others))
    matrix[answer] = 0
    matrix[answer, (answer + 1) % 10] = there
    return matrix


def level(count: int, *numbers: float) -> tuple[Numbers, ...]:
    return (tuple(numbers),) * count  # type: ignore[return-value]


def overfitted(count: int = 12) -> tuple[Numbers, ...]:
    return tuple((1.0 * 0.6**at, 1 - 0.4 * 0.7**at, 0.6 + 0.04 * max(0, at - 3), 0.82) for at in range(count))


def jumping(count: int = 9) -> tuple[Numbers, ...]:
    return tuple((0.5, 0.85, 0.4 if at % 2 else 1.1, 0.88 if at % 2 else 0.7) for at in range(count))


def deep(*activations: Layer) -> tuple[Layer, ...]:
    hidden = [each for activation in activations for each in (Linear(outputs=32), activation)]
    return (Flatten(), *hidden, Linear(outputs=10))


STUCK = level(3, 2.3, 0.11, 2.3, 0.1)
AT_REST = (*HEALTHY, *level(9, 0.22, 0.94, 0.24, 0.93))
CUT_SHORT = ((1.9, 0.4, 1.7, 0.5), (1.2, 0.6, 1.1, 0.7), (0.8, 0.75, 0.7, 0.8))
# The rule, and what it must speak of.
DESERVE: dict[str, tuple[str, Evidence]] = {
    "nan": ("not_a_number", evidence(HEALTHY[:2], experiment_of(optimizer=Sgd(learning_rate=1)), losses=[1, np.nan])),
    "nan at a usual rate": ("not_a_number", evidence(HEALTHY[:2], losses=[1, np.inf, np.nan])),
    "nan that was not noted": ("not_a_number", evidence(HEALTHY[:2], diverged_at=101)),
    "nan in spite of clipping": (
        "not_a_number",
        evidence(HEALTHY[:2], experiment_of(regularisations=(GradientClipping(),)), losses=[np.nan]),
    ),
    "far above the start": ("diverging", evidence((), losses=np.geomspace(2.3, 40, 60))),
    "fallen and risen": ("diverging", evidence(HEALTHY, losses=np.full(40, 1.9))),
    "a jump, then guessing": ("diverging", evidence(level(1, 3.0, 0.1, 2.3, 0.1), losses=[30, *[2.31] * 60])),
    "labels by chance": ("labels_say_nothing", evidence(level(4, 0.4, 0.9, 3.5, 0.1))),
    "leaked": ("leaked_pictures", evidence(leaked=100)),
    "one leaked": ("leaked_pictures", evidence(leaked=1, validation_size=0)),
    "sigmoid at the end": (
        "activation_at_the_end",
        evidence(level(3, 1.6, 0.85, 1.6, 0.85), experiment_of(Flatten(), Linear(outputs=10), Sigmoid())),
    ),
    "relu at the end loses a class": (
        "activation_at_the_end",
        evidence(
            HEALTHY,
            experiment_of(Flatten(), Linear(outputs=10), Relu()),
            snapshot=snapshot_of(6, confusion_without(4, 30)),
        ),
    ),
    "vanishing": (
        "vanishing_gradients",
        evidence(
            STUCK,
            experiment_of(*deep(*[Sigmoid()] * 4)),
            snapshot=snapshot_of(a=(1e-5, np.nan), b=(1e-3, np.nan), c=(0.1, np.nan), d=(1, np.nan)),
        ),
    ),
    "vanishing behind relu": (
        "vanishing_gradients",
        evidence(
            STUCK,
            experiment_of(*deep(*[Relu()] * 4)),
            snapshot=snapshot_of(a=(1e-5, 0.1), b=(1e-3, 0.1), c=(0.1, 0.1), d=(1, np.nan)),
        ),
    ),
    "guessing": ("not_learning", evidence(STUCK, experiment_of(optimizer=Sgd()))),
    "guessing with adam": ("not_learning", evidence(STUCK)),
    "guessing at a high rate": ("not_learning", evidence(STUCK, experiment_of(optimizer=Adam(learning_rate=0.1)))),
    "guessing under weight decay": ("not_learning", evidence(STUCK, experiment_of(optimizer=Adam(weight_decay=0.5)))),
    "guessing behind sigmoids": ("not_learning", evidence(STUCK, experiment_of(*deep(*[Sigmoid()] * 4)))),
    "too slow": (
        "rate_too_low",
        evidence(level(4, 2.2, 0.2, 2.2, 0.2), experiment_of(optimizer=Sgd(learning_rate=1e-4))),
    ),
    "too fast": (
        "rate_too_high",
        evidence(level(6, 1.4, 0.5, 1.5, 0.5), experiment_of(optimizer=Adam(learning_rate=0.05))),
    ),
    "large batches": (
        "batch_too_large",
        evidence(level(3, 1.5, 0.6, 1.5, 0.6), experiment_of(batch_size=1600, epochs=10), steps=2),
    ),
    "one batch": (
        "batch_too_large",
        evidence(level(3, 1.5, 0.6, 1.5, 0.6), experiment_of(batch_size=100_000, epochs=10), steps=1),
    ),
    "by heart": ("overfitting", evidence(overfitted())),
    "a gap": ("overfitting", evidence(level(6, 0.02, 1.0, 0.6, 0.8))),
    "too simple": ("underfitting", evidence(level(8, 1.2, 0.55, 1.25, 0.54))),
    "too much dropout": (
        "underfitting",
        evidence(
            level(8, 1.9, 0.3, 1.4, 0.6),
            experiment_of(Flatten(), Linear(outputs=64), Relu(), Dropout(p=0.8), Linear(outputs=10)),
            is_running=True,
        ),
    ),
    "dead units": ("dead_relus", evidence(HEALTHY, snapshot=snapshot_of(a=(1, 0.9), b=(1, np.nan)))),
    "a missing class": ("class_never_answered", evidence(HEALTHY, snapshot=snapshot_of(6, confusion_without(7, 40)))),
    "a rare class": ("class_never_answered", evidence(HEALTHY, snapshot=snapshot_of(6, confusion_without(7, 9, 90)))),
    "jumps": ("jumping_loss", evidence(jumping(), experiment_of(optimizer=Sgd()))),
    "jumps of tiny batches": ("jumping_loss", evidence(jumping(), experiment_of(optimizer=Sgd(), batch_size=2))),
    "at rest": (
        "plateau",
        evidence(AT_REST, experiment_of(epochs=40), is_running=True),
    ),
    "at rest, late": (
        "plateau",
        evidence(AT_REST, experiment_of(epochs=40, schedule=Cosine()), is_running=True),
    ),
    "cut short": ("still_improving", evidence(CUT_SHORT, is_finished=True)),
    "hardly any validation": ("few_validation_pictures", evidence(HEALTHY, validation_size=20)),
}  # fmt: skip


def hint_of(rule: str, known: Evidence) -> Hint:
    found = {hint.rule: hint for hint in hints_for(known)}
    assert rule in found, f"{rule} is silent, these are not: {list(found)}"
    return found[rule]


def test_there_is_a_case_for_every_rule() -> None:
    assert {rule for rule, _ in DESERVE.values()} == set(rules())


@pytest.mark.parametrize("case", list(DESERVE))
def test_a_rule_speaks_of_what_deserves_it_and_says_what_to_do(case: str) -> None:
    rule, known = DESERVE[case]
    hint = hint_of(rule, known)
    assert hint.what.endswith((".", "?"))
    assert len(hint.why) > 80
    assert hint.remedy
    assert not hint.remedy.endswith(".")
    assert hint.experiment != known.experiment
    live = live_settings(known.experiment)
    for field, value in hint.steer:
        assert field in steerable(known.experiment)
        assert with_change(live, field, value) != live
    if hint.live:
        assert hint.steer


@pytest.mark.parametrize("case", list(DESERVE))
def test_one_trouble_is_told_by_few_hints_and_its_own_comes_first(case: str) -> None:
    rule, known = DESERVE[case]
    said = [hint.rule for hint in hints_for(known)]
    assert said[0] == rule
    assert len(said) <= 2


# What no setting helps.
NO_SETTING = ("labels by chance", "leaked", "one leaked", "a missing class", "a rare class")


@pytest.mark.parametrize("case", [case for case in DESERVE if case not in NO_SETTING])
def test_what_apply_makes_can_be_saved_and_built(case: str) -> None:
    from lepton_studio.engine.architecture import describe
    from lepton_studio.engine.experiment import experiment_from

    changed = hint_of(*DESERVE[case]).experiment
    assert changed is not None
    assert experiment_from(to_builtins(changed), "changed") == changed
    assert not describe(changed.architecture, (1, 28, 28), 10).errors


@pytest.mark.parametrize("case", NO_SETTING)
def test_where_no_setting_helps_a_hint_says_where_to_look(case: str) -> None:
    hint = hint_of(*DESERVE[case])
    assert hint.experiment is None
    assert "Data page" in hint.remedy


SILENT: dict[str, Evidence] = {
    "nothing yet": evidence(),
    "healthy": evidence(HEALTHY, is_running=True),
    "healthy and finished": evidence(HEALTHY, is_finished=True),
    "healthy, of unknown size": evidence(HEALTHY, validation_size=0, train_size=0),
    "healthy, seen": evidence(
        HEALTHY, snapshot=snapshot_of(6, np.diag([40] * 10), a=(0.3, 0.2), b=(0.2, 0.3), c=(1, 0.1), d=(1, np.nan))
    ),
    "an untaught network": evidence((), losses=[GUESSING] * 40),
    "a warm beginning": evidence((), losses=[2.3, 4.1, 5.2, 3.0, *np.linspace(2.3, 0.8, 60)]),
    "all known": evidence(level(14, 0.001, 1.0, 0.05, 0.99), is_running=True),
    "a few points of a gap": evidence(level(8, 0.1, 0.97, 0.3, 0.93)),
    "a validation loss that trembles": evidence(
        tuple((0.2, 0.94, 0.24 + 0.03 * (at % 2), 0.93) for at in range(12)), experiment_of(schedule=Cosine())
    ),
    "hard pictures": evidence(level(3, 1.5, 0.45, 1.5, 0.45)),
    "a low rate that gets there": evidence(HEALTHY, experiment_of(optimizer=Adam(learning_rate=1e-4))),
    "a high rate that gets there": evidence(HEALTHY, experiment_of(optimizer=Adam(learning_rate=0.02))),
    "relu at the end that does no harm": evidence(HEALTHY, experiment_of(Flatten(), Linear(outputs=10), Relu())),
    "a leak of one in a thousand": evidence(HEALTHY, leaked=1, validation_size=1000),
    "a nan that was overcome": evidence(HEALTHY, diverged_at=12),
}  # fmt: skip


@pytest.mark.parametrize("case", list(SILENT))
def test_nothing_is_said_while_all_is_well(case: str) -> None:
    assert [str(hint.what) for hint in hints_for(SILENT[case])] == []


def test_the_sentence_of_the_issue() -> None:
    hint = hint_of(*DESERVE["nan"])
    assert hint.what == "The loss is not a number since batch 102: the learning rate of 1 is too high. Try 0.05."
    assert hint.experiment is not None
    assert hint.experiment.hyperparameters.optimizer == Sgd(learning_rate=0.05)


@pytest.mark.parametrize("rate", [1e-6, 0.003, 0.05, 0.7, 10.0])
def test_a_lower_rate_is_lower_and_a_higher_one_is_higher(rate: float) -> None:
    experiment = experiment_of(optimizer=Sgd(learning_rate=rate))
    lower = hint_of("diverging", evidence((), experiment, losses=np.geomspace(2.3, 40, 60)))
    assert lower.steer[0][1] <= max(rate / 5, 1e-7)
    slow = evidence(level(4, 2.2, 0.2, 2.2, 0.2), experiment)
    for hint in hints_for(slow):
        if hint.rule == "rate_too_low":
            assert hint.steer[0][1] > rate


def test_what_helps_against_overfitting_is_what_is_not_there_yet() -> None:
    rows = overfitted()
    first = hint_of("overfitting", evidence(rows)).experiment
    assert first is not None
    assert first.hyperparameters.augmentations == (Affine(),)
    second = hint_of("overfitting", evidence(rows, first)).experiment
    assert second is not None
    assert [layer.tag() for layer in second.architecture.layers[-2:]] == ["dropout", "linear"]
    third = hint_of("overfitting", evidence(rows, second)).experiment
    assert third is not None
    assert third.hyperparameters.regularisations == (EarlyStopping(),)
    fourth = hint_of("overfitting", evidence(rows, third)).experiment
    assert fourth is not None
    assert fourth.hyperparameters.optimizer == Adam(weight_decay=1e-3)
    last = hint_of("overfitting", evidence(rows, fourth))
    assert last.experiment is None
    assert "more pictures" in last.remedy


def test_overfitting_is_held_back_in_the_run_under_way_by_what_it_has() -> None:
    experiment = experiment_of(augmentations=(Affine(),), optimizer=Adam())
    assert hint_of("overfitting", evidence(overfitted(), experiment)).steer == ()
    hint = hint_of("overfitting", evidence(overfitted(), experiment, is_running=True))
    assert hint.steer == (("augmentation", 1.5),)
    assert hint.live == "Change the pictures 1.5 times as far"
    bare = hint_of("overfitting", evidence(overfitted(), experiment_of(optimizer=Adam()), is_running=True))
    assert bare.steer == (("weight_decay", 1e-3),)


def test_an_old_loss_counts_no_more_once_the_rate_was_lowered() -> None:
    risen = evidence(HEALTHY, losses=[1.9] * 10)
    changes = (Change(6, 0, 6.0, "learning_rate", 0.001, 0.0001),)
    assert not hints_for(replace(risen, changes=changes))
    # Twenty batches later it ought to have helped.
    still = evidence(HEALTHY, losses=[1.9] * 30)
    assert [hint.rule for hint in hints_for(replace(still, changes=changes))] == ["diverging"]


def test_a_loss_that_rose_with_a_harder_augmentation_is_no_divergence() -> None:
    harder = (Change(6, 0, 6.0, "augmentation", 0.0, 2.0),)
    risen = evidence(HEALTHY, losses=[1.9] * 40)
    assert not hints_for(replace(risen, changes=harder))


def test_epochs_before_a_change_are_not_compared_with_those_after() -> None:
    rows = (*HEALTHY, *level(8, 1.2, 0.55, 1.25, 0.54))
    known = evidence(rows, changes=(Change(12, 0, 12.0, "dropout", 1.0, 2.0),))
    assert [row.epoch for row in known.steady_rows] == [13, 14]
    assert not hints_for(known)


def test_more_epochs_are_no_change_of_the_course() -> None:
    known = evidence(HEALTHY, changes=(Change(5, 0, 5.0, "epochs", 5, 6),))
    assert known.changed_at == 0
    assert len(known.steady_rows) == 6


def test_the_run_that_has_ended_can_be_extended() -> None:
    hint = hint_of(*DESERVE["cut short"])
    assert hint.more_epochs == 3
    assert hint.experiment is not None
    assert hint.experiment.hyperparameters.epochs == 6


def test_classes_are_called_by_their_names() -> None:
    known = replace(DESERVE["a missing class"][1], class_names=tuple("abcdefghij"))
    assert hint_of("class_never_answered", known).what.startswith("The network never answers h, though 40 of the")


def test_what_is_unusual_for_one_optimizer_is_usual_for_another() -> None:
    stuck = level(6, 1.4, 0.5, 1.5, 0.5)
    plain = experiment_of(optimizer=Sgd(learning_rate=0.3, momentum=0.0))
    rolling = experiment_of(optimizer=Sgd(learning_rate=0.3))
    assert [hint.rule for hint in hints_for(evidence(stuck, rolling))] == ["rate_too_high"]
    assert [hint.rule for hint in hints_for(evidence(stuck, plain))] == ["underfitting"]


# --- nothing raises


numbers = st.floats(allow_nan=True, allow_infinity=True, width=32)
rows = st.lists(st.tuples(numbers, numbers, numbers, numbers), max_size=16)
settings_ = st.sampled_from([
    experiment_of(), experiment_of(optimizer=Sgd(learning_rate=10)), experiment_of(optimizer=Adam(learning_rate=1e-7)),
    experiment_of(Flatten()), experiment_of(*deep(*[Sigmoid()] * 5)), experiment_of(Linear(outputs=10), batch_size=1),
    experiment_of(Flatten(), Linear(outputs=10), Relu(), epochs=10_000, schedule=Cosine()),
    Experiment(BundledDigits(), Architecture()),
])  # fmt: skip
snapshots = st.sampled_from([
    None, snapshot_of(), snapshot_of(2, np.zeros((10, 10), np.int64)), snapshot_of(9, confusion_without(3, 12)),
    snapshot_of(a=(0, 1), b=(np.nan, np.nan), c=(np.inf, 0), d=(0, 0)),
    snapshot_of(a=(1e-30, 1), b=(0, np.nan), c=(0, 0), d=(1e30, 0)),
])  # fmt: skip


@given(rows, settings_, snapshots, st.lists(numbers, max_size=40), st.tuples(st.integers(0, 2), st.integers(0, 300)))
def test_no_history_makes_a_rule_raise(epochs, experiment, snapshot, losses, counts) -> None:
    classes, count = counts
    known = evidence(
        epochs, experiment, snapshot=snapshot, losses=losses, steps=3, class_names=("a", "b", "c", "d")[: 2 * classes],
        diverged_at=count, leaked=count, validation_size=count, is_running=bool(count % 2), is_finished=not count % 2,
    )  # fmt: skip
    found = hints_for(known)
    assert len(found) == len({hint.rule for hint in found})
    assert all("nan" not in hint.what.split() for hint in found)


def test_a_single_batch_is_no_reason_for_a_hint() -> None:
    assert hints_for(evidence(losses=[40.0])) == ()


# --- sentences and their translation


def test_a_sentence_is_said_in_another_language() -> None:
    german = {"Use {0} at {1}": "Nimm bei {1} {0}", "ReLU": "Gleichrichter"}
    sentence = Sentence("Use {0} at {1}", Sentence("ReLU"), 3)
    assert sentence == "Use ReLU at 3"
    assert sentence.said(lambda text: german.get(text, text)) == "Nimm bei 3 Gleichrichter"


def test_two_sentences_follow_each_other_in_any_language() -> None:
    pair = both(Sentence("One {}.", 1), Sentence("Two."))
    assert pair == "One 1. Two."
    assert pair.said(str.upper) == "ONE 1. TWO."


def test_numbers_are_short() -> None:
    assert [figure(value) for value in (2.302585, 0.0001, 14300, 812)] == ["2.3", "0.0001", "14\u202f300", "812"]
    assert percent(0.984) == "98 %"


@pytest.mark.parametrize("name", list(rules()))
def test_translators_find_every_sentence_of_a_rule(name: str) -> None:
    path = Path(inspect.getfile(hints_package)).parent / f"{name}.py"
    calls = [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Sentence"
    ]
    assert calls
    titles = [call for call in calls if not isinstance(call.args[0], ast.Constant)]
    # What is no literal is the title of a layer or an optimizer, which is translated with the specs.
    assert all(isinstance(call.args[0], ast.Attribute) and call.args[0].attr == "title" for call in titles)


@pytest.mark.parametrize("name", list(rules()))
def test_a_rule_explains_only_what_there_is(name: str) -> None:
    from importlib import import_module

    module = import_module(f"lepton_studio.engine.hints.{name}")
    explained = getattr(module, "EXPLAINS", ())
    assert set(explained) <= set(rules()) - {name}
    assert inspect.getdoc(module.look)

"""What a sweep is: its axes, the fields that can be one, and how it is kept."""

from __future__ import annotations

import json
import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.experiment import Experiment, default_experiment, with_setting
from lepton_studio.engine.sweep import (
    SWEEP,
    Sweep,
    SweepResult,
    SweepTrial,
    being_worked_on,
    create_sweep,
    delete_sweep,
    find_sweep,
    folder_name,
    is_worked_on,
    list_sweeps,
)
from lepton_studio.engine.sweep_axes import (
    ChoiceAxis,
    RangeAxis,
    axis_of_text,
    choices_of_text,
    value_text,
    value_words,
)
from lepton_studio.engine.sweep_fields import axis_from, field_at, full_path, sweepable, words_for

RATE = "hyperparameters.optimizer.learning_rate"
SIZE = "hyperparameters.batch_size"


def text_at(experiment: Experiment, path: str) -> str:
    """What stands in a field, as it is written in a sweep."""
    value: Any = experiment
    for part in path.split("."):
        if part == "type":
            return str(value.tag())
        value = value[int(part)] if part.isdigit() else getattr(value, part)
    return value if isinstance(value, str) else json.dumps(value)


def a_sweep(experiment: Experiment, *over: str, **changes: Any) -> Sweep:
    return Sweep("", experiment, tuple(axis_from(experiment, text) for text in over), **changes)


# --- axes


@pytest.mark.parametrize(
    ("text", "axis"),
    [
        ("32, 64,128", ChoiceAxis("x", ("32", "64", "128"))),
        ("adam,sgd", ChoiceAxis("x", ("adam", "sgd"))),
        ("1e-4..1e-2 log", RangeAxis("x", 1e-4, 1e-2, log=True)),
        ("0 .. 0.5", RangeAxis("x", 0.0, 0.5)),
        ("-1..1 3", RangeAxis("x", -1.0, 1.0, count=3)),
        ("1..8 log 4", RangeAxis("x", 1.0, 8.0, log=True, count=4)),
        ('[],[{"type":"affine"}]', ChoiceAxis("x", ("[]", '[{"type":"affine"}]'))),
        ("true,true,false", ChoiceAxis("x", ("true", "false"))),
    ],
    ids=str,
)
def test_what_is_written_becomes_choices_or_a_range(text: str, axis: ChoiceAxis | RangeAxis) -> None:
    assert axis_of_text("x", text) == axis


@pytest.mark.parametrize("text", ["1..x", "1..2 lag", "1..2 3 4"])
def test_a_range_that_cannot_be_read_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(LeptonError, match=r"1e-4\.\.1e-2"):
        axis_of_text("x", text)


@pytest.mark.parametrize(
    "axis",
    [
        RangeAxis("x", 2, 1),
        RangeAxis("x", 1, 1),
        RangeAxis("x", 0, 1, log=True),
        RangeAxis("x", 0.5, 3, integer=True),
        RangeAxis("x", 0, math.inf),
        RangeAxis("x", 0, math.nan),
        RangeAxis("x", 0, 1, count=0),
        ChoiceAxis("x", ()),
        ChoiceAxis("x", ("1", " ")),
    ],
    ids=str,
)
def test_an_axis_without_values_is_refused(axis: ChoiceAxis | RangeAxis) -> None:
    with pytest.raises(LeptonError, match=r"'x'|values"):
        axis.check()


@given(
    st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(1, 40), st.booleans(), st.booleans()
)  # fmt: skip
def test_the_points_of_a_range_rise_from_one_end_to_the_other(
    low: float, width: float, count: int, log: bool, integer: bool
) -> None:
    low = abs(low) + 1e-3 if log else low
    high = low + width
    if integer:
        low, high = float(round(low) + 1), float(round(low) + 2 + round(width))
    axis = RangeAxis("x", low, high, log, integer, count)
    axis.check()
    points = [float(point) for point in axis.points()]
    assert points == sorted(set(points))
    assert points[0] == low
    assert len(points) <= count
    assert points[-1] == high or count == 1
    assert all(isinstance(point, int) for point in axis.points()) is integer


def test_the_points_of_a_logarithmic_range_are_round_numbers() -> None:
    assert RangeAxis("x", 1e-4, 1e-1, log=True, count=4).points() == (0.0001, 0.001, 0.01, 0.1)


@given(st.lists(st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1), min_size=1, unique=True))
def test_words_between_commas_come_back_in_their_order(words: list[str]) -> None:
    assert choices_of_text(", ".join(words)) == tuple(
        dict.fromkeys(choice for word in words for choice in choices_of_text(word))
    )


@given(st.floats(1e-7, 10))
def test_a_drawn_number_reaches_the_experiment_to_the_last_bit(rate: float) -> None:
    changed = with_setting(default_experiment(), RATE, value_text(rate))
    assert changed.hyperparameters.optimizer.learning_rate == rate


# --- fields


def test_every_field_that_is_offered_takes_the_values_that_are_proposed() -> None:
    experiment = default_experiment()
    fields = sweepable(experiment)
    assert {RATE, SIZE, "hyperparameters.optimizer.type", "architecture.layers.0.channels", "seed"} <= {
        field.path for field in fields
    }
    for field in fields:
        axis = field.proposed()
        axis.check()
        for value in axis.ends():
            changed = Sweep("", experiment, (axis,)).experiment_with({field.path: value})
            assert text_at(changed, field.path) == value_text(value)
        assert field.label


def test_what_only_this_computer_is_about_is_not_offered(tiny_experiment: Experiment) -> None:
    paths = {field.path for field in sweepable(tiny_experiment)}
    assert not paths & {"hyperparameters.device", "hyperparameters.threads", "hyperparameters.kept_epochs"}
    # The last layer has one output for each class.
    assert "architecture.layers.5.outputs" not in paths


def test_layers_inside_containers_are_offered_with_their_place() -> None:
    from lepton_studio.engine.shipped_architectures import presets

    holding = [one for one in presets().values() if any(layer.is_container for layer in one.layers)]
    assert holding
    for network in holding:
        experiment = msgspec.structs.replace(default_experiment(), architecture=network)
        inner = [field for field in sweepable(experiment) if "." in field.place]
        assert inner, network.name
        for field in inner:
            value = field.proposed().ends()[0]
            changed = Sweep("", experiment, ()).experiment_with({field.path: value})
            assert text_at(changed, field.path) == value_text(value)


def test_people_may_leave_out_what_is_clear(tiny_experiment: Experiment) -> None:
    assert full_path(tiny_experiment, "optimizer.learning_rate") == RATE
    assert full_path(tiny_experiment, "batch_size") == SIZE
    assert full_path(tiny_experiment, "optimizer") == "hyperparameters.optimizer.type"
    assert full_path(tiny_experiment, "architecture.layers.0.channels") == "architecture.layers.0.channels"
    assert words_for(tiny_experiment, RATE) == "learning rate"
    field = field_at(tiny_experiment, "architecture.layers.0.channels")
    assert field is not None
    assert field.label == "Convolution 2d 1: channels"


def test_whole_numbers_stay_whole(tiny_experiment: Experiment) -> None:
    axis = axis_from(tiny_experiment, "batch_size=8..64 log")
    assert axis == RangeAxis(SIZE, 8, 64, log=True, integer=True)
    assert value_words(0.00312345) == "0.00312"


# --- the sweep


def test_a_kind_keeps_its_settings_if_it_is_the_one_that_was_chosen(tiny_experiment: Experiment) -> None:
    sweep = a_sweep(tiny_experiment, "optimizer=adam,sgd", "optimizer.learning_rate=0.5,0.6")
    kind = "hyperparameters.optimizer.type"
    assert sweep.experiment_with({kind: "adam"}).hyperparameters == tiny_experiment.hyperparameters
    # Whatever the order of the axes, the kind comes first.
    changed = sweep.experiment_with({RATE: "0.5", kind: "sgd"}).hyperparameters.optimizer
    assert (changed.tag(), changed.learning_rate) == ("sgd", 0.5)


def test_a_grid_takes_each_combination_once(tiny_experiment: Experiment) -> None:
    sweep = a_sweep(tiny_experiment, "optimizer.learning_rate=0.1..0.4 4", "batch_size=8,16,32", sampler="grid")
    points = [tuple(sweep.grid_point(number).items()) for number in range(sweep.planned)]
    assert sweep.planned == 12
    assert len(set(points)) == 12
    assert [dict(point)[SIZE] for point in points[:4]] == ["8", "16", "32", "8"]


def test_a_sweep_is_read_as_it_was_kept(tiny_experiment: Experiment) -> None:
    made = create_sweep(a_sweep(tiny_experiment, "optimizer.learning_rate=1e-4..1e-2 log", "optimizer=adam,sgd"))
    assert made.name == "Sweep 1"
    assert find_sweep("Sweep 1") == made
    assert find_sweep("sweep 1") == made
    second = create_sweep(msgspec.structs.replace(made, name=""))
    assert second.name == "Sweep 2"
    assert set(list_sweeps()) == {made, second}
    delete_sweep(made)
    assert list_sweeps() == (second,)
    with pytest.raises(LeptonError, match="no sweep called 'Sweep 1'"):
        find_sweep("Sweep 1")


@given(st.text(max_size=200))
def test_no_name_leads_out_of_the_folder_of_sweeps(name: str) -> None:
    folder = folder_name(name)
    assert folder not in (".", "..")
    assert not set(folder) & set('/\\:*?"<>|\0')


@pytest.mark.parametrize(
    ("over", "changes", "message"),
    [
        ((), {}, "No field changes"),
        (("batch_size=8", "batch_size=16"), {}, "there twice"),
        (("batch_size=0,8",), {}, "batch_size"),
        (("nothing=1,2",), {}, "no field 'nothing'"),
        (("optimizer=adam,atom",), {}, "atom"),
        # Adam has no momentum, so one half of the grid could never be trained.
        (("optimizer=adam,sgd", "optimizer.momentum=0.5,0.9"), {}, "momentum"),
        (("batch_size=8,16",), {"trials": 0}, "0 trials"),
        (("batch_size=8,16",), {"name": "..."}, "no name"),
        (("optimizer.learning_rate=0.1..0.9 101", "batch_size=1..1000 1000"), {"sampler": "grid"}, "trials are not"),
    ],
    ids=["nothing", "twice", "range", "unknown", "kind", "apart", "none", "name", "many"],
)
def test_what_could_not_be_trained_is_refused_before(
    tiny_experiment: Experiment, over: tuple[str, ...], changes: dict[str, Any], message: str
) -> None:
    sweep = msgspec.structs.replace(a_sweep(tiny_experiment, *over), **changes)
    with pytest.raises(LeptonError, match=message):
        create_sweep(sweep)
    assert list_sweeps() == ()


@pytest.mark.parametrize("text", ["batch_size", "=3", "batch_size=", " = "])
def test_an_axis_needs_a_field_and_values(tiny_experiment: Experiment, text: str) -> None:
    with pytest.raises(LeptonError, match="--over"):
        axis_from(tiny_experiment, text)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "JSON"),
        (b'{"format": "cake"}', "not a sweep"),
        (b'{"format": "lepton-studio sweep", "version": 99}', "newer"),
        (b'{"format": "lepton-studio sweep", "version": 1}', "name"),
    ],
    ids=["json", "format", "version", "fields"],
)
def test_a_damaged_sweep_is_named_and_left_out_of_the_list(
    tiny_experiment: Experiment, content: bytes, message: str
) -> None:
    made = create_sweep(a_sweep(tiny_experiment, "batch_size=8,16"))
    (made.folder / SWEEP).write_bytes(content)
    assert list_sweeps() == ()
    with pytest.raises(LeptonError, match=message) as caught:
        find_sweep(made.name)
    assert SWEEP in str(caught.value)


def test_only_one_works_on_a_sweep(tiny_experiment: Experiment) -> None:
    made = create_sweep(a_sweep(tiny_experiment, "batch_size=8,16"))
    assert not is_worked_on(made)
    with being_worked_on(made):
        assert is_worked_on(made)
        with pytest.raises(LeptonError, match="already"):
            delete_sweep(made)
    assert not is_worked_on(made)
    delete_sweep(made)
    with pytest.raises(LeptonError, match="not there any more"), being_worked_on(made):
        raise AssertionError("it was deleted")


@pytest.mark.parametrize("objective", ["validation_loss", "validation_accuracy"])
def test_the_best_trial_is_a_finished_one(tiny_experiment: Experiment, objective: Any) -> None:
    sweep = a_sweep(tiny_experiment, "batch_size=8,16", trials=5, objective=objective)
    trials = (
        SweepTrial(1, "finished", {}, 0.5),
        SweepTrial(2, "pruned", {}, 0.1),
        SweepTrial(3, "failed", {}, None),
        SweepTrial(4, "finished", {}, 0.4),
    )
    result = SweepResult(sweep, trials)
    wanted = [4, 1, 2, 3] if objective == "validation_loss" else [1, 4, 2, 3]
    assert [trial.number for trial in result.ranked] == wanted
    assert result.best is not None
    assert result.best.number == wanted[0]
    assert (result.ended, result.is_complete) == (4, False)
    assert SweepResult(sweep, trials[1:3]).best is None

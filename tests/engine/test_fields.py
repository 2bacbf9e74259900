"""What the fields of a spec say of themselves."""

import math
from typing import Annotated, Literal

import msgspec
import pytest

from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.experiment import Experiment, Hyperparameters
from lepton_studio.engine.fields import Field, about, fields_of, replaced
from lepton_studio.engine.layers.dropout import Dropout
from lepton_studio.engine.layers.relu import Relu
from lepton_studio.engine.layers.residual import Residual
from lepton_studio.engine.optimizer import OPTIMIZERS


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One field of each kind."""

    count: Annotated[int, about("How many.", unit="images", low=1, high=9)] = 3
    learning_rate: Annotated[float, about("How fast.", low=0.001, high=1, log=True)] = 0.1
    rate: Annotated[float, about("How fast.", label="Speed")] = 0.5
    is_on: Annotated[bool, about("Whether.")] = True
    name: Annotated[str, about("What to call it.")]
    mode: Annotated[Literal["a", "b"], about("Which way.")] = "b"
    part: Annotated[Dropout, about("Which part.", hidden=True)] = Dropout()
    parts: Annotated[tuple[Dropout | Relu, ...], about("Which parts.")] = ()
    table: Annotated[dict[str, int], about("Some numbers.")] = msgspec.field(default_factory=dict)
    plain: int = 5


SAMPLE: dict[str, Field] = {field.name: field for field in fields_of(Sample)}


def test_fields_come_in_the_order_of_their_declaration() -> None:
    assert list(SAMPLE) == list(Sample.__struct_fields__)


def test_each_kind_of_field_is_told_apart() -> None:
    assert {name: field.kind for name, field in SAMPLE.items()} == {
        "count": "integer",
        "learning_rate": "number",
        "rate": "number",
        "is_on": "switch",
        "name": "text",
        "mode": "choice",
        "part": "spec",
        "parts": "specs",
        "table": "other",
        "plain": "integer",
    }


def test_a_field_carries_its_range_unit_scale_and_help() -> None:
    assert SAMPLE["count"] == Field("count", "Count", "integer", 3, 1.0, 9.0, "images", "How many.")
    assert SAMPLE["learning_rate"].logarithmic
    assert not SAMPLE["rate"].logarithmic
    assert SAMPLE["part"].hidden
    assert not SAMPLE["parts"].hidden


def test_a_label_is_made_from_the_name_unless_one_is_given() -> None:
    assert SAMPLE["learning_rate"].label == "Learning rate"
    assert SAMPLE["rate"].label == "Speed"


def test_a_field_without_a_range_is_open_at_both_ends() -> None:
    assert SAMPLE["rate"].minimum is None
    assert SAMPLE["rate"].maximum is None
    assert SAMPLE["plain"] == Field("plain", "Plain", "integer", 5)


def test_defaults_are_values_made_by_factories_or_none() -> None:
    assert SAMPLE["mode"].default == "b"
    assert SAMPLE["table"].default == {}
    assert SAMPLE["name"].default is None


def test_choices_are_words_or_classes() -> None:
    assert SAMPLE["mode"].choices == ("a", "b")
    assert SAMPLE["parts"].choices == (Dropout, Relu)


def test_a_field_that_takes_any_optimizer_offers_all_of_the_registry() -> None:
    optimizer = next(field for field in fields_of(Hyperparameters) if field.name == "optimizer")
    assert optimizer.kind == "spec"
    assert set(optimizer.choices) == set(OPTIMIZERS.classes.values())


def test_every_hyperparameter_says_what_it_is() -> None:
    for field in (*fields_of(Hyperparameters), *fields_of(Architecture)[:1]):
        assert field.help.endswith("."), field.name


def test_the_fields_of_the_experiment_can_be_listed() -> None:
    assert [field.name for field in fields_of(Experiment)][:2] == ["dataset", "architecture"]


def test_replacing_makes_a_checked_copy() -> None:
    before = Dropout(p=0.5)
    assert replaced(before, "p", 0.25) == Dropout(p=0.25)
    assert before == Dropout(p=0.5)


@pytest.mark.parametrize("value", [-0.1, 0.96, math.nan, math.inf, "much", None])
def test_replacing_refuses_what_is_no_value_of_the_field(value: object) -> None:
    with pytest.raises(msgspec.ValidationError, match=r"\$\.p"):
        replaced(Dropout(), "p", value)


def test_replacing_checks_what_lies_inside() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"\$\.body\[1\]\.p"):
        replaced(Residual(), "body", (Relu(), Dropout(p=7.0)))

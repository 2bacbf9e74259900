"""What holds for every member of every registry, and the registry itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.attack import ATTACKS
from lepton_studio.engine.augmentation import AUGMENTATIONS
from lepton_studio.engine.dataset import DATASETS
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.experiment import REGISTRIES, Experiment, Hyperparameters, parse_experiment
from lepton_studio.engine.fields import Field, fields_of, replaced
from lepton_studio.engine.layer import LAYERS
from lepton_studio.engine.loss import LOSSES
from lepton_studio.engine.optimizer import OPTIMIZERS
from lepton_studio.engine.registry import Registry, Spec
from lepton_studio.engine.regularisation import REGULARISATIONS
from lepton_studio.engine.schedule import SCHEDULES
from lepton_studio.engine.writer import WRITERS

ALL = (LAYERS, DATASETS, AUGMENTATIONS, OPTIMIZERS, SCHEDULES, LOSSES, REGULARISATIONS, ATTACKS, WRITERS)
# The field of the hyperparameters that holds a member, where it is not called like the member.
FIELDS = {"augmentation": "augmentations", "regularisation": "regularisations", "attack": "adversarial",
          "writer": "writers"}  # fmt: skip
MEMBERS = [
    pytest.param(registry, spec_class, id=f"{registry.word}-{name}")
    for registry in ALL
    for name, spec_class in registry.classes.items()
]
every_member = pytest.mark.parametrize(("registry", "spec_class"), MEMBERS)


def filled(spec_class: type[Spec]) -> Spec:
    """A member with its defaults; what has none (a folder, a name) gets a word."""
    required = [info.name for info in msgspec.structs.fields(spec_class) if info.required]
    return spec_class(**dict.fromkeys(required, "word"))


def experiment_with(registry: Registry[Any], spec: Spec) -> tuple[Experiment, str]:
    """An experiment that holds the spec, and the path at which it lies there."""
    if registry is DATASETS:
        return Experiment(spec, Architecture()), "dataset"
    if registry is LAYERS:
        return Experiment(BundledDigits(), Architecture(layers=(spec,))), "architecture.layers[0]"
    field = FIELDS.get(registry.word, registry.word)
    is_list = isinstance(getattr(Hyperparameters(), field), tuple)
    hyperparameters = msgspec.structs.replace(Hyperparameters(), **{field: (spec,) if is_list else spec})
    path = f"hyperparameters.{field}{'[0]' if is_list else ''}"
    return Experiment(BundledDigits(), Architecture(), hyperparameters), path


def spoiled(registry: Registry[Any], spec_class: type[Spec], name: str, value: Any) -> tuple[str, str]:
    """The complaint about an experiment file with one value replaced, and the path of that value."""
    experiment, path = experiment_with(registry, filled(spec_class))
    plain = msgspec.to_builtins(experiment)
    target = plain
    for key in path.replace("[0]", ".0").split("."):
        target = target[int(key) if key == "0" else key]
    target[name] = value
    with pytest.raises(LeptonError) as caught:
        parse_experiment(msgspec.json.encode(plain), "some.json")
    return str(caught.value), f"{path}.{name}"


def outside(field: Field) -> list[float]:
    """Values just beyond both ends of a field's range."""
    step = 1 if field.kind == "integer" else 1e-3
    low = [] if field.minimum is None else [field.minimum - step]
    high = [] if field.maximum is None else [field.maximum + step]
    return [int(value) if field.kind == "integer" else value for value in (*low, *high)]


@every_member
def test_the_tag_is_the_name_of_the_file(registry: Registry[Any], spec_class: type[Spec]) -> None:
    assert spec_class.tag() == spec_class.__module__.rsplit(".", 1)[-1]
    assert registry[spec_class.tag()] is spec_class


@every_member
def test_a_member_has_a_title_and_one_sentence_for_learners(registry: Registry[Any], spec_class: type[Spec]) -> None:
    assert spec_class.title
    assert "title" in vars(spec_class), "the title is inherited"
    assert "__doc__" in vars(spec_class)
    assert spec_class.summary().endswith(".")
    assert len(spec_class.summary()) <= 120


@every_member
def test_every_field_says_what_it_is_and_has_a_default_inside_its_range(
    registry: Registry[Any], spec_class: type[Spec]
) -> None:
    for field in fields_of(spec_class):
        assert field.help.endswith("."), field.name
        assert field.label, field.name
        if field.kind in ("integer", "number"):
            assert field.minimum is not None, field.name
            assert field.maximum is not None, field.name
            assert field.minimum <= field.default <= field.maximum, field.name
        if field.kind == "choice":
            assert field.default in field.choices, field.name
        if field.logarithmic:
            assert field.minimum >= 0, field.name


@every_member
def test_a_member_comes_back_from_json_equal_and_hashes_equal(registry: Registry[Any], spec_class: type[Spec]) -> None:
    experiment, _ = experiment_with(registry, filled(spec_class))
    back = parse_experiment(msgspec.json.encode(experiment), "some.json")
    assert back == experiment
    assert hash(back) == hash(experiment)


@every_member
def test_the_ends_of_every_range_are_allowed(registry: Registry[Any], spec_class: type[Spec]) -> None:
    spec = filled(spec_class)
    for field in fields_of(spec_class):
        if field.kind in ("integer", "number"):
            number = int if field.kind == "integer" else float
            for end in (field.minimum, field.maximum):
                assert getattr(replaced(spec, field.name, number(end)), field.name) == end


@every_member
def test_a_value_out_of_range_is_refused_with_its_path(registry: Registry[Any], spec_class: type[Spec]) -> None:
    for field in fields_of(spec_class):
        for value in outside(field):
            message, path = spoiled(registry, spec_class, field.name, value)
            assert path in message
            assert "some.json" in message


@every_member
def test_a_value_of_another_kind_is_refused_with_its_path(registry: Registry[Any], spec_class: type[Spec]) -> None:
    for field in fields_of(spec_class):
        message, path = spoiled(registry, spec_class, field.name, {"no": "value"})
        assert path in message


@every_member
def test_a_field_that_a_member_does_not_have_is_refused_by_name(
    registry: Registry[Any], spec_class: type[Spec]
) -> None:
    message, _ = spoiled(registry, spec_class, "flavour", 1)
    assert "flavour" in message


@pytest.mark.parametrize("registry", ALL, ids=lambda registry: registry.word)
def test_every_file_of_the_folder_holds_one_member(registry: Registry[Any]) -> None:
    import importlib

    folder = Path(next(iter(importlib.import_module(registry.package).__path__)))
    assert set(registry.names()) == {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert len({spec_class.title for spec_class in registry.classes.values()}) == len(registry.names())


def test_members_stand_in_the_order_of_their_titles() -> None:
    titles = [spec_class.title.lower() for spec_class in LAYERS.classes.values()]
    assert titles == sorted(titles)


def test_every_registry_explains_names_that_experiment_files_get_wrong() -> None:
    assert {registry.word for registry in REGISTRIES.values()} == {registry.word for registry in ALL}


def test_an_unknown_name_is_answered_with_the_nearest_and_with_all_names() -> None:
    with pytest.raises(LeptonError) as caught:
        LAYERS["conv2"]
    assert caught.value.what == "There is no layer called 'conv2'."
    assert caught.value.remedy.startswith("Did you mean 'conv2d'? Known are: ")
    assert all(name in caught.value.remedy for name in LAYERS.names())


def test_a_name_that_is_like_no_other_gets_no_guess() -> None:
    assert LOSSES.unknown("zzz").remedy == f"Known are: {', '.join(LOSSES.names())}."

"""Experiments as files: what is read back, and what is said when a file is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.augmentations.affine import Affine
from lepton_studio.engine.dataset import DATASETS
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.experiment import (
    Experiment,
    Hyperparameters,
    default_experiment,
    experiment_from,
    parse_experiment,
    read_experiment,
    save_experiment,
    with_setting,
)
from lepton_studio.engine.layer import LAYERS
from lepton_studio.engine.layers.conv2d import Conv2d
from lepton_studio.engine.layers.dropout import Dropout
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.layers.relu import Relu
from lepton_studio.engine.layers.residual import Residual
from lepton_studio.engine.optimizer import OPTIMIZERS
from lepton_studio.engine.optimizers.adam import Adam
from lepton_studio.engine.optimizers.sgd import Sgd
from lepton_studio.engine.schedules.constant import Constant

NESTED = Experiment(
    BundledDigits(),
    Architecture("Nested", (Residual(body=(Relu(), Dropout(p=0.25), Residual(body=(Relu(),)))), Flatten(), Linear())),
    Hyperparameters(epochs=3, optimizer=Sgd(momentum=0.5), augmentations=(), schedule=Constant()),
    seed=7,
)


def plain(experiment: Experiment = NESTED) -> dict[str, Any]:
    return json.loads(msgspec.json.encode(experiment))


def refusal(value: dict[str, Any], tmp_path: Path) -> LeptonError:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(value))
    with pytest.raises(LeptonError) as caught:
        read_experiment(path)
    assert str(path) in caught.value.what
    assert caught.value.remedy
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("experiment", [NESTED, default_experiment()], ids=["nested", "default"])
def test_a_saved_experiment_comes_back_equal(experiment: Experiment, tmp_path: Path) -> None:
    path = tmp_path / "folder" / "mine.json"
    save_experiment(path, experiment)
    assert read_experiment(path) == experiment


def test_the_file_is_one_json_object_for_people_to_read(tmp_path: Path) -> None:
    save_experiment(tmp_path / "mine.json", NESTED)
    text = (tmp_path / "mine.json").read_text()
    value = json.loads(text)
    assert list(value)[:4] == ["dataset", "architecture", "hyperparameters", "seed"]
    assert value["format"] == "lepton-studio experiment"
    assert value["version"] == 1
    assert value["architecture"]["layers"][0]["body"][1] == {"type": "dropout", "p": 0.25}
    assert text.count("\n") > 20


def test_what_a_file_leaves_out_takes_its_default(tmp_path: Path) -> None:
    short = {
        "format": "lepton-studio experiment",
        "dataset": {"type": "bundled_digits"},
        "architecture": {"layers": []},
    }
    (tmp_path / "mine.json").write_text(json.dumps(short))
    assert read_experiment(tmp_path / "mine.json") == Experiment(BundledDigits(), Architecture())


def test_broken_json_is_one_error_that_names_the_file(tmp_path: Path) -> None:
    for content in (b"", b"{", b"\xff\xfe\x00", b'{"a": 1,}', b"[" * 100_000):
        path = tmp_path / "mine.json"
        path.write_bytes(content)
        with pytest.raises(LeptonError, match="is not valid JSON") as caught:
            read_experiment(path)
        assert str(path) in caught.value.what


@pytest.mark.parametrize("value", [[], 3, None, "text", {}, {"format": "other"}, {"format": None}])
def test_json_that_is_no_experiment_is_refused(value: Any) -> None:
    with pytest.raises(LeptonError, match="some file is not an experiment of Lepton Studio"):
        experiment_from(value, "some file")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LeptonError, match=r"nowhere\.json could not be read: No such file"):
        read_experiment(tmp_path / "nowhere.json")


def test_a_folder_in_place_of_a_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LeptonError, match="could not be read"):
        read_experiment(tmp_path)


def test_a_newer_version_is_refused_before_anything_else(tmp_path: Path) -> None:
    error = refusal({**plain(), "version": 2, "architecture": "of another kind"}, tmp_path)
    assert "newer Lepton Studio (version 2, this one reads 1)" in error.what
    assert error.remedy == "Update Lepton Studio."


def test_an_unknown_layer_is_named_with_its_place_and_all_known_layers(tmp_path: Path) -> None:
    value = plain()
    value["architecture"]["layers"][0]["body"][1] = {"type": "dropoff"}
    error = refusal(value, tmp_path)
    assert "'dropoff'" in error.what
    assert "architecture.layers[0].body[1].type" in error.what
    assert all(name in error.remedy for name in LAYERS.names())


@pytest.mark.parametrize(
    ("field", "known"), [("dataset", DATASETS.names()), ("optimizer", OPTIMIZERS.names())], ids=["data", "optim"]
)
@pytest.mark.parametrize("spoiled", [{"type": "nope"}, {}], ids=["unknown", "missing"])
def test_an_unknown_or_missing_kind_is_answered_with_the_known_names(
    field: str, known: tuple[str, ...], spoiled: dict[str, str], tmp_path: Path
) -> None:
    value = plain()
    (value if field in value else value["hyperparameters"])[field] = spoiled
    error = refusal(value, tmp_path)
    assert field in error.what
    assert error.remedy == f"Known are: {', '.join(known)}."


def test_a_value_out_of_range_is_named_with_its_nested_path(tmp_path: Path) -> None:
    value = plain()
    value["architecture"]["layers"][0]["body"][1]["p"] = 0.99
    error = refusal(value, tmp_path)
    assert "Expected 'float' <= 0.95 at 'architecture.layers[0].body[1].p'" in error.what


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("hyperparameters", "epochs"), 0),
        (("hyperparameters", "epochs"), 1.5),
        (("hyperparameters", "batch_size"), "64"),
        (("hyperparameters", "validation_share"), 0.95),
        (("hyperparameters", "device"), "tpu"),
        (("hyperparameters", "precision"), None),
        (("hyperparameters", "threads"), 257),
        (("hyperparameters", "compile"), 1),
        (("hyperparameters", "optimizer", "momentum"), -1),
        (("seed",), 2**31),
        (("seed",), 10**400),
        (("seed",), True),
        (("architecture", "name"), 3),
        (("architecture", "layers"), {}),
        (("version",), "1"),
    ],
)
def test_a_wrong_value_is_named_with_its_path(path: tuple[str, ...], value: Any, tmp_path: Path) -> None:
    spoiled = plain()
    target = spoiled
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    assert "seed" in path or ".".join(path) in refusal(spoiled, tmp_path).what
    refusal(spoiled, tmp_path)


@pytest.mark.parametrize("path", [(), ("hyperparameters",), ("architecture",), ("dataset",)])
def test_a_field_that_is_not_known_is_named(path: tuple[str, ...], tmp_path: Path) -> None:
    spoiled = plain()
    target = spoiled
    for key in path:
        target = target[key]
    target["flavour"] = 1
    assert "unknown field 'flavour'" in refusal(spoiled, tmp_path).what


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(content=st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_an_experiment_or_one_error(content: bytes) -> None:
    with pytest.raises(LeptonError):
        parse_experiment(content, "some file")


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            found += leaves(inner, (*path, key))
    return found


@given(place=st.sampled_from(leaves(plain())), value=JSON)
def test_an_experiment_with_any_value_anywhere_is_an_experiment_or_one_error(
    place: tuple[Any, ...], value: Any
) -> None:
    spoiled = plain()
    target = spoiled
    for key in place[:-1]:
        target = target[key]
    target[place[-1]] = value
    try:
        experiment = parse_experiment(json.dumps(spoiled).encode(), "some file")
    except LeptonError as error:
        assert "some file" in error.what  # noqa: PT017 - either outcome is right
    else:
        assert parse_experiment(msgspec.json.encode(experiment), "again") == experiment


@given(cut=st.integers(0, 2000))
def test_a_truncated_file_is_one_error(cut: int) -> None:
    content = msgspec.json.encode(NESTED)
    with pytest.raises(LeptonError):
        parse_experiment(content[: cut % len(content)], "some file")


@pytest.mark.parametrize("depth", [100, 600, 5_000])
def test_a_tree_of_any_depth_is_read_or_refused(depth: int) -> None:
    tree = '{"type":"residual","body":[' * depth + "]}" * depth
    content = json.dumps({**plain(), "architecture": {"layers": ["@"]}}).replace('"@"', tree)
    try:
        layers = parse_experiment(content.encode(), "deep").architecture.layers
    except LeptonError as error:
        assert "deep" in error.what  # noqa: PT017 - either outcome is right
    else:
        assert isinstance(layers[0], Residual)


@pytest.mark.parametrize(
    ("path", "text", "read"),
    [
        ("seed", "5", lambda e: e.seed == 5),
        ("hyperparameters.epochs", "4", lambda e: e.hyperparameters.epochs == 4),
        ("epochs", "4", lambda e: e.hyperparameters.epochs == 4),
        ("optimizer.momentum", "0.75", lambda e: e.hyperparameters.optimizer == Sgd(momentum=0.75)),
        ("optimizer.type", "adam", lambda e: e.hyperparameters.optimizer == Adam()),
        ("device", "cpu", lambda e: e.hyperparameters.device == "cpu"),
        ("batch_size", "10000000", lambda e: e.hyperparameters.batch_size == 10_000_000),
        ("threads", "3", lambda e: e.hyperparameters.threads == 3),
        ("compile", "true", lambda e: e.hyperparameters.compile is True),
        ("augmentations", '[{"type":"affine"}]', lambda e: e.hyperparameters.augmentations == (Affine(),)),
        ("architecture.name", "My net", lambda e: e.architecture.name == "My net"),
        ("architecture.name", "5", lambda e: e.architecture.name == "5"),
        ("architecture.name", '"5"', lambda e: e.architecture.name == "5"),
        ("architecture.name", "true", lambda e: e.architecture.name == "true"),
        ("architecture.layers.0.body.1.p", "0.5", lambda e: e.architecture.layers[0].body[1].p == 0.5),
        ("architecture.layers.2.type", "conv2d", lambda e: e.architecture.layers[2] == Conv2d()),
    ],
)
def test_a_setting_changes_one_field_by_its_path(path: str, text: str, read: Any) -> None:
    changed = with_setting(NESTED, path, text)
    assert read(changed)
    assert changed != NESTED


def test_a_setting_leaves_the_original_alone() -> None:
    before = msgspec.json.encode(NESTED)
    with_setting(NESTED, "architecture.layers.0.body.1.p", "0.5")
    assert msgspec.json.encode(NESTED) == before


@pytest.mark.parametrize(
    "path",
    [
        "",
        ".",
        "epoch",
        "type",
        "hyperparameters.type",
        "optimizer.speed",
        "architecture.layers.9.p",
        "architecture.layers.².p",
        "architecture.layers.-1.p",
        "architecture.layers.0",
        "seed.more",
    ],
)
def test_a_setting_that_is_no_field_says_what_is_known_there(path: str) -> None:
    with pytest.raises(LeptonError, match="There is no field") as caught:
        with_setting(NESTED, path, "1")
    assert caught.value.remedy.startswith("Known here are: ")


def test_the_names_that_are_known_at_a_path_are_listed() -> None:
    with pytest.raises(LeptonError) as caught:
        with_setting(NESTED, "optimizer.speed", "1")
    assert caught.value.remedy == "Known here are: type, learning_rate, momentum, nesterov, weight_decay."


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("epochs", "0"),
        ("epochs", "many"),
        ("seed", "-1"),
        ("optimizer.type", "sdg"),
        ("optimizer", "sgd"),
        ("device", "5"),
        ("architecture.layers.0.body.1.p", "2"),
    ],
)
def test_a_setting_out_of_range_names_what_was_said(path: str, text: str) -> None:
    with pytest.raises(LeptonError) as caught:
        with_setting(NESTED, path, text)
    assert f"{path}={text}" in caught.value.what


@given(path=st.text(max_size=20), text=st.text(max_size=20) | st.sampled_from(["\ud800", "[" * 9999, "9" * 5000]))
def test_any_setting_is_taken_or_refused_in_words(path: str, text: str) -> None:
    for place in (path, f"architecture.{path}", "architecture.name"):
        try:
            assert isinstance(with_setting(NESTED, place, text), Experiment)
        except LeptonError as error:
            assert error.what  # noqa: PT017 - either outcome is right

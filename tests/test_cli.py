"""The command line: what it writes where, and how it ends."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import typer
from PIL import Image

from lepton_studio import cli, cli_training, paths
from lepton_studio.cli_choices import samples_of
from lepton_studio.cli_output import emit
from lepton_studio.engine.experiment import (
    Experiment,
    Hyperparameters,
    default_experiment,
    save_experiment,
    with_setting,
)
from lepton_studio.engine.files import write_struct
from lepton_studio.engine.recipe import MACHINE_FIELDS, recipes
from lepton_studio.engine.run_store import find_run, list_runs
from lepton_studio.engine.runs import RECORD, Run

# One epoch of this takes a fraction of a second.
QUICK = ("--architecture", "mlp", "--set", "augmentations=[]", "--device", "cpu", "--precision", "float32")
Python = Callable[..., subprocess.CompletedProcess[str]]


Ask = Callable[..., Any]


@pytest.fixture
def no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder of pictures in two classes, and one file that is none."""
    folder = tmp_path / "animals"
    random = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (folder / name).mkdir(parents=True)
        for number in range(12):
            pixels = random.integers(0, 255, (28, 28), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    (folder / "cat" / "broken.png").write_bytes(b"no picture")
    return folder


# --- train and resume


def test_training_gives_its_numbers_as_json_and_nothing_else_on_stdout(ask: Ask) -> None:
    answer = ask("train", *QUICK, "--epochs", 2, "--json")
    assert answer.status == 0
    result = answer.value
    assert [row["epoch"] for row in result["epochs"]] == [1, 2]
    assert set(result["epochs"][0]) >= {"epoch", "train_loss", "validation_loss", "validation_accuracy", "seconds"}
    assert result["test_accuracy"] > 0.5
    assert result["precision"] == "float32"
    assert result["threads"] >= 1
    assert result["kernels"] in ("plain", "onednn")
    assert result["parameters"] == 109_386
    run = find_run(result["run"])
    assert result["train_seconds"] == run.record.train_seconds > 0
    assert result["images_per_second"] == run.record.images_per_second > 0
    assert "epoch 2 of 2" in answer.err


def test_without_json_the_numbers_are_a_table(ask: Ask) -> None:
    answer = ask("train", *QUICK, "--epochs", 1)
    assert answer.status == 0
    assert "validation accuracy" in answer.out
    assert list_runs()[0].id in answer.out


def test_every_option_reaches_the_experiment(ask: Ask) -> None:
    answer = ask(
        "train", *QUICK, "--dataset", "bundled_digits", "--epochs", 1, "--batch-size", 256, "--learning-rate", 0.07,
        "--optimizer", "sgd", "--loss", "mean_squared_error", "--seed", 5, "--set", "optimizer.momentum=0.5",
        "--set", "schedule.type=constant", "--name", "My run", "--json",
    )  # fmt: skip
    assert answer.status == 0
    run = find_run("My run")
    plain = msgspec.to_builtins(run.experiment)
    chosen = plain["hyperparameters"]
    assert chosen["optimizer"] == {
        "type": "sgd",
        "learning_rate": 0.07,
        "momentum": 0.5,
        "nesterov": False,
        "weight_decay": 0.0,
    }
    assert chosen["loss"] == {"type": "mean_squared_error"}
    assert chosen["schedule"] == {"type": "constant", "warm_up": 0.0}
    assert (chosen["epochs"], chosen["batch_size"], chosen["device"]) == (1, 256, "cpu")
    assert (plain["seed"], plain["dataset"], plain["architecture"]["name"]) == (5, {"type": "bundled_digits"}, "MLP")


@pytest.mark.parametrize("settings", [["optimizer.type=sgd"], ["optimizer.type=sgd", "epochs=3"]])
def test_a_kind_set_by_hand_keeps_the_learning_rate(settings: list[str]) -> None:
    changed = cli_training.with_words(default_experiment(), {}, {"optimizer.learning_rate": "0.3"}, settings)
    assert changed.hyperparameters.optimizer.tag() == "sgd"
    assert changed.hyperparameters.optimizer.learning_rate == 0.3


def test_an_experiment_file_is_where_to_start(ask: Ask, tmp_path: Path, tiny_experiment: Experiment) -> None:
    file = tmp_path / "experiment.json"
    save_experiment(file, tiny_experiment)
    answer = ask("train", "--experiment", file, *QUICK, "--epochs", 1, "--json")
    assert answer.status == 0
    assert find_run(answer.value["run"]).experiment.seed == tiny_experiment.seed


def test_a_recipe_sets_the_hyperparameters_and_other_options_override_it(ask: Ask) -> None:
    answer = ask("train", *QUICK, "--recipe", "fast", "--epochs", 1, "--set", "validation_share=0.3", "--json")
    assert answer.status == 0
    chosen = find_run(answer.value["run"]).experiment.hyperparameters
    expected = recipes()["fast"].hyperparameters
    changes = {"epochs": 1, "validation_share": 0.3, "device": "cpu", "precision": "float32", "augmentations": ()}
    assert chosen == msgspec.structs.replace(expected, **changes)


def test_a_recipe_replaces_the_hyperparameters_of_an_experiment_file_and_nothing_else(
    tmp_path: Path, tiny_experiment: Experiment
) -> None:
    file = tmp_path / "experiment.json"
    tiny = with_setting(with_setting(tiny_experiment, "threads", "2"), "epochs", "7")
    save_experiment(file, tiny)
    start = cli_training._starting_point(file, None, None, "standard")
    assert start == msgspec.structs.replace(tiny, hyperparameters=start.hyperparameters)
    machine = {name: getattr(tiny.hyperparameters, name) for name in MACHINE_FIELDS}
    assert start.hyperparameters == msgspec.structs.replace(Hyperparameters(), **machine)
    assert start.hyperparameters.threads == 2


def test_a_folder_of_pictures_is_brought_in_once_and_trained_on(ask: Ask, pictures: Path) -> None:
    first = ask("train", "--dataset", pictures, *QUICK, "--epochs", 1, "--json")
    assert first.status == 0
    assert "24 pictures; 1 cannot be read" in first.err
    assert "gets 2 outputs" in first.err
    assert find_run(first.value["run"]).record.class_names == ("cat", "dog")
    assert ask("train", "--dataset", pictures, *QUICK, "--epochs", 1, "--json").status == 0
    assert ask("train", "--dataset", "animals", *QUICK, "--epochs", 1, "--json").status == 0
    assert [path.name for path in paths.datasets().iterdir()] == ["animals"]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("train", "--epochs", "0"), "epochs"),
        (("train", "--epochs", "many"), "epochs"),
        (("train", "--epochs"), "requires an argument"),
        (("train", "--optimizer", "adamm"), "Known are: adagrad, adam"),
        (("train", "--set", "epochs"), "--set FIELD=VALUE"),
        (("train", "--set", "epoch=3"), "There is no field 'epoch'"),
        (("train", "--architecture", "resnet"), "no architecture and no file called 'resnet'"),
        (("train", "--architecture", "lenet5", "--set", "architecture.layers.11.outputs=9"), "ends with 9 numbers"),
        (("train", "--dataset", "minst"), "Did you mean 'mnist'?"),
        (("train", "--recipe", "fats"), "Did you mean 'fast'? Known are: fast, robust, standard."),
        (("train", "--experiment", "nowhere.json"), "nowhere.json"),
        (("train", "--device", "mps"), "mps"),
        (("train", "--learning", "0.1"), "--learning"),
        (("train", "extra"), "extra"),
        (("resume", "nobody"), "no run called 'nobody'"),
        (("resume", "last"), "There is no run yet"),
        (("evaluate", "nobody"), "no run called 'nobody'"),
        (("predict", "nobody", "a.png"), "no run called 'nobody'"),
        (("predict", "nobody"), "IMAGE"),
        (("runs", "lst"), "lst"),
        (("runs", "import", "nowhere.zip"), "nowhere.zip does not exist"),
        (("data", "info", "nothing"), "Known are"),
        (("data", "import", "nowhere"), "nowhere does not exist"),
        (("architecture", "check", "nothing"), "Known are"),
        (("bench", "nothing"), "no measurement called 'nothing'. Known are: "),
        (("tran",), "Did you mean 'train'?"),
        (("tran", "--epochs", "3"), "Did you mean 'train'?"),
    ],
)
def test_wrong_words_give_one_line_and_exit_2(ask: Ask, words: tuple[str, ...], complaint: str) -> None:
    if "mps" in words and sys.platform == "darwin":
        pytest.skip("this computer has the device")
    answer = ask(*words)
    assert answer.status == 2
    assert complaint in answer.err
    assert len(answer.err.strip().splitlines()) == 1
    assert answer.out == ""
    # A run that could never start leaves nothing behind.
    assert list_runs() == []


@pytest.fixture
def interrupt_after_one_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    """The person presses Ctrl+C when the first epoch is told."""
    tell = cli_training.show_news
    presses = [signal.SIGINT]

    def tell_and_interrupt(event: Any, run: Run, bar: Any) -> None:
        tell(event, run, bar)
        if presses and type(event).__name__ == "EpochFinished":
            signal.raise_signal(presses.pop())

    monkeypatch.setattr(cli_training, "show_news", tell_and_interrupt)


@pytest.mark.usefixtures("interrupt_after_one_epoch")
def test_an_interrupted_training_is_kept_and_goes_on_to_the_same_end(ask: Ask) -> None:
    words = ("train", *QUICK, "--epochs", 2, "--json")
    handler = signal.getsignal(signal.SIGINT)
    interrupted = ask(*words)
    assert interrupted.status == 130
    assert interrupted.out == ""
    run = list_runs()[0]
    assert f"lepton-studio resume {run.id}" in interrupted.err.splitlines()[-1]
    assert run.record.state == "stopped"
    assert len(run.history.epochs) == 1
    assert signal.getsignal(signal.SIGINT) is handler
    resumed = ask("resume", "last", "--json").value
    assert resumed["run"] == run.id
    undisturbed = Run.create(find_run(run.id).experiment, "Undisturbed")
    cli_training.train_to_the_end(undisturbed, samples_of(undisturbed.experiment.dataset))
    assert resumed["test_accuracy"] == undisturbed.record.test_accuracy
    assert [row["train_loss"] for row in resumed["epochs"]] == [row.train_loss for row in undisturbed.history.epochs]


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot send Ctrl+C to one process")
def test_ctrl_c_in_a_real_process_ends_with_130() -> None:
    command = [sys.executable, "-m", "lepton_studio", "train", *QUICK, "--epochs", "5000", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if line.startswith("epoch 1 "):
                break
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert out == ""
    assert "resume" in err.splitlines()[-1]
    assert "Traceback" not in err
    assert list_runs()[0].record.state == "stopped"


def test_a_finished_run_has_nothing_left_to_do(ask: Ask, trained_run: Run) -> None:
    answer = ask("resume", trained_run.id)
    assert answer.status == 2
    assert "nothing left to do" in answer.err


def test_a_running_run_is_not_resumed_or_renamed(ask: Ask, trained_run: Run) -> None:
    with trained_run.being_trained():
        assert "is running already" in ask("resume", trained_run.id).err
        assert ask("runs", "rename", trained_run.id, "Other").status == 2


# --- evaluate and predict


def test_an_evaluation_adds_up(ask: Ask) -> None:
    trained = ask("train", *QUICK, "--epochs", 1, "--json").value
    result = ask("evaluate", "last", "--json").value
    confusion = np.array(result["confusion"])
    assert result["run"] == trained["run"]
    assert confusion.sum() == result["samples"] == 1000
    assert result["accuracy"] == pytest.approx(np.trace(confusion) / 1000)
    assert result["accuracy"] == pytest.approx(trained["test_accuracy"], abs=0.002)
    assert [row["name"] for row in result["per_class"]] == list("0123456789")
    assert ask("evaluate", "last", "--split", "validation", "--json").value["samples"] == 400
    assert "Confusion" in ask("evaluate", "last", "--dataset", "bundled_digits").out
    assert "Known are: train" in ask("evaluate", "last", "--split", "exam").err


def test_an_evaluation_under_attack_says_what_the_attack_was_and_what_it_did(ask: Ask) -> None:
    asked = ("evaluate", "bundled", "--dataset", "bundled_digits", "--split", "validation")
    result = ask(*asked, "--attack", "pgd", "--radius", "0.2", "--steps", 3, "--json").value
    told = result["attack"]
    assert (told["kind"], told["radius"], told["steps"]) == ("pgd", 0.2, 3)
    assert 0 <= told["accuracy"] < result["accuracy"] - 0.15
    shown = ask(*asked, "--attack", "fgsm", "--radius", 0).out
    assert f"Under FGSM of radius 0 in 1 step: {result['accuracy'] * 100:.2f} %." in shown
    assert ask(*asked, "--json").value["attack"] is None
    assert "Known are: fgsm, pgd" in ask(*asked, "--attack", "magic").err
    assert "radius" in ask(*asked, "--attack", "pgd", "--radius", 2).err


def test_images_are_answered_one_by_one_and_a_bad_one_is_named(ask: Ask, trained_run: Run, pictures: Path) -> None:
    good, bad, missing = pictures / "cat" / "1.png", pictures / "cat" / "broken.png", pictures / "none.png"
    answer = ask("predict", trained_run.id, good, bad, missing, "--json")
    assert answer.status == 0
    first, second, third = answer.value
    assert first["file"] == str(good)
    assert sum(first["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert first["probability"] == max(first["probabilities"].values()) == first["probabilities"][first["label"]]
    assert "broken.png" in second["error"]
    assert "does not exist" in third["error"]
    assert "label" not in second


def test_predicting_fails_if_no_image_can_be_read(ask: Ask, trained_run: Run, tmp_path: Path) -> None:
    answer = ask("predict", trained_run.id, tmp_path / "none.png", "--json")
    assert answer.status == 2
    assert "error" in answer.value[0]


@pytest.mark.skipif(
    not (paths.resources() / "models" / "pen_net" / RECORD).exists(), reason="the shipped network is not made yet"
)
def test_the_shipped_network_answers_and_cannot_be_changed(ask: Ask, pictures: Path) -> None:
    assert ask("predict", "bundled", pictures / "cat" / "1.png", "--json").value[0]["label"] in "0123456789"
    assert ask("evaluate", "bundled", "--dataset", "bundled_digits", "--json").value["accuracy"] > 0.97
    for words in (("runs", "delete", "bundled"), ("runs", "rename", "bundled", "Mine"), ("resume", "bundled")):
        assert ask(*words).status == 2


# --- the store of runs


def test_the_list_of_runs_says_how_each_fared(ask: Ask, trained_run: Run) -> None:
    (row,) = ask("runs", "list", "--json").value
    assert row["run"] == trained_run.id
    assert (row["name"], row["state"]) == ("Trained", "finished")
    assert row["test_accuracy"] == trained_run.record.test_accuracy
    assert row["train_seconds"] == trained_run.record.train_seconds
    assert trained_run.id in ask("runs", "list").out


def test_an_empty_store_is_an_empty_list(ask: Ask) -> None:
    assert ask("runs", "list", "--json").value == []
    assert "There is no run yet" in ask("runs", "list").err


@pytest.mark.parametrize("name", ["id", "name", "path", "last"])
def test_a_run_is_found_by_id_name_path_or_as_the_last(ask: Ask, trained_run: Run, name: str) -> None:
    word = {"id": trained_run.id, "name": "Trained", "path": trained_run.folder, "last": "last"}[name]
    shown = ask("runs", "show", word, "--json").value
    assert shown["run"] == trained_run.id
    assert len(shown["epochs"]) == 2
    assert shown["experiment"]["seed"] == 3


def test_a_run_is_shown_as_a_table(ask: Ask, trained_run: Run) -> None:
    out = ask("runs", "show", trained_run.id).out
    assert str(trained_run.folder) in out
    assert "validation accuracy" in out


@pytest.mark.parametrize(("rows", "count"), [("all", 8), ("batches", 6), ("epochs", 2)])
def test_the_numbers_of_a_run_are_written_as_a_table(
    ask: Ask, trained_run: Run, tmp_path: Path, rows: str, count: int
) -> None:
    file = tmp_path / "curves.csv"
    written = ask("runs", "export", "last", file, "--rows", rows, "--json").value
    assert written["batches"] + written["epochs"] + written["changes"] == count
    assert len(file.read_text(encoding="utf-8").splitlines()) == 1 + count
    assert str(file) in ask("runs", "export", "last", file).out
    assert ask("runs", "export", "last", file, "--rows", "some").status == 2


def test_a_run_gets_another_name(ask: Ask, trained_run: Run) -> None:
    assert ask("runs", "rename", trained_run.id, " [red]Best ", "--json").value["name"] == "[red]Best"
    assert "[red]Best" in ask("runs", "list").out
    assert ask("runs", "rename", trained_run.id, "  ").status == 2


def test_a_deleted_run_is_gone(ask: Ask, trained_run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert ask("runs", "delete", "Trained", "--json").value == {"run": trained_run.id, "deleted": True}
    assert list_runs() == []


def test_a_run_goes_out_as_one_file_and_comes_back(ask: Ask, trained_run: Run, tmp_path: Path) -> None:
    file = tmp_path / "run.zip"
    written = ask("runs", "archive", "last", file, "--json").value
    assert written == {"run": trained_run.id, "file": str(file), "bytes": file.stat().st_size}
    back = ask("runs", "import", file, "--json").value
    assert back["run"] != trained_run.id
    assert back["test_accuracy"] == trained_run.record.test_accuracy
    file.write_bytes(b"PK no zip")
    assert "no archive of a run" in ask("runs", "import", file).err


def test_a_damaged_run_is_listed_shown_and_deleted(ask: Ask, trained_run: Run) -> None:
    (trained_run.folder / RECORD).write_text("{")
    assert ask("runs", "list", "--json").value[0]["state"] == "damaged"
    assert "JSON" in ask("runs", "show", trained_run.id, "--json").value["error"]
    assert ask("resume", trained_run.id).status == 2
    assert ask("runs", "delete", trained_run.id, "--yes").status == 0


def test_control_characters_in_a_name_do_not_reach_the_terminal(ask: Ask, trained_run: Run) -> None:
    trained_run.update(name="a\x1b[2Jb")
    assert "\x1b" not in ask("runs", "list").out


# --- data and architectures


def test_the_datasets_are_listed_with_their_source(ask: Ask) -> None:
    rows = {row["dataset"]: row for row in ask("data", "list", "--json").value}
    assert {"bundled_digits", "mnist", "fashion_mnist"} <= set(rows)
    assert rows["bundled_digits"]["here"] is True
    assert all(row["publisher"] and row["licence"] for row in rows.values())
    assert "bundled_digits" in ask("data", "list").out


def test_a_dataset_is_counted_by_class_and_split(ask: Ask) -> None:
    result = ask("data", "info", "bundled_digits", "--json").value
    assert result["samples"] == sum(result["splits"].values()) == 5000
    assert result["shape"] == [1, 28, 28]
    assert result["per_class"][3] == {"name": "3", "train": 360, "validation": 40, "test": 100}
    assert "CC BY-SA" in ask("data", "info", "bundled_digits").out


def test_an_import_reports_every_file(ask: Ask, pictures: Path) -> None:
    result = ask("data", "import", pictures, "--name", "Pets", "--json").value
    assert (result["dataset"], result["loaded"], result["reported"], result["ignored"]) == ("Pets", 24, 1, 0)
    verdicts = {row["file"]: (row["verdict"], row["reason"]) for row in result["files"]}
    assert verdicts["cat/broken.png"][0] == "report"
    assert verdicts["cat/broken.png"][1]
    assert verdicts["dog/1.png"][0] == "load"
    assert ask("data", "info", "Pets", "--json").value["classes"] == ["cat", "dog"]
    assert "Pets" in ask("data", "list").out
    assert "broken.png" in ask("data", "import", pictures).out


def test_an_architecture_is_checked(ask: Ask) -> None:
    answer = ask("architecture", "check", "lepton_net", "--json")
    assert answer.status == 0
    result = answer.value
    assert result["parameters"] == sum(layer["parameters"] for layer in result["layers"]) == 421_642
    assert result["layers"][0]["layer"] == "conv2d"
    assert result["layers"][0]["output_shape"] == [32, 28, 28]
    assert result["flops"] > 8_000_000
    assert result["memory"] > 0
    assert result["errors"] == []
    assert "421,642" in ask("architecture", "check", "lepton_net").out


def test_a_faulty_architecture_is_described_and_fails(ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "faulty.json"
    file.write_text('{"name": "Faulty", "layers": [{"type": "linear", "outputs": 10}]}')
    answer = ask("architecture", "check", file, "--json")
    assert answer.status == 2
    assert "Flatten" in answer.value["errors"][0]
    assert "Flatten" in ask("architecture", "check", file).err


def test_the_check_of_a_faulty_architecture_says_what_would_help(ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "faulty.json"
    file.write_text('{"name": "Faulty", "layers": [{"type": "linear", "outputs": 10}]}')
    (best, *_rest) = ask("architecture", "check", file, "--json").value["fixes"]
    assert best["text"] == "Put Flatten before Linear"
    assert best["complete"] is True
    assert [step["kind"] for step in best["steps"]] == [best["kind"]] == ["insert"]
    assert "Would help: Put Flatten before Linear." in ask("architecture", "check", file).err
    # What is offered can be taken as it is.
    file.write_text(json.dumps(best["architecture"]))
    mended = ask("architecture", "check", file, "--json")
    assert mended.status == 0
    assert mended.value["fixes"] == []
    file.write_text('{"name": "Faulty", "layers": [{"type": "flatten"}, {"type": "linear", "inputs": 3136}]}')
    assert "made for 3 136 numbers" in ask("architecture", "check", file).err


def test_the_architecture_of_an_experiment_file_is_taken(ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "experiment.json"
    save_experiment(file, default_experiment())
    assert ask("architecture", "check", file, "--json").value["architecture"] == "LeptonNet"
    write_struct(file, {"layers": [{"type": "conv3d"}]})
    assert ask("architecture", "check", file).status == 2
    file.write_text("{")
    assert "is not valid JSON" in ask("architecture", "check", file).err


def test_an_architecture_is_written_as_code(ask: Ask) -> None:
    out = ask("architecture", "code", "lenet5").out
    compile(out, "lenet5.py", "exec")
    assert ask("architecture", "code", "lenet5", "--json").value["code"] == out


# --- bench


def test_measurements_give_their_figures_and_a_failure_its_last_line(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fast.py").write_text("print('{\"ratio\": 2.5}')")
    (tmp_path / "broken.py").write_text("raise SystemExit('no screen')")
    (tmp_path / "chatty.py").write_text("print('hello')")
    (tmp_path / "_shared.py").write_text("")
    monkeypatch.setattr(paths, "benchmarks", lambda: tmp_path)
    answer = ask("bench", "--json")
    assert answer.status == 1
    assert answer.value["fast"] == {"ratio": 2.5}
    assert answer.value["broken"] == {"error": "no screen"}
    assert "JSON" in answer.value["chatty"]["error"]
    assert len(answer.value) == 3
    table = ask("bench", "fast")
    assert table.status == 0
    assert "2.5" in table.out


# --- the window


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Stands for the window; holds the files with which it was opened."""
    calls: list[list[str]] = []
    module = types.ModuleType("lepton_studio.gui.app")

    def run_window(files: list[str]) -> int:
        calls.append(files)
        return 0

    module.run_window = run_window  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    return calls


def test_no_words_open_the_window(ask: Ask, opened: list[list[str]]) -> None:
    assert ask().status == 0
    assert opened == [[]]


def test_a_file_opens_in_the_window(ask: Ask, opened: list[list[str]], tmp_path: Path) -> None:
    file = tmp_path / "train"
    file.write_text("{}")
    assert ask(file).status == 0
    assert opened == [[str(file)]]


def test_a_file_named_like_a_command_opens_by_its_path(
    ask: Ask, opened: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "runs").write_text("{}")
    monkeypatch.chdir(tmp_path)
    assert ask("./runs").status == 0
    assert opened == [[str(tmp_path / "runs")]]


@pytest.mark.usefixtures("no_display")
def test_without_a_display_one_line_names_what_needs_none(ask: Ask) -> None:
    answer = ask()
    assert answer.status == 2
    assert len(answer.err.splitlines()) == 1
    assert "lepton-studio demo" in answer.err
    assert "lepton-studio train" in answer.err


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there is always a display")
@pytest.mark.usefixtures("no_display")
def test_a_display_where_nobody_listens_is_none(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":9871")
    answer = ask()
    assert answer.status == 2
    assert len(answer.err.splitlines()) == 1


@pytest.mark.parametrize("reason", ["libEGL.so.1: cannot open shared object file", "DLL load failed"])
def test_a_missing_library_of_the_system_is_named(ask: Ask, monkeypatch: pytest.MonkeyPatch, reason: str) -> None:
    class Broken(types.ModuleType):
        def __getattr__(self, name: str) -> Any:
            raise ImportError(reason)

    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setitem(sys.modules, "lepton_studio.gui.app", Broken("lepton_studio.gui.app"))
    answer = ask()
    assert answer.status == 2
    assert reason in answer.err


@pytest.mark.usefixtures("no_display")
def test_the_demo_runs_offscreen_without_a_display(ask: Ask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def run_demo(out: Path | None, say: Callable[[str], None], is_stopped: Callable[[], bool]) -> dict[str, Any]:
        assert not is_stopped()
        say("drawing")
        return {"pages": [str(out)], "test_accuracy": 0.9, "drawn": [], "seconds": 1.0}

    module = types.ModuleType("lepton_studio.gui.demo")
    module.run_demo = run_demo  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    # Set and taken away again, so that the command's own setting is undone after the test.
    monkeypatch.setenv("QT_QPA_PLATFORM", "")
    answer = ask("demo", "--out", tmp_path, "--json")
    assert answer.value["pages"] == [str(tmp_path)]
    assert answer.err == "drawing\n"
    assert os.environ["QT_QPA_PLATFORM"] == "offscreen"


# --- how it ends


@pytest.fixture
def fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setattr("lepton_studio.engine.run_store.list_runs", fail)


@pytest.mark.usefixtures("fault")
def test_a_fault_is_one_line_and_a_traceback_in_the_log(ask: Ask) -> None:
    answer = ask("runs", "list")
    assert answer.status == 1
    assert len(answer.err.splitlines()) == 1
    assert str(paths.log_file()) in answer.err
    assert "Traceback" in paths.log_file().read_text(encoding="utf-8")


@pytest.mark.usefixtures("fault")
@pytest.mark.parametrize("words", [("--debug", "runs", "list"), ("runs", "list", "--debug")])
def test_debug_shows_the_traceback(ask: Ask, words: tuple[str, ...]) -> None:
    answer = ask(*words)
    assert answer.status == 1
    assert "Traceback" in answer.err


def test_json_has_no_nan_and_only_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    emit({"loss": [float("nan"), (float("inf"), 1.5)], "name": "深"})
    out = capsys.readouterr().out
    assert out.isascii()
    assert json.loads(out, parse_constant=pytest.fail) == {"loss": [None, [None, 1.5]], "name": "深"}


def test_the_version_is_said(ask: Ask) -> None:
    assert ask("--version").out.startswith("lepton-studio 0.")


def test_help_imports_neither_torch_nor_qt_nor_numpy(run_python: Python) -> None:
    script = """
import sys
from lepton_studio.cli import main
from lepton_studio.cli_choices import samples_of
from lepton_studio.cli_output import emit
assert main(["train", "--help"]) == 0
heavy = {"torch", "numpy", "PySide6", "PIL", "safetensors"} & set(sys.modules)
assert not heavy, heavy
"""
    assert "--learning-rate" in run_python(script).stdout


@pytest.fixture
def bare_environment() -> dict[str, str]:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return {name: value for name, value in os.environ.items() if name not in hidden}


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there is always a display")
def test_the_module_is_a_program_with_an_exit_status(bare_environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "lepton_studio"]
    done = subprocess.run(command, env=bare_environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no display" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="pipes end in another way on Windows")
def test_a_reader_who_leaves_early_is_no_fault() -> None:
    command = [sys.executable, "-m", "lepton_studio", "data", "list", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 1
    assert not paths.log_file().exists()


CONTRACT = {
    "open": set(),
    "demo": {"--out", "--json"},
    "train": {
        "--dataset", "--architecture", "--experiment", "--epochs", "--batch-size", "--learning-rate", "--optimizer",
        "--loss", "--seed", "--device", "--precision", "--set", "--name", "--json",
    },
    "resume": {"--json"},
    "evaluate": {"--dataset", "--split", "--attack", "--radius", "--steps", "--coverage", "--json"},
    "predict": {"--json"},
    "bench": {"--json"},
    **{f"runs {name}": {"--json"} for name in ("list", "show", "rename", "delete", "archive", "import")},
    "runs export": {"--rows", "--json"},
    **{f"data {name}": {"--json"} for name in ("list", "info", "import")},
    **{f"architecture {name}": {"--json"} for name in ("check", "code")},
}  # fmt: skip


@pytest.mark.parametrize("words", CONTRACT)
def test_the_command_has_the_options_that_scripts_rely_on(words: str) -> None:
    command: Any = typer.main.get_command(cli.app)
    for word in words.split():
        command = command.commands[word]
    options = {option for parameter in command.params for option in parameter.opts if option.startswith("--")}
    assert options >= CONTRACT[words]
    assert command.help

"""The exported script trains and answers without Lepton Studio, and as Lepton Studio does."""

from __future__ import annotations

import ast
import contextlib
import gzip
import json
import re
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor

from lepton_studio import paths
from lepton_studio.engine import ATTACKS, AUGMENTATIONS, LOSSES, OPTIMIZERS, REGULARISATIONS, SCHEDULES, presets
from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.attack import Attack
from lepton_studio.engine.attacks.fgsm import Fgsm
from lepton_studio.engine.augmentation import Augmentation
from lepton_studio.engine.checkpoint import Position, load_weights, save_checkpoint
from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.engine.datasets.emnist_letters import EmnistLetters
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.experiment import Experiment, Hyperparameters
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.layers.pretrained import Pretrained
from lepton_studio.engine.learner import Learner
from lepton_studio.engine.loss import Loss
from lepton_studio.engine.network import build_network
from lepton_studio.engine.prediction import Predictor
from lepton_studio.engine.runs import Run
from lepton_studio.engine.script_export import write_script
from lepton_studio.engine.splits import Splits
from lepton_studio.engine.training import start_training
from lepton_studio.engine.writer import WRITERS

DIGITS = tuple("0123456789")
MEAN, STD = (33.4,), (78.6,)

# Nothing of ours may be imported, though it is installed beside torch.
WALL = """
import importlib.abc, sys
class Wall(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "lepton_studio":
            raise ImportError("lepton_studio is behind the wall")
sys.meta_path.insert(0, Wall())
"""

# Says for each folder how far the answers of its script are from the saved ones.
COMPARE = f"""{WALL}
import json, pathlib, runpy, torch
from safetensors.torch import load_file
far = {{}}
for folder in map(pathlib.Path, sys.argv[1:]):
    names = runpy.run_path(str(folder / "train.py"), run_name="exported")
    network = names["Network"]()
    names["load_weights"](network, folder / "checkpoint.safetensors")
    saved = load_file(folder / "answers.safetensors")
    with torch.no_grad():
        far[folder.name] = float((network.eval()(saved["pictures"]) - saved["logits"]).abs().max())
print(json.dumps(far))
"""

# Runs a training in a Python where there is nothing of ours.
TRAIN = f"""{WALL}
import runpy
words = sys.argv[2:]
for script in sys.argv[1].split(","):
    sys.argv = [script, *words]
    runpy.run_path(script, run_name="__main__")
"""


def in_clean_python(code: str, *arguments: object) -> str:
    command = [sys.executable, "-I", "-W", "error", "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


Told = tuple[int, str]
Runs = Callable[..., Told]


@pytest.fixture
def run_script(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Runs:
    """Runs a script with these words behind it, in this process: what a clean one needs, others have shown."""

    def run(script: Path, *words: object) -> Told:
        monkeypatch.setattr(sys, "argv", [str(script), *map(str, words)])
        capsys.readouterr()
        try:
            runpy.run_path(str(script), run_name="__main__")
        except SystemExit as end:
            told = capsys.readouterr()
            return (end.code, told.err) if isinstance(end.code, int) else (1, str(end.code))
        return 0, capsys.readouterr().out

    return run


def script_of(experiment: Experiment, samples: Samples) -> str:
    return write_script(experiment, samples.shape, samples.class_names, *samples.mean_and_std).text


def of_tiny(experiment: Experiment, **settings: object) -> Experiment:
    hyperparameters = msgspec.structs.replace(experiment.hyperparameters, **settings)
    return msgspec.structs.replace(experiment, hyperparameters=hyperparameters)


@pytest.fixture
def tiny_npz(tiny_samples: Samples, tmp_path: Path) -> Path:
    path = tmp_path / "tiny.npz"
    np.savez(path, images=tiny_samples.images, labels=tiny_samples.labels, is_test=tiny_samples.is_test)
    return path


@pytest.fixture
def tiny_script(tiny_experiment: Experiment, tiny_samples: Samples, tmp_path: Path) -> Path:
    path = tmp_path / "train.py"
    path.write_text(script_of(tiny_experiment, tiny_samples), encoding="utf-8")
    return path


def test_the_script_of_every_preset_agrees_with_our_network(tmp_path: Path) -> None:
    folders = []
    for name, architecture in presets().items():
        folder = tmp_path / name
        folder.mkdir()
        network = build_network(architecture, (1, 28, 28), 10, MEAN, STD).eval()
        source = write_script(Experiment(BundledDigits(), architecture), (1, 28, 28), DIGITS, MEAN, STD).text
        (folder / "train.py").write_text(source, encoding="utf-8")
        # As a checkpoint is: with other things beside the weights.
        weights = {f"network.{key}": value for key, value in network.state_dict().items()}
        save_file(weights | {"optimizer.step": torch.zeros(1)}, folder / "checkpoint.safetensors")
        pictures = torch.randint(0, 256, (3, 1, 28, 28), dtype=torch.uint8)
        with torch.no_grad():
            save_file({"pictures": pictures, "logits": network(pictures)}, folder / "answers.safetensors")
        folders.append(folder)
    far = json.loads(in_clean_python(COMPARE, *folders))
    assert far.keys() == presets().keys()
    assert max(far.values()) <= 1e-5, far


@pytest.mark.parametrize("tag", AUGMENTATIONS.names())
def test_every_augmentation_goes_along_and_does_the_same(tag: str) -> None:
    augmentation = AUGMENTATIONS[tag]()
    settings = Hyperparameters(augmentations=(augmentation, augmentation))
    experiment = Experiment(BundledDigits(), presets()["mlp"], settings)
    exported = write_script(experiment, (1, 28, 28), DIGITS, MEAN, STD)
    names: dict[str, object] = {"__name__": "exported"}
    exec(compile(exported.text, "train.py", "exec"), names)
    pictures = torch.rand(4, 1, 28, 28) * 255
    first, second = names["AUGMENTATIONS"]  # type: ignore[misc]
    for copy in (first, second):
        torch.manual_seed(3)
        ours = augmentation.apply(pictures)
        torch.manual_seed(3)
        torch.testing.assert_close(copy.apply(pictures), ours)  # type: ignore[has-type]


def test_whatever_can_be_chosen_goes_along_and_learns(
    tiny_experiment: Experiment, tiny_samples: Samples, tiny_npz: Path, tmp_path: Path
) -> None:
    scripts = []
    chosen: list[dict[str, object]] = [
        {field: kind()}
        for field, registry in (
            ("loss", LOSSES), ("optimizer", OPTIMIZERS), ("schedule", SCHEDULES), ("adversarial", ATTACKS),
        )
        for kind in registry.classes.values()
    ]  # fmt: skip
    chosen += [{"regularisations": (kind(),)} for kind in REGULARISATIONS.classes.values()]
    # All at once, too.
    chosen.append({
        "regularisations": tuple(kind() for kind in REGULARISATIONS.classes.values()),
        "adversarial": ATTACKS["pgd"](), "schedule": SCHEDULES["reduce_on_plateau"](),
        "optimizer": OPTIMIZERS["lion"](),
    })  # fmt: skip
    for number, settings in enumerate(chosen):
        path = tmp_path / f"{number}.py"
        path.write_text(script_of(of_tiny(tiny_experiment, **settings), tiny_samples), encoding="utf-8")
        scripts.append(str(path))
    told = in_clean_python(TRAIN, ",".join(scripts), "--data", tiny_npz, "--out", tmp_path / "w.safetensors")
    assert len(re.findall(r"^Epoch \d of 2: training loss \d", told, re.MULTILINE)) == 2 * len(scripts)
    assert len(re.findall(r"^Test loss [\d.]+, accuracy [\d.]+%$", told, re.MULTILINE)) == len(scripts)


# What changes how it learns, without random numbers; with all pictures in each batch, their order does not matter.
WAYS: dict[str, dict[str, object]] = {
    "nesterov": {"optimizer": OPTIMIZERS["sgd"](nesterov=True)},
    "adamw": {"optimizer": OPTIMIZERS["adamw"](learning_rate=0.02)},
    "rmsprop": {"optimizer": OPTIMIZERS["rmsprop"](momentum=0.5)},
    "adagrad": {"optimizer": OPTIMIZERS["adagrad"]()},
    "lion": {"optimizer": OPTIMIZERS["lion"]()},
    "step": {"schedule": SCHEDULES["step"](), "optimizer": OPTIMIZERS["sgd"]()},
    "warm-up": {"schedule": SCHEDULES["cosine"](warm_up=0.5), "optimizer": OPTIMIZERS["sgd"]()},
    # At first it learns nothing, so that it stands on a plateau.
    "plateau": {
        "schedule": SCHEDULES["reduce_on_plateau"](patience=0),
        "optimizer": OPTIMIZERS["sgd"](learning_rate=3.0, momentum=0.0),
    },
    "focal": {"loss": LOSSES["focal"](), "optimizer": OPTIMIZERS["sgd"]()},
    "l1": {"regularisations": (REGULARISATIONS["l1"](strength=0.01),), "optimizer": OPTIMIZERS["sgd"]()},
    "l2": {"regularisations": (REGULARISATIONS["l2"](strength=0.1),), "optimizer": OPTIMIZERS["sgd"]()},
    "clipping": {"regularisations": (REGULARISATIONS["gradient_clipping"](length=0.1),)},
    "average": {"regularisations": (REGULARISATIONS["weight_average"](decay=0.5),)},
    "stopping": {
        "regularisations": (REGULARISATIONS["early_stopping"](patience=1),),
        "optimizer": OPTIMIZERS["sgd"](learning_rate=3.0),
    },
    "stopping with an average": {
        "regularisations": (
            REGULARISATIONS["early_stopping"](patience=1), REGULARISATIONS["weight_average"](decay=0.8),
        ),
        "optimizer": OPTIMIZERS["sgd"](learning_rate=3.0),
    },
    "attack": {"adversarial": Fgsm(share=1.0, random_start=False), "optimizer": OPTIMIZERS["sgd"]()},
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_the_script_ends_with_the_weights_of_the_program(
    way: str, tiny_experiment: Experiment, tiny_samples: Samples, tiny_npz: Path, run_script: Runs
) -> None:
    tmp_path = tiny_npz.parent
    plain = msgspec.structs.replace(tiny_experiment, architecture=Architecture("Plain", (Flatten(), Linear(outputs=4))))
    always: dict[str, object] = {
        "epochs": 6, "batch_size": 500, "augmentations": (), "schedule": SCHEDULES["constant"](),
    }  # fmt: skip
    experiment = of_tiny(plain, **{**always, **WAYS[way]})
    begin, script = tmp_path / "begin.safetensors", tmp_path / "train.py"
    save_checkpoint(begin, Learner(Run.unkept(experiment), tiny_samples).network, None, Position())
    script.write_text(script_of(experiment, tiny_samples), encoding="utf-8")
    _, told = run_script(script, "--weights", begin, "--data", tiny_npz, "--out", tmp_path / "end.safetensors")
    run = Run.create(experiment)
    list(start_training(run, tiny_samples))
    assert told.count("Epoch") == len(run.history.epochs)
    # It is about something: the run stopped early, or its learning rate was lowered.
    assert (len(run.history.epochs) < 6) == way.startswith("stopping")
    assert (len(set(run.history.batch_rate.tolist())) > 1) == (way in ("step", "warm-up", "plateau"))
    weights, ours = load_file(tmp_path / "end.safetensors"), load_weights(run.checkpoint)
    assert weights.keys() == ours.keys()
    for name, weight in weights.items():
        torch.testing.assert_close(weight, ours[name], rtol=1e-3, atol=1e-4)
    assert f"accuracy {run.record.test_accuracy:.2%}" in told.split("Test")[1]


def test_a_script_answers_with_the_average_of_a_checkpoint(
    tiny_experiment: Experiment, tiny_samples: Samples, tmp_path: Path
) -> None:
    experiment = of_tiny(tiny_experiment, regularisations=(REGULARISATIONS["weight_average"](),))
    run = Run.create(experiment)
    list(start_training(run, tiny_samples))
    names: dict[str, object] = {"__name__": "exported"}
    exec(compile(script_of(experiment, tiny_samples), "train.py", "exec"), names)
    network = names["Network"]()  # type: ignore[operator]
    names["load_weights"](network, run.checkpoint)  # type: ignore[operator]
    ours = load_weights(run.checkpoint)
    assert all(torch.equal(weight, ours[name]) for name, weight in network.state_dict().items())
    newest = load_file(run.checkpoint)
    assert any(not torch.equal(weight, newest[f"network.{name}"]) for name, weight in ours.items())


def test_a_script_holds_nothing_of_what_was_not_chosen(tiny_experiment: Experiment, tiny_samples: Samples) -> None:
    text = script_of(of_tiny(tiny_experiment, adversarial=Fgsm(share=0.0)), tiny_samples)
    for word in ("region", "ATTACK", "PENALTIES", "LIMITS", "STOPPING", "AVERAGE", "plateau", "EpochRow", "contextlib"):
        assert word not in text


def test_what_the_script_does_not_write_is_told(tiny_experiment: Experiment, tiny_samples: Samples) -> None:
    experiment = of_tiny(tiny_experiment, writers=tuple(kind() for kind in WRITERS.classes.values()))
    text = script_of(experiment, tiny_samples)
    assert "It keeps the numbers for TensorBoard and" in text.split('"""')[1]


def test_a_script_learns_from_arrays_idx_files_and_folders_alike(
    tiny_script: Path, tiny_npz: Path, tiny_samples: Samples, tmp_path: Path, run_script: Runs
) -> None:
    mnist, folders = tmp_path / "mnist", tmp_path / "folders"
    mnist.mkdir()
    for is_test, split in ((False, "train"), (True, "t10k")):
        chosen = tiny_samples.is_test == is_test
        for what, array in (("images", tiny_samples.images[chosen, 0]), ("labels", tiny_samples.labels[chosen])):
            header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
            content = header + array.astype(np.uint8).tobytes()
            name = f"{split}-{what}-idx{array.ndim}-ubyte"
            (mnist / f"{name}.gz").write_bytes(gzip.compress(content)) if is_test else (mnist / name).write_bytes(
                content
            )
    for at, image in enumerate(tiny_samples.images):
        folder = folders / ("test" if tiny_samples.is_test[at] else "train") / tiny_samples.class_of(at)
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image[0]).save(folder / f"{at:03}.png")
    told = {
        data.name: run_script(tiny_script, "--data", data, "--out", tmp_path / "w.safetensors")[1]
        for data in (tiny_npz, mnist, folders)
    }
    assert told["tiny.npz"] == told["mnist"]
    # Files come class by class, so that others are drawn for validation; the corners are learned all the same.
    assert told["folders"].count("Epoch") == 2
    assert float(re.findall(r"Test .* accuracy ([\d.]+)%", told["folders"])[0]) > 50


def test_what_the_script_learned_is_kept_and_answers(
    tiny_script: Path, tiny_npz: Path, tiny_samples: Samples, tmp_path: Path, run_script: Runs
) -> None:
    weights, picture = tmp_path / "w.safetensors", tmp_path / "corner.png"
    Image.fromarray(tiny_samples.images[0, 0]).save(picture)
    run_script(tiny_script, "--data", tiny_npz, "--out", weights, "--epochs", 8)
    _, told = run_script(tiny_script, "--weights", weights, "--predict", picture)
    assert told.startswith(f"{picture}: ")
    assert len(re.findall(r"[\d.]+%", told)) == 3


def test_the_script_answers_a_picture_as_the_program_does(
    trained_run: Run, tiny_script: Path, tiny_samples: Samples, tmp_path: Path, run_script: Runs
) -> None:
    from lepton_studio.engine.strokes import read_picture

    # A photo of ink on paper, larger than the network's input and off its centre.
    photo = np.full((60, 90), 230, np.uint8)
    photo[10:34, 20:28] = 30
    picture = tmp_path / "photo.png"
    Image.fromarray(photo).save(picture)
    _, told = run_script(tiny_script, "--weights", trained_run.checkpoint, "--predict", picture)
    image = read_picture(picture, tiny_samples.shape, is_ink=True)
    shares = Predictor(trained_run).probabilities(image[None])[0]
    best = int(shares.argmax())
    assert told.startswith(f"{picture}: {tiny_samples.class_names[best]} {shares[best]:.1%}")


def test_a_script_says_what_it_lacks(tiny_script: Path, tmp_path: Path, run_script: Runs) -> None:
    wrong = tmp_path / "wrong.npz"
    np.savez(wrong, images=np.zeros((3, 1, 9, 9), np.uint8), labels=np.zeros(3, np.int64))
    status, told = run_script(tiny_script)
    assert status == 2
    assert "say --data PATH" in told
    for data, reason in (
        (tmp_path / "nothing", "There is no"),
        (tmp_path, "no folders of pictures called north west"),
        (wrong, "takes pictures of (1, 8, 8)"),
    ):
        status, told = run_script(tiny_script, "--data", data)
        assert status == 1
        assert reason in told


def test_the_script_has_the_settings_of_the_experiment() -> None:
    settings = Hyperparameters(epochs=7, batch_size=33, samples_per_epoch=400, validation_share=0.25)
    splits = Splits(test="drawn", test_share=0.3, stratified=False, seed=9)
    experiment = Experiment(BundledDigits(), presets()["mlp"], settings, seed=5, splits=splits)
    tree = ast.parse(write_script(experiment, (1, 28, 28), DIGITS, MEAN, STD).text)
    constants = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            with contextlib.suppress(ValueError):
                constants[node.targets[0].id] = ast.literal_eval(node.value)
    wanted = {
        "EPOCHS": 7, "BATCH_SIZE": 33, "SAMPLES_PER_EPOCH": 400, "VALIDATION_SHARE": 0.25, "TEST_SHARE": 0.3,
        "STRATIFIED": False, "SEED": 5, "SPLIT_SEED": 9, "SHAPE": (1, 28, 28), "CLASSES": list(DIGITS),
        "IS_INK": True, "MEAN": [33.4], "STD": [78.6],
    }  # fmt: skip
    assert wanted.items() <= constants.items()


def test_the_script_cuts_the_digits_as_the_program_does() -> None:
    from lepton_studio.engine.splits import cut

    samples = next(item for item in BundledDigits().load() if isinstance(item, Samples))
    for splits in (Splits(), Splits(test="drawn", seed=4), Splits(stratified=False)):
        experiment = Experiment(BundledDigits(), presets()["mlp"], seed=3, splits=splits)
        names: dict[str, object] = {"__name__": "exported"}
        exec(compile(script_of(experiment, samples), "train.py", "exec"), names)
        data = names["read_data"](paths.resources() / "datasets" / "bundled_digits.npz")  # type: ignore[operator]
        theirs = names["cut"](data)  # type: ignore[operator]
        ours = cut(samples, experiment)
        assert [part.tolist() for part in theirs] == [ours[name].tolist() for name in ("train", "validation", "test")]
        network = names["Network"]()  # type: ignore[operator]
        names["normalise_by"](network, data.images[torch.cat(theirs[:2])])  # type: ignore[operator]
        from lepton_studio.engine.splits import learned_mean_and_std

        mean, std = learned_mean_and_std(samples, splits, ours)
        torch.testing.assert_close(network.mean.flatten(), torch.tensor(mean), rtol=1e-6, atol=1e-5)
        torch.testing.assert_close(network.std.flatten(), torch.tensor(std), rtol=1e-5, atol=1e-5)


class FromElsewhere(Augmentation, frozen=True):
    """Needs more than torch."""

    def apply(self, pictures: Tensor) -> Tensor:
        import scipy.ndimage

        return torch.from_numpy(scipy.ndimage.gaussian_filter(pictures.numpy(), 1))


class AttackFromElsewhere(Attack, frozen=True, tag="from_elsewhere"):
    """Needs more than torch."""

    def share_attacked(self) -> float:
        return 0.5

    def perturb(self, pictures: Tensor, *_: object) -> Tensor:
        import scipy.ndimage

        return torch.from_numpy(scipy.ndimage.gaussian_filter(pictures.numpy(), 1))


class LossFromElsewhere(Loss, frozen=True):
    """Needs more than torch."""

    def measure(self, logits: Tensor, labels: Tensor) -> Tensor:
        import scipy.special

        return torch.tensor(scipy.special.logsumexp(logits.numpy()))


def test_an_augmentation_that_needs_more_than_torch_is_left_out_with_a_word() -> None:
    settings = Hyperparameters(augmentations=(FromElsewhere(), AUGMENTATIONS["flip"]()))
    exported = write_script(Experiment(BundledDigits(), presets()["mlp"], settings), (1, 28, 28), DIGITS, MEAN, STD)
    assert "AUGMENTATIONS = [Flip()]\n# The augmentation  is left out" in exported.text
    assert any("imports scipy.ndimage" in sentence for sentence in exported.left_out)
    assert "imports scipy.ndimage" in exported.text.split('"""')[1].replace("\n  ", " ")


def test_an_attack_that_needs_more_than_torch_is_left_out_with_a_word(tiny_experiment, tiny_samples) -> None:
    text = script_of(of_tiny(tiny_experiment, adversarial=AttackFromElsewhere()), tiny_samples)
    assert "The attack  is left out" in text.split('"""')[1]
    assert "ATTACK" not in text


def test_a_loss_that_needs_more_than_torch_is_refused() -> None:
    settings = Hyperparameters(loss=LossFromElsewhere())
    with pytest.raises(LeptonError, match=r"cannot be written as code: .* imports scipy.special"):
        write_script(Experiment(BundledDigits(), presets()["mlp"], settings), (1, 28, 28), DIGITS, MEAN, STD)


def test_files_laid_out_in_another_way_and_pretrained_weights_are_told() -> None:
    architecture = msgspec.structs.replace(
        presets()["mlp"], layers=(Pretrained(network="resnet18", size=64), Linear(outputs=26))
    )
    letters = tuple("abcdefghijklmnopqrstuvwxyz")
    exported = write_script(Experiment(EmnistLetters(), architecture), (1, 28, 28), letters, MEAN, STD)
    told = " ".join(exported.left_out)
    assert "lepton-studio data export emnist_letters FOLDER --splits" in told
    assert "resnet18 learned on photos" in told


@pytest.mark.parametrize("name", ["Data", "train", "Splits", '"""', "Network", "Adam", "nn"])
def test_any_name_gives_a_script_that_runs(name: str) -> None:
    architecture = msgspec.structs.replace(presets()["mlp"], name=name, layers=(Flatten(), Linear(outputs=10)))
    classes = ("a", "b\n", '"', "\\", "'", "é", "{x}", "", " ", "0")
    source = write_script(Experiment(BundledDigits(), architecture), (1, 28, 28), classes, MEAN, STD).text
    names: dict[str, object] = {"__name__": "exported"}
    exec(compile(source, "train.py", "exec"), names)
    assert names["CLASSES"] == list(classes)
    assert names["Network"]()(torch.zeros(1, 1, 28, 28)).shape == (1, 10)  # type: ignore[operator]


def lines_of_places(experiment: Experiment) -> Iterator[tuple[str, str]]:
    exported = write_script(experiment, (1, 28, 28), DIGITS, MEAN, STD)
    lines = exported.text.split("\n")
    for place in exported.places:
        layer = experiment.architecture.layers[place.path[0]]
        yield layer.tag().replace("_", ""), "\n".join(lines[place.first - 1 : place.last]).lower()


def test_the_lines_of_each_layer_are_known() -> None:
    found = list(lines_of_places(Experiment(BundledDigits(), presets()["lepton_net"])))
    assert len(found) == len(presets()["lepton_net"].layers)
    assert all(f"nn.{tag}(" in text for tag, text in found)


@pytest.mark.slow
def test_the_script_learns_as_much_as_the_program(tmp_path: Path, run_script: Runs) -> None:
    everything = next(item for item in BundledDigits().load() if isinstance(item, Samples))
    some = np.arange(len(everything)) % 5 == 0
    samples = Samples(everything.images[some], everything.labels[some], DIGITS, everything.is_test[some])
    settings = Hyperparameters(epochs=1, batch_size=16, precision="float32", device="cpu", augmentations=())
    experiment = Experiment(BundledDigits(), presets()["lepton_net"], settings)
    np.savez(tmp_path / "some.npz", images=samples.images, labels=samples.labels, is_test=samples.is_test)
    (tmp_path / "train.py").write_text(script_of(experiment, samples), encoding="utf-8")
    _, told = run_script(tmp_path / "train.py", "--data", tmp_path / "some.npz", "--out", tmp_path / "w.safetensors")
    run = Run.create(experiment)
    list(start_training(run, samples))
    theirs = float(re.findall(r"Test .* accuracy ([\d.]+)%", told)[0]) / 100
    assert run.record.test_accuracy is not None
    assert theirs > 0.7
    assert abs(theirs - run.record.test_accuracy) < 0.08

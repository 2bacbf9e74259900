"""The experiment: everything that is decided before training starts, as one frozen value."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.attack import ATTACKS, AnyAttack
from lepton_studio.engine.attacks.none import NoAttack
from lepton_studio.engine.augmentation import AUGMENTATIONS, AnyAugmentation
from lepton_studio.engine.augmentations.affine import Affine
from lepton_studio.engine.dataset import DATASETS, AnyDataset
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.fields import about
from lepton_studio.engine.files import field_error, read_bytes, write_struct
from lepton_studio.engine.layer import LAYERS
from lepton_studio.engine.loss import LOSSES, AnyLoss
from lepton_studio.engine.losses.cross_entropy import CrossEntropy
from lepton_studio.engine.optimizer import OPTIMIZERS, AnyOptimizer
from lepton_studio.engine.optimizers.adam import Adam
from lepton_studio.engine.registry import Registry
from lepton_studio.engine.regularisation import REGULARISATIONS, AnyRegularisation
from lepton_studio.engine.schedule import SCHEDULES, AnySchedule
from lepton_studio.engine.schedules.cosine import Cosine
from lepton_studio.engine.shipped_architectures import Preset, preset, preset_cards
from lepton_studio.engine.splits import Splits
from lepton_studio.engine.writer import WRITERS, AnyWriter

FORMAT: Literal["lepton-studio experiment"] = "lepton-studio experiment"
VERSION = 1

# Which registry stands behind a field, for messages about names that it does not know.
REGISTRIES: dict[str, Registry[Any]] = {
    "dataset": DATASETS,
    "layers": LAYERS,
    "body": LAYERS,
    "branches": LAYERS,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "loss": LOSSES,
    "augmentations": AUGMENTATIONS,
    "regularisations": REGULARISATIONS,
    "adversarial": ATTACKS,
    "writers": WRITERS,
}


class Hyperparameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to train: what is set by people, not learned."""

    epochs: Annotated[int, about("How often to go through all training pictures.", low=1, high=10_000)] = 10
    samples_per_epoch: Annotated[
        int,
        about(
            "Training pictures in each epoch; 0 is all of them. The next epoch goes on where this one ended.",
            unit="images",
            low=0,
            high=10_000_000,
            zero="all",
        ),
    ] = 0
    batch_size: Annotated[
        int,
        about(
            "Pictures looked at before each step of the weights. A number larger than the dataset means all of it at"
            " once.",
            unit="images",
            low=1,
            high=10_000_000,
        ),
    ] = 64
    optimizer: Annotated[AnyOptimizer, about("The rule that turns gradients into new weights.")] = Adam()
    schedule: Annotated[AnySchedule, about("How the learning rate changes as training goes on.")] = Cosine()
    loss: Annotated[AnyLoss, about("The number that training makes small.")] = CrossEntropy()
    augmentations: Annotated[tuple[AnyAugmentation, ...], about("Random changes of the training pictures.")] = (
        Affine(),
    )
    regularisations: Annotated[
        tuple[AnyRegularisation, ...], about("What keeps the network from learning its pictures by heart.")
    ] = ()
    adversarial: Annotated[
        AnyAttack,
        about("Training pictures are changed so that the network errs, for it to learn to resist.", label="Attack"),
    ] = NoAttack()
    validation_share: Annotated[
        float, about("Share of the training pictures kept apart to check progress.", low=0.01, high=0.9)
    ] = 0.1
    device: Annotated[
        Literal["auto", "cpu", "cuda", "mps"], about("Where to compute; auto takes the fastest there is.")
    ] = "auto"
    precision: Annotated[
        Literal["auto", "float32", "bfloat16"],
        about("How exactly to compute; bfloat16 is faster where the hardware knows it."),
    ] = "auto"
    threads: Annotated[
        int, about("CPU threads to compute with; 0 leaves one core to the window.", low=0, high=256, zero="auto")
    ] = 0
    compile: Annotated[
        bool,
        about(
            "Let torch.compile write code for this network first: it takes up to a minute, and then each step may be"
            " faster."
        ),
    ] = False
    part_size: Annotated[
        int,
        about(
            "Pictures computed at once; larger batches are taken in parts whose gradients add up, which needs less"
            " memory.",
            unit="images",
            low=0,
            high=65_536,
            zero="auto",
        ),
    ] = 0
    checkpoint_seconds: Annotated[
        float,
        about(
            "Seconds between checkpoints; one is written at each pause, stop and epoch, too.",
            label="Save every",
            unit="s",
            low=1,
            high=3600,
        ),
    ] = 30.0
    kept_epochs: Annotated[
        int, about("The weights of so many epochs are kept, and those of the best.", unit="epochs", low=0, high=1000)
    ] = 3
    writers: Annotated[
        tuple[AnyWriter, ...], about("Other programs that get the numbers of the training, in files of theirs.")
    ] = ()


class Experiment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to train: a dataset, an architecture, hyperparameters and a seed."""

    dataset: Annotated[AnyDataset, about("The pictures to learn from.")]
    architecture: Annotated[Architecture, about("The layers of the network.")]
    hyperparameters: Hyperparameters = Hyperparameters()
    seed: Annotated[int, about("Same seed, same machine: same result.", low=0, high=2**31 - 1)] = 0
    splits: Annotated[Splits, about("Which pictures are for training, validation and test.")] = Splits()
    format: Literal["lepton-studio experiment"] = FORMAT
    version: int = VERSION


def default_experiment() -> Experiment:
    """LeptonNet on the bundled digits: what a person sees first."""
    return Experiment(BundledDigits(), preset("lepton_net"))


def experiment_with_preset(experiment: Experiment, chosen: Preset) -> Experiment:
    """The experiment with the network of a preset, trained as the preset says unless a person chose otherwise.

    Epochs, optimizer and schedule are taken over while they are still the standard ones, or those of a preset that
    was chosen before; one of them changed by hand keeps all three as they are.
    """
    settings = experiment.hyperparameters
    untouched = (Hyperparameters(), *(card.applied_to(Hyperparameters()) for card in preset_cards().values()))
    if any(_pace(settings) == _pace(known) for known in untouched):
        settings = chosen.applied_to(settings)
    return msgspec.structs.replace(experiment, architecture=chosen.architecture, hyperparameters=settings)


def _pace(settings: Hyperparameters) -> tuple[object, ...]:
    """What a preset says of training."""
    return settings.epochs, settings.optimizer, settings.schedule


def read_experiment(path: Path) -> Experiment:
    """Opens an experiment file.

    Raises:
        LeptonError: naming the file, the field, and what is known instead.
    """
    return parse_experiment(read_bytes(path), str(path))


def save_experiment(path: Path, experiment: Experiment) -> None:
    """Writes an experiment as JSON, whole or not at all."""
    write_struct(path, experiment)


def parse_experiment(content: bytes, source: str) -> Experiment:
    """Makes an experiment from JSON text; ``source`` is how messages call it."""
    try:
        value = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise LeptonError(f"{source} is not valid JSON: {error}.", "Choose another file.") from error
    return experiment_from(value, source)


def experiment_from(value: Any, source: str) -> Experiment:
    """Makes an experiment from plain dicts and lists, with messages that help."""
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise LeptonError(f"{source} is not an experiment of Lepton Studio.", "Choose another file.")
    version = value.get("version")
    if isinstance(version, int) and version > VERSION:
        raise LeptonError(
            f"{source} was made by a newer Lepton Studio (version {version}, this one reads {VERSION}).",
            "Update Lepton Studio.",
        )
    try:
        return msgspec.convert(value, Experiment)
    except (msgspec.ValidationError, RecursionError) as error:
        raise LeptonError(f"{source}: {field_error(error)}.", _known_names(str(error))) from error


def with_setting(experiment: Experiment, path: str, text: str) -> Experiment:
    """Changes one field by its path, as ``--set hyperparameters.optimizer.momentum=0.5`` does.

    Raises:
        LeptonError: there is no such field, or the value is out of range.
    """
    value = msgspec.json.decode(msgspec.json.encode(experiment))
    keys = path.split(".")
    # "optimizer.momentum" is what people write; the experiment keeps it among the hyperparameters.
    if keys[0] not in value and keys[0] in value["hyperparameters"]:
        keys.insert(0, "hyperparameters")
    target: Any = value
    for key in keys[:-1]:
        target = target[int(key)] if isinstance(target, list) and key.isdecimal() and int(key) < len(target) else (
            target.get(key) if isinstance(target, dict) else None
        )  # fmt: skip
    if not isinstance(target, dict) or keys[-1] not in target:
        known = ", ".join(target) if isinstance(target, dict) else ", ".join(value)
        raise LeptonError(f"There is no field '{path}'.", f"Known here are: {known}.")
    if keys[-1] == "type":
        # Another kind has other fields: it starts from its own defaults.
        target.clear()
    plain = _plain(text)
    # A name may look like a number and is a name all the same.
    is_text = isinstance(target.get(keys[-1], ""), str)
    target[keys[-1]] = text if is_text and not isinstance(plain, str) else plain
    return experiment_from(value, f"{path}={text}")


def _plain(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return text


def _known_names(message: str) -> str:
    """For a name that no registry knows, the names that it does know."""
    if "type`" not in message:
        return "Correct that field."
    for word in reversed(message.replace("[", ".").replace("`", ".").split(".")):
        if word in REGISTRIES:
            return f"Known are: {', '.join(REGISTRIES[word].names())}."
    return "Correct that field."

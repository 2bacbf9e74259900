"""``lepton-studio train`` and ``resume``."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from lepton_studio.cli_choices import (
    chosen_architecture,
    chosen_dataset,
    chosen_recipe,
    chosen_run,
    samples_of,
    samples_of_run,
)
from lepton_studio.cli_hints import say_hints
from lepton_studio.cli_output import Bar, Json, emit, percent, say, show_epochs
from lepton_studio.cli_steering import Changes, lengthen, plan_changes, saying_how_to_go_on
from lepton_studio.cli_stopping import Interrupted, stop_signals
from lepton_studio.engine.errors import LeptonError

if TYPE_CHECKING:
    from lepton_studio.engine.dataset import Samples
    from lepton_studio.engine.events import Event
    from lepton_studio.engine.experiment import Experiment
    from lepton_studio.engine.runs import Run

# The loss that the bar shows is the mean of so many batches: one alone jumps too much to be read.
RECENT_BATCHES = 20


def train(
    *,
    dataset: Annotated[str | None, typer.Option(help="Name of a dataset, or a folder of pictures.")] = None,
    architecture: Annotated[
        str | None, typer.Option(help="Name of an architecture, or a file: JSON or Python.")
    ] = None,
    experiment: Annotated[Path | None, typer.Option(help="Experiment file to start from.")] = None,
    recipe: Annotated[
        str | None, typer.Option(help="Name of a set of hyperparameters: standard, fast. Other options override it.")
    ] = None,
    epochs: Annotated[str | None, typer.Option(metavar="N", help="How often to go through all pictures.")] = None,
    batch_size: Annotated[str | None, typer.Option(metavar="N", help="Pictures before each step.")] = None,
    learning_rate: Annotated[str | None, typer.Option(metavar="X", help="How far to go at each step.")] = None,
    optimizer: Annotated[str | None, typer.Option(help="Name of the optimizer: adam, sgd ...")] = None,
    loss: Annotated[str | None, typer.Option(help="Name of the loss: cross_entropy ...")] = None,
    seed: Annotated[str | None, typer.Option(metavar="N", help="Same seed, same result.")] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda or mps.")] = None,
    precision: Annotated[str | None, typer.Option(help="auto, float32 or bfloat16.")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="FIELD=VALUE",
            help="Any field of the experiment, such as optimizer.momentum=0.5.",
        ),
    ] = None,
    changes: Changes = None,
    name: Annotated[str, typer.Option(help="What to call the run.")] = "",
    as_json: Json = False,
) -> None:
    """Train a network and keep the run."""
    planned, samples = planned_experiment(
        dataset=dataset, architecture=architecture, experiment=experiment, recipe=recipe, epochs=epochs,
        batch_size=batch_size, learning_rate=learning_rate, optimizer=optimizer, loss=loss, seed=seed, device=device,
        precision=precision, settings=settings,
    )  # fmt: skip
    from lepton_studio.engine.run_store import delete_run
    from lepton_studio.engine.runs import Run

    run = Run.create(planned, name)
    try:
        plan_changes(run, changes or [])
    except LeptonError:
        delete_run(run)
        raise
    show_result(train_to_the_end(run, samples), as_json)


def resume(
    run: Annotated[str, typer.Argument(help="The run to go on with.")],
    epochs: Annotated[
        str | None, typer.Option(metavar="N", help="Train to so many epochs in all, also a finished run.")
    ] = None,
    part_size: Annotated[
        int | None, typer.Option(min=1, help="Pictures computed at once, where the memory is too small.")
    ] = None,
    changes: Changes = None,
    as_json: Json = False,
) -> None:
    """Go on exactly where a run stopped or died."""
    found = chosen_run(run)
    if found.record.state == "running":
        raise LeptonError(f"The run '{found.id}' is running already.", "Wait, or stop it there.")
    if epochs is not None:
        lengthen(found, epochs)
    if found.record.state == "finished":
        raise LeptonError(
            f"There is nothing left to do: the run '{found.id}' is finished.",
            "Let it train longer with --epochs N, or start a new one with 'lepton-studio train'.",
        )
    samples = samples_of_run(found)
    check_feasible(found.experiment, samples, found)
    plan_changes(found, changes or [])
    if part_size is not None:
        found.update(part_size=part_size)
    show_result(train_to_the_end(found, samples), as_json)


def with_training_options(command: Callable[..., None]) -> Callable[..., None]:
    """Lets a command take the options of ``train`` beside its own; it gets them as ``**options``.

    All but ``name`` and ``as_json`` are for :func:`planned_experiment`; changes under way are those of one run.
    """
    # The words of --help and the defaults stand in one place, and a new option is there for all commands.
    own = inspect.signature(command, eval_str=True)
    named = [each for each in own.parameters.values() if each.kind is not each.VAR_KEYWORD]
    shared = [
        each
        for each in inspect.signature(train, eval_str=True).parameters.values()
        if each.name not in own.parameters and each.name != "changes"
    ]
    places = sorted((*named, *shared), key=lambda each: each.kind)
    command.__signature__ = own.replace(parameters=places)  # type: ignore[attr-defined]
    return command


def planned_experiment(
    *,
    dataset: str | None = None,
    architecture: str | None = None,
    experiment: Path | None = None,
    recipe: str | None = None,
    optimizer: str | None = None,
    loss: str | None = None,
    learning_rate: str | None = None,
    settings: list[str] | None = None,
    **values: str | None,
) -> tuple[Experiment, Samples]:
    """What the options of ``train`` say is to be trained, and its samples; it was tried that it can be.

    Raises:
        LeptonError: a name is unknown, a value out of range, the network does not fit ...
    """
    from lepton_studio.engine.shipped_architectures import presets

    start = _starting_point(experiment, dataset, architecture, recipe)
    fields = {"optimizer.learning_rate": learning_rate} | values
    planned = with_words(start, {"optimizer": optimizer, "loss": loss}, fields, settings or [])
    samples = samples_of(planned.dataset)
    is_shipped = experiment is None if architecture is None else architecture in presets()
    if is_shipped and planned.architecture == start.architecture:
        planned = with_outputs(planned, samples)
    check_feasible(planned, samples)
    return planned, samples


def with_words(
    experiment: Experiment, kinds: dict[str, str | None], values: dict[str, str | None], settings: list[str]
) -> Experiment:
    """An experiment with what was said on the command line.

    Args:
        experiment: where to start.
        kinds: field -> name of a member of its registry, or None.
        values: path of a field -> its value, or None.
        settings: FIELD=VALUE, in the order in which they were given.
    """
    from lepton_studio.engine.experiment import with_setting

    pairs = [_split(setting) for setting in settings]
    # Another kind starts from its own defaults, so kinds are chosen before the fields inside are set.
    steps = [(f"{field}.type", kind) for field, kind in kinds.items()]
    steps += [pair for pair in pairs if pair[0].endswith(".type")]
    steps += values.items()
    steps += [pair for pair in pairs if not pair[0].endswith(".type")]
    for path, text in steps:
        if text is not None:
            experiment = with_setting(experiment, path, text)
    return experiment


def with_outputs(experiment: Experiment, samples: Samples) -> Experiment:
    """Gives the last layer one output for each class: what ships is made for ten."""
    from msgspec.structs import replace

    from lepton_studio.engine.fixes import with_outputs_for

    before, classes = experiment.architecture, len(samples.class_names)
    fitting = with_outputs_for(before, samples.shape, classes)
    if fitting != before:
        say(f"The last layer of {before.name} gets {classes} outputs, one for each class.")
    return replace(experiment, architecture=fitting)


def check_feasible(experiment: Experiment, samples: Samples, run: Run | None = None) -> None:
    """Raises LeptonError before a run is made, if its device is not there or its network cannot be built.

    Args:
        experiment: what is to be trained.
        samples: its dataset.
        run: one to go on with, which has its weights already.
    """
    import torch

    from lepton_studio.engine.device import choose_device
    from lepton_studio.engine.network import build_network
    from lepton_studio.engine.weight_store import check_weights

    settings = experiment.hyperparameters
    choose_device(settings.device, settings.precision, settings.threads)
    mean, std = samples.mean_and_std
    with torch.device("meta"):
        build_network(experiment.architecture, samples.shape, len(samples.class_names), mean, std)
    if run is None or not run.checkpoint.exists():
        check_weights(experiment.architecture)


def train_to_the_end(run: Run, samples: Samples) -> Run:
    """Walks the training loop and shows where it is; Ctrl+C ends it after the batch that is under way.

    Raises:
        Interrupted: it was ended; the run is kept and the message says how to go on.
    """
    from lepton_studio.engine.events import TrainingFinished
    from lepton_studio.engine.training import start_training

    events = cast("Generator[Event | None]", start_training(run, samples))
    with stop_signals() as stop_asked, contextlib.closing(events), saying_how_to_go_on(run), Bar() as bar:
        pace: object = None
        for event in events:
            if event is not None:
                show_news(event, run, bar)
            if run.pace is not pace:
                pace = run.pace
                show_pace(run, bar)
            # After the last event there is nothing to keep from being done.
            if stop_asked.is_set() and not isinstance(event, TrainingFinished):
                break
    if run.record.state != "finished":
        raise Interrupted(f"Interrupted. The run is kept: go on with 'lepton-studio resume {run.id}'.")
    return run


def show_result(run: Run, as_json: bool) -> None:
    """Writes what a finished training gave."""
    from msgspec import to_builtins

    record = run.record
    if as_json:
        emit({
            "run": run.id, "name": record.name, "device": record.device, "precision": record.precision,
            "threads": record.threads, "kernels": record.kernels,
            "parameters": record.parameters, "epochs": to_builtins(run.history.epochs),
            "test_accuracy": record.test_accuracy, "test_loss": record.test_loss,
            "train_seconds": record.train_seconds,
            "images_per_second": record.images_per_second,
        })  # fmt: skip
        return
    show_epochs(run)
    say_hints(run)
    typer.echo(
        f"Test accuracy {percent(record.test_accuracy)} after {record.train_seconds:.1f} s "
        f"({record.images_per_second:,.0f} images/s). The run is kept as {run.id}."
    )


def _starting_point(file: Path | None, dataset: str | None, architecture: str | None, recipe: str | None) -> Experiment:
    from msgspec.structs import replace

    from lepton_studio.engine.experiment import default_experiment, experiment_with_preset, read_experiment
    from lepton_studio.engine.shipped_architectures import preset_cards

    start = read_experiment(file) if file is not None else default_experiment()
    if dataset is not None:
        start = replace(start, dataset=chosen_dataset(dataset))
    card = preset_cards().get(architecture or "")
    if card is not None and file is None:
        start = experiment_with_preset(start, card)
    elif architecture is not None:
        start = replace(start, architecture=chosen_architecture(architecture))
    if recipe is not None:
        start = replace(start, hyperparameters=chosen_recipe(recipe).applied_to(start.hyperparameters))
    return start


def _split(setting: str) -> tuple[str, str]:
    path, equals, text = setting.partition("=")
    if not equals or not path:
        raise LeptonError(f"'{setting}' sets nothing.", "Write --set FIELD=VALUE.")
    return path, text


def show_news(event: Event, run: Run, bar: Bar) -> None:
    """One line for each piece of news."""
    from lepton_studio.engine.events import (
        EpochFinished,
        Notice,
        Progress,
        Recovered,
        SettingChanged,
        StoppedEarly,
        TrainingStarted,
    )

    if isinstance(event, TrainingStarted):
        bar.say(
            f"Training {run.record.name} ({event.parameters:,} parameters) on {event.device}, "
            f"{event.precision}; run {run.id}"
        )
    elif isinstance(event, EpochFinished):
        row = event.row
        bar.say(
            f"epoch {row.epoch} of {event.epochs}: loss {row.train_loss:.4f}, "
            f"validation loss {row.validation_loss:.4f}, accuracy {percent(row.validation_accuracy)}, "
            f"{run.pace.images_per_second:,.0f} images/s, {_time(run.pace.seconds_left)} left"
        )
    elif isinstance(event, SettingChanged):
        change = event.change
        bar.say(f"epoch {change.at:.2f}: {change.field} {change.before:.4g} -> {change.after:.4g}")
    elif isinstance(event, StoppedEarly):
        bar.say(
            f"Ended after epoch {event.epoch}: the validation loss does not fall any more. "
            f"The weights of epoch {event.kept} are kept."
        )
    elif isinstance(event, Recovered):
        bar.say(event.what)
    elif isinstance(event, Progress):
        bar.show(event)
    elif isinstance(event, Notice):
        bar.say(f"{event.what} {event.remedy}".strip())


def show_pace(run: Run, bar: Bar) -> None:
    """Moves the bar to where a training is."""
    pace, history = run.pace, run.history
    if not len(history):
        return
    loss = float(history.batch_loss[-RECENT_BATCHES:].mean())
    accuracy = float(history.batch_accuracy[-RECENT_BATCHES:].mean())
    bar.draw(
        f"epoch {pace.epoch} of {pace.epochs}",
        (pace.epoch - 1) * pace.batches + pace.batch,
        pace.epochs * pace.batches,
        f"loss {loss:.4f}  accuracy {percent(accuracy)}  {pace.images_per_second:,.0f} images/s  "
        f"{_time(pace.seconds_left)} left",
    )


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"

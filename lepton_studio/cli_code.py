"""``lepton-studio architecture code``: a network, or a whole training, as code that stands alone."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lepton_studio.cli_choices import chosen_architecture, chosen_dataset, samples_of
from lepton_studio.cli_output import Json, emit, say

if TYPE_CHECKING:
    from lepton_studio.engine.experiment import Experiment


def code(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME|FILE", help="Name of an architecture, or a file: JSON, an experiment, or Python."),
    ],
    dataset: Annotated[str | None, typer.Option("--dataset", help="The dataset that it is for.")] = None,
    script: Annotated[bool, typer.Option("--script", help="Write the training, too: a program of its own.")] = False,
    out: Annotated[Path | None, typer.Option(help="The file to write; by default it goes to the screen.")] = None,
    as_json: Json = False,
) -> None:
    """Write the network as a PyTorch module that needs nothing of Lepton Studio, or as a training script."""
    from lepton_studio.engine.code_export import write_code
    from lepton_studio.engine.files import write_bytes
    from lepton_studio.engine.script_export import write_script

    experiment = _experiment(name, dataset)
    samples = samples_of(experiment.dataset)
    about_samples = (samples.shape, samples.class_names, *samples.mean_and_std)
    if script:
        written = write_script(experiment, *about_samples)
    else:
        written = write_code(experiment.architecture, *about_samples)
    result: dict[str, Any] = {"architecture": experiment.architecture.name, "code": written.text}
    for sentence in written.left_out:
        say(f"Not in the script: {sentence}")
    if out is not None:
        write_bytes(out.expanduser(), written.text.encode())
        result["file"] = str(out)
    if as_json:
        emit(result | {"left_out": written.left_out})
    elif out is None:
        typer.echo(written.text, nl=False)
    else:
        typer.echo(f"{experiment.architecture.name} is in {out}.")


def _experiment(name: str, dataset: str | None) -> Experiment:
    """The experiment of a file, or one with the settings that a known network is trained with."""
    from msgspec.structs import replace

    from lepton_studio.engine.datasets.bundled_digits import BundledDigits
    from lepton_studio.engine.errors import LeptonError
    from lepton_studio.engine.experiment import Experiment, Hyperparameters, read_experiment
    from lepton_studio.engine.shipped_architectures import preset_cards

    architecture = chosen_architecture(name)
    known = preset_cards()
    settings = known[name].applied_to(Hyperparameters()) if name in known else Hyperparameters()
    experiment = Experiment(BundledDigits(), architecture, settings)
    if name not in known:
        # An architecture alone says nothing of a training.
        with contextlib.suppress(LeptonError):
            experiment = read_experiment(Path(name))
    return experiment if dataset is None else replace(experiment, dataset=chosen_dataset(dataset))

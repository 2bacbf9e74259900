"""``lepton-studio architecture cost`` and ``weights``: what is good to know and to have before a training."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lepton_studio.cli_choices import chosen_architecture, chosen_dataset, samples_of
from lepton_studio.cli_output import Bar, Json, cell_text, emit, finish, say, show_table
from lepton_studio.cli_training import with_outputs, with_words

if TYPE_CHECKING:
    from lepton_studio.engine.architecture import ArchitectureReport
    from lepton_studio.engine.cost import Cost


def cost(
    *,
    name: Annotated[
        str, typer.Argument(metavar="NAME|FILE", help="Name of an architecture, or a file: JSON or Python.")
    ],
    dataset: Annotated[str, typer.Option(help="Name of a dataset, or a folder of pictures.")] = "bundled_digits",
    epochs: Annotated[str | None, typer.Option(metavar="N", help="How often to go through all pictures.")] = None,
    batch_size: Annotated[str | None, typer.Option(metavar="N", help="Pictures before each step.")] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda or mps.")] = None,
    precision: Annotated[str | None, typer.Option(help="auto, float32 or bfloat16.")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="Any field of the experiment, such as augmentations=[]."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure what a training will cost here: time and memory; nothing is kept. Fails if it does not fit."""
    from msgspec.structs import replace

    from lepton_studio.engine.architecture import describe
    from lepton_studio.engine.cost import Cost, probe_cost
    from lepton_studio.engine.experiment import default_experiment, experiment_with_preset
    from lepton_studio.engine.shipped_architectures import preset_cards

    chosen, card = chosen_architecture(name), preset_cards().get(name)
    # A known network is trained as it is known to, here as by ``train``.
    start = default_experiment() if card is None else experiment_with_preset(default_experiment(), card)
    start = replace(start, dataset=chosen_dataset(dataset), architecture=chosen)
    values = {"epochs": epochs, "batch_size": batch_size, "device": device, "precision": precision}
    planned = with_words(start, {}, values, settings or [])
    samples = samples_of(planned.dataset)
    planned = with_outputs(planned, samples)
    with contextlib.closing(probe_cost(planned, samples)) as probe:  # type: ignore[type-var]
        found = finish(probe, Cost)
    report = describe(planned.architecture, samples.shape, len(samples.class_names))
    if as_json:
        emit(_figures(chosen.name, report, found))
    else:
        figures = _figures(chosen.name, report, found)
        show_table(("figure", "value"), [item for item in figures.items() if item[0] != "remarks"])
        if found.seconds is not None:
            typer.echo(
                f"About {cell_text(found.seconds_per_epoch)} s for each epoch, {cell_text(found.seconds)} s for all "
                f"{found.epochs}; {found.memory / 1e6:,.0f} MB of memory."
            )
    for remark in found.remarks:
        say(remark)
    if not found.fits:
        say(f"It does not fit: {found.memory / 1e9:.2f} GB are needed and {found.room / 1e9:.2f} GB are free.")
        raise typer.Exit(2)


def weights(
    network: Annotated[
        str | None,
        typer.Argument(metavar="NETWORK", help="Such as resnet18; without it, all are listed."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Download the weights of a well-known network, for the layer Pretrained network; or list what there is."""
    from lepton_studio.engine.known_weights import KNOWN_WEIGHTS
    from lepton_studio.engine.weight_store import fetch_weights, weights_file

    if network is None:
        rows = [_weights(name) for name in KNOWN_WEIGHTS]
        if as_json:
            emit(rows)
        else:
            show_table(("network", "bytes", "here"), [(row["network"], row["bytes"], row["here"]) for row in rows])
        return
    if network not in KNOWN_WEIGHTS or weights_file(network) is None:
        with Bar() as bar:
            for progress in fetch_weights(network):
                bar.show(progress)
    found = _weights(network)
    if as_json:
        emit(found)
    else:
        typer.echo(f"The weights of {network} are in {found['file']}.")


def _weights(network: str) -> dict[str, Any]:
    from lepton_studio.engine.known_weights import KNOWN_WEIGHTS
    from lepton_studio.engine.weight_store import weights_file

    file = weights_file(network)
    return {
        "network": network, "bytes": KNOWN_WEIGHTS[network].size, "here": file is not None,
        "file": str(file) if file is not None else None,
    }  # fmt: skip


def _figures(name: str, report: ArchitectureReport, found: Cost) -> dict[str, Any]:
    from msgspec import to_builtins

    return {
        "architecture": name, "parameters": report.parameters, "frozen": report.frozen, "flops": report.flops,
        "seconds": found.seconds, "fits": found.fits, **to_builtins(found),
    }  # fmt: skip

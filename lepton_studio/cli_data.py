"""``lepton-studio data`` and ``architecture``: what can be learned from, and what can learn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lepton_studio.cli_choices import chosen_architecture, chosen_dataset, imported, samples_of
from lepton_studio.cli_output import Json, cell_text, emit, finish, say, show_table

if TYPE_CHECKING:
    from lepton_studio.engine.architecture import ArchitectureReport, LayerReport
    from lepton_studio.engine.dataset import Dataset, Samples
    from lepton_studio.engine.fix_steps import Fix

data = typer.Typer(help="Datasets: what there is, and a person's own.", no_args_is_help=True)
architecture = typer.Typer(help="Networks: those that ship, what one costs, and its code.", no_args_is_help=True)

ArchitectureName = Annotated[
    str, typer.Argument(metavar="NAME|FILE", help="Name of an architecture, or a file: JSON or Python.")
]
DatasetName = Annotated[str, typer.Option("--dataset", help="The dataset that it is for.")]


@data.command("list")
def list_(as_json: Json = False) -> None:
    """List the datasets, where they come from and whether they are here."""
    from lepton_studio.engine.catalogue import all_datasets

    rows = [_about(name, dataset) for name, dataset in all_datasets().items()]
    if as_json:
        emit(rows)
        return
    show_table(
        ("dataset", "title", "publisher", "licence", "here"),
        [
            (row["dataset"], row["title"], row["publisher"], row["licence"], "yes" if row["here"] else "no")
            for row in rows
        ],
    )


@data.command()
def info(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of a dataset.")], as_json: Json = False
) -> None:
    """Count the pictures of each class and split; fetches the dataset if it is not here."""
    from lepton_studio.engine.dataset import SPLIT_NAMES

    dataset = chosen_dataset(name)
    samples = samples_of(dataset)
    counts = _counts(samples)
    about = _about(name, dataset)
    if as_json:
        emit(about | {
            "shape": samples.shape, "samples": len(samples), "classes": samples.class_names,
            "splits": {split: sum(row[split] for row in counts.values()) for split in SPLIT_NAMES},
            "per_class": [{"name": name, **row} for name, row in counts.items()],
        })  # fmt: skip
        return
    show_table(("field", "value"), [(key, value) for key, value in about.items() if value != ""])
    rows = [(name, *row.values(), sum(row.values())) for name, row in counts.items()]
    show_table(("class", *SPLIT_NAMES, "all"), rows, title="Pictures")


@data.command("import")
def import_(
    path: Annotated[
        list[Path],
        typer.Argument(
            help="A folder with one folder of pictures for each class, a table (CSV), arrays (.npz), IDX files, "
            "or a zip or tar file of them; several folders are classes."
        ),
    ],
    name: Annotated[str, typer.Option(help="What to call it; by default like the folder.")] = "",
    side: Annotated[int, typer.Option(help="Height and width of the pictures; by default 28 or 32.")] = 0,
    channels: Annotated[str, typer.Option(help="grey or colour; by default as the pictures are.")] = "auto",
    as_json: Json = False,
) -> None:
    """Bring in pictures as a dataset."""
    from msgspec import to_builtins

    report = to_builtins(imported(path, name, side, channels))
    if as_json:
        emit(report)
        return
    rows = [(file["file"], file["verdict"], file["reason"]) for file in report["files"] if file["verdict"] != "load"]
    if rows:
        show_table(("file", "verdict", "reason"), rows)
    if report["already_here"]:
        typer.echo(
            f"{report['dataset']}: nothing has changed since these {report['loaded']:,} pictures were brought in."
        )
        return
    typer.echo(
        f"{report['dataset']}: {report['loaded']:,} pictures are in, {report['reported']:,} cannot be read, "
        f"{report['ignored']:,} files are no pictures."
    )


@data.command()
def export(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of a dataset.")],
    path: Annotated[Path, typer.Argument(help="A folder or a .zip file that is not there yet.")],
    splits: Annotated[bool, typer.Option("--splits", help="Put the classes into train, validation and test.")] = False,
    as_json: Json = False,
) -> None:
    """Write a dataset as PNG files, a folder for each class."""
    from msgspec import to_builtins

    from lepton_studio.engine.picture_export import PicturesExported, export_pictures

    samples = samples_of(chosen_dataset(name))
    written = finish(export_pictures(samples, path.expanduser(), splits), PicturesExported)
    if as_json:
        emit({"dataset": name, **to_builtins(written)})
    else:
        typer.echo(f"{written.pictures:,} pictures of {name} are in {written.path}.")


@architecture.command()
def check(name: ArchitectureName, dataset: DatasetName = "bundled_digits", as_json: Json = False) -> None:
    """Show shapes, parameters, operations and memory; fails if the network cannot be built."""
    from lepton_studio.engine.architecture import describe
    from lepton_studio.engine.fixes import find_fixes

    chosen = chosen_architecture(name)
    samples = samples_of(chosen_dataset(dataset))
    report = describe(chosen, samples.shape, len(samples.class_names))
    fixes = find_fixes(chosen, samples.shape, len(samples.class_names))
    if as_json:
        emit({
            "architecture": chosen.name, "input_shape": report.input_shape,
            "layers": [_layer_row(layer) for layer in report.layers],
            "parameters": report.parameters, "flops": report.flops, "memory": report.memory,
            "errors": [str(fault) for fault in report.errors],
            "fixes": [_fix_row(fix) for fix in fixes],
        })  # fmt: skip
    else:
        _show_report(chosen.name, report)
        for fix in fixes:
            say(f"  Would help: {fix.text}." if fix.is_complete else f"  A first step: {fix.text}.")
    if report.errors:
        raise typer.Exit(2)


def _about(name: str, dataset: Dataset) -> dict[str, Any]:
    kind = type(dataset)
    return {
        "dataset": name, "title": kind.title, "type": kind.tag(), "summary": kind.summary(),
        "publisher": kind.publisher, "licence": kind.licence, "website": kind.website, "here": dataset.is_here(),
        "download_bytes": kind.download_bytes,
    }  # fmt: skip


def _counts(samples: Samples) -> dict[str, dict[str, int]]:
    """Class -> split -> how many, with the validation split that an experiment cuts by default."""
    import numpy as np

    from lepton_studio.engine.experiment import Hyperparameters
    from lepton_studio.engine.splits import cut_samples

    splits = cut_samples(samples, Hyperparameters().validation_share, 0)
    size = len(samples.class_names)
    columns = {name: np.bincount(samples.labels[indices], minlength=size).tolist() for name, indices in splits.items()}
    return {
        label: {split: column[place] for split, column in columns.items()}
        for place, label in enumerate(samples.class_names)
    }


def _layer_row(layer: LayerReport) -> dict[str, Any]:
    return {
        "layer": layer.layer.tag(), "path": layer.path, "output_shape": layer.output_shape,
        "parameters": layer.parameters, "flops": layer.flops, "memory": layer.memory,
        "error": str(layer.error) if layer.error is not None else None,
    }  # fmt: skip


def _fix_row(fix: Fix) -> dict[str, Any]:
    from msgspec import to_builtins

    return {"text": fix.text, "kind": fix.kind, "complete": fix.is_complete, "steps": to_builtins(fix.steps),
            "architecture": to_builtins(fix.architecture)}  # fmt: skip


def _show_report(name: str, report: ArchitectureReport) -> None:
    from lepton_studio.engine.layer import shape_text

    rows = [
        ("  " * (len(layer.path) - 1) + layer.layer.title, shape_text(layer.output_shape or ()),
         layer.parameters, layer.flops, layer.memory)
        for layer in report.layers
    ]  # fmt: skip
    title = f"{name} for pictures of {shape_text(report.input_shape)}"
    show_table(("layer", "output", "parameters", "operations", "bytes"), rows, title=title)
    typer.echo(
        f"{cell_text(report.parameters)} parameters, {cell_text(report.flops)} operations and "
        f"{cell_text(report.memory)} bytes of outputs for each picture."
    )
    for error in report.errors:
        say(str(error))

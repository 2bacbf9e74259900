"""``lepton-studio predict``: classifies image files and folders of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lepton_studio.cli_choices import chosen_run
from lepton_studio.cli_output import Json, emit, finish, percent, say, show_table
from lepton_studio.engine.errors import LeptonError

if TYPE_CHECKING:
    from lepton_studio.engine.batch_reading import BatchRead, FileReading
    from lepton_studio.engine.reading import Part

COVERAGE_HELP = "Share of digits to answer at least, 0.5 to 1; for the rest is_known is false."


def predict(  # noqa: PLR0917 - options are told by name
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id, name or path of a run; 'last' or 'bundled'.")],
    images: Annotated[
        list[Path], typer.Argument(metavar="IMAGE_OR_FOLDER...", help="Image files, and folders of them.")
    ],
    csv: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a table with commas, too.")] = None,
    doubtful: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write a page of the doubtful pictures into a new folder.")
    ] = None,
    coverage: Annotated[float | None, typer.Option(min=0.5, max=1, help=COVERAGE_HELP)] = None,
    replace: Annotated[bool, typer.Option("--replace", help="A table that is there may be replaced.")] = False,
    as_json: Json = False,
) -> None:
    """Classify image files, also photographs and numbers of several digits; fails only if none can be read."""
    from lepton_studio.engine.batch_reading import BatchRead, read_paths, save_csv, save_doubtful
    from lepton_studio.engine.calibration import COVERAGE
    from lepton_studio.engine.prediction import Predictor
    from lepton_studio.engine.reading import Reader

    _check_free(csv, doubtful, replace)
    reader = Reader(Predictor(chosen_run(run)), COVERAGE if coverage is None else coverage)
    if coverage is not None and reader.calibration.threshold(coverage) == float("-inf") and coverage < 1:
        say("It was never measured when this network should doubt, so all is answered.")
    batch = finish(read_paths(reader, images), BatchRead)
    if csv is not None:
        save_csv(batch, csv, may_replace=replace)
        say(f"Written to {csv}.")
    if doubtful is not None:
        say(f"Written to {finish(save_doubtful(batch, doubtful), Path)}.")
    if as_json:
        emit([_entry(file, batch.class_names) for file in batch.files])
    else:
        _show(batch)
    if not batch.answered:
        raise typer.Exit(2)


def _check_free(csv: Path | None, doubtful: Path | None, replace: bool) -> None:
    """Before anything is read in vain."""
    if csv is not None and csv.exists() and not replace:
        raise LeptonError(f"{csv} is there already.", "Choose another name, or add --replace.")
    if doubtful is not None and doubtful.exists() and not (doubtful.is_dir() and not any(doubtful.iterdir())):
        raise LeptonError(f"{doubtful} is there already.", "Choose the name of a new folder.")


def _entry(file: FileReading, names: tuple[str, ...]) -> dict[str, Any]:
    if file.error:
        return {"file": file.file, "error": file.error}
    is_one = len(file.parts) == 1
    entry: dict[str, Any] = {
        "file": file.file, "label": file.label, "probability": file.probability,
        "probabilities": _shares(file.parts[0], names) if is_one else {file.label: file.probability},
        "is_known": file.is_known, "score": file.score,
    }  # fmt: skip
    if file.truth:
        entry["truth"] = file.truth
    if not is_one:
        entry["digits"] = [
            {
                "label": part.label, "probability": part.probability, "probabilities": _shares(part, names),
                "is_known": part.is_known, "score": part.score, "box": list(part.box),
            }
            for part in file.parts
        ]  # fmt: skip
    return entry


def _shares(part: Part, names: tuple[str, ...]) -> dict[str, float]:
    return dict(zip(names, part.probabilities.tolist(), strict=True))


def _show(batch: BatchRead) -> None:
    rows = [
        (
            file.file, file.label or None, percent(file.probability) if file.parts else None,
            None if file.error else "yes" if file.is_known else "no", file.error or None,
        )
        for file in batch.files
    ]  # fmt: skip
    show_table(("file", "label", "probability", "known", "error"), rows)
    if batch.judged:
        say(f"{percent(batch.accuracy)} of {batch.judged:,} are right, going by the names of their folders.")
        if 0 < batch.known < batch.answered:
            say(f"{percent(batch.accuracy_of_known)} of those that are known well enough.")

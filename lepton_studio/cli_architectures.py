"""``lepton-studio architecture list``: the networks that ship."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from lepton_studio.cli_choices import chosen_dataset, samples_of
from lepton_studio.cli_output import Json, emit, show_table

if TYPE_CHECKING:
    from lepton_studio.engine.dataset import Samples
    from lepton_studio.engine.shipped_architectures import Preset


def list_presets(
    dataset: Annotated[str, typer.Option(help="The dataset whose pictures they would get.")] = "bundled_digits",
    as_json: Json = False,
) -> None:
    """List the networks that ship: what they are known for, how large they are and how long they train."""
    from lepton_studio.engine.shipped_architectures import preset_cards

    samples = samples_of(chosen_dataset(dataset))
    rows = [_about(name, card, samples) for name, card in preset_cards().items()]
    if as_json:
        emit(rows)
        return
    columns = ("architecture", "title", "parameters", "million_operations", "epochs", "summary")
    show_table(
        [column.replace("_", " ") for column in columns],
        [[row[column] for column in columns] for row in rows],
    )


def _about(name: str, card: Preset, samples: Samples) -> dict[str, Any]:
    from msgspec import to_builtins

    from lepton_studio.engine.architecture import describe
    from lepton_studio.engine.fixes import with_outputs_for

    classes = len(samples.class_names)
    # With as many outputs as a training would give it.
    fitting = with_outputs_for(card.architecture, samples.shape, classes)
    report = describe(fitting, samples.shape, classes)
    return {
        "architecture": name, "title": card.name, "summary": card.summary, "source": card.source,
        "parameters": report.parameters, "flops": report.flops, "million_operations": report.flops / 1e6,
        "layers": len(report.layers), "errors": [str(error) for error in report.errors],
        "epochs": card.epochs, "learning_rate": card.learning_rate, "schedule": to_builtins(card.schedule),
        "picture_sizes": card.picture_sizes,
    }  # fmt: skip

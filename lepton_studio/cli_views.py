"""``lepton-studio data join``: datasets put together, thinned out and renamed, without changing them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lepton_studio.cli_choices import chosen_dataset, samples_of
from lepton_studio.cli_output import Json, emit
from lepton_studio.engine.errors import LeptonError

if TYPE_CHECKING:
    from lepton_studio.engine.datasets.view import ClassChange

PARTS = ("all", "first", "rest")


def join(
    *,
    datasets: Annotated[
        list[str], typer.Argument(metavar="DATASET...", help="Names of datasets; one is enough to thin it out.")
    ],
    name: Annotated[str, typer.Option(help="What to call it; a number follows if that is taken.")],
    per_class: Annotated[
        int, typer.Option(metavar="N", min=0, help="So many pictures of each class; those for the test all stay.")
    ] = 0,
    rename: Annotated[
        list[str] | None,
        typer.Option(metavar="OLD=NEW", help="Another name for a class; the same for two merges them, none drops it."),
    ] = None,
    part: Annotated[str, typer.Option(help="all, first or rest: the rest is what the first part does not have.")] = (
        "all"
    ),
    share: Annotated[float, typer.Option(min=0.01, max=0.99, help="Share of the pictures in the first part.")] = 0.5,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="The same seed draws the same pictures.")] = 0,
    as_json: Json = False,
) -> None:
    """Put datasets together as a new one, which only looks at them; they stay as they are."""
    from lepton_studio.engine.datasets.view import View, save_view

    if part not in PARTS:
        raise LeptonError(f"There is no part called '{part}'.", f"Known are: {', '.join(PARTS)}.")
    members = tuple(chosen_dataset(each) for each in datasets)
    changes = tuple(_change(text) for text in rename or [])
    view = View(name, members, changes, part, share, per_class, seed)  # type: ignore[arg-type]
    # Loaded before it is kept, so that one which cannot be is not.
    samples = samples_of(view)
    kept = save_view(view)
    if as_json:
        emit({"dataset": kept.name, "samples": len(samples), "classes": samples.class_names})
        return
    typer.echo(f"{kept.name}: {len(samples):,} pictures in {len(samples.class_names):,} classes.")


def _change(text: str) -> ClassChange:
    from lepton_studio.engine.datasets.view import ClassChange

    # A class may have the sign in its name; the last one divides.
    before, equals, after = text.rpartition("=")
    if not equals or not before:
        raise LeptonError(f"'{text}' renames nothing.", "Write --rename OLD=NEW.")
    return ClassChange(before, after.strip())

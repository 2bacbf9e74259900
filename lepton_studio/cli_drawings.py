"""``lepton-studio data drawings``: drawings that were collected on the Draw page, out and in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lepton_studio.cli_output import Json, emit, finish, say, show_table

drawings = typer.Typer(help="Drawings that were collected on the Draw page.", no_args_is_help=True)

BookName = Annotated[str, typer.Argument(metavar="NAME", help="Name of a dataset of drawings.")]


@drawings.command("list")
def list_(as_json: Json = False) -> None:
    """List the collections, who drew and how much."""
    from lepton_studio.engine.drawing_book import books, open_book

    opened = [open_book(name) for name in books()]
    authors = [list(dict.fromkeys(each.author for each in book.drawings.values() if each.author)) for book in opened]
    if as_json:
        emit([
            {"dataset": book.name, "drawings": len(book.drawings), "authors": names, "per_class": book.counts(),
             "remarks": book.remarks}
            for book, names in zip(opened, authors, strict=True)
        ])  # fmt: skip
        return
    rows = [(book.name, len(book.drawings), ", ".join(names)) for book, names in zip(opened, authors, strict=True)]
    show_table(("dataset", "drawings", "drawn by"), rows)


@drawings.command("export")
def export(
    name: BookName,
    path: Annotated[Path, typer.Argument(help="A file that ends in .zip, or a folder that is not there yet.")],
    as_json: Json = False,
) -> None:
    """Write a PNG file for each drawing, a folder for each class, and the strokes."""
    from msgspec import to_builtins

    from lepton_studio.engine.drawing_book import open_book
    from lepton_studio.engine.drawing_export import DrawingsExported, export_drawings

    book = open_book(name)
    for remark in book.remarks:
        say(remark)
    report = finish(export_drawings(book, path.expanduser(), may_replace_zip=False), DrawingsExported)
    if as_json:
        emit(to_builtins(report))
    else:
        typer.echo(f"{report.drawings:,} drawings of {report.dataset} are in {report.path}.")


@drawings.command("import")
def import_(
    path: Annotated[Path, typer.Argument(help="A zip or a folder that was exported, or its drawings.jsonl.")],
    name: Annotated[str, typer.Option(help="What to call it; by default like the zip or the folder.")] = "",
    as_json: Json = False,
) -> None:
    """Bring exported drawings in as a dataset, strokes, authors and dates included."""
    from lepton_studio.engine.drawing_export import import_drawings

    book = import_drawings(path, name)
    for remark in book.remarks:
        say(remark)
    if as_json:
        emit({"dataset": book.name, "drawings": len(book.drawings), "per_class": book.counts()})
    else:
        typer.echo(f"{book.name}: {len(book.drawings):,} drawings are in.")

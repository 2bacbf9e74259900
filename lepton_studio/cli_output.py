"""What the command line writes: results to standard output, everything else to standard error."""

from __future__ import annotations

import contextlib
import json
import math
import sys
from collections.abc import Iterable, Sequence
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from lepton_studio.engine.events import Progress
    from lepton_studio.engine.runs import Run

T = TypeVar("T")

Json = Annotated[bool, typer.Option("--json", help="Write the result as one JSON value, and nothing else.")]

# Tables that go into a file or another program are not cut to the width of a screen.
WIDTH_OF_FILES = 200
SECONDS_BETWEEN_LINES = 2.0


def emit(value: Any) -> None:
    """Writes one JSON value in plain ASCII, which every terminal and every pipe lets through."""
    typer.echo(json.dumps(_finite(value), indent=2))


def say(text: str) -> None:
    """Tells the person something that is not the result, in one line."""
    # Nobody may be listening any more.
    with contextlib.suppress(OSError):
        typer.echo(_one_line(text), err=True)


def show_table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> None:
    """Writes a table; numbers stand on the right, None is an empty cell."""
    from rich import box
    from rich.table import Table

    table = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    cells = [list(row) for row in rows]
    for place, column in enumerate(columns):
        is_number = all(_is_number(row[place]) for row in cells)
        # The first column is what people copy into the next command, so it is never cut.
        table.add_column(column, justify="right" if is_number else "left", overflow="fold", no_wrap=place == 0)
    for row in cells:
        table.add_row(*map(cell_text, row))
    console(stderr=False).print(table)


def show_epochs(run: Run) -> None:
    """Writes one row for each finished epoch of a run."""
    columns = ("epoch", "train loss", "validation loss", "validation accuracy", "seconds")
    show_table(
        columns,
        [
            (row.epoch, row.train_loss, row.validation_loss, percent(row.validation_accuracy), row.seconds)
            for row in run.history.epochs
        ],
    )


def cell_text(value: object) -> str:
    """A value as people read it; control characters in names of others cannot move the cursor."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, int):
        return f"{value:,}"
    return _one_line(str(value))


def percent(share: float | None) -> str | None:
    """A share from 0 to 1 as people read it."""
    return None if share is None else f"{share:.2%}".replace("%", " %")


def console(stderr: bool = True) -> Console:
    """A writer that takes text as it is: square brackets in a name are no markup."""
    from rich.console import Console

    width = None if (sys.stderr if stderr else sys.stdout).isatty() else WIDTH_OF_FILES
    return Console(stderr=stderr, width=width, markup=False, emoji=False, highlight=False)


def finish(items: Iterable[object], kind: type[T]) -> T:
    """Walks a generator of the engine to its end, shows its progress and returns its result.

    Raises:
        LeptonError: it ended without a result.
    """
    from lepton_studio.engine.errors import LeptonError
    from lepton_studio.engine.events import Notice, Progress

    result: T | None = None
    with Bar() as bar:
        for item in items:
            if isinstance(item, kind):
                result = item
            elif isinstance(item, Progress):
                bar.show(item)
            elif isinstance(item, Notice):
                bar.say(f"{item.what} {item.remedy}".strip())
    if result is None:
        raise LeptonError("The work ended without a result.", "Try again.")
    return result


class Bar:
    """One line of progress: a moving bar on a terminal, a line for each kind of work elsewhere."""

    def __init__(self) -> None:
        """Draws nothing before the first progress comes."""
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as RichProgress

        # Square brackets in the name of a file are no markup.
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[detail]}"),
        )
        self._console = console()
        self._rich = RichProgress(*columns, console=self._console, transient=True)
        self._task = self._rich.add_task("", total=None, detail="", visible=False)
        self._last_line = -math.inf

    def __enter__(self) -> Bar:
        if self._console.is_terminal:
            self._rich.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console.is_terminal:
            self._rich.stop()

    def show(self, progress: Progress) -> None:
        """Shows the progress of a job; amounts of a download are bytes."""
        # Fetching is the only work that is counted in bytes.
        is_bytes = progress.text.startswith("Fetching")
        amount = _megabytes if is_bytes else "{:,}".format
        total = f" of {amount(progress.total)}" if progress.total else ""
        detail = f"{amount(progress.done)}{total}" if progress.done or progress.total else ""
        self.draw(progress.text, progress.done, progress.total, detail)
        # Elsewhere than on a terminal lines add up: one every now and then is enough.
        if not self._console.is_terminal and monotonic() - self._last_line > SECONDS_BETWEEN_LINES:
            self.say(f"{progress.text} ({detail})" if progress.total > 1 else progress.text)
            self._last_line = monotonic()

    def draw(self, text: str, done: int, total: int, detail: str) -> None:
        """Moves the bar, on a terminal."""
        text = _one_line(text)
        if self._console.is_terminal:
            self._rich.update(
                self._task,
                description=_one_line(text),
                completed=done,
                total=total or None,
                detail=detail,
                visible=True,
            )

    def say(self, text: str) -> None:
        """Writes a line above the bar."""
        self._console.print(_one_line(text), soft_wrap=True)


def _one_line(text: str) -> str:
    """Names of files and classes may hold line ends and what moves the cursor; thin spaces are for screens."""
    return "".join(char if char.isprintable() else "?" for char in text.replace("\u202f", " "))


def _is_number(value: object) -> bool:
    return value is None or isinstance(value, (int, float)) or str(value).endswith(" %")


def _megabytes(count: int) -> str:
    return f"{count / 1e6:.1f} MB"


def _finite(value: Any) -> Any:
    """JSON knows neither NaN nor infinity: both become null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value

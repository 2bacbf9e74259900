"""The command line: the other face of the engine.

Results go to standard output, everything else to standard error. Exit status: 0 done; 2 the words or the
input are wrong; 130 interrupted; 143 terminated; 1 a fault of the program, with its traceback in the log.
"""

from __future__ import annotations

import contextlib
import datetime
import difflib
import errno
import os
import re
import socket
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, TextIO, cast

import typer

from lepton_studio import (
    __version__,
    cli_architectures,
    cli_bench,
    cli_code,
    cli_cost,
    cli_data,
    cli_drawings,
    cli_predict,
    cli_queue,
    cli_rate,
    cli_registries,
    cli_runs,
    cli_sweep,
    cli_teach,
    cli_training,
    cli_views,
    paths,
)
from lepton_studio.cli_output import Json, emit, say, show_table
from lepton_studio.cli_stopping import INTERRUPTED, Interrupted, requests_to_terminate, status_of_stop, stop_signals
from lepton_studio.engine.errors import LeptonError

PROGRAM = "lepton-studio"
OPEN = "open"
FINE, FAULT, WRONG_INPUT = 0, 1, 2
NO_ROOM = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))

# Wrong words on the command line; newer typers carry their own click, so it is found by what both export.
UsageError: type[Exception] = typer.BadParameter.__bases__[0]

app = typer.Typer(
    help="Learn and teach deep learning by doing it. Without a command it opens the window.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(cli_training.train)
app.command()(cli_training.resume)
app.command()(cli_rate.find_rate)
app.command()(cli_runs.evaluate)
app.command()(cli_predict.predict)
app.command()(cli_teach.teach)
app.command()(cli_bench.bench)
app.command(hidden=True)(cli_registries.registries)
app.add_typer(cli_runs.runs, name="runs")
app.add_typer(cli_queue.queue, name="queue")
app.add_typer(cli_sweep.sweep, name="sweep")
cli_data.data.command()(cli_views.join)
app.add_typer(cli_data.data, name="data")
cli_data.data.add_typer(cli_drawings.drawings, name="drawings")
cli_data.architecture.command()(cli_code.code)
cli_data.architecture.command("list")(cli_architectures.list_presets)
cli_data.architecture.command()(cli_cost.cost)
cli_data.architecture.command()(cli_cost.weights)
app.add_typer(cli_data.architecture, name="architecture")


def main(words: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit status.

    Args:
        words: what stands after the name of the program; None takes them from the process.
    """
    given = list(sys.argv[1:] if words is None else words)
    is_debugging = "--debug" in given
    given = [word for word in given if word != "--debug"]
    _open_streams()
    try:
        with requests_to_terminate():
            status = typer.main.get_command(app).main(_with_command(given), PROGRAM, standalone_mode=False)
            sys.stdout.flush()
        if status == INTERRUPTED:
            say("Interrupted.")
            return status_of_stop()
        return status if isinstance(status, int) else FINE
    except SystemExit as request:
        # Typer leaves so when whoever read the output has seen enough.
        return request.code if isinstance(request.code, int) else FAULT
    except Exception as error:  # noqa: BLE001 - the last except of the command line: no traceback reaches a person
        if is_debugging:
            traceback.print_exc()
        return _explain(error)
    except KeyboardInterrupt:
        say("Interrupted.")
        return status_of_stop()


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"{PROGRAM} {__version__}")
        raise typer.Exit


@app.callback()
def program(
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version."),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """Declares the options that stand before every command; ``main`` has taken --debug already."""


@app.command(OPEN)
def open_window(
    file: Annotated[Path | None, typer.Argument(help="An experiment, a run archive or an image folder.")] = None,
) -> None:
    """Open the window; so does a file without a command, or nothing at all."""
    if not has_display():
        raise LeptonError(
            "There is no display to open a window on.",
            f"Run '{PROGRAM} demo' or '{PROGRAM} train', which need none, or set DISPLAY.",
        )
    with qt_needed():
        from lepton_studio.gui.app import run_window

    raise typer.Exit(run_window([str(file.absolute())] if file is not None else []))


@app.command()
def demo(
    out: Annotated[Path | None, typer.Option(help="The folder for the pictures of the pages.")] = None,
    as_json: Json = False,
) -> None:
    """Do the whole main job in the real window: load, train, draw, classify; a picture of every page."""
    if not has_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    with qt_needed():
        from lepton_studio.gui.demo import run_demo

    with stop_signals() as stop_asked:
        result = run_demo(out, say, stop_asked.is_set)
    if as_json:
        emit(result)
        return
    show_table(("figure", "value"), [(name, _one_line(value)) for name, value in result.items()])


@contextlib.contextmanager
def qt_needed() -> Iterator[None]:
    """Qt needs libraries of the system that bare servers and containers lack; which one is for people to know."""
    try:
        yield
    except ImportError as error:
        is_ours = (error.name or "").startswith("lepton_studio")
        if is_ours or not ((error.name or "").startswith("PySide6") or ".so" in str(error) or "DLL" in str(error)):
            raise
        raise LeptonError(
            f"The window cannot be opened: {error}.",
            f"Install what is missing (Debian: libegl1, libgl1, libxkbcommon0), or use '{PROGRAM} train'.",
        ) from error


def has_display() -> bool:
    """Whether Qt would find a screen; only Linux and its kin may be without."""
    if sys.platform in ("win32", "darwin"):
        return True
    if any(os.environ.get(name) for name in ("WAYLAND_DISPLAY", "QT_QPA_PLATFORM")):
        return True
    display = os.environ.get("DISPLAY", "")
    return bool(display) and _answers(display)


def _answers(display: str) -> bool:
    """Whether an X server of this machine listens; Qt would end the process if none does. Others are believed."""
    match = re.fullmatch(r"(?:unix)?:(\d+)(?:\.\d+)?", display)
    if match is None:
        return True
    name = f"/tmp/.X11-unix/X{match[1]}"
    for address in (name, f"\0{name}"):
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.connect(address)
            return True
    return False


def _open_streams() -> None:
    """A program without a console has no streams; a name that a console cannot show is no fault."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - for as long as we live
        with contextlib.suppress(AttributeError, ValueError):
            getattr(sys, name).reconfigure(errors="backslashreplace")


def _with_command(words: list[str]) -> list[str]:
    """A first word that is no command and no option is a file for the window."""
    if not words:
        return [OPEN]
    first, commands = words[0], _commands()
    if first.startswith("-") or first in commands:
        return words
    if not Path(first).exists():
        near = difflib.get_close_matches(first, commands, n=1)
        hint = f"Did you mean '{near[0]}'? " if near else ""
        raise LeptonError(f"There is no file and no command called '{first}'.", f"{hint}See '{PROGRAM} --help'.")
    return [OPEN, *words]


def _commands() -> list[str]:
    group = cast(Any, typer.main.get_command(app))
    return list(group.commands)


def _one_line(value: object) -> object:
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def _explain(error: Exception) -> int:
    """One line for the person, and the exit status that goes with it."""
    if isinstance(error, BrokenPipeError):
        # Whoever read our output has seen enough; the interpreter must not fail on its last flush either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), _file_number(sys.stdout))
        return FAULT
    if isinstance(error, LeptonError):
        say(str(error))
        return WRONG_INPUT
    if isinstance(error, UsageError):
        context = cast(Any, error).ctx
        command = context.command_path if context is not None else PROGRAM
        message = cast(Any, error).format_message().rstrip(".")
        # A group without a command shows its help and has no message.
        if message:
            say(f"{message}. See '{command} --help'.")
        return WRONG_INPUT
    if isinstance(error, (Interrupted, typer.Abort)):
        say(str(error) or "Interrupted.")
        return status_of_stop()
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        # Files of ours say so themselves: it is where the output goes to.
        say(f"The output could not be written: {error.strerror}. Free some space, or let it go elsewhere.")
        return WRONG_INPUT
    say(f"A fault of the program: {type(error).__name__}: {error}. The log is {_log(error)}.")
    return FAULT


def _log(error: Exception) -> str:
    """Appends a traceback to the log and returns where that is."""
    path = paths.log_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{datetime.datetime.now().astimezone():%Y-%m-%d %H:%M:%S} {' '.join(sys.argv)}\n")
            file.writelines(traceback.format_exception(error))
    except OSError as reason:
        return f"not there ({reason.strerror})"
    return str(path)


def _file_number(stream: TextIO) -> int:
    try:
        return stream.fileno()
    except (OSError, ValueError):
        return os.open(os.devnull, os.O_WRONLY)


if __name__ == "__main__":
    sys.exit(main())

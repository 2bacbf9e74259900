"""``lepton-studio teach``: a few drawings are learned by a network that knows others already."""

from __future__ import annotations

from typing import Annotated

import typer

from lepton_studio.cli_output import Json, emit, finish, percent, say, show_table


def teach(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run by its name or folder, or 'bundled'.")],
    drawings: Annotated[str, typer.Option(metavar="NAME", help="Which dataset of drawings is to be learned.")],
    name: Annotated[str, typer.Option(help="What to call the new run; by default like the old one.")] = "",
    seed: Annotated[int, typer.Option(min=0, help="The same seed teaches the same.")] = 0,
    as_json: Json = False,
) -> None:
    """Teach a network your drawings in seconds, as a new run, and show that it still knows the old pictures."""
    import msgspec

    from lepton_studio.engine.drawing_book import open_book
    from lepton_studio.engine.run_store import find_run
    from lepton_studio.engine.teaching import Taught, Teaching
    from lepton_studio.engine.teaching import teach as taught_by

    book = open_book(drawings)
    for remark in book.remarks:
        say(remark)
    work = taught_by(find_run(run), tuple(book.drawings.values()), way=Teaching(seed=seed), name=name)
    done = finish(work, Taught)
    outcome = done.outcome
    if as_json:
        emit({"run": done.run.id, "name": done.run.record.name, **msgspec.to_builtins(outcome)})
        return
    if outcome.left_out:
        say(f"Left out, because the network does not have their class: {outcome.left_out}.")
    if outcome.share < 1:
        say(f"The weights went {outcome.share:.0%} of the way, so that old pictures are read as before.")
    rows = [
        ("your drawings", outcome.learned.before, outcome.learned.after, outcome.learned.of),
        ("set aside for the test", outcome.aside.before, outcome.aside.after, outcome.aside.of),
        (f"old pictures ({outcome.old_name})", *map(percent, outcome.old.shares), outcome.old.of),
    ]
    show_table(("", "before", "now", "of"), rows, title=f"{done.run.record.name} ({done.run.id})")

"""What must hold for windows that slide over a picture and for channels cut into groups, said for learners."""

from __future__ import annotations

import math

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.layer import Shape, counted, grouped, require_picture, shape_text, window_text

# The highest padding that a form offers.
MOST_PADDING = 15


def require_window(title: str, shape: Shape, window: int, padding: int, dilation: int) -> None:
    """Refuses what is no picture, or a picture smaller than a window whose pixels lie ``dilation`` apart.

    Raises:
        LeptonError: with a remedy that holds for this very shape.
    """
    require_picture(title, shape, window, padding)
    span, room = (window - 1) * dilation + 1, min(shape[1:]) + 2 * padding
    if span > room:
        enough = -(-(span - min(shape[1:])) // 2)
        raise LeptonError(
            f"The picture is {shape_text(shape[1:])} here, {window_text(window)} with a dilation of {dilation}"
            f" spans {span} × {span} and does not fit.",
            f"Use a dilation of {(room - 1) // (window - 1)}"
            + (f" or a padding of {enough}." if enough <= MOST_PADDING else "."),
        )


def require_pooling(title: str, shape: Shape, window: int, padding: int) -> None:
    """Refuses what is no picture, a window larger than it, and so much padding that windows hold nothing else.

    Raises:
        LeptonError: with a remedy that holds for this very shape.
    """
    require_picture(title, shape, window, padding)
    if padding > window // 2:
        raise LeptonError(
            f"A padding of {padding} is more than half of {window_text(window)}: some windows would hold nothing"
            " but padding.",
            f"Use a padding of {window // 2} or a window of {2 * padding}.",
        )


def require_groups(groups: int, channels: int, others: int | None = None) -> None:
    """Refuses groups that do not divide the channels that come in, and those that go out if there are ``others``.

    Raises:
        LeptonError: with the numbers of groups that would do.
    """
    outputs = channels if others is None else others
    if channels % groups == 0 and outputs % groups == 0:
        return
    common = math.gcd(channels, outputs)
    fitting = [number for number in range(1, common + 1) if common % number == 0]
    # Those nearest to what was asked for; all would be too many to read.
    near = sorted(sorted(fitting, key=lambda number: (abs(number - groups), number))[:4])
    if others is None:
        what = f"{counted(channels, 'channel')} cannot be cut into {counted(groups, 'group')} of one size."
    else:
        come = f"the {counted(channels, 'channel')} that come{'s' if channels == 1 else ''} in"
        what = f"{counted(groups, 'group')} must divide {come} and the {grouped(others)} that go out."
    raise LeptonError(what, f"Use {_either(near)} group{'s' if near != [1] else ''}.")


def _either(numbers: list[int]) -> str:
    """One of several numbers, as people list them: ``1, 2 or 4``."""
    words = [str(number) for number in numbers]
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]

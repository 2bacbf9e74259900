"""How numbers are written on screen."""

from __future__ import annotations

import pytest

from lepton_studio.gui.wording import duration, grouped, kernels_word, megabytes, memory, milliseconds, percent


@pytest.mark.parametrize(("share", "digits", "text"), [
    (0.9873, 2, "98.73 %"), (1.0, 2, "100.00 %"), (0.0, 1, "0.0 %"), (0.98749, 1, "98.7 %"),
])  # fmt: skip
def test_shares_are_percents(share, digits, text) -> None:
    assert percent(share, digits) == text


@pytest.mark.parametrize(("seconds", "text"), [
    (0.0, "0 s"), (8.4, "8 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (125, "2 min 5 s"), (3599.6, "1 h 0 min"),
    (3780, "1 h 3 min"), (90_000, "25 h 0 min"),
])  # fmt: skip
def test_durations_are_said_as_people_say_them(seconds, text) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(("number", "text"), [
    (7, "7"), (421, "421"), (421642, "421\u202f642"), (1234567, "1\u202f234\u202f567"),
])  # fmt: skip
def test_long_numbers_are_grouped_with_spaces_that_do_not_break(number, text) -> None:
    assert grouped(number) == text


@pytest.mark.parametrize(("count", "text"), [(11_594_722, "11.6 MB"), (100_000, "0.1 MB"), (99_900, "99.9 kB")])
def test_sizes_have_a_unit(count, text) -> None:
    assert megabytes(count) == text


@pytest.mark.parametrize(("count", "text"), [
    (512_300_000, "512 MB"), (999_400_000, "999 MB"), (999_500_000, "1.00 GB"), (1_234_000_000, "1.23 GB"),
    (80_000_000_000, "80.0 GB"),
])  # fmt: skip
def test_memory_has_three_digits(count, text) -> None:
    assert memory(count) == text


@pytest.mark.parametrize(("seconds", "text"), [
    (0.00987, "9.87 ms"), (0.01, "10.0 ms"), (0.01234, "12.3 ms"), (0.0999, "99.9 ms"), (0.09996, "100 ms"),
    (0.1234, "123 ms"), (1.2342, "1\u202f234 ms"),
])  # fmt: skip
def test_short_times_have_three_digits(seconds, text) -> None:
    assert milliseconds(seconds) == text


def test_kernels_have_words_and_those_of_a_newer_program_their_own_name() -> None:
    assert kernels_word("") == ""
    assert kernels_word("onednn") == "oneDNN"
    assert kernels_word("newer") == "newer"

"""Room for texts: nothing runs over, numbers never break."""

from __future__ import annotations

import pytest

from beachhead.reports.measure import cut, ems, lines_of, printable, widths


def test_chinese_takes_more_room_than_latin_and_marks_take_none():
    assert ems("東京") > ems("ab") > ems("il")
    assert ems("e\u0301") == ems("e")


def test_lines_break_between_words_and_long_words_break_within():
    assert lines_of("one two", 1000, 10) == 1
    assert lines_of("one two", ems("one") * 10 + 5, 10) == 2
    assert lines_of("a\nb", 1000, 10) == 2
    assert lines_of("x" * 100, ems("x") * 10 * 25.5, 10) == 4


@pytest.mark.parametrize(
    "text", ["a long sentence of several words, cut", "株式会社東京データサイエンス研究所", "x" * 60]
)
def test_what_is_cut_fits_and_says_that_it_was_cut(text):
    found = cut(text, 120, 11)
    assert found.endswith("…")
    assert lines_of(found, 120, 11) == 1
    assert text.startswith(found[:-1])


def test_what_fits_is_not_cut():
    assert cut("short", 120, 11) == "short"


def test_numbers_get_the_width_they_need_and_all_columns_fill_the_room():
    rows = [("#", "Customer", "MRR"), ("1,032", "A very long name " * 20, "€1,234,567")]
    found = widths(rows, {0, 2}, 600, 11, 14)
    assert sum(found) == pytest.approx(600)
    assert lines_of("€1,234,567", found[2] - 14, 11) == lines_of("1,032", found[0] - 14, 11) == 1


def test_names_leave_room_for_what_is_said_of_them():
    found = widths([("Name", "Why"), ("n" * 500, "w" * 500)], set(), 600, 11, 14)
    assert found[0] == pytest.approx(240)


def test_control_characters_become_a_sign():
    assert printable("a\x00b\x0bc\n\td") == "a\ufffdb\ufffdc\n\td"

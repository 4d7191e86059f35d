"""Rules over blocks of account numbers: every customer there is is evaluated, and nobody else."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from coded import AS_OF, activity_of, column, engine, events_of, rules_of

from beachhead.rules.ast import Attribute
from beachhead.segments.engine import BLOCK, Engine
from beachhead.store.bitmaps import WORDS

GAPS = [1, 63, 64, 65, 511, 512, 1_000]
RULES = {
    "everyone": "1 = 1",
    "nobody": "1 = 2",
    "others": "not in_segment('nobody')",
    "unknown": "n is null",
    "known": "n is not null",
    "large": "n >= 4",
}


def test_numbers_with_gaps_and_who_is_not_there_is_never_a_member() -> None:
    made = engine(RULES, GAPS, n=[1, 2, None, 4, 5, None, 7])
    assert {name: m.tolist() for name, m in made.members(RULES).items()} == {
        "everyone": GAPS,
        "nobody": [],
        "others": GAPS,
        "unknown": [64, 512],
        "known": [1, 63, 65, 511, 1_000],
        "large": [65, 511, 1_000],
    }
    assert made.counts().tolist() == [7, 0, 7, 2, 5, 3]
    assert made.segments_of(65) == ["everyone", "others", "known", "large"]
    assert made.segments_of(64) == ["everyone", "others", "unknown"]
    assert made.segments_of(66) == []


def test_numbers_without_gaps_begin_anywhere() -> None:
    made = engine({"all": "n > 0"}, range(70, 80), n=[1] * 10)
    assert made.members(["all"])["all"].tolist() == list(range(70, 80))


def test_beyond_the_last_customer_nobody_is_in_a_segment_and_nothing_is_read() -> None:
    made = engine(RULES, GAPS, n=[1] * len(GAPS))
    assert made.segments_of(1_024) == made.segments_of(2**32 - 1) == []
    with pytest.raises(IndexError):
        made.rows(1_024, 64)
    with pytest.raises(ValueError, match="before the last customer"):
        Engine.of({}, {Attribute("n"): column([1, 2])}, None, np.array([512], np.uint32), AS_OF)


def test_no_customers() -> None:
    made = engine(RULES, [], n=[])
    assert made.counts().tolist() == [0] * len(RULES)
    assert made.members(["everyone"])["everyone"].tolist() == []


@pytest.fixture(scope="module")
def several_blocks() -> Engine:
    """Every third number of 150,000, three blocks; `n` is the number modulo 7."""
    numbers = range(2, 150_000, 3)
    return engine({"sixth": "n = 6", "not_sixth": "not in_segment('sixth')"}, numbers, n=[i % 7 for i in numbers])


def test_several_blocks(several_blocks: Engine) -> None:
    numbers = np.arange(2, 150_000, 3, dtype=np.uint32)
    found = several_blocks.members(["sixth", "not_sixth"])
    assert several_blocks.blocks == 3
    assert found["sixth"].tolist() == numbers[numbers % 7 == 6].tolist()
    assert found["not_sixth"].tolist() == numbers[numbers % 7 != 6].tolist()
    assert several_blocks.counts().tolist() == [7_142, 42_858]
    assert several_blocks.segments_of(149_999) == ["not_sixth"]
    assert several_blocks.segments_of(2 * BLOCK + 1) == []


def test_blocks_come_in_their_order_with_all_their_numbers(several_blocks: Engine) -> None:
    seen = list(several_blocks.each_block(lambda number, words: (number, words.shape), threads=2))
    assert seen == [(n, (2, WORDS)) for n in range(3)]
    first = np.unpackbits(several_blocks.block(1)[0].view(np.uint8), bitorder="little")
    expected = [n for n in range(BLOCK, 2 * BLOCK) if n % 3 == 2 and n % 7 == 6]
    assert (np.flatnonzero(first) + BLOCK).tolist() == expected


def test_events_are_counted_part_by_part() -> None:
    """Parts have 8,192 numbers; these events lie at the edges of parts and of blocks."""
    exporters = [0, 8_191, 8_192, BLOCK - 1, BLOCK, 70_000, BLOCK + 8_192]
    events = events_of([(n, "export", date(2026, 3, 30)) for n in exporters], [(8_192, "export", AS_OF)])
    rules = rules_of({"exported": "events('export') > 0", "twice": "events('export') = 2", "not": "events() = 0"}, {})
    numbers = np.array([n for n in range(BLOCK + 8_193) if n != 69_999], np.uint32)
    made = Engine.of(rules, {}, activity_of(rules, events), numbers, AS_OF)
    found = made.members(rules)
    assert found["exported"].tolist() == exporters
    assert found["twice"].tolist() == [8_192]
    assert len(found["not"]) == BLOCK + 8_192 - len(exporters)
    assert made.segments_of(BLOCK) == ["exported"]

"""What becomes of untidy texts: groups, sizes, rows of totals, dates in both orders; nothing of it in silence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import pytest
from landing_world import TODAY, World, problem, table_of
from ruamel.yaml import YAML

from beachhead.engines.duck import DuckEngine, quote_literal
from beachhead.sources.groups import group_sql
from beachhead.sources.hygiene import examine
from beachhead.sources.problems import Problem
from beachhead.sources.sizes import class_sql
from beachhead.sources.words import WordList, word_groups


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> DuckEngine:
    return DuckEngine(tmp_path_factory.mktemp("tmp"), threads=1)


class TestGroups:
    GROUPS: ClassVar = {
        "IT": ("it", "C++"),
        "Engineering": ("Engineer*", "entwickl*", "-entwickler"),
        "VP": ("vice president",),
    }

    @pytest.mark.parametrize(
        ("text", "group"),
        [
            ("IT manager", "IT"), ("Editor", "Other"), ("senior c++ wizard", "IT"), ("Engineers", "Engineering"),
            ("ENGINEERING LEAD", "Engineering"), ("Softwareentwickler", "Engineering"), ("Entwicklung", "Engineering"),
            ("Softwareentwicklung", "Other"), ("Vice-President, IT", "IT"), ("vice  président", "VP"), ("", "Other"),
            ("it_support", "IT"), ("Ingénieur", "Other"), (None, None),
        ],
    )  # fmt: skip
    def test_the_first_group_with_a_word_counts(self, engine: DuckEngine, text: str | None, group: str | None) -> None:
        assert engine.scalar(f"SELECT {group_sql(f'CAST({quote_literal(text)} AS VARCHAR)', self.GROUPS)}") == group

    def test_what_is_in_no_group_is_told_and_the_raw_text_can_be_kept(self, world: World) -> None:
        rows = ["Engineer", "wizard", "wizard", "", "Tax elf", "n/a"]
        text = "id,acct,title\n" + "".join(f"u{n},a,{title}\n" for n, title in enumerate(rows))
        landed = world.file(
            text, table="users",
            columns={"user_id": "id", "account_id": "acct",
                     "role": {"column": "title", "groups": {"Tech": "engineer*"}, "empty": "n/a"}},
            extra={"job_title": "title"},
        )  # fmt: skip
        assert [(r["role"], r["job_title"]) for r in table_of(landed)] == [
            ("Tech", "Engineer"), ("Other", "wizard"), ("Other", "wizard"), (None, None), ("Other", "Tax elf"),
            (None, "n/a"),
        ]  # fmt: skip
        told = problem(landed, "in-no-group")
        assert (told.count, told.out_of, told.column) == (3, 4, "role")
        assert [e.value for e in told.examples] == ["wizard (2)", "Tax elf (1)"]

    @pytest.mark.parametrize("name", ["role", "seniority"])
    def test_ready_made_words_sort_job_titles_of_four_languages(self, engine: DuckEngine, name: WordList) -> None:
        titles = YAML(typ="safe", pure=True).load((Path(__file__).parent / "job_titles.yml").read_text("utf-8"))
        expected = {str(row["title"]): row[name] for row in titles}
        listed = ", ".join(f"({quote_literal(t)})" for t in expected)
        rows = engine.query(f"SELECT x, {group_sql('x', word_groups(name))} AS g FROM (VALUES {listed}) AS t(x)")
        assert {r["x"]: r["g"] for r in rows.to_pylist()} == expected


class TestSizes:
    @pytest.mark.parametrize(
        ("text", "class_"),
        [
            ("37", "11-50"), ("1", "1-10"), ("10", "1-10"), ("1,200", "1001-5000"), ("1.200", "1001-5000"),
            ("12 employees", "11-50"), ("50.0", "11-50"), ("123456", "10001+"), ("11-50", "11-50"), ("0", "0"),
            ("10,001+", "10,001+"), ("large", "large"), ("37k", "37k"), ("2024-01-01", "2024-01-01"), (None, None),
        ],
    )  # fmt: skip
    def test_a_number_is_put_into_its_class(self, engine: DuckEngine, text: str | None, class_: str | None) -> None:
        assert engine.scalar(f"SELECT {class_sql(f'CAST({quote_literal(text)} AS VARCHAR)')}") == class_

    def land(self, world: World, columns: dict[str, object]) -> object:
        sizes = ["37", "11-50", "51 to 200", "10,001+", "many", "", "1,200"]
        text = "id;size\n" + "".join(f"a{n};{size}\n" for n, size in enumerate(sizes))
        return world.file(text, table="companies", columns={"account_id": "id", **columns})

    def test_one_column_gives_numbers_and_classes(self, world: World) -> None:
        landed = self.land(world, {"employees": "size", "size_band": "size"})
        assert [(r["employees"], r["size_band"]) for r in table_of(landed)] == [
            (37, "11-50"), (None, "11-50"), (None, "51 to 200"), (None, "10,001+"), (None, "many"), (None, None),
            (1200, "1001-5000"),
        ]  # fmt: skip
        said = {p.code: (p.count, p.out_of) for p in landed.problems}
        assert said == {"sizes-classed": (2, 6), "sizes-without-number": (3, 6), "unreadable-integer": (1, 7)}

    def test_classes_are_no_numbers_where_only_numbers_are_asked_for(self, world: World) -> None:
        landed = self.land(world, {"employees": "size"})
        assert problem(landed, "unreadable-integer").count == 4


def examined(world: World, files: Sequence[Path], **source: object) -> dict[str, Problem]:
    landed = world.land(*files, **source)
    with DuckEngine(world.root / "tmp") as engine:
        return {
            p.code: p
            for p in examine(engine, world.definition(**source), landed, TODAY, "EUR", {"USD": ((None, 0.9),)})
        }


class TestTotals:
    ROWS = "Report of May\n\nid,name,mrr\n1,Ada,5\n2,Bob,6\n\nTotal:,,11\n,Summe,11\n"

    @pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
    def test_rows_of_totals_are_found_and_the_filter_is_written_out(self, world: World, name: str) -> None:
        from upload_recipes import workbook

        cells: list[list[object]] = [line.split(",") for line in self.ROWS.splitlines()]
        path = world.write(name, self.ROWS if name == "a.csv" else workbook(cells, {}))
        source: dict[str, object] = {"table": "accounts", "columns": {"account_id": "id", "name": "name", "mrr": "mrr"}}
        told = examined(world, [path], **source)["total-row"]
        assert told.count == 1
        assert told.remedy == "They count as rows. Leave them out: `where: account_id not in ('Total:')`."
        rule = told.remedy.split("`")[1].removeprefix("where: ")
        assert "total-row" not in examined(world, [path], **source, where=rule)
        assert [r["account_id"] for f in world.land(path, **source, where=rule).files for r in table_of(f)] == [
            "1",
            "2",
        ]

    def test_a_filter_that_is_there_is_kept_and_unknown_names_stay(self, world: World) -> None:
        path = world.write("a.csv", "id,name\n1,Ada\n2,\n3,TOTAL\n4,x\n")
        source: dict[str, object] = {"table": "accounts", "columns": {"account_id": "id", "name": "name"}}
        told = examined(world, [path], **source, where="account_id <> '4'")["total-row"]
        rule = told.remedy.split("`")[1].removeprefix("where: ")
        assert rule == "(account_id <> '4') and (name is null or name not in ('TOTAL'))"
        assert [r["account_id"] for f in world.land(path, **source, where=rule).files for r in table_of(f)] == [
            "1",
            "2",
        ]


class TestDates:
    SOURCE: ClassVar[dict[str, object]] = {"table": "accounts", "columns": {"account_id": "id", "signed_up_at": "at"}}

    def dates(self, world: World, texts: list[str]) -> tuple[list[str], dict[str, Problem]]:
        text = "id,at\n" + "".join(f"{n},{t}\n" for n, t in enumerate(texts))
        landed = world.file(text, **self.SOURCE)
        return [str(r["signed_up_day"]) for r in table_of(landed)], {p.code: p for p in landed.problems}

    def test_both_orders_in_one_file_are_read_and_what_stays_open_is_told(self, world: World) -> None:
        days, said = self.dates(world, ["13/02/2026", "14/02/2026", "02/13/2026", "05/06/2026"])
        assert days == ["2026-02-13", "2026-02-14", "2026-02-13", "2026-06-05"]
        assert said["mixed-date-formats"].count == 1
        assert said["ambiguous-date-order"].count == 1
        assert "both orders of day and month; where both are possible, the day" in said["ambiguous-date-order"].message

    def test_the_order_of_most_counts(self, world: World) -> None:
        days, said = self.dates(world, ["02/13/2026", "02/14/2026", "13/02/2026", "05/06/2026"])
        assert days[-1] == "2026-05-06"
        assert "the month was taken to come first" in said["ambiguous-date-order"].message

    def test_one_sure_date_decides(self, world: World) -> None:
        days, said = self.dates(world, ["05/06/2026", "06/13/2026"])
        assert days == ["2026-05-06", "2026-06-13"]
        assert said == {}


class TestCurrencies:
    SOURCE: ClassVar[dict[str, object]] = {
        "table": "orders",
        "columns": {"order_id": "id", "account_id": "acct", "ordered_at": "at", "revenue": "sum", "currency": "cur"},
    }

    def said(self, world: World, currencies: list[str]) -> dict[str, Problem]:
        text = "id,acct,at,sum,cur\n" + "".join(f"{n},a,2026-01-01,5,{c}\n" for n, c in enumerate(currencies))
        return examined(world, [world.write("a.csv", text)], **self.SOURCE)

    def test_a_currency_without_a_rate_is_named_with_its_rows_and_the_line_to_write(self, world: World) -> None:
        told = self.said(world, ["EUR", "usd", "GBP", "GBP", "JPY", ""])
        assert told["converted-currencies"].message == "1 amounts were converted to EUR: 1 in USD at 0.9"
        without = told["mixed-currencies"]
        assert (without.count, [e.line for e in without.examples]) == (3, [4, 5, 6])
        assert without.message.endswith("and have no rate: 2 in GBP, 1 in JPY")
        assert "`rates: {GBP: <EUR for one GBP>, JPY: <EUR for one JPY>}`" in without.remedy

    def test_what_is_no_currency_is_to_be_named(self, world: World) -> None:
        told = self.said(world, ["EUR", "Euro"])["mixed-currencies"]
        assert "`values: {Euro: EUR}`" in told.remedy

    @pytest.mark.parametrize(
        ("unit", "landed"),
        [("major", [1234, 1235, 12345, 1234]), ("minor", [12, 12, 12, 12])],
    )
    def test_amounts_land_in_minor_units_of_their_own_currency(
        self, world: World, unit: str, landed: list[int]
    ) -> None:
        world.other_digits = {"JPY": 0, "KWD": 3}
        columns = {"order_id": "id", "account_id": "acct", "ordered_at": "at", "currency": "cur",
                   "revenue": {"column": "sum", "unit": unit}}  # fmt: skip
        amounts = ["12.34", "1234.5", "12.345", "12.34"] if unit == "major" else ["12"] * 4
        text = "id,acct,at,sum,cur\n" + "".join(
            f"{n},a,2026-01-01,{a},{c}\n"
            for n, (a, c) in enumerate(zip(amounts, ["EUR", "jpy", "KWD", ""], strict=True))
        )
        assert [r["revenue"] for r in world.rows(text, table="orders", columns=columns)] == landed

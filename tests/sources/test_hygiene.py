from __future__ import annotations

from pathlib import Path

import pytest
from landing_world import TODAY, World

from beachhead.engines.duck import DuckEngine
from beachhead.errors import DataError
from beachhead.sources.hygiene import examine
from beachhead.sources.problems import Problem

COLUMNS: dict[str, object] = {
    "subscription_id": "id", "account_id": "acct", "started_at": "start", "amount": "amt", "plan": "plan",
    "discount_percent": "pct", "currency": "cur", "product_line": "line", "interval": "every",
}  # fmt: skip
HEADER = "id,acct,start,amt,plan,pct,cur,line,every\n"


def found(world: World, rows: list[str], **source: object) -> dict[str, Problem]:
    path: Path = world.write("a.csv", HEADER + "\n".join(rows) + "\n")
    source = {"columns": COLUMNS} | source
    landed = world.land(path, **source)
    with DuckEngine(world.root / "tmp") as engine:
        return {p.code: p for p in examine(engine, world.definition(**source), landed, TODAY, "EUR")}


def clean(n: int) -> str:
    plan, every = "Pro" if n % 2 else "Basic", "month" if n % 4 else "year"
    return f"s{n},a{n},2024-01-{n % 28 + 1:02d},{n + 1},{plan},{n % 50 + 2},EUR,l{n % 3},{every}"


def test_clean_data_has_no_problems(world: World) -> None:
    assert found(world, [clean(n) for n in range(60)]) == {}


def test_faults_are_counted_with_their_lines(world: World) -> None:
    rows = [clean(n) for n in range(60)]
    rows[3] = "s3,a3,1899-12-30,4,Pro,2,EUR,l0,month"
    rows[5] = "s5,a5,2031-01-01,-5,pro,2,USD,l0,month"
    problems = found(world, rows)
    assert set(problems) == {
        "impossible-date",
        "future-date",
        "negative-money",
        "spelling-variants",
        "mixed-currencies",
    }
    assert [(e.line, e.value) for e in problems["impossible-date"].examples] == [(5, "1899-12-30")]
    assert [(e.line, e.value) for e in problems["future-date"].examples] == [(7, "2031-01-01")]
    assert [(e.line, e.value) for e in problems["negative-money"].examples] == [(7, "-5.00")]
    assert (problems["spelling-variants"].count, "Pro / pro" in problems["spelling-variants"].message) == (1, True)
    assert (
        problems["mixed-currencies"].message
        == "1 amounts are in another currency than the project's, EUR, and have no rate: 1 in USD"
    )


def test_empty_and_constant_columns(world: World) -> None:
    rows = [clean(n).replace("Pro", "Basic").rsplit(",", 1)[0] + "," for n in range(60)]
    problems = found(world, rows)
    assert (problems["all-null"].column, problems["all-null"].count) == ("interval", 60)
    assert (problems["constant-column"].column, problems["constant-column"].message) == (
        "plan",
        "plan is 'Basic' in every row",
    )


def test_a_column_of_which_nothing_can_be_read_is_one_problem(world: World) -> None:
    path = world.write("s.csv", "id,acct,end,share\n" + "".join(f"s{n},a{n},{n + 1}.12.2025,1,5x\n" for n in range(9)))
    source = {
        "columns": {
            "subscription_id": "id", "account_id": "acct", "started_at": {"constant": "2024-01-01"},
            "ended_at": {"column": "end", "format": "%Y/%m/%d"}, "discount_percent": "share",
        }
    }  # fmt: skip
    path.write_text(path.read_text().replace("1,5x", '"1,5x"'))
    landed = world.land(path, **source)
    with DuckEngine(world.root / "tmp") as engine:
        assert examine(engine, world.definition(**source), landed, TODAY, "EUR") == ()
    second, first = sorted(landed.all_problems, key=lambda p: str(p.column))
    assert (first.code, first.count, first.column) == ("unreadable-column", 9, "ended_at")
    assert first.message == "not one value of ended_at can be read as a date with the format '%Y/%m/%d'"
    assert first.remedy == "Write `format: '%d.%m.%Y'`."
    assert (second.code, second.column) == ("unreadable-column", "discount_percent")
    assert "decimal" in second.remedy


def test_a_required_column_of_which_nothing_can_be_read_names_the_format(world: World) -> None:
    path = world.write("s.csv", "id,acct,start\ns1,a1,1.12.2025\ns2,a2,2.12.2025\n")
    start = {"column": "start", "format": "%Y/%m/%d"}
    with pytest.raises(DataError) as error:
        world.land(path, columns={"subscription_id": "id", "account_id": "acct", "started_at": start})
    (found,) = error.value.diagnostics
    assert (found.code, found.remedy) == ("nothing-usable", "Write `format: '%d.%m.%Y'`.")
    assert "not one value of started_at" in str(found.why)


def test_shares_among_per_cents(world: World) -> None:
    rows = [clean(n).replace(f",{n % 50 + 2},EUR", ",0.15,EUR") if n % 3 == 0 else clean(n) for n in range(60)]
    assert (found(world, rows)["mixed-units"].count, found(world, rows)["mixed-units"].column) == (
        20,
        "discount_percent",
    )


def test_repeated_rows_where_no_key_is_mapped(world: World) -> None:
    path = world.write(
        "c.csv", "who,when,what\n" + "".join(f"a{n % 9},2024-01-02T00:00:{n:02d}Z,x{n % 2}\n" for n in range(30)) * 2
    )
    source = {"table": "events", "columns": {"account_id": "who", "occurred_at": "when", "event": "what"}}
    landed = world.land(path, **source)
    with DuckEngine(world.root / "tmp") as engine:
        problems = {p.code: p for p in examine(engine, world.definition(**source), landed, TODAY, "EUR")}
    assert problems["repeated-rows"].count == 30
    assert problems["repeated-rows"].examples[0].line == 32


def test_nps_answers_are_from_0_to_10(world: World) -> None:
    rows = "".join(f"{n},a{n},2024-01-02,NPS,{n - 1}\n" for n in range(14))
    rows += "30,a,2024-01-02,csat,90\n"
    path = world.write("n.csv", "id,who,at,survey,score\n" + rows)
    columns = {"response_id": "id", "account_id": "who", "responded_at": "at", "survey": "survey", "score": "score"}
    source = {"table": "responses", "columns": columns}
    landed = world.land(path, **source)
    with DuckEngine(world.root / "tmp") as engine:
        problems = {p.code: p for p in examine(engine, world.definition(**source), landed, TODAY, "EUR")}
    assert (problems["impossible-nps"].count, problems["impossible-nps"].examples[0].value) == (3, "-1.0")


def rows_of_totals(world: World, text: str, columns: dict[str, str]) -> list[tuple[str | None, int, str | None]]:
    source = {"table": "accounts", "columns": columns}
    landed = world.land(world.write("t.csv", text), **source)
    with DuckEngine(world.root / "tmp") as engine:
        found = examine(engine, world.definition(**source), landed, TODAY, "EUR")
    return [(p.column, p.count, p.examples[0].value) for p in found if p.code == "total-row"]


def test_a_row_of_totals_is_told(world: World) -> None:
    text = "id,name,revenue\n1,Totally,10\n2,Zebra,20\n,Total:,30\nSumme,,30\n"
    columns = {"account_id": "id", "name": "name", "total_revenue": "revenue"}
    assert rows_of_totals(world, text, columns) == [("account_id", 1, "Summe")]


def test_total_is_told_once_where_the_name_is_the_id(world: World) -> None:
    columns = {"account_id": "Customer", "name": "Customer", "mrr": "MRR"}
    assert rows_of_totals(world, "Customer,MRR\nAcme,5\nTotal,5\n", columns) == [("account_id", 1, "Total")]

"""What must hold whatever the subscriptions are: sums tie, parts make the whole, names and order do not matter."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from metric_world import FIRST, LAST, cells, duck_world, mrr_measures, question, random_company, random_partition, world

from beachhead.engines.duck import DuckEngine
from beachhead.engines.postgres import PostgresEngine
from beachhead.metrics.catalogue import BUILT_IN
from beachhead.metrics.counting import Question
from beachhead.metrics.grouping import everybody
from beachhead.metrics.periods import periods_between

SEEDS = range(8)
FLOWS = ("new_mrr", "expansion_mrr", "contraction_mrr", "churned_mrr", "reactivated_mrr", "fx_mrr", "new_customers",
         "churned_customers", "reactivated_customers")  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
def test_opening_and_movements_make_closing_per_customer_and_month(seed: int, tmp_path: Path) -> None:
    with duck_world(random_company(seed), tmp_path) as made:
        asked = question(made)
        accounts = len(made.rows.numbers)
        each = np.tile(np.arange(accounts + 1, dtype=np.int32), (len(asked.periods), 1))
        per_customer = replace(
            asked, grouping=replace(asked.grouping, labels=tuple(map(str, range(accounts + 1))), codes=each)
        )
        m = {n: c.values for n, c in mrr_measures(made, per_customer).items()}
    moved = m["new_mrr"] + m["expansion_mrr"] + m["reactivated_mrr"] - m["contraction_mrr"] - m["churned_mrr"]
    assert np.array_equal(m["opening_mrr"] + moved + m["fx_mrr"], m["closing_mrr"])
    assert np.array_equal(m["closing_mrr"][:, :-1], m["opening_mrr"][:, 1:])
    assert m["closing_mrr"].sum() > 0
    assert (m["closing_mrr"] >= 0).all()
    assert np.abs(m["fx_mrr"]).sum() > 0


@pytest.mark.parametrize("seed", SEEDS)
def test_the_parts_of_a_partition_sum_to_the_whole(seed: int, tmp_path: Path) -> None:
    with duck_world(random_company(seed), tmp_path) as made:
        asked = question(made)
        parts = replace(asked, grouping=random_partition(made, seed, len(asked.periods)))
        whole, split = mrr_measures(made, asked), mrr_measures(made, parts)
        assert {n for n in whole if not np.array_equal(whole[n].values[0], split[n].values.sum(axis=0))} == set()
        additive = [n for n, m in BUILT_IN.items() if m.is_additive and m.theme == "recurring revenue"]
        totals, pieces = cells(made, additive, asked), cells(made, additive, parts)
    for metric in additive:
        for p, period in enumerate(asked.periods):
            total = next(c.value for c in totals if c.metric == metric and c.period is period)
            of_parts = [c.value for c in pieces if c.metric == metric and c.period is period]
            assert sum(v for v in of_parts if v is not None) == total, (metric, p)


@pytest.mark.parametrize("seed", SEEDS)
def test_months_add_up_to_quarters_and_years(seed: int, tmp_path: Path) -> None:
    with duck_world(random_company(seed), tmp_path) as made:
        sums = {}
        for every in ("month", "quarter", "year"):
            periods = periods_between(FIRST, LAST, every)
            asked = Question(periods, every, everybody(len(periods), len(made.rows.numbers)), {})
            sums[every] = {n: c.values[0] for n, c in mrr_measures(made, asked).items()}
    for flow in FLOWS:
        months = sums["month"][flow]
        assert np.array_equal(months.reshape(-1, 3).sum(axis=1), sums["quarter"][flow]), flow
        assert np.array_equal(months.reshape(-1, 12).sum(axis=1), sums["year"][flow]), flow
    assert np.array_equal(sums["month"]["closing_mrr"][2::3], sums["quarter"]["closing_mrr"])


@pytest.mark.parametrize("seed", SEEDS)
def test_new_ids_and_another_order_of_rows_change_nothing(seed: int, tmp_path: Path) -> None:
    company = random_company(seed)
    # Two versions of one moment keep their order: the later row is the later version.
    moments = [(r["subscription_id"], r["valid_from"] or r["started_at"]) for r in company["subscriptions"]]
    rows = [r for n, r in enumerate(company["subscriptions"]) if moments.index(moments[n]) == n]
    rng = random.Random(seed)
    shuffled = rng.sample(rows, len(rows))
    names = sorted({str(r["account_id"]) for r in rows})
    rename = dict(zip(names, rng.sample(names, len(names)), strict=True))
    renamed = [{**r, "account_id": f"x{rename[r['account_id']]}",
                "subscription_id": f"y{r['subscription_id']}"} for r in shuffled]  # fmt: skip
    found = []
    for n, version in enumerate((rows, renamed)):
        with duck_world({"subscriptions": version}, tmp_path / str(n)) as made:
            found.append({m: c.values for m, c in mrr_measures(made, question(made)).items()})
    assert {m for m in found[0] if not np.array_equal(found[0][m], found[1][m])} == set()


@pytest.mark.parametrize("seed", range(3))
def test_both_engines_agree_to_the_cent(seed: int, tmp_path: Path, postgres: str) -> None:
    company = random_company(seed, customers=80)
    names = [n for n, m in BUILT_IN.items() if m.theme in ("recurring revenue", "customers")]
    with DuckEngine(tmp_path) as duck, PostgresEngine(postgres) as pg:
        here, there = world(company, duck, duck), world(company, pg, duck)
        columns = ("account_no", "day", "kind", "change_cents", "fx_cents", "list_change_cents", "mrr_cents")
        ours, theirs = (w.movements.select(columns).to_pylist() for w in (here, there))
        assert ours == theirs
        assert len(ours) > 100
        mine, others = (cells(w, names, question(w)) for w in (here, there))
    assert [(c.metric, c.period.label, c.value, c.n, c.reason) for c in mine] == [
        (c.metric, c.period.label, c.value, c.n, c.reason) for c in others
    ]
    assert sum(c.value is not None for c in mine) > 200

"""The example on real transactions: every line is accounted for, to the penny."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import beachhead
from beachhead.service.results import Run

EXAMPLE = Path(__file__).parents[2] / "examples" / "online_retail"


@pytest.fixture(scope="module")
def lines(real_data: Path) -> pa.Table:
    return pq.read_table(real_data / "online_retail_uci" / "online_retail.parquet")


@pytest.fixture(scope="module")
def run(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("retail") / "project"
    shutil.copytree(EXAMPLE, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BEACHHEAD_DATA", str(real_data))
        return beachhead.open(folder).run()


def pennies(lines: pa.Table) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    value = lines["Quantity"].to_numpy() * lines["UnitPrice"].to_numpy()
    return (np.sign(value) * np.floor(np.abs(value) * 100 + 0.5 + 1e-7)).astype(np.int64)


def landed_lines(run: Run) -> pa.Table:
    landing = run.snapshot.directory.parents[1] / "landing" / "lines"
    (path,) = [p for p in landing.glob("*.parquet") if "rejects" not in p.name]
    return pq.read_table(path)


def test_all_lines_are_accounted_for(run: Run, lines: pa.Table) -> None:
    (source,) = run.about.sources
    (file,) = source.files
    assert file.rows_read == lines.num_rows == 541_909
    assert (file.rows_used, file.rows_set_aside, file.rows_left_out) == (406_829, 135_080, 0)
    (without_customer,) = [p for p in run.problems if p.code == "no-customer"]
    assert without_customer.count == lines["CustomerID"].null_count == 135_080
    assert len(run.set_aside) == 135_080


def test_total_over_all_lines_is_the_published_one(run: Run) -> None:
    landed = landed_lines(run)
    assert pc.sum(landed["amount"]).as_py() == 974_774_793
    cancelled = pc.starts_with(landed["order_id"], pattern="C")
    assert pc.sum(cancelled.cast(pa.int64())).as_py() == 9_288


def test_customers_add_up_to_their_lines(run: Run, lines: pa.Table) -> None:
    known = lines["CustomerID"].is_valid().to_numpy()
    assert len(run.accounts) == 4_372 == pc.count_distinct(lines["CustomerID"]).as_py()
    assert pc.sum(run.accounts["revenue_cents_total"]).as_py() == int(pennies(lines)[known].sum())


def test_segments_equal_counting_by_hand(run: Run, lines: pa.Table) -> None:
    known = lines.filter(lines["CustomerID"].is_valid())
    orders = (
        known.append_column("pennies", pa.array(pennies(known)))
        .group_by(["CustomerID", "InvoiceNo"])
        .aggregate([("pennies", "sum")])
    )
    stands = orders.filter(pc.greater_equal(orders["pennies_sum"], 0))
    per_customer = stands.group_by("CustomerID").aggregate([("InvoiceNo", "count")])
    once = pc.sum(pc.equal(per_customer["InvoiceNo_count"], 1).cast(pa.int64())).as_py()
    assert len(run.segments["first_time"]) == once == 1_494
    assert [len(run.segments[s]) for s in ("repeat", "lapsing", "wholesale_like", "returns_heavy")] == [
        2_243,
        362,
        85,
        218,
    ]


def test_tiers_have_their_sizes(run: Run) -> None:
    tiers = {x["values"]: x["counts"] for x in run.accounts["tier"].value_counts().to_pylist()}
    # 4,334 of the 4,372 have an order that stands; the others only cancelled.
    assert (tiers["best"], tiers["next_best"], tiers["worst"]) == (44, 390, 434)

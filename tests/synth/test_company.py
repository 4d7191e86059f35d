"""What was planted can be found in the raw files, and the totals come out to the cent."""

import hashlib
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pytest

from beachhead.errors import OutsideError, UsageError
from beachhead.project.loader import check_files, load
from beachhead.project.model import BY_NAME
from beachhead.synth import Truth, append_day, generate, read_truth
from beachhead.synth.generate import FILES
from beachhead.synth.world import KEY_EVENTS

ACCOUNTS = 6000
BAD_DATE = r"^(31/02/2026|0000-00-00|n/a|yesterday)$"


def _texts(folder: Path, name: str) -> pa.Table:
    path = folder / "data" / f"{name}.csv"
    header = [c.strip('"') for c in path.read_text(encoding="utf-8").split("\n", 1)[0].split(",")]
    options = pa_csv.ConvertOptions(
        column_types=dict.fromkeys(header, pa.string()), null_values=[""], strings_can_be_null=True
    )
    return pa_csv.read_csv(path, convert_options=options)


def _first_of_each(rows: pa.Table, *keys: str) -> pa.Table:
    """The first row of each key, in order."""
    seen: set[tuple[str, ...]] = set()
    keep = []
    for key in zip(*(rows[k].to_pylist() for k in keys), strict=True):
        keep.append(key not in seen)
        seen.add(key)
    return rows.filter(pa.array(keep))


def _digests(folder: Path) -> dict[str, str]:
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    folder = tmp_path_factory.mktemp("company")
    return folder, generate(folder, ACCOUNTS, 7)


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    folder = tmp_path_factory.mktemp("noise")
    return folder, generate(folder, ACCOUNTS, 7, noise=True)


Flags = npt.NDArray[np.bool_]


def _flags(folder: Path) -> dict[str, Flags]:
    """Per account of the accounts file: planted attributes as the raw files show them, and what became of it."""
    accounts = _first_of_each(_texts(folder, "accounts"), "id")
    position = {a: i for i, a in enumerate(accounts["id"].to_pylist())}
    n = len(position)
    crm = _first_of_each(_texts(folder, "salesforce_accounts"), "App Account ID")
    answers = _texts(folder, "onboarding_answers").filter(pc.field("question") == "use case")
    use_case = dict(zip(answers["account_id"].to_pylist(), answers["answer"].to_pylist(), strict=True))
    best, worst = np.zeros(n, bool), np.zeros(n, bool)
    columns = ("App Account ID", "Industry", "Employees")
    for account, industry, employees in zip(*(crm[c].to_pylist() for c in columns), strict=True):
        size = int(employees or 0)
        at = position[account]
        best[at] = industry == "Agency" and 11 <= size <= 50 and use_case.get(account) == "client reporting"
        worst[at] = industry == "E-commerce" and 1 <= size <= 10
    events = _first_of_each(_texts(folder, "events"), "event_id")
    signup = [date.fromisoformat(t[:10]) for t in accounts["created_at"].to_pylist()]
    counts = {"export": np.zeros(n, int), "invite": np.zeros(n, int)}
    for account, event, at_text in zip(
        *(events[c].to_pylist() for c in ("account_id", "event", "timestamp")), strict=True
    ):
        if event in counts and account in position and at_text[:4].isdigit() and at_text[:4] != "0000":
            at = position[account]
            counts[event][at] += (date.fromisoformat(at_text[:10]) - signup[at]).days < 14
    paid, kept = np.zeros(n, bool), np.zeros(n, bool)
    for account, (is_paid, is_kept, _) in _ledger(folder, date(2026, 10, 31)).items():
        paid[position[account]], kept[position[account]] = is_paid, is_kept
    return {
        "best": best,
        "worst": worst,
        "early": (counts["export"] >= 3) & (counts["invite"] >= 2),
        "exports_only": (counts["export"] >= 3) & (counts["invite"] < 2),
        "long_form": pc.equal(accounts["signup_form"], "long").to_numpy(zero_copy_only=False),
        "recent": np.array([d >= date(2025, 12, 1) for d in signup]),
        "paid": paid,
        "kept": kept,
    }


def _ledger(folder: Path, day: date) -> dict[str, tuple[bool, bool, int]]:
    """Per account: ever paid, pays on `day`, MRR in cents; row by row from the billing export."""
    rows = _first_of_each(_texts(folder, "stripe_subscriptions"), "id", "Version From (UTC)")
    by_subscription: dict[str, list[dict[str, str | None]]] = {}
    for row in rows.to_pylist():
        if not row["account_id (metadata)"].startswith("acc_deleted"):
            by_subscription.setdefault(row["id"], []).append(row)
    result: dict[str, tuple[bool, bool, int]] = {}
    for versions in by_subscription.values():
        versions.sort(key=lambda v: str(v["Version From (UTC)"]))
        ended = max((str(v["Ended At (UTC)"])[:10] for v in versions if v["Ended At (UTC)"]), default=None)
        last = versions[-1]
        trial_end = str(last["Trial End (UTC)"])[:10] if last["Trial End (UTC)"] else None
        paid = (trial_end is None or trial_end <= str(day)) and (
            ended is None or trial_end is None or trial_end < ended
        )
        pays = paid and ended is None
        price = round(float(str(last["Amount"])) * 100) * int(str(last["Quantity"]))
        months = 12 if last["Interval"] == "year" else 1
        numerator = price * (100 - int(last["Discount %"] or 0))
        mrr = (2 * numerator + 100 * months) // (200 * months) if pays else 0
        account = str(last["account_id (metadata)"])
        before = result.get(account, (False, False, 0))
        result[account] = (before[0] or paid, before[1] or pays, before[2] + mrr)
    return result


def _rate(kept: Flags, of: Flags) -> float:
    return float(kept[of].mean())


def test_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    generate(tmp_path / "a", 400, 3)
    generate(tmp_path / "b", 400, 3)
    generate(tmp_path / "c", 400, 4)
    assert _digests(tmp_path / "a") == _digests(tmp_path / "b")
    assert _digests(tmp_path / "a")["data/users.csv"] != _digests(tmp_path / "c")["data/users.csv"]


def test_project_loads_and_finds_all_its_files(company: tuple[Path, Truth]) -> None:
    project = load(company[0])
    assert project.diagnostics == ()
    assert check_files(project) == ()
    assert project.settings.key_events == KEY_EVENTS


def test_every_mapped_column_is_in_its_file(company: tuple[Path, Truth]) -> None:
    folder = company[0]
    for name, source in load(folder).sources.items():
        header = set(_texts(folder, Path(source.files[0]).stem.rstrip("*")).column_names)
        mapped = {c.column for c in (*source.columns.values(), *source.extra.values()) if c.column}
        assert mapped <= header, name
        assert set(source.columns) <= set(BY_NAME[source.table].column_names), name


def test_totals_come_out_of_the_billing_export_to_the_cent(company: tuple[Path, Truth]) -> None:
    folder, truth = company
    ledger = _ledger(folder, truth.last_day).values()
    assert sum(mrr for *_, mrr in ledger) == truth.totals.mrr_cents
    assert sum(pays for _, pays, _ in ledger) == truth.totals.active_customers
    assert sum(paid and not pays for paid, pays, _ in ledger) == truth.totals.churned
    t = truth.totals
    assert t.active_customers + t.churned + t.active_trials + t.expired_trials + t.prospects == t.accounts == ACCOUNTS


def test_revenue_is_the_sum_of_readable_payments(company: tuple[Path, Truth]) -> None:
    folder, truth = company
    rows = _first_of_each(_texts(folder, "stripe_payments"), "id")
    rows = rows.filter(pc.invert(pc.match_substring_regex(rows["Created date (UTC)"], BAD_DATE)))
    rows = rows.filter(pc.not_equal(rows["Status"], "Failed"))
    cents = [round(float(a) * 100) - round(float(b) * 100) for a, b in zip(
        rows["Amount"].to_pylist(), rows["Amount Refunded"].to_pylist(), strict=True)]  # fmt: skip
    assert sum(cents) == truth.totals.revenue_cents


def test_dirt_is_there_in_the_stated_numbers(company: tuple[Path, Truth]) -> None:
    folder, truth = company
    events = _texts(folder, "events")
    assert events.num_rows - len(events["event_id"].unique()) == truth.dirt["events"]["repeated_keys"] > 0
    assert pc.sum(pc.starts_with(events["account_id"], "acc_deleted")).as_py() == truth.dirt["events"]["orphans"] > 0
    unreadable = pc.sum(pc.match_substring_regex(events["timestamp"], BAD_DATE)).as_py()
    assert unreadable == truth.dirt["events"]["bad_dates"] > 0
    assert events.num_rows == truth.totals.events + sum(truth.dirt["events"].values())
    plans = set(_texts(folder, "stripe_subscriptions")["Plan"].to_pylist())
    assert {"Team", "team", "TEAM"} <= plans
    assert truth.files["events.csv"] == events.num_rows


def test_best_group_stays_longer_and_worst_less(company: tuple[Path, Truth]) -> None:
    folder, truth = company
    f = _flags(folder)
    assert truth.best is not None and truth.worst is not None
    assert 0.8 * truth.best.accounts <= f["best"].sum() <= truth.best.accounts
    others = f["paid"] & ~f["best"] & ~f["worst"]
    assert _rate(f["kept"], f["paid"] & f["best"]) > _rate(f["kept"], others) + 0.06
    assert _rate(f["kept"], f["paid"] & f["worst"]) < _rate(f["kept"], others) - 0.04


def test_early_behaviour_keeps_people_and_half_of_it_does_not(company: tuple[Path, Truth]) -> None:
    f = _flags(company[0])
    neither = f["paid"] & ~f["early"] & ~f["exports_only"]
    assert _rate(f["kept"], f["paid"] & f["early"]) > _rate(f["kept"], neither) + 0.08
    assert abs(_rate(f["kept"], f["paid"] & f["exports_only"]) - _rate(f["kept"], neither)) < 0.06


def test_long_form_matters_only_in_early_cohorts(company: tuple[Path, Truth]) -> None:
    f = _flags(company[0])

    def gap(cohort: Flags) -> float:
        return _rate(f["kept"], cohort & f["long_form"]) - _rate(f["kept"], cohort & ~f["long_form"])

    assert gap(f["paid"] & ~f["recent"]) > 0.05
    assert abs(gap(f["paid"] & f["recent"])) < 0.05


def test_noise_has_no_truth(noise: tuple[Path, Truth]) -> None:
    folder, truth = noise
    assert (truth.best, truth.worst, truth.early_behaviour, truth.decoys) == (None, None, None, ())
    f = _flags(folder)
    for name in ("best", "early"):
        size = int((f["paid"] & f[name]).sum())
        margin = 3.5 * (0.25 / size) ** 0.5
        assert abs(_rate(f["kept"], f["paid"] & f[name]) - _rate(f["kept"], f["paid"] & ~f[name])) < margin, name
        assert abs(_rate(f["paid"], f[name]) - _rate(f["paid"], ~f[name])) < margin, name


def test_noise_has_the_same_shapes(company: tuple[Path, Truth], noise: tuple[Path, Truth]) -> None:
    planted, nothing = company[1].totals, noise[1].totals
    assert nothing.accounts == planted.accounts
    assert nothing.events == pytest.approx(planted.events, rel=0.05)
    assert nothing.active_customers == pytest.approx(planted.active_customers, rel=0.1)


def test_sizes_per_account(company: tuple[Path, Truth]) -> None:
    _, truth = company
    assert truth.totals.events / ACCOUNTS == pytest.approx(20, abs=0.5)
    assert truth.files["stripe_subscriptions.csv"] / ACCOUNTS == pytest.approx(2, abs=0.15)
    assert truth.totals.users / ACCOUNTS == pytest.approx(3, abs=0.15)


def test_nothing_is_later_than_the_last_day(company: tuple[Path, Truth]) -> None:
    folder, truth = company
    for name, column in (("events", "timestamp"), ("users", "created_at"), ("stripe_payments", "Created date (UTC)"),
                         ("zendesk_tickets", "Solved at"), ("referrals", "referred_at")):  # fmt: skip
        days = [t[:10] for t in _texts(folder, name)[column].to_pylist() if t and t[:3] == "202"]
        assert max(days) <= str(truth.last_day), name
    assert max(t[:10] for t in _texts(folder, "events")["timestamp"].to_pylist() if t[:3] == "202") == "2026-10-31"


def test_truth_reads_back_as_written(company: tuple[Path, Truth]) -> None:
    folder, truth = company
    assert read_truth(folder) == truth


def test_clean_company_has_no_dirt(tmp_path: Path) -> None:
    truth = generate(tmp_path, 300, 1, dirt=False)
    assert truth.dirt == {}
    events = _texts(tmp_path, "events")
    assert events.num_rows == truth.totals.events == len(events["event_id"].unique())


def test_only_wanted_files_are_written(tmp_path: Path) -> None:
    truth = generate(tmp_path, 100, 1, files=("accounts", "users"))
    assert sorted(p.name for p in (tmp_path / "data").iterdir()) == ["accounts.csv", "users.csv"]
    assert set(truth.files) == {"accounts.csv", "users.csv"}
    assert len(FILES) == 15


def test_impossible_sizes_are_refused_all_at_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        generate(tmp_path, 3, -1, days=5, files=("acounts",))
    assert len(caught.value.diagnostics) == 4
    assert caught.value.diagnostics[-1].nearest == "accounts"
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def small(tmp_path: Path) -> tuple[Path, Truth]:
    return tmp_path, generate(tmp_path, 1500, 5)


def test_next_day_changes_rows_in_place_and_adds_files(small: tuple[Path, Truth]) -> None:
    folder, before = small
    billing = _texts(folder, "stripe_subscriptions")
    done = append_day(folder, seed=9)
    assert done.day == date(2026, 11, 1)
    assert done.events == round(0.01 * before.totals.events)
    assert _texts(folder, "events-2026-11-01").num_rows == done.events
    later = _texts(folder, "stripe_subscriptions")
    assert later.slice(0, billing.num_rows)["id"] == billing["id"]
    assert later.slice(0, billing.num_rows)["Ended At (UTC)"] != billing["Ended At (UTC)"]
    grown = done.changed_subscriptions + done.converted_trials + done.new_accounts
    assert later.num_rows == billing.num_rows + grown
    assert min(done.closed_subscriptions, done.cancelled_subscriptions, done.solved_tickets, done.new_accounts) >= 1
    ledger = _ledger(folder, done.day).values()
    assert sum(mrr for *_, mrr in ledger) == done.truth.totals.mrr_cents != before.totals.mrr_cents
    assert sum(pays for _, pays, _ in ledger) == done.truth.totals.active_customers
    assert read_truth(folder) == done.truth
    total = done.truth.totals
    assert total.accounts == before.totals.accounts + done.new_accounts
    parts = replace(total, accounts=0)
    assert total.accounts == sum(
        (parts.active_customers, parts.churned, parts.active_trials, parts.expired_trials, parts.prospects)
    )


def test_next_day_of_events_only_leaves_other_files_alone(small: tuple[Path, Truth]) -> None:
    folder, _ = small
    before = _digests(folder)
    append_day(folder, seed=9, share=0.02, events_only=True)
    after = _digests(folder)
    assert {f for f in after if after[f] != before.get(f)} == {"data/events-2026-11-01.csv", "truth.json"}


def test_a_second_day_has_keys_of_its_own(small: tuple[Path, Truth]) -> None:
    folder, _ = small
    append_day(folder)
    append_day(folder)
    ids: list[str] = []
    for name in ("events", "events-2026-11-01", "events-2026-11-02"):
        ids += _texts(folder, name)["event_id"].unique().to_pylist()
    assert len(ids) == len(set(ids))
    accounts = _texts(folder, "accounts")
    assert len(accounts["id"].unique()) == read_truth(folder).totals.accounts


def test_a_day_that_is_there_already_is_refused(small: tuple[Path, Truth]) -> None:
    with pytest.raises(UsageError, match="already reaches to 2026-10-31"):
        append_day(small[0], date(2026, 10, 31))


def test_folder_without_a_company_says_so(tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match="holds no synthetic company"):
        append_day(tmp_path)

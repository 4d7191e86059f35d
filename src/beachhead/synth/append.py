"""The next day's exports of a synthetic company: new files for what happened, changed rows for what changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from beachhead.errors import Diagnostic, UsageError
from beachhead.synth import activity, exports, outcomes, population, relations, world
from beachhead.synth.dirt import Dirt
from beachhead.synth.files import CsvFile, Quoting, ids, labels, moments, money, numbers, table
from beachhead.synth.truth import Truth, read_truth
from beachhead.synth.world import Bools, Day, Days, Ints

_QUOTED = ("salesforce_accounts", "nps_responses")
_VERSION, _ENDED, _CANCELLED = "Version From (UTC)", "Ended At (UTC)", "Canceled At (UTC)"
_TRIAL, _ACCOUNT = "Trial End (UTC)", "account_id (metadata)"


@dataclass(frozen=True, slots=True)
class Appended:
    """What one more day brought. `truth` is as of that day, and is also what `truth.json` says now."""

    day: date
    events: int
    new_accounts: int
    closed_subscriptions: int
    cancelled_subscriptions: int
    changed_subscriptions: int
    converted_trials: int
    solved_tickets: int
    changed_companies: int
    truth: Truth


def append_day(
    folder: Path, day: date | None = None, seed: int = 1, *, share: float = 0.01, events_only: bool = False
) -> Appended:
    """Add one day to a generated company; `day` is the day after the last by default, later days leave a gap.

    Events go to a file of their own, `share` times as many as there are. Unless `events_only`, new tickets
    and payments do too, new accounts are added to the existing files (with people, trials, onboarding answers), and
    rows change in place as in a real next export: subscriptions are cancelled, end, or get a further version;
    tickets are solved; companies grow. The same arguments on the same folder give the same bytes.

    Raises OutsideError without a generated company in `folder`, UsageError for a day that is not after the last.
    """
    truth = read_truth(folder)
    day = day or truth.last_day + timedelta(days=1)
    if day <= truth.last_day:
        raise UsageError(
            Diagnostic(
                "day-exists",
                f"the data already reaches to {truth.last_day}",
                remedy=f"Give a later day, such as {truth.last_day + timedelta(days=1)}.",
            )
        )
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, day.toordinal()])))
    book = _Book(folder / "data", day, dict(truth.files))
    events = _events(rng, book, max(1, round(share * truth.totals.events)))
    done = Appended(day, events, 0, 0, 0, 0, 0, 0, 0, truth)
    revenue = 0
    if not events_only:
        done = _subscriptions(rng, book, done)
        done = replace(done, solved_tickets=_tickets(rng, book), changed_companies=_companies(rng, book))
        done = replace(done, new_accounts=_newcomers(rng, book, truth))
        revenue = book.revenue_cents
    truth = _as_of(truth, book, done, revenue)
    truth.write(folder)
    return replace(done, truth=truth)


class _Book:
    """The data folder on one day: read, replace, extend."""

    def __init__(self, folder: Path, day: date, rows: dict[str, int]) -> None:
        self._folder = folder
        self.day: Day = np.datetime64(day)
        self.rows = rows
        self.revenue_cents = 0
        self.new_users = 0

    def read(self, name: str, columns: tuple[str, ...] = ()) -> pa.Table | None:
        """All values as text, empty as null; None when there is no such file."""
        path = self._folder / f"{name}.csv"
        if not path.exists():
            return None
        with path.open(encoding="utf-8") as lines:
            header = [c.strip('"') for c in lines.readline().rstrip("\n").split(",")]
        options = pa_csv.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            include_columns=list(columns) or None,
        )
        return pa_csv.read_csv(path, convert_options=options)

    def replace(self, name: str, rows: pa.Table) -> None:
        """Put `rows` in the place of the file, all at once."""
        quoting: Quoting = "needed" if name in _QUOTED else "none"
        with CsvFile(self._folder / f"{name}.csv.new", quoting) as sheet:
            sheet.write(rows)
        sheet.path.replace(self._folder / f"{name}.csv")
        self.rows[f"{name}.csv"] = rows.num_rows

    def extend(self, name: str, more: pa.Table) -> None:
        """Add rows at the end of a file, where it exists."""
        rows = self.read(name)
        if rows is not None and more.num_rows:
            self.replace(name, pa.concat_tables([rows, _as_text(more)]))

    def add(self, name: str, rows: pa.Table) -> None:
        """A file of this day."""
        if rows.num_rows:
            quoting: Quoting = "needed" if name in _QUOTED else "none"
            with CsvFile(self._folder / f"{name}-{self.day}.csv", quoting) as sheet:
                sheet.write(rows)
            self.rows[sheet.path.name] = rows.num_rows


def _as_text(rows: pa.Table) -> pa.Table:
    return pa.table({name: pc.cast(rows[name], pa.string()) for name in rows.column_names})


def _events(rng: np.random.Generator, book: _Book, count: int) -> int:
    users = book.read("users", ("user_id", "account_id"))
    if users is None:
        return 0
    users = users.filter(pc.invert(pc.starts_with(users["account_id"], "acc_deleted")))
    who = pa.array((rng.random(count) ** 1.5 * users.num_rows).astype(np.int64))
    first = int(book.day.astype(np.int64)) * 1_000_000_000
    seconds = np.sort(rng.integers(6 * 3600, 22 * 3600, count))
    book.add(
        "events",
        table(
            {
                "event_id": numbers(first + np.arange(count)),
                "account_id": users["account_id"].take(who),
                "user_id": users["user_id"].take(who),
                "event": labels(world.EVENTS, world.pick(rng, np.asarray(world.EVENT_WEIGHTS), count)),
                "timestamp": moments(book.day.astype("datetime64[s]") + seconds),
            }
        ),
    )
    return count


@dataclass(frozen=True, slots=True)
class _Billing:
    """The billing export as arrays; `latest` marks the last known version of each real subscription."""

    rows: pa.Table
    latest: Bools
    trial_end: Days
    has_ended: Bools
    has_cancelled: Bools
    is_only_trial: Bools


def _billing(rows: pa.Table) -> _Billing:
    known = ~pc.starts_with(rows[_ACCOUNT], "acc_deleted").to_numpy(zero_copy_only=False)
    code = pc.dictionary_encode(rows["id"]).combine_chunks().indices.to_numpy().astype(np.int64)
    version = _days(rows[_VERSION])
    order = np.lexsort((-np.arange(len(code)), version.astype(np.int64), code))
    last_of_each = order[np.r_[code[order][1:] != code[order][:-1], True]]
    latest = np.zeros(len(code), bool)
    latest[last_of_each] = True
    trial_end = _days(rows[_TRIAL])
    return _Billing(
        rows,
        latest & known,
        trial_end,
        pc.is_valid(rows[_ENDED]).to_numpy(zero_copy_only=False),
        pc.is_valid(rows[_CANCELLED]).to_numpy(zero_copy_only=False),
        version < trial_end,
    )


def _days(column: pa.ChunkedArray) -> Days:
    text = pc.utf8_slice_codeunits(column.combine_chunks(), 0, 10)
    found: Days = pc.cast(text, pa.date32()).to_numpy(zero_copy_only=False).astype("datetime64[D]")
    return found


def _subscriptions(rng: np.random.Generator, book: _Book, done: Appended) -> Appended:
    rows = book.read("stripe_subscriptions")
    if rows is None:
        return done
    billing = _billing(rows)
    running = billing.latest & ~billing.has_ended
    due = running & billing.is_only_trial & (billing.trial_end <= book.day)
    stays = rng.random(rows.num_rows) < 0.5
    lost, converted = np.flatnonzero(due & ~stays), np.flatnonzero(due & stays)
    paying = running & ~billing.is_only_trial
    closing = _some(rng, paying & billing.has_cancelled, 0.05)
    cancelling = _some(rng, paying & ~billing.has_cancelled, 0.002)
    changing = _some(rng, paying & ~billing.has_cancelled & ~_mask(rows, cancelling), 0.003)
    today = f"{book.day} 00:00"
    trial_ends = pc.utf8_slice_codeunits(rows[_TRIAL], 0, 16).to_pylist()
    rows = _set(rows, _ENDED, lost, [trial_ends[i] for i in lost])
    rows = _set(rows, _ENDED, closing, [today] * len(closing))
    rows = _set(rows, "Status", np.r_[lost, closing], ["canceled"] * (len(lost) + len(closing)))
    rows = _set(rows, _CANCELLED, cancelling, [today] * len(cancelling))
    rows = _set(rows, "Status", cancelling, ["cancels at period end"] * len(cancelling))
    begun = rows.take(pa.array(converted))
    begun = _all(_all(begun, "Status", ["active"] * len(converted)), _VERSION, [trial_ends[i] for i in converted])
    changed = _all(rows.take(pa.array(changing)), _VERSION, [today.replace("00:00", "10:00")] * len(changing))
    seats = [str(int(q) + 1 + int(q) // 5) for q in changed["Quantity"].to_pylist()]
    book.replace("stripe_subscriptions", pa.concat_tables([rows, begun, _all(changed, "Quantity", seats)]))
    _payments(book, begun)
    return replace(
        done,
        closed_subscriptions=len(lost) + len(closing),
        cancelled_subscriptions=len(cancelling),
        changed_subscriptions=len(changing),
        converted_trials=len(converted),
    )


def _payments(book: _Book, begun: pa.Table) -> None:
    """The first payments of those whose trial became a contract."""
    count = begun.num_rows
    price, seats, off = _amounts(begun)
    cents = outcomes.half_up(price * seats * (100 - off), 100)
    first = int(book.day.astype(np.int64)) * 1_000_000_000
    book.revenue_cents += int(cents.sum())
    book.add(
        "stripe_payments",
        table(
            {
                "id": ids("ch_", first + np.arange(count)),
                "Created date (UTC)": pa.array([f"{book.day} 11:00"] * count, pa.string()),
                "Amount": money(cents),
                "Amount Refunded": money(np.zeros(count, dtype=np.int64)),
                "Refunded date (UTC)": pa.nulls(count, pa.string()),
                "Currency": begun["Currency"],
                "Status": pa.array(["Paid"] * count, pa.string()),
                "account_id (metadata)": begun[_ACCOUNT],
                "Subscription ID": begun["id"],
            }
        ),
    )


def _amounts(rows: pa.Table) -> tuple[Ints, Ints, Ints]:
    """Price in cents, seats, discount in per cent."""
    price = pc.cast(pc.replace_substring(rows["Amount"], ".", ""), pa.int64()).to_numpy()
    seats = pc.cast(rows["Quantity"], pa.int64()).to_numpy()
    off = pc.cast(pc.fill_null(rows["Discount %"], "0"), pa.int64()).to_numpy()
    return price, seats, off


def _tickets(rng: np.random.Generator, book: _Book) -> int:
    rows = book.read("zendesk_tickets")
    if rows is None:
        return 0
    is_open = pc.is_null(rows["Solved at"]).to_numpy(zero_copy_only=False)
    has_reply = pc.is_valid(rows["First reply at"]).to_numpy(zero_copy_only=False)
    solved = _some(rng, is_open & has_reply, 0.5)
    minutes = rng.integers(5, 60, len(solved))
    rows = _set(rows, "Solved at", solved, [f"{book.day}T16:00:00Z"] * len(solved))
    rows = _set(rows, "Handle time (minutes)", solved, [str(m) for m in minutes])
    rows = _set(rows, "Cost", solved, [f"{m * relations.MINUTE_CENTS / 100:.2f}" for m in minutes])
    book.replace("zendesk_tickets", rows)
    some = np.sort(rng.choice(rows.num_rows, max(1, rows.num_rows // 400), replace=False))
    fresh = rows.take(pa.array(some))
    first = int(book.day.astype(np.int64)) * 1_000_000_000
    fresh = _all(fresh, "Ticket ID", [str(first + n) for n in range(len(some))])
    known = pc.invert(pc.starts_with(fresh["Organization external ID"], "acc_deleted"))
    fresh = _all(fresh, "Created at", [f"{book.day}T09:30:00Z"] * len(some))
    for column in ("First reply at", "Solved at", "Handle time (minutes)", "Cost"):
        fresh = _all(fresh, column, [None] * len(some))
    book.add("zendesk_tickets", _all(fresh, "Satisfaction", ["Unoffered"] * len(some)).filter(known))
    return len(solved)


def _companies(rng: np.random.Generator, book: _Book) -> int:
    rows = book.read("salesforce_accounts")
    if rows is None:
        return 0
    picked = _some(rng, pc.is_valid(rows["Employees"]).to_numpy(zero_copy_only=False), 0.002)
    before = rows["Employees"].to_pylist()
    book.replace("salesforce_accounts", _set(rows, "Employees", picked, [str(int(before[i]) + 3) for i in picked]))
    return len(picked)


def _newcomers(rng: np.random.Generator, book: _Book, truth: Truth) -> int:
    """Companies that sign up on this day, with their first person, trial and answers."""
    size = max(1, truth.totals.accounts // 700)
    clean = Dirt(rng, {}, False)
    people = population.draw_population(rng, truth.totals.accounts, size, book.day, book.day)
    drivers = population.drivers_of(people)
    out = outcomes.draw_outcomes(rng, people, drivers, book.day, truth.noise)
    out = replace(out, is_prospect=np.zeros(size, bool))
    versions = outcomes.draw_versions(rng, people, out, drivers, book.day, truth.noise)
    users = activity.draw_people(rng, people, out, drivers, book.day, truth.noise)
    book.extend("accounts", exports.accounts(people, users, out, clean))
    book.extend("salesforce_accounts", exports.companies(people, clean))
    book.extend("users", exports.people_rows(people, users, clean))
    book.extend("stripe_subscriptions", exports.subscriptions(people, versions, out, book.day, clean))
    book.extend("onboarding_answers", exports.onboarding_rows(people))
    book.new_users = len(users.owner)
    return size


def _as_of(truth: Truth, book: _Book, done: Appended, revenue_cents: int) -> Truth:
    totals = replace(
        truth.totals,
        accounts=truth.totals.accounts + done.new_accounts,
        events=truth.totals.events + done.events,
        users=truth.totals.users + book.new_users,
        revenue_cents=truth.totals.revenue_cents + revenue_cents,
    )
    rows = book.read("stripe_subscriptions")
    if rows is not None:
        totals = replace(totals, **_standing(_billing(rows), book.day))
    last_day = date.fromisoformat(str(book.day))
    return replace(truth, last_day=last_day, totals=totals, files=book.rows)


def _standing(billing: _Billing, day: Day) -> dict[str, int]:
    """How many pay, try, have left, and the MRR, from the billing export."""
    rows = billing.rows.filter(pa.array(billing.latest))
    ended, trial_end = billing.has_ended[billing.latest], billing.trial_end[billing.latest]
    in_trial = ~ended & (trial_end > day)
    paid = ~ended & ~in_trial
    only_trial = billing.is_only_trial[billing.latest]
    price, seats, off = _amounts(rows)
    months = np.where(pc.equal(rows["Interval"], "year").to_numpy(zero_copy_only=False), 12, 1)
    mrr = outcomes.half_up(price * seats * (100 - off), 100 * months)
    core = ~np.isnat(trial_end)
    return {
        "active_customers": int((paid & core).sum()),
        "churned": int((ended & core & ~only_trial).sum()),
        "active_trials": int((in_trial & core).sum()),
        "expired_trials": int((ended & core & only_trial).sum()),
        "mrr_cents": int(mrr[paid].sum()),
    }


def _some(rng: np.random.Generator, among: Bools, share: float) -> Ints:
    """Positions of a share of those marked, at least one where there is one."""
    pool = np.flatnonzero(among)
    count = min(len(pool), max(1, round(share * len(pool))))
    return np.sort(rng.choice(pool, count, replace=False)) if count else pool


def _mask(rows: pa.Table, positions: Ints) -> Bools:
    mask = np.zeros(rows.num_rows, bool)
    mask[positions] = True
    return mask


def _set(rows: pa.Table, column: str, positions: Ints, values: list[str]) -> pa.Table:
    """The same rows with other values at some positions."""
    if not len(positions):
        return rows
    order = np.argsort(positions, kind="stable")
    replaced = pc.replace_with_mask(
        rows[column].combine_chunks(),
        pa.array(_mask(rows, positions)),
        pa.array([values[i] for i in order], pa.string()),
    )
    return rows.set_column(rows.schema.get_field_index(column), column, replaced)


def _all(rows: pa.Table, column: str, values: list[str] | list[None]) -> pa.Table:
    return rows.set_column(rows.schema.get_field_index(column), column, pa.array(values, pa.string()))

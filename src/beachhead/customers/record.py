"""The customer record (account 360): every built-in attribute for each customer and day of a spine.

SQL areas run on any engine that holds the model tables and a `spine (account_no, as_of)`; window counters of
events come from compiled loops. All that is computed for day D reads only what was known by the end of D.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from importlib import resources

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from beachhead.customers import measures
from beachhead.customers.attributes import Attribute, slug
from beachhead.customers.catalog import Catalog
from beachhead.customers.columns import model_columns
from beachhead.customers.event_counts import EPOCH, EventCounts, days_array, run_of
from beachhead.engines.base import Engine
from beachhead.engines.dialect import emit
from beachhead.engines.duck import DuckEngine, quote_literal, quote_name
from beachhead.project.currency import minor_digits
from beachhead.project.definitions import Settings, ValueTypeName
from beachhead.project.model import BY_NAME, TABLES, Table, day_column
from beachhead.stats.rfm import rfm_scores, rfm_segments

PERIODS, PROFILES = "subscription_periods", "profiles"
"""What does not depend on the day and is made with the model tables: the MRR ledger, and what customers state."""
MODEL_TABLES = tuple(t.name for t in TABLES if t.name not in {"events", "spend"})
"""The model tables that SQL reads. Events have compiled loops of their own."""
# Order matters: later ones read earlier ones.
AREAS = (
    "subscriptions",
    "revenue",
    "payments",
    "orders",
    "baskets",
    "users",
    "tickets",
    "responses",
    "requests",
    "referrals",
    "interviews",
    "deals",
    "touches",
    "lifecycle",
)
_PAID_CHANNEL = (
    "paid", "ad", "ads", "adwords", "cpc", "cpm", "ppc", "sem", "sponsored", "sponsorship", "affiliate", "affiliates",
    "display", "retargeting", "remarketing",
)  # fmt: skip
"""Words of a channel that is paid for, as in the default channel groups of web analytics."""
_STATED_AREAS = frozenset({"accounts", "companies", "extra"})
_ZERO_WHEN_ABSENT = re.compile(
    r"_count(_|$)|^(revenue|refund|support_cost)_cents_|^(open|won)_deal_cents$|^active_days_"
)


@dataclass(frozen=True, slots=True)
class Spine:
    """The customers that exist on `as_of`, by account number, ascending."""

    account_no: NDArray[np.uint32]
    account_id: pa.Array
    as_of: date


def make_spine(
    engine: DuckEngine,
    own_ids: str,
    first_seen: str,
    as_of: date,
    mapped: Collection[str],
    events: pa.Table | None,
) -> Spine:
    """Who exists on `as_of`, also as table `spine` in the engine, which holds the model tables.

    With an accounts table: its customers, from their sign-up, or where that is unknown from their first fact or
    the day on which they were first seen. Without: whoever has a fact. `own_ids`: (account_no, account_id) as the
    numbers were given.
    """
    facts = [
        f"SELECT account_no, {day_column(t.known_at)} AS day FROM {t.name}"
        for t in TABLES
        if t.known_at and t.name in mapped and "account_id" in t.column_names and t.name not in {"accounts", "events"}
    ]
    if events is not None:
        engine.load("spine_events", events)
        facts.append("SELECT account_no, day FROM spine_events")
    first_fact = f"SELECT account_no, min(day) AS day FROM ({' UNION ALL '.join(facts)}) GROUP BY account_no"
    if not facts:
        first_fact = "SELECT CAST(NULL AS UINTEGER) AS account_no, CAST(NULL AS DATE) AS day WHERE false"
    if "accounts" not in mapped:
        sql = (
            f"SELECT f.account_no, i.account_id FROM ({first_fact}) AS f JOIN {own_ids} AS i USING (account_no) "
            "WHERE f.day <= $day"
        )
    elif engine.scalar("SELECT count(*) FROM accounts WHERE signed_up_day IS NULL"):
        sql = (
            f"SELECT a.account_no, a.account_id FROM accounts AS a LEFT JOIN ({first_fact}) AS f USING (account_no) "
            f"LEFT JOIN {first_seen} AS g USING (account_no) "
            "WHERE coalesce(a.signed_up_day, least(f.day, g.first_seen)) <= $day"
        )
    else:
        sql = "SELECT account_no, account_id FROM accounts WHERE signed_up_day <= $day"
    found = engine.query(sql.replace("$day", f"DATE '{as_of}'") + " ORDER BY account_no")
    engine.execute("CREATE TEMP TABLE spine (account_no UINTEGER, as_of DATE)")
    engine.load("spine_numbers", found)
    engine.execute(f"INSERT INTO spine SELECT account_no, DATE '{as_of}' FROM spine_numbers")
    return Spine(found["account_no"].to_numpy(), found["account_id"].combine_chunks(), as_of)


def known_view(
    table: Table, extra: Mapping[str, ValueTypeName], mapped: Collection[str] | None = None, spine: str = "spine"
) -> str:
    """The SELECT of a model table as known on each day of the spine, a FROM item.

    Rows whose moment lies after the day are absent; columns of a later moment are null. Where that moment is not
    among the `mapped` columns (None: all are), the column is known with its row.
    """
    listed = []
    for name in model_columns(table, extra):
        if name == "account_no":
            continue
        moment = table.reveals.get(_moment_of(name, table))
        if moment is None or (mapped is not None and moment not in mapped):
            listed.append(f"t.{quote_name(name)}")
        else:
            listed.append(
                f"CASE WHEN t.{day_column(moment)} <= s.as_of THEN t.{quote_name(name)} END AS {quote_name(name)}"
            )
    conditions = []
    if table.known_at:
        conditions.append(f"(t.{day_column(table.known_at)} IS NULL OR t.{day_column(table.known_at)} <= s.as_of)")
    if table.column("valid_from"):
        conditions.append("(t.valid_from_day IS NULL OR t.valid_from_day <= s.as_of)")
    if table.name == "charges":  # as of a day before it, a payment that is given back later is one like others
        paid = "CASE WHEN t.refunded_day > s.as_of AND lower(t.status) = 'refunded' THEN NULL ELSE t.status END"
        listed = [x.replace('t."status"', f'{paid} AS "status"') for x in listed]
    if table.column("interval"):
        listed = [x.replace('t."interval"', 't."interval" AS billing_interval') for x in listed]
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return (
        f"SELECT s.account_no, s.as_of, {', '.join(listed)} FROM {table.name} AS t "
        f"JOIN {spine} AS s ON s.account_no = t.account_no{where}"
    )


def _moment_of(column: str, table: Table) -> str:
    """The timestamp column that a `_day` column stands for; any other column itself."""
    return next((c.name for c in table.columns if c.type == "timestamp" and day_column(c.name) == column), column)


_ORDERS_OF_LINES = """
    SELECT account_no, as_of, order_id, min(ordered_at) AS ordered_at, min(ordered_day) AS ordered_day,
        CAST(sum(amount) AS BIGINT) AS revenue, CAST(NULL AS BIGINT) AS discount, CAST(NULL AS BIGINT) AS refunded,
        CAST(NULL AS TIMESTAMP) AS refunded_at, CAST(NULL AS DATE) AS refunded_day,
        CAST(NULL AS TIMESTAMP) AS cancelled_at, CAST(NULL AS DATE) AS cancelled_day,
        CAST(NULL AS VARCHAR) AS channel, CAST(NULL AS VARCHAR) AS currency
    FROM known_order_lines
    GROUP BY account_no, as_of, order_id
"""
"""Without a table of orders, orders are the sums of their lines that are known."""


def area_sql(name: str) -> str:
    """The SQL of one area, in the catalogue dialect."""
    return resources.files("beachhead.customers").joinpath("sql", f"{name}.sql").read_text("utf-8")


def make_known(
    engine: Engine,
    extra: Mapping[str, Mapping[str, ValueTypeName]],
    mapped: Mapping[str, Collection[str]] | None = None,
) -> None:
    """The views `known_<table>` and `revenue_lines`: the model as it was known on each day of the spine.

    `extra`: further columns by table; `mapped`: columns that sources fill, by table (None: all).
    """

    def spelt(sql: str) -> str:
        return emit(sql, engine.dialect, None, engine.unsupported)

    for table in TABLES:
        if table.name not in {"events", "products", "spend"}:
            engine.execute(f"CREATE TEMP VIEW known_{table.name} AS {spelt(_known(table, extra, mapped))}")
    if mapped and _orders_are_lines(mapped):
        engine.execute("DROP VIEW known_orders")
        engine.execute(f"CREATE TEMP VIEW known_orders AS {spelt(_ORDERS_OF_LINES)}")
    engine.execute(f"CREATE TEMP VIEW revenue_lines AS {spelt(area_sql('revenue_lines'))}")


def known_on(
    name: str,
    day: date,
    extra: Mapping[str, Mapping[str, ValueTypeName]],
    mapped: Mapping[str, Collection[str]] | None = None,
) -> str:
    """A FROM item with the rows of a model table as known by the end of another day than the spine's, of its
    customers; what `make_known` takes."""
    if mapped and name == "orders" and _orders_are_lines(mapped):
        lines = known_on("order_lines", day, extra, mapped)
        return f"({_ORDERS_OF_LINES.replace('known_order_lines', lines)})"
    spine = f"(SELECT account_no, {quote_literal(day)} AS as_of FROM spine)"
    return f"({_known(BY_NAME[name], extra, mapped, spine)})"


def _orders_are_lines(mapped: Collection[str]) -> bool:
    return "order_lines" in mapped and "orders" not in mapped


def _known(
    table: Table,
    extra: Mapping[str, Mapping[str, ValueTypeName]],
    mapped: Mapping[str, Collection[str]] | None,
    spine: str = "spine",
) -> str:
    return known_view(table, extra.get(table.name, {}), mapped.get(table.name, ()) if mapped else None, spine)


def make_areas(engine: Engine) -> None:
    """Compute `area_<name>` for every area in an engine that has the views of `make_known`."""
    for name in AREAS:
        sql = emit(area_sql(name), engine.dialect, None, engine.unsupported)
        engine.execute(f"CREATE TEMP TABLE area_{name} AS {sql}")


class RecordBuilder:
    """Collects columns, one value per customer of the spine, in the order of the catalogue."""

    def __init__(self, spine: Spine, catalog: Catalog) -> None:
        self._spine = spine
        self._catalog = catalog
        self._columns: dict[str, pa.ChunkedArray | pa.Array] = {}
        self._stated: dict[str, pa.Array] = {}
        self.profile: tuple[str, ...] = ()
        self.activity: tuple[str, ...] = ()

    def add_area(self, result: pa.Table) -> None:
        """Take the columns of a query result with `account_no`; customers that it lacks get null or zero."""
        names = [n for n in result.column_names if n in _STATED.values() or self._wants(n)]
        if not names:
            return
        here, numbers = self._spine.account_no, result["account_no"].to_numpy()
        indices = None
        if not np.array_equal(numbers, here):
            row_of = np.full(int(max(numbers.max(initial=0), here.max(initial=0))) + 1, -1, np.int32)
            row_of[numbers] = np.arange(len(numbers), dtype=np.int32)
            rows = row_of[here]
            indices = pa.array(rows, mask=rows < 0)

        def placed(name: str) -> pa.Array:
            values = result[name].combine_chunks()
            return values if indices is None else values.take(indices)

        with ThreadPoolExecutor(2) as pool:
            for name, values in zip(names, pool.map(placed, names), strict=True):
                if name in _STATED.values():
                    self._stated[name] = values
                else:
                    self.add(name, values)

    def add_profile(self, engine: Engine, used: Collection[str]) -> None:
        """Take from the table of profiles the attributes that are `used`, and note which it has (`profile`)."""
        names = engine.query(f"SELECT * FROM {PROFILES} LIMIT 0").column_names
        self.profile = tuple(n for n in names if self._wants(n))
        needed = [n for n in names if n == "account_no" or n in _STATED.values() or n in set(self.profile) & set(used)]
        self.add_area(engine.query(f"SELECT {', '.join(map(quote_name, needed))} FROM {PROFILES}"))

    def add_events(self, columns: Mapping[str, pa.Array], used: Collection[str]) -> None:
        """Note which window counters of events there are (`activity`), and take those that are `used`."""
        self.activity = tuple(n for n in columns if self._wants(n))
        for name in self.activity:
            if name in used:
                self.add(name, columns[name])
        if "user_count" in self._columns and "active_user_count_30d" in columns:
            people = pc.cast(self._columns["user_count"], pa.float64()).to_numpy(zero_copy_only=False)
            with np.errstate(divide="ignore", invalid="ignore"):
                share = columns["active_user_count_30d"].to_numpy() / people
            self.add("active_user_share_30d", pa.array(share, mask=~(people > 0)))

    def add_rfm(self, minor_units: int) -> None:
        """Recency, frequency and monetary scores of all who ordered, and the segment these name."""
        needed = ("days_since_last_order", "order_count_total", "revenue_cents_total")
        if any(n not in self._columns for n in needed):
            return
        given = [pc.cast(self._columns[n], pa.float64()).to_numpy(zero_copy_only=False) for n in needed]
        bought = ~np.isnan(given[0]) & (given[1] > 0) & ~np.isnan(given[2])
        recency, frequency, money = (v[bought] for v in given)
        scores = (rfm_scores(recency, reverse=True), rfm_scores(frequency), rfm_scores(money / minor_units))
        for name, score in zip(("recency", "frequency", "monetary"), scores, strict=True):
            every = np.zeros(len(bought), np.int64)
            every[bought] = score
            self.add(f"rfm_{name}_score", pa.array(every, mask=~bought))
        names = np.full(len(bought), None, dtype=object)
        names[bought] = rfm_segments(*scores)
        self.add("rfm_segment", pa.array(names, pa.string()))

    def add(self, name: str, values: pa.Array | pa.ChunkedArray) -> None:
        """One column for the whole spine."""
        attribute = self._catalog.attributes.get(name)
        if attribute is None or not self._wants(name):
            return
        stated = self._stated.get(_STATED.get(name, ""))
        if stated is not None:
            values = pc.coalesce(values, stated.cast(values.type))
        is_stated = stated is not None and stated.null_count < len(stated)
        if (
            values.null_count
            and attribute.area not in _STATED_AREAS
            and not is_stated
            and _ZERO_WHEN_ABSENT.search(name)
        ):
            values = pc.fill_null(values, 0)
        self._columns[name] = values.cast(arrow_type(attribute))

    def _wants(self, name: str) -> bool:
        return name in self._catalog.attributes and name not in self._catalog.missing

    def table(self) -> pa.Table:
        """The columns that `names` lists, without those of the profile and of events that nobody uses."""
        columns: dict[str, pa.Array | pa.ChunkedArray] = {
            "account_no": pa.array(self._spine.account_no),
            "account_id": self._spine.account_id,
        }
        for name in self.names[2:]:
            if name in self._columns:
                columns[name] = self._columns[name]
            elif name not in self.profile and name not in self.activity:
                columns[name] = pa.nulls(len(self._spine.account_no), arrow_type(self._catalog.attributes[name]))
        return pa.table(columns)

    @property
    def names(self) -> tuple[str, ...]:
        """account_no, account_id, then every attribute that has data, in the order of the catalogue."""
        first = ("account_no", "account_id")
        here = [n for n, a in self._catalog.available.items() if a.area not in {"own", "value"} and n not in first]
        return (*first, *here)


def event_columns(counts: EventCounts, spine: Spine, settings: Settings) -> dict[str, pa.Array]:
    """The window counters of events for the customers of the spine, by attribute; whole numbers in 32 bits."""
    here = run_of(spine.account_no)
    day = (spine.as_of - EPOCH).days
    account = counts.per_account[:, here]
    columns = {name: pa.array(account[measure]) for name, measure in _ACCOUNT_COLUMNS.items()}
    prior = account[measures.COUNT_PRIOR_30D].astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        trend = account[measures.COUNT_30D] / prior
    columns["event_trend_30d"] = pa.array(trend, mask=prior == 0)
    last = account[measures.LAST_DAY]
    columns["first_event_on"] = days_array(account[measures.FIRST_DAY])
    columns["last_event_on"] = days_array(last)
    columns["days_since_last_event"] = pa.array(day - last, mask=last == measures.NEVER)
    for slot, event in enumerate(settings.key_events):
        for name, measure in _KEY_COLUMNS.items():
            values = counts.per_key[slot, measure][here]
            is_day = name.endswith("_on")
            columns[f"{slug(event)}_{name}"] = days_array(values) if is_day else pa.array(values)
    return columns


_ACCOUNT_COLUMNS = {
    "event_count_7d": measures.COUNT_7D,
    "event_count_30d": measures.COUNT_30D,
    "event_count_90d": measures.COUNT_90D,
    "event_count_prior_30d": measures.COUNT_PRIOR_30D,
    "event_count_total": measures.COUNT_TOTAL,
    "active_days_7d": measures.ACTIVE_7D,
    "active_days_30d": measures.ACTIVE_30D,
    "active_days_90d": measures.ACTIVE_90D,
    "key_event_breadth_30d": measures.BREADTH_30D,
    "active_user_count_7d": measures.USERS_7D,
    "active_user_count_30d": measures.USERS_30D,
}
_KEY_COLUMNS = {
    "count_7d": measures.KEY_COUNT_7D,
    "count_30d": measures.KEY_COUNT_30D,
    "count_90d": measures.KEY_COUNT_90D,
    "active_days_30d": measures.KEY_ACTIVE_30D,
    "first_on": measures.KEY_FIRST_DAY,
    "last_on": measures.KEY_LAST_DAY,
}
# Where a computed column has no data of its own, what the source states about the customer stands in.
_STATED: Mapping[str, str] = {
    "plan": "stated_plan",
    "mrr_cents": "stated_mrr",
    "revenue_cents_total": "stated_revenue",
    "nps_score": "stated_nps",
    "nps_class": "stated_nps_class",
    "csat_score": "stated_satisfaction",
}
_ARROW: Mapping[ValueTypeName, pa.DataType] = {
    "text": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "money": pa.int64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "list": pa.string(),
}


def arrow_type(attribute: Attribute) -> pa.DataType:
    """How an attribute's values are stored."""
    return _ARROW[attribute.type]


def profile_sql(extra_of_accounts: Mapping[str, str], extra_of_companies: Mapping[str, str]) -> str:
    """The SELECT of what is stated about customers, by account number: account and company columns and what derives
    from them. It does not depend on the day: a customer is in the spine from the day on which all of it is known.
    """
    providers = resources.files("beachhead.customers").joinpath("free_mail_domains.txt").read_text("utf-8")
    free = ", ".join(quote_literal(d) for d in providers.split())
    spaced = "lower(a.acquisition_channel)"
    for separator in "_-/.,:+()":
        spaced = f"replace({spaced}, '{separator}', ' ')"
    paid = " OR ".join(f"contains(' ' || {spaced} || ' ', ' {word} ')" for word in _PAID_CHANNEL)
    domain = "nullif(lower(split_part(a.email, '@', 2)), '')"
    listed = [f"a.{quote_name(n)}" for n in extra_of_accounts] + [f"c.{quote_name(n)}" for n in extra_of_companies]
    return f"""
    SELECT k.account_no, a.name AS account_name, a.email AS account_email, a.website,
        {domain} AS email_domain, {domain} IN ({free}) AS is_free_mail,
        a.signed_up_day AS signed_up_on, a.status AS source_status, a.acquisition_channel,
        CASE WHEN {paid} THEN 'paid'
             WHEN a.acquisition_channel IS NOT NULL THEN 'organic' END AS channel_type,
        a.acquisition_cost AS acquisition_cost_cents, c.industry, c.employees,
        coalesce(c.size_band, CASE WHEN c.employees <= 1 THEN '1' WHEN c.employees <= 10 THEN '2-10'
            WHEN c.employees <= 50 THEN '11-50' WHEN c.employees <= 200 THEN '51-200'
            WHEN c.employees <= 500 THEN '201-500' WHEN c.employees <= 1000 THEN '501-1000'
            WHEN c.employees > 1000 THEN '1001+' END) AS size_band,
        c.founded_year, c.annual_revenue AS annual_revenue_cents, c.technology,
        coalesce(c.country, a.country) AS country, c.region, c.city,
        a.plan AS stated_plan, a.mrr AS stated_mrr, a.total_revenue AS stated_revenue,
        CASE WHEN a.nps BETWEEN 0 AND 10 THEN a.nps END AS stated_nps,
        CASE WHEN a.nps NOT BETWEEN 0 AND 10 THEN NULL WHEN a.nps >= 9 THEN 'promoter'
             WHEN a.nps >= 7 THEN 'passive' WHEN a.nps >= 0 THEN 'detractor' END
            AS stated_nps_class,
        a.satisfaction AS stated_satisfaction
        {"".join(", " + x for x in listed)}
    FROM (SELECT account_no FROM accounts UNION SELECT account_no FROM companies) AS k
    LEFT JOIN accounts AS a ON a.account_no = k.account_no
    LEFT JOIN companies AS c ON c.account_no = k.account_no
    ORDER BY k.account_no
    """


def stated_sql(settings: Settings) -> str:
    """The SELECT of what is stated and depends on the day: days since sign-up, MRR (of those who left 0), answers."""
    questions = [
        f"max(answer) FILTER (WHERE question = {quote_literal(q)} AND nth = 1) AS {quote_name('onboarding_' + slug(q))}"
        for q in settings.onboarding_questions
    ]
    onboarding = ", ".join(["account_no", "as_of", *questions])
    answers = "".join(f", o.{quote_name('onboarding_' + slug(q))}" for q in settings.onboarding_questions)
    return f"""
    SELECT s.account_no, s.as_of, date_diff('day', p.signed_up_on, s.as_of) AS days_since_signup,
        CASE WHEN l.is_churned AND p.stated_mrr IS NOT NULL THEN 0 ELSE p.stated_mrr END AS stated_mrr{answers}
    FROM spine AS s
    LEFT JOIN {PROFILES} AS p ON p.account_no = s.account_no
    LEFT JOIN area_lifecycle AS l ON l.account_no = s.account_no AND l.as_of = s.as_of
    LEFT JOIN (SELECT {onboarding} FROM ({_LATEST_ANSWERS}) AS a
        GROUP BY account_no, as_of) AS o ON o.account_no = s.account_no AND o.as_of = s.as_of
    """


_LATEST_ANSWERS = """
    SELECT account_no, as_of, question, answer, row_number() OVER (
        PARTITION BY account_no, as_of, question ORDER BY responded_at DESC, answer
    ) AS nth
    FROM known_responses
    WHERE lower(survey) = 'onboarding' AND answer IS NOT NULL
"""


def build_record(
    engine: Engine, spine: Spine, catalog: Catalog, settings: Settings, used: Collection[str]
) -> RecordBuilder:
    """All SQL areas for the spine, in an engine that has the views of `make_known`; events are added by the caller.

    `used`: attributes that rules name; of the profile only these are taken.
    """
    make_areas(engine)
    builder = RecordBuilder(spine, catalog)
    builder.add_profile(engine, used)
    builder.add_area(engine.query(emit(stated_sql(settings), engine.dialect, None, engine.unsupported)))
    for name in AREAS:
        builder.add_area(engine.query(f"SELECT * FROM area_{name}"))
    builder.add_rfm(10 ** minor_digits(settings.currency))
    return builder

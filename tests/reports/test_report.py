"""The report: right numbers, safe markup, and something to say about any data."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import made_companies as made
import numpy as np
import pyarrow as pa
import pytest

from beachhead.analysis.segment import SegmentResult
from beachhead.customers.tiers import assign_tiers
from beachhead.customers.value import score
from beachhead.errors import Severity
from beachhead.project.definitions import Settings
from beachhead.reports.data import SourceRows
from beachhead.reports.render import render
from beachhead.reports.words import spoken
from beachhead.sources.problems import Example, Problem

VOID = {"meta", "br", "hr", "img", "input", "link", "path", "line", "rect", "circle"}


class Page(HTMLParser):
    """Visible text, and whether every tag that opens closes."""

    def __init__(self, html):
        super().__init__()
        self.open, self.words, self.tags, self.ids = [], [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.ids += [v for k, v in attrs if k == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("style", "script"):
            self.words.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.words).replace("\u00a0", " "))


@pytest.fixture(scope="module")
def saas():
    return made.saas()


@pytest.fixture(scope="module")
def saas_html(saas):
    return render(saas)


@pytest.fixture(scope="module")
def saas_text(saas_html):
    return Page(saas_html).text


def test_the_answer_states_what_the_best_bring(saas, saas_text):
    best = saas.tiering.codes == 1
    mrr = saas.accounts["mrr_cents"].to_numpy()
    share = mrr[best].sum() / mrr.sum() * 100
    assert int(best.sum()) == 20
    assert (
        f"Your best 20 companies, 1 % of the {saas.tiering.ranked:,} with a score, bring {share:.1f} % of MRR"
        in saas_text
    )


def test_kept_rate_is_of_those_who_ever_were_customers(saas, saas_text):
    was, now = saas.accounts["was_customer"].to_numpy(), saas.accounts["is_customer"].to_numpy()
    assert (
        f"Of {was.sum():,} companies that ever were customers, {now.sum() / was.sum() * 100:.0f} % still are"
        in saas_text
    )


def test_as_of_and_counts_are_at_the_top(saas_text):
    assert "Data as of 31 Oct 2026. 2,000 companies on record:" in saas_text


def test_the_best_come_by_name_best_first(saas, saas_text):
    names = [saas.accounts["account_name"][int(i)].as_py() for i in saas.tiering.members("best")]
    places = [saas_text.index(n) for n in names]
    assert places == sorted(places)


def test_next_best_say_what_would_lift_them(saas_text):
    assert re.search(r"(MRR|Active days of 30) from \S+ to \S+", saas_text)


def test_lifts_name_the_exact_amount_that_suffices(saas):
    mrr = saas.scores.values["mrr_cents"]
    scores = score(
        {**saas.scores.values, "mrr_cents": mrr + 46.0 * (mrr > 0)}, saas.scores.definition, saas.scores.scope
    )
    tiering = assign_tiers(scores.score, scores.scope, scores.definition.tiers)
    text = Page(render(replace(saas, scores=scores, tiering=tiering))).text
    assert re.search(r"MRR from €[\d,]+\.46 to €[\d,]+\.46", text)


def test_what_all_have_alike_is_no_reason():
    text = Page(render(only(made.saas(200), np.flatnonzero(made.saas(200).accounts["is_customer"].to_numpy())))).text
    assert "▲" in text
    assert "like everybody" not in text


def test_a_mean_score_is_of_those_who_are_compared(saas):
    everybody = replace(saas.segments[0], name="all", members=np.full(saas.accounts.num_rows, True))
    assert saas.tiering.ranked < saas.accounts.num_rows
    assert f"of {saas.tiering.ranked:,} scored" in Page(render(replace(saas, segments=(everybody,)))).text


@pytest.mark.parametrize(
    ("title", "said"),
    [("api_call: 30 days", "Api call: 30 days"), ("team size", "Team size"), ("iPhone users", "iPhone users")],
)
def test_titles_made_from_names_are_said_as_words(title, said):
    assert spoken(title) == said


def test_statistics_are_folded(saas_html):
    open_parts = re.sub(r"<details>.*?</details>", "", saas_html, flags=re.DOTALL)
    for text in ("points apart", "exact tests", "Moves with the score"):
        assert text in saas_html
        assert text not in open_parts


def test_the_planted_difference_is_the_first_one(saas_text):
    assert "“Industry: Software”" in saas_text[: saas_text.index("Customers now")]


def test_score_inputs_are_not_offered_as_explanations(saas_html):
    text = Page(saas_html).text
    part = text[text.index("What sets the best apart") : text.index("The good-customer score")]
    assert "Active days of 30" not in part
    assert "Days as a customer" not in part
    assert "MRR:" not in part


def test_every_segment_has_a_card_even_an_empty_one(saas_html, saas_text):
    assert {f"segment-{s}" for s in ("at_risk", "advocates", "costly", "trials", "nobody")} <= set(Page(saas_html).ids)
    assert "No company fits the rule on this day." in saas_text


def test_problems_come_with_place_and_remedy_and_rows_add_up(saas_text):
    assert "data/crm.csv:118" in saas_text
    assert "Add the format %d.%m.%Y to this column." in saas_text
    assert "188,532 rows read, 188,414 used, 118 set aside" in saas_text
    assert (
        saas_text.index("Must be put right")
        < saas_text.index("Makes numbers less certain")
        < saas_text.index("Worth knowing")
    )


def test_the_page_is_whole_and_loads_nothing(saas_html):
    page = Page(saas_html)
    assert page.open == []
    assert not {"script", "link", "iframe", "img", "object"} & set(page.tags)
    assert not re.search(r"https?:|//cdn|url\(|@import|javascript:", saas_html)
    assert "default-src 'none'" in saas_html
    assert len(page.ids) == len(set(page.ids))


def test_every_link_of_the_contents_leads_somewhere(saas_html):
    targets = set(re.findall(r'href="#([^"]+)"', saas_html))
    assert targets <= set(Page(saas_html).ids)


def test_a_shop_sees_no_subscription_words():
    text = Page(render(made.shop())).text
    assert "Revenue, 12 months" in text
    assert not re.search(r"\bMRR\b|\bseats?\b|\bsubscriptions?\b", text)


def test_five_columns_still_give_an_answer_and_next_steps():
    text = Page(render(made.five_columns())).text
    assert "The 20 customers that pay most bring" in text
    assert "Plan" in text
    assert "support tickets" in text
    assert "which industries, sizes and countries your best customers come from" in text


def test_nothing_between_best_and_worst_is_said_with_what_is_needed():
    data = made.saas(60, seed=4)
    shuffled = np.random.default_rng(0).permutation(60)
    keep = ["account_no", "account_id", "is_customer", "was_customer", "mrr_cents", "tenure_days"]
    table = data.accounts.select(keep).append_column("industry", data.accounts["industry"].take(pa.array(shuffled)))
    text = Page(render(replace(data, accounts=table, segments=()))).text
    assert "Cannot tell yet: with 20 against 20" in text
    assert re.search(r"each group would need about \d+ companies", text)


NASTY = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


def test_markup_in_names_rules_and_values_stays_text():
    data = made.saas(60)
    table = data.accounts
    for name in ("account_name", "industry", "acquisition_channel", "plan", "country"):
        at = table.column_names.index(name)
        values = [f"{NASTY}{i % 2}" for i in range(60)]
        table = table.set_column(at, name, pa.array(values))
    segment = SegmentResult("s", NASTY, np.arange(60) < 20, NASTY, NASTY, NASTY, NASTY, NASTY, frozenset(), True, NASTY)
    problem = Problem("x", Severity.ERROR, NASTY, NASTY, 1, 2, NASTY, NASTY, NASTY, (Example(NASTY, 1, NASTY),))
    html = render(
        replace(
            data,
            settings=Settings(name=NASTY, customers_are="<b>shops</b>"),
            accounts=table,
            segments=(segment,),
            problems=(problem,),
            rows=(SourceRows(NASTY, NASTY, 1, 1, 0),),
        )
    )
    page = Page(html)
    assert page.open == []
    assert not {"script", "img", "b"} & set(page.tags)
    assert "alert(1)" in page.text


def only(data, rows):
    """The report of these rows alone, with tiers drawn anew."""
    rows = np.asarray(rows, dtype=np.int64)
    scores = tiering = None
    if data.scores is not None:
        values = {k: v[rows] for k, v in data.scores.values.items()}
        scope = data.scores.scope[rows]
        scores = score(values, data.scores.definition, scope)
        tiering = assign_tiers(scores.score, scope, data.scores.definition.tiers)
    segments = tuple(replace(s, members=s.mask(data.accounts.num_rows)[rows]) for s in data.segments)
    accounts = data.accounts.take(pa.array(rows, pa.int64()))
    return replace(data, accounts=accounts, segments=segments, scores=scores, tiering=tiering)


@pytest.mark.parametrize("make", [made.saas, made.shop, made.five_columns])
@pytest.mark.parametrize("rows", [[], [0], [0, 1, 2, 3, 4]], ids=["nobody", "one", "five"])
def test_few_customers_are_reported_without_a_rate_over_nothing(make, rows):
    page = Page(render(only(make(30), rows)))
    assert page.open == []
    assert not re.search(r"\bnan\b|\binf\b|\bNone\b", page.text)
    if not rows:
        assert re.search(r"There are no (customers|companies) in the data yet\.", page.text)


@pytest.mark.parametrize("make", [made.saas, made.shop, made.five_columns])
def test_a_record_where_everything_is_null_is_reported(make):
    data = make(30)
    table = pa.table(
        {
            n: data.accounts[n]
            if n in ("account_no", "account_id")
            else pa.nulls(30, data.accounts.schema.field(n).type)
            for n in data.accounts.column_names
        }
    )
    page = Page(render(replace(data, accounts=table, scores=None, tiering=None)))
    assert page.open == []
    assert "nothing says yet what they pay" in page.text
    assert not re.search(r"\bnan\b|\bNone\b", page.text)


def test_a_segment_that_was_not_updated_is_marked():
    data = made.saas(60)
    stale = replace(data.segments[0], is_stale=True, stale_reason="column “x” is missing")
    text = Page(render(replace(data, segments=(stale,)))).text
    assert "not updated" in text
    assert "column “x” is missing" in text

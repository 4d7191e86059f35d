"""Why somebody is in a segment: each condition with the value, and the fewest that would have to change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from harbour import AS_OF, RULES, latest, make_harbour, members, segment, update, write

from beachhead.analysis.display import date_text
from beachhead.errors import DefinitionError, UsageError
from beachhead.service.back_fill import back_filled
from beachhead.service.plan import Plan, make_plan
from beachhead.service.population import Customers
from beachhead.service.progress import say_nothing
from beachhead.service.published_world import population_of_run
from beachhead.service.results import Run
from beachhead.service.rule_desk import RuleDesk
from beachhead.service.segment_answers import why_lines
from beachhead.service.why import Why, fewest, why

RULE = "(mrr_cents > 25000 or desks > 10) and events('export', last => '30 days') >= 3 and not country = 'FR'"
FILES = {
    "segments/chosen.yml": segment(RULE),
    "segments/by.yml": segment("mrr_cents > 0", "for_each: country\ninclude: ['3']\nexclude: ['2']\n").replace(
        "Something", "Firms in {value}"
    ),
    "segments/of_public.yml": segment("desks > 0", "for_each: is_public\n"),
    "segments/by_hand.yml": segment("country = 'DE'", "include: ['5']\nexclude: ['1', '6']\n"),
    "segments/whole.yml": segment("desks > 10"),
    "segments/of_whole.yml": segment("in_segment('whole') and mrr_cents > 0"),
}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("asked")
    make_harbour(root, {"fresh": "events('export', last => '2 days') > 0"}, FILES)
    for day in (date(2026, 3, 20), date(2026, 3, 30), AS_OF):
        update(root, day)
    return root


Answer = Callable[[str, str], Why]


def answers(root: Path) -> Iterator[tuple[Answer, Run, Plan]]:
    run, plan = latest(root), make_plan(root)
    with population_of_run(run, plan) as population:
        customers: Customers = population
        yield lambda account, name: why(run, plan, customers, account, name), run, plan


@pytest.fixture
def answer(asked: Path) -> Iterator[Answer]:
    for found, _, _ in answers(asked):
        yield found


def test_each_condition_with_its_value(answer: Answer) -> None:
    found = answer("1", "chosen")
    assert found.is_member
    assert [(r.text, r.holds, r.value, r.attribute) for r in found.reasons] == [
        ("mrr_cents > 25000", True, 30_000, "mrr_cents"),
        ("desks > 10", False, 5, "desks"),
        ("events('export', last => '30 days') >= 3", True, 3, None),
        ("country = 'FR'", False, "DE", "country"),
    ]
    assert [r.path for r in found.reasons] == [(0, 0), (0, 1), (1,), (2, 0)]
    assert [t.reason.text for t in found.change] == ["mrr_cents > 25000"]


def test_the_fewest_changes_that_turn_it(answer: Answer) -> None:
    assert [t.reason.text for t in answer("2", "chosen").change] == ["events('export', last => '30 days') >= 3"]
    assert [t.reason.text for t in answer("4", "chosen").change] == [
        "events('export', last => '30 days') >= 3", "country = 'FR'"
    ]  # fmt: skip
    assert [t.reason.text for t in answer("3", "chosen").change] == [
        "mrr_cents > 25000", "events('export', last => '30 days') >= 3", "country = 'FR'"
    ]  # fmt: skip


def test_what_is_unknown_is_said_and_would_have_to_become_known(answer: Answer) -> None:
    found = answer("6", "chosen")
    assert [(r.text, r.holds, r.value) for r in found.reasons] == [
        ("mrr_cents > 25000", False, 12_000),
        ("desks > 10", None, None),
        ("events('export', last => '30 days') >= 3", False, 0),
        ("country = 'FR'", None, None),
    ]
    assert [t.reason.text for t in found.change] == [
        "mrr_cents > 25000", "events('export', last => '30 days') >= 3", "country = 'FR'"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "account", "is_member", "turns"),
    [
        ("desks = 1 or is_public", 5, True, [("desks = 1", False)]),
        ("is_public or not desks = 1", 5, False, [("is_public", True)]),
        ("not (is_public and desks = 1)", 5, False, [("is_public", False)]),
        ("not (is_public and desks = 1)", 3, True, [("is_public", True), ("desks = 1", True)]),
        ("not (is_public or desks = 5)", 1, False, [("is_public", False), ("desks = 5", False)]),
        ("not is_public", 6, False, [("is_public", False)]),
        ("desks > 0 and (is_public or country = 'FR')", 2, False, [("is_public", True)]),
    ],
)
def test_which_way_each_would_have_to_turn(
    rule: str, account: int, is_member: bool, turns: list[tuple[str, bool]], harbour: Path
) -> None:
    """Of company 5 and 6 `is_public` is unknown: to be out that is enough, to be in it is not."""
    for _, run, plan in answers(harbour):
        with population_of_run(run, plan) as population:
            desk = RuleDesk(plan, population)
            node = desk.read(rule).node
            assert node is not None
            found, reasons = desk.why(node, account)
            turned = fewest(node, {r.path: r for r in reasons}, not found)
            assert (found, [(t.reason.text, t.to) for t in turned]) == (is_member, turns)


def test_since_when(answer: Answer) -> None:
    assert [answer("1", name).since for name in ("fresh", "chosen")] == [AS_OF, AS_OF]
    assert answer("2", "whole").since == date(2026, 3, 20)
    assert answer("2", "fresh").since is None


def test_one_of_a_family(answer: Answer) -> None:
    german = answer("1", "by/DE")
    assert (german.is_member, german.title, [r.text for r in german.reasons]) == (
        True, "Firms in DE", ["mrr_cents > 0", "country = 'DE'"]
    )  # fmt: skip
    french = answer("1", "by/FR")
    assert (french.is_member, [t.reason.text for t in french.change]) == (False, ["country = 'FR'"])
    assert answer("1", "of_public/true").is_member
    assert not answer("2", "of_public/true").is_member


def test_whom_the_file_names(answer: Answer) -> None:
    for account, name, is_member, note in [
        ("5", "by_hand", True, "include in segments/by_hand.yml names this customer"),
        ("1", "by_hand", False, "exclude in segments/by_hand.yml names this customer"),
        ("6", "by_hand", False, "exclude in segments/by_hand.yml names this customer"),
        ("2", "by_hand", True, None),
        ("3", "by/FR", True, "include in segments/by.yml names this customer"),
        ("3", "by/DE", False, None),
        ("2", "by/DE", False, "exclude in segments/by.yml names this customer"),
    ]:
        found = answer(account, name)
        assert (found.is_member, found.note) == (is_member, note), (account, name)


def test_of_each_customer_and_segment_it_says_what_was_published(asked: Path) -> None:
    for ask, run, _ in answers(asked):
        for name, ids in members(run).items():
            assert "".join(n for n in "123456" if ask(n, name).is_member) == ids, name


def test_of_rules_of_every_kind_it_says_what_was_published(harbour: Path) -> None:
    for ask, _, _ in answers(harbour):
        for name in ("by_cases", "named", "two_weeks", "an_admin_exports", "largest_of_country", "partners", "vips"):
            assert "".join(n for n in "123456" if ask(n, name).is_member) == RULES[name][1], name


def test_a_segment_may_be_called_as_the_parts_of_a_rule_are(answer: Answer) -> None:
    found = answer("4", "of_whole")
    assert found.is_member
    assert [(r.text, r.holds) for r in found.reasons] == [("in_segment('whole')", True), ("mrr_cents > 0", True)]


def test_a_rule_that_changed_since_is_said(asked: Path, copied: Callable[[Path], Path]) -> None:
    root = copied(asked)
    write(root, {"segments/whole.yml": segment("desks > 100")})
    for ask, _, _ in answers(root):
        found = ask("2", "whole")
        assert (found.is_member, found.note) == (
            False,
            "the rule, or one that it names, has changed since the last update; this is what the present one says",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("account", "name", "said", "nearest"),
    [
        ("1", "chosn", "there is no segment 'chosn'", "chosen"),
        ("1", "chosen/DE", "there is no segment 'chosen/DE'", "chosen"),
        ("Anchr", "chosen", "there is no customer 'Anchr'", None),
    ],
)
def test_what_there_is_not(answer: Answer, account: str, name: str, said: str, nearest: str | None) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        answer(account, name)
    assert caught.value.diagnostics[0].nearest == nearest


def test_a_segment_with_errors_says_them(asked: Path, copied: Callable[[Path], Path]) -> None:
    root = copied(asked)
    write(
        root, {"segments/whole.yml": segment("desks >"), "segments/by.yml": segment("desks >", "for_each: country\n")}
    )
    for ask, run, _ in answers(root):
        for name in ("whole", "by/DE"):
            with pytest.raises(DefinitionError, match="the rule ends too early"):
                ask("2", name)
        with pytest.raises(DefinitionError, match="the rule ends too early"):
            back_filled(root, run, "whole", date(2026, 2, 1), "month", say_nothing)


def test_a_value_that_the_family_cannot_have(answer: Answer) -> None:
    with pytest.raises(UsageError, match="is never 'maybe'"):
        answer("1", "of_public/maybe")


def test_a_value_that_nobody_has(answer: Answer) -> None:
    with pytest.raises(UsageError, match="'by' has no segment for 'FF', a value that nobody has now") as caught:
        answer("1", "by/FF")
    assert caught.value.diagnostics[0].remedy == "The nearest: by/FR, by/DE, by/ES."
    with pytest.raises(UsageError, match="'by' is a family of segments, not one") as caught:
        answer("1", "by")
    assert caught.value.diagnostics[0].remedy == "Name one of it: by/DE, by/ES, by/FR."


@pytest.mark.parametrize(
    ("account", "name", "is_member", "note"),
    [
        ("1", "never", False, "this rule can never be true: nothing fulfils its conditions on 'desks'"),
        ("1", "always", True, "this rule is always true"),
        (
            "2", "never", True,
            "include in segments/never.yml names this customer; "
            "this rule can never be true: nothing fulfils its conditions on 'desks'",
        ),
    ],
)  # fmt: skip
def test_where_no_condition_decides_none_would_have_to_change(
    asked: Path, copied: Callable[[Path], Path], account: str, name: str, is_member: bool, note: str
) -> None:
    root = copied(asked)
    never, always = "is_public and desks > 10 and desks < 5", "desks > 5 or desks <= 5 or desks is null"
    write(root, {"segments/never.yml": segment(never, "include: ['2']\n"), "segments/always.yml": segment(always)})
    for ask, _, _ in answers(root):
        found = ask(account, name)
        assert (found.is_member, found.note, found.change) == (is_member, note, ())


def test_a_segment_that_cannot_be_evaluated_is_proposed_with_that_said(
    asked: Path, copied: Callable[[Path], Path]
) -> None:
    root = copied(asked)
    write(root, {
        "segments/mistaken.yml": segment("desks >"), "segments/names_it.yml": segment("in_segment('mistakn')")
    })  # fmt: skip
    remedy = "Did you mean 'mistaken'? It cannot be evaluated as it is."
    for ask, run, plan in answers(root):
        with pytest.raises(UsageError, match="there is no segment 'mistakn'") as caught:
            ask("1", "mistakn")
        assert caught.value.diagnostics[0].remedy == remedy
        with population_of_run(run, plan) as population:
            (said,) = RuleDesk(plan, population).read("in_segment('mistakn')").diagnostics
            assert said.remedy == remedy
            (sound,) = RuleDesk(plan, population).read("in_segment('whle')").diagnostics
            assert sound.remedy == "Did you mean 'whole'?"
        assert {d.remedy for d in plan.broken["names_it"]} == {remedy}


def test_in_words(asked: Path) -> None:
    for ask, run, plan in answers(asked):
        assert list(why_lines(ask("6", "chosen"), run, plan)) == [
            f"6 is not in 'Something' as of {date_text(AS_OF)}",
            "  no       MRR is more than €250: €120",
            "  unknown  Desks is more than 10: unknown",
            "  no       number of 'export' events in the last 30 days is at least 3: 0",
            "  unknown  Country is 'FR': unknown",
            "to be in, this would have to change:",
            "  to true: MRR is more than €250",
            "  to true: number of 'export' events in the last 30 days is at least 3",
            "  to false: Country is 'FR' (it is unknown now)",
        ]
        *_, turn = why_lines(ask("6", "whole"), run, plan)
        assert turn == "  to true: Desks is more than 10 (it is unknown now)"

"""What becomes known later finds its place, and what was never supplied stays unknown."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from project_world import TODAY, write_csv

from beachhead.errors import BeachheadError, DataError
from beachhead.service.project import Project
from beachhead.service.run import RunOptions

D = date(2026, 3, 31)
SOURCES = {
    "accounts": "history: kept\ncolumns: {account_id: id, signed_up_at: created}\nextra:\n  staff_count: staff\n",
    "users": "columns: {user_id: id, account_id: account}\n",
    "events": "columns: {event_id: id, account_id: account, user_id: user, event: event, occurred_at: at}\n",
    "tickets": "optional: true\ncolumns: {ticket_id: id, account_id: account, created_at: created}\n",
}
FIRST = {"id": "a1", "created": "2026-01-01", "staff": ""}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "beachhead.yml").write_text("name: Little\ncurrency: EUR\ntemplate: blank\n")
    (tmp_path / "sources").mkdir()
    for name, text in SOURCES.items():
        (tmp_path / f"sources/{name}.yml").write_text(f"files: data/{name}.csv\ntable: {name}\n{text}")
    write_csv(tmp_path / "data/accounts.csv", [FIRST])
    write_csv(tmp_path / "data/users.csv", [{"id": "u1", "account": "a1"}])
    events = [{"id": n, "account": "a1", "user": f"u{n}", "event": "login", "at": "2026-03-30"} for n in (1, 2)]
    write_csv(tmp_path / "data/events.csv", [*events, {**events[0], "id": 3, "at": "2026-03-31"}])
    return Project(tmp_path)


def update(project: Project, as_of: date | None = D) -> dict[str, object]:
    project.update(RunOptions(as_of=as_of, today=TODAY, allow_loss=True))
    return project.latest().customer("a1")


def test_events_of_a_person_count_once_the_person_is_known(project: Project) -> None:
    assert (update(project)["event_count_30d"], update(project)["active_user_count_30d"]) == (3, 1)
    write_csv(project.root / "data/users.csv", [{"id": u, "account": "a1"} for u in ("u1", "u2")])
    assert (update(project)["event_count_30d"], update(project)["active_user_count_30d"]) == (3, 2)
    people = project.latest().users.arrow().to_pylist()
    assert [(p["user_id"], p["event_count_30d"]) for p in people] == [("u1", 2), ("u2", 1)]


def test_customers_of_a_load_that_an_earlier_day_did_not_know_are_there_afterwards(project: Project) -> None:
    update(project)
    new = [FIRST, *({"id": a, "created": "2026-04-02", "staff": "4"} for a in ("a2", "a3"))]
    write_csv(project.root / "data/accounts.csv", new)
    write_csv(
        project.root / "data/events.csv",
        [{"id": 9, "account": "a1", "user": "u1", "event": "login", "at": "2026-04-03"}],
    )
    update(project)
    update(project, None)
    assert project.latest().accounts["account_id"].to_pylist() == ["a1", "a2", "a3"]


def test_what_was_never_supplied_is_unknown_and_not_nothing(project: Project) -> None:
    record = update(project)
    assert "ticket_count_total" not in record
    assert "tickets" in project.latest().about.missing["ticket_count_total"]
    assert record["staff_count"] is None
    write_csv(project.root / "data/tickets.csv", [{"id": "t", "account": "nobody", "created": "2026-03-01"}])
    assert update(project)["ticket_count_total"] == 0


def test_a_row_whose_customer_became_known_is_set_aside_no_more(project: Project) -> None:
    write_csv(project.root / "data/tickets.csv", [{"id": "t", "account": "a2", "created": "2026-03-01"}])
    update(project)
    assert project.latest().set_aside["code"].to_pylist() == ["orphan-key"]
    write_csv(project.root / "data/accounts.csv", [FIRST, {**FIRST, "id": "a2"}])
    for _ in range(2):  # made anew, then found as it was stored
        update(project)
        assert (len(project.latest().set_aside), project.latest().customer("a2")["ticket_count_total"]) == (0, 1)


def test_a_row_that_names_only_a_person_counts_once_the_persons_customer_is_known(project: Project) -> None:
    (project.root / "sources/tickets.yml").write_text(
        "files: data/tickets.csv\ntable: tickets\ncolumns: {ticket_id: id, user_id: user, created_at: created}\n"
    )
    write_csv(project.root / "data/users.csv", [{"id": "u1", "account": "a2"}])
    write_csv(project.root / "data/tickets.csv", [{"id": "t", "user": "u1", "created": "2026-03-01"}])
    update(project)
    write_csv(project.root / "data/accounts.csv", [FIRST, {**FIRST, "id": "a2"}])
    update(project)
    assert project.latest().customer("a2")["ticket_count_total"] == 1


def test_full_makes_a_damaged_model_table_anew(project: Project) -> None:
    update(project)
    for path in (project.root / ".beachhead/model").glob("users-*.parquet"):
        path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(BeachheadError):
        update(project)
    project.update(RunOptions(as_of=D, today=TODAY, full=True))
    assert project.latest().users["user_id"].to_pylist() == ["u1"]


def test_events_go_with_a_person_who_comes_to_another_customer(project: Project) -> None:
    (project.root / "sources/events.yml").write_text(
        "files: data/events.csv\ntable: events\ncolumns: {user_id: user, event: event, occurred_at: at}\n"
    )
    write_csv(project.root / "data/accounts.csv", [FIRST, {**FIRST, "id": "a2"}])
    counts = []
    for account in ("a1", "a2", "a1"):
        write_csv(project.root / "data/users.csv", [{"id": "u1", "account": account}])
        update(project)
        counts.append(project.latest().accounts["event_count_30d"].to_pylist())
    assert counts == [[2, 0], [0, 2], [2, 0]]


def test_without_the_list_of_people_each_is_known_by_customer_and_id(project: Project) -> None:
    assert update(project)["active_user_count_30d"] == 1
    (project.root / "sources/users.yml").unlink()
    assert update(project)["active_user_count_30d"] == 2


def test_who_was_in_a_file_before_the_list_of_customers_went_counts_afterwards(project: Project) -> None:
    rows = [{"id": n, "account": a, "created": "2026-03-01"} for n, a in enumerate(["a1", "a2"])]
    write_csv(project.root / "data/tickets.csv", rows)
    update(project)
    (project.root / "sources/accounts.yml").unlink()
    update(project)
    assert project.latest().accounts["account_id"].to_pylist() == ["a1", "a2"]


def test_too_many_names_of_events_are_an_error_that_says_what_to_do(project: Project) -> None:
    rows = [{"id": n, "account": "a1", "user": "", "event": f"/page/{n}", "at": "2026-03-30"} for n in range(65_537)]
    write_csv(project.root / "data/events.csv", rows)
    with pytest.raises(DataError, match="65,537 different names of events") as error:
        update(project)
    assert error.value.diagnostics[0].code == "too-many-event-names"
    write_csv(project.root / "data/events.csv", rows[:-1])
    assert update(project)["event_count_30d"] == 65_536


def test_people_belong_to_their_customer_also_before_the_first_load(project: Project) -> None:
    (project.root / "sources/users.yml").write_text(
        "files: data/users.csv\ntable: users\n"
        "columns: {user_id: id, account_id: account, signed_up_at: at, role: role}\n"
    )
    people = [
        {"id": u, "account": "a1", "at": at, "role": "x"} for u, at in (("u1", "2026-01-02"), ("u2", "2026-03-31"))
    ]
    write_csv(project.root / "data/users.csv", people)
    update(project, None)
    assert update(project, date(2026, 3, 30))["user_count"] == 1
    assert [(p["user_id"], p["event_count_30d"]) for p in project.latest().users.arrow().to_pylist()] == [("u1", 1)]
    assert len(project.latest().set_aside) == 0


def test_of_two_onboarding_answers_the_later_counts(project: Project) -> None:
    (project.root / "beachhead.yml").write_text(
        "name: Little\ncurrency: EUR\ntemplate: blank\nonboarding_questions: [use]\n"
    )
    (project.root / "sources/responses.yml").write_text(
        "files: data/responses.csv\ntable: responses\ncolumns: {account_id: account, responded_at: at, "
        "survey: {constant: onboarding}, question: {constant: use}, answer: answer}\n"
    )
    answers = (("2026-02-01", "reports"), ("2026-03-02", "alerts"), ("2026-03-03", ""), ("2026-04-01", "teams"))
    rows = [{"account": "a1", "at": at, "answer": answer} for at, answer in answers]
    write_csv(project.root / "data/responses.csv", rows)
    assert update(project)["onboarding_use"] == "alerts"
    assert update(project, date(2026, 2, 28))["onboarding_use"] == "reports"

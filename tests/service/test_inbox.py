"""Files received, recognised, and added to a project: nothing is lost, nothing that is there is overwritten."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from beachhead.errors import BeachheadError, OutsideError, UsageError
from beachhead.project.loader import load
from beachhead.service import inbox as inbox_module
from beachhead.service.adding import add_file
from beachhead.service.check import check
from beachhead.service.fitting import start_project
from beachhead.service.inbox import Inbox, Waiting
from beachhead.service.project import Project
from beachhead.service.run import RunOptions, run
from three_exports import BILLING, CRM, EXPORTS, SURVEY

TODAY = date(2026, 11, 27)


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    start_project(tmp_path / "little", "Little", currency="EUR", customers_are="companies")
    return Inbox(tmp_path / "little")


def send(inbox: Inbox, name: str, text: str | bytes) -> tuple[Waiting, ...]:
    return inbox.receive(name, [text.encode() if isinstance(text, str) else text])


def root(inbox: Inbox) -> Path:
    return inbox._root


def left_behind(inbox: Inbox) -> list[str]:
    return [p.name for p in (root(inbox) / ".beachhead" / "tmp").rglob("*")]


def test_files_wait_recognised_until_they_are_confirmed_and_then_lie_in_the_project(inbox):
    for name, text in EXPORTS.items():
        send(inbox, name, text)
    waiting = inbox.waiting()
    assert [(w.file, w.state) for w in waiting] == [(name, "recognised") for name in EXPORTS]
    assert Inbox(root(inbox)).waiting() == waiting  # also after a restart
    added = inbox.confirm([w.id for w in waiting], TODAY)
    assert [a.file for a in added] == [f"data/{name}" for name in EXPORTS]
    assert inbox.waiting() == ()
    assert not check(root(inbox)).errors
    for name, text in EXPORTS.items():
        assert (root(inbox) / "data" / name).read_text() == text
    assert left_behind(inbox) == []


def test_the_template_fits_what_the_first_files_hold(inbox):
    orders = "Order ID,Customer E-mail,Ordered at,Total,Currency\n" + "".join(
        f"o{n},c{n % 7}@x.com,2026-01-{n % 27 + 1:02d},{n}.00,EUR\n" for n in range(40)
    )
    found = send(inbox, "orders.csv", orders)
    inbox.confirm([found[0].id], TODAY)
    assert load(root(inbox)).settings.template == "shop"


def test_an_upload_that_breaks_off_leaves_nothing(inbox):
    def broken() -> Iterator[bytes]:
        yield CRM.encode()
        raise OutsideError(inbox_error())

    with pytest.raises(OutsideError):
        inbox.receive("crm.csv", broken())
    assert (inbox.waiting(), left_behind(inbox)) == ((), [])


def inbox_error():
    from beachhead.errors import Diagnostic

    return Diagnostic("upload-stopped", "stopped")


def test_a_file_that_is_no_table_waits_refused_with_what_to_do_and_cannot_be_confirmed(inbox):
    refused = send(inbox, "offer.pdf", b"%PDF-1.7 ...")[0]
    assert (refused.state, refused.problems[0]["code"]) == ("refused", "not-a-table")
    with pytest.raises(UsageError, match="was not recognised"):
        inbox.confirm([refused.id], TODAY)
    inbox.discard(refused.id)
    assert inbox.waiting() == ()


def test_an_archive_gives_each_of_its_files(inbox):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in EXPORTS.items():
            archive.writestr(f"exports/{name}", text)
    assert {w.file for w in send(inbox, "exports.zip", packed.getvalue())} == set(EXPORTS)


@pytest.mark.parametrize(
    "name", ["../../evil.csv", "..\\evil.csv", "/etc/evil.csv", "a\x00b.csv", ".hidden.csv", "con.csv"]
)
def test_no_name_leads_out_of_the_inbox(inbox, tmp_path, name):
    found = send(inbox, name, CRM)[0]
    inside = root(inbox) / ".beachhead" / "inbox" / found.id
    assert {p.parent for p in tmp_path.rglob("*.csv")} == {inside}


def test_a_file_without_customers_is_not_added_but_asked_about(inbox):
    usage = "usage_id,feature_name,usage_date\nu1,export,2026-01-01\nu2,share,2026-01-02\n"
    found = send(inbox, "usage.csv", usage)[0]
    assert found.state == "unknown"
    assert found.recognition is not None and found.recognition.header == ("usage_id", "feature_name", "usage_date")


def confirm_first(inbox: Inbox) -> None:
    for name, text in EXPORTS.items():
        send(inbox, name, text)
    inbox.confirm([w.id for w in inbox.waiting()], TODAY)


def test_the_next_list_takes_the_place_of_the_last_one_which_stays_where_it_is(inbox):
    confirm_first(inbox)
    later = CRM.replace("Company 1 GmbH", "Company One GmbH") + "041,Company 41 GmbH,company41.de,2026-10-01\n"
    found = send(inbox, "crm.csv", later)[0]
    assert found.continues == ("crm",)
    added = inbox.confirm([found.id], TODAY)[0]
    assert (added.file, added.replaces) == ("data/crm-2026-11-27.csv", ("data/crm.csv",))
    assert (root(inbox) / "data/crm.csv").read_text() == CRM
    run(root(inbox), RunOptions())
    names = Project(root(inbox)).latest().accounts["account_name"].to_pylist()
    assert "Company One GmbH" in names and "Company 41 GmbH" in names and "Company 1 GmbH" not in names


def test_the_next_payments_stand_beside_the_ones_that_are_there(inbox):
    confirm_first(inbox)
    later = BILLING.splitlines()[0] + "\nch_900,cus_1,pay@company1.de,Company 1,5.00,2025-04-02 10:00:00,eur\n"
    found = send(inbox, "payments_april.csv", later)[0]
    assert len(found.continues) == 1
    inbox.confirm([found.id], TODAY)
    source = load(root(inbox)).sources[found.continues[0]]
    assert source.files == ("data/payments_april.csv", "data/payments.csv")
    run(root(inbox), RunOptions())
    customer = Project(root(inbox)).latest().customer("001")
    assert customer["revenue_cents_total"] == 1050 + 500


def test_a_renamed_column_is_proposed_and_written_once_confirmed(inbox):
    confirm_first(inbox)
    renamed = SURVEY.replace("Submitted at", "Submission date", 1)
    found = send(inbox, "survey_may.csv", renamed)[0]
    assert (len(found.continues), found.renamed) == (1, {"Submitted at": "Submission date"})
    inbox.confirm([found.id], TODAY)
    assert not check(root(inbox)).errors


def test_the_same_file_again_is_the_same_file(inbox):
    confirm_first(inbox)
    found = send(inbox, "crm.csv", CRM)[0]
    assert inbox.confirm([found.id], TODAY)[0].file == "data/crm.csv"
    assert sorted(p.name for p in (root(inbox) / "data").iterdir()) == sorted(EXPORTS)


def test_another_table_is_what_a_person_says(inbox):
    found = send(inbox, "crm.csv", CRM)[0]
    changed = inbox.recognise_as(found.id, "companies")
    assert changed.recognition is not None
    assert changed.recognition.proposals[0].table == "companies"
    with pytest.raises(UsageError, match="no table 'castles'"):
        inbox.recognise_as(found.id, "castles")


def test_of_several_files_only_the_one_that_is_repeated_gives_way(inbox):
    confirm_first(inbox)
    header, *rows = CRM.splitlines()
    beside = "\n".join([header, *(f"9{row}" for row in rows)]) + "\n"
    inbox.confirm([send(inbox, "crm_more.csv", beside)[0].id], TODAY)
    assert load(root(inbox)).sources["crm"].files == ("data/crm_more.csv", "data/crm.csv")
    again = send(inbox, "crm_again.csv", beside.replace("Company 1 GmbH", "Company One GmbH"))[0]
    assert inbox.confirm([again.id], TODAY)[0].replaces == ("data/crm_more.csv",)
    assert load(root(inbox)).sources["crm"].files == ("data/crm_again.csv", "data/crm.csv")


def test_a_double_click_adds_a_file_once(inbox):
    found = send(inbox, "crm.csv", CRM)[0]

    def confirm(_: int) -> list[str]:
        try:
            return [a.file for a in Inbox(root(inbox)).confirm([found.id, found.id], TODAY)]
        except BeachheadError as e:
            return [d.code for d in e.diagnostics]

    with ThreadPoolExecutor(4) as clicks:
        told = sorted(clicks.map(confirm, range(4)))
    assert told == [["data/crm.csv"], ["unknown-file"], ["unknown-file"], ["unknown-file"]]
    assert list(load(root(inbox)).sources) == ["crm"]


def test_the_template_fits_what_came_in_before_a_file_that_fails(inbox, monkeypatch):
    ids = [send(inbox, name, EXPORTS[name])[0].id for name in list(EXPORTS)[:2]]
    fitted = []

    def add(folder, new, today):
        if new.name == list(EXPORTS)[1]:
            raise OutsideError(inbox_error())
        return add_file(folder, new, today)

    monkeypatch.setattr(inbox_module, "add_file", add)
    monkeypatch.setattr(inbox_module, "fit", fitted.append)
    with pytest.raises(OutsideError):
        inbox.confirm(ids, TODAY)
    assert fitted == [root(inbox)]
    assert [w.id for w in inbox.waiting()] == ids[1:]


def test_a_corrected_file_keeps_its_place(inbox):
    ids = [send(inbox, name, text)[0].id for name, text in EXPORTS.items()]
    inbox.set_apart(ids[0])
    assert [w.id for w in inbox.waiting()] == ids


def test_an_archive_of_which_one_file_cannot_be_kept_is_not_refused_as_a_whole(inbox, monkeypatch):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in EXPORTS.items():
            archive.writestr(name, text)
    keep = Inbox._keep

    def full(self, path, *rest, **more):
        if path.name == list(EXPORTS)[1]:
            raise OutsideError(inbox_error())
        return keep(self, path, *rest, **more)

    monkeypatch.setattr(Inbox, "_keep", full)
    with pytest.raises(OutsideError):
        send(inbox, "exports.zip", packed.getvalue())
    assert "exports.zip" not in [w.file for w in inbox.waiting()]


def test_columns_of_one_name_that_are_not_the_same_give_two_attributes(inbox):
    flat = "Customer ID,Tenure in Months,Monthly Charge,Latitude,Online,Churn Label\n" + "".join(
        f"{n:03d},{n},{n + 20}.5,48.{n},{'DSL' if n % 2 else 'Fiber'},{'Yes' if n % 3 else 'No'}\n"
        for n in range(1, 41)
    )
    services = "Customer ID,Tenure in Months,Monthly Charge,Online\n" + "".join(
        f"{n:03d},{n},{n + 20}.5,{'Yes' if n % 2 else 'No'}\n" for n in range(1, 41)
    )
    places = "Customer ID,Country,State,City,Latitude\n" + "".join(
        f"{n:03d},Germany,Bavaria,Town {n % 7},48.{n}\n" for n in range(1, 41)
    )
    lists = {"flat.csv": flat, "location.csv": places, "services.csv": services}
    ids = [send(inbox, name, text)[0].id for name, text in lists.items()]
    inbox.confirm(ids, TODAY)
    assert [d.code for d in check(root(inbox)).errors] == []
    assert {n for s in load(root(inbox)).sources.values() for n in s.extra} >= {
        "latitude",
        "latitude_2",
        "online",
        "online_2",
    }
    run(root(inbox), RunOptions())

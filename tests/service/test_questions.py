"""What is asked of people after an update, and what their answers change."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import project_world as world
import pytest
from ruamel.yaml import YAML

from beachhead.errors import UsageError
from beachhead.service.project import Project, open_project
from beachhead.service.questions import Question, answer, questions

TITLES = (
    "Head of Marketing",
    "Marketing Intern",
    "Senior Software Engineer",
    "CTO",
    "Vertriebsleiterin",
    "VP of Sales",
)
WISHES = (
    "we want to send invoices to {} clients", "automate invoicing for the {} team", "build a report on {} sales",
    "see reports of the {} office", "one dashboard for all {} people", "Rechnungen an {} Kunden schreiben",
)  # fmt: skip
WORDS = ("retail", "north", "field", "legal", "german", "young", "big", "small", "remote", "local", "night", "lab")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("questions") / "little"
    world.make_company(root, 72)
    rng = random.Random(4)
    rows: list[dict[str, object]] = [
        {
            "id": f"a{n:03d}",
            "industry": "Sofware" if n == 5 else "software " if n < 3 else "Software" if n < 50 else "Retail",
            "goal": WISHES[n % 6].format(WORDS[n // 6]),
            "title": f"{TITLES[n % 6]}{', ' + rng.choice(WORDS) if n > 12 else ''}",
            "street": f"Main Street {n}, Back Yard",
        }
        for n in range(72)
    ]
    world.write_csv(root / "data/companies.csv", rows)
    (root / "sources/companies.yml").write_text(
        "files: data/companies.csv\ntable: companies\ncolumns:\n  account_id: id\n  industry: industry\n"
        "extra:\n  goal: goal\n  contact_title: {column: title, title: Contact's title}\n  street: street\n"
    )
    open_project(root).run(world.LAST_DAY)
    return root


@pytest.fixture
def project(published: Path, tmp_path: Path) -> Project:
    return open_project(shutil.copytree(published, tmp_path / "little"))


def asked(project: Project, kind: str) -> dict[str | None, Question]:
    return {q.column: q for q in questions(project.root, project.latest()) if q.kind == kind}


def told(project: Project, question: Question, value: str, target: str | None = None) -> Project:
    answer(project.root, project.latest(), question.id, value, target)
    assert question.id not in {q.id for q in questions(project.root, project.latest())}
    project = open_project(project.root)
    project.run(world.LAST_DAY)
    assert question.id not in {q.id for q in questions(project.root, project.latest())}
    return project


def values(project: Project, attribute: str) -> dict[str, object]:
    rows = project.latest().accounts.arrow().select(["account_id", attribute]).to_pylist()
    return {str(row["account_id"]): row[attribute] for row in rows}


def test_spellings_become_one_word_or_another_one_or_stay(project):
    question = asked(project, "spelling")["industry"]
    assert {v.value for v in question.variants} == {"Software", "software", "Sofware"}
    assert question.target == "Software"
    project = told(project, question, "unite", "SaaS")
    assert set(values(project, "industry").values()) == {"SaaS", "Retail"}


def test_spellings_that_are_kept_apart_are_not_asked_about_again(project):
    before = values(project, "industry")
    assert values(told(project, asked(project, "spelling")["industry"], "keep"), "industry") == before


def test_free_texts_are_asked_about_addresses_are_not(project):
    assert set(asked(project, "free_text")) == {"goal", "contact_title"}


def test_wishes_become_groups_by_the_words_that_they_share(project):
    question = asked(project, "free_text")["goal"]
    sizes = {v.value: v.count for v in question.variants}
    assert sum(sizes.values()) == 72
    assert {"Invoices", "Report"} <= set(sizes) or {"Invoicing", "Reports"} <= set(sizes), sizes
    project = told(project, question, "group")
    groups = values(project, "goal_group")
    assert groups["a000"] == groups["a001"] != groups["a002"] == groups["a003"]
    assert {str(g): list(groups.values()).count(g) for g in set(groups.values())} == sizes
    assert values(project, "goal")["a002"] == "build a report on retail sales"


def test_job_titles_become_role_and_seniority_and_a_person_corrects_them(project):
    project = told(project, asked(project, "free_text")["contact_title"], "group")
    assert values(project, "contact_title_role")["a002"] == "Engineering"
    assert values(project, "contact_title_seniority")["a001"] == "Intern or student"
    path = project.root / "sources/companies.yml"
    yaml = YAML()
    document = yaml.load(path)
    document["extra"]["contact_title_role"]["groups"] = {"Money": ["-leiterin", "sales"]}
    yaml.dump(document, path)
    project = open_project(project.root)
    project.run(world.LAST_DAY)
    assert set(values(project, "contact_title_role").values()) == {"Money", "Other"}


def test_texts_that_shall_stay_texts_are_not_asked_about_again(project):
    project = told(project, asked(project, "free_text")["goal"], "keep")
    assert "goal_group" not in project.latest().accounts.arrow().column_names
    assert "groups: {}" in (project.root / "sources/companies.yml").read_text()


def test_an_answer_to_nothing_and_a_word_that_is_no_answer_are_refused(project):
    question = asked(project, "free_text")["goal"]
    for asked_id, value in (("nothing", "group"), (question.id, "perhaps")):
        with pytest.raises(UsageError):
            answer(project.root, project.latest(), asked_id, value)

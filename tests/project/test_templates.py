import re
from pathlib import Path

import pytest

from beachhead.customers.attributes import slug
from beachhead.customers.catalog import Catalog, own_attribute, source_catalog
from beachhead.errors import UsageError
from beachhead.project.loader import Project, load
from beachhead.project.templates import TEMPLATES, template_files, write_template
from beachhead.rules import check_expression, check_rule, parse
from beachhead.rules.types import ValueType

NAMES = [t.name for t in TEMPLATES]
SHOP_WORDS = re.compile(r"\b(order|basket|product_count|margin)", re.IGNORECASE)
SAAS_WORDS = re.compile(r"\b(mrr|arr|seat)", re.IGNORECASE)


@pytest.fixture(params=NAMES)
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("made")
    write_template(request.param, folder, "Acme")
    return load(folder)


def _catalog(project: Project) -> Catalog:
    base = source_catalog(project.settings, project.sources)
    known = dict(base.attributes)
    left = dict(project.attributes)
    while left:
        for name, definition in list(left.items()):
            checked = check_expression(parse(definition.expression), Catalog(known, base.missing))
            if checked.ok:
                assert checked.type is not None
                known[name] = own_attribute(definition, checked.type)
                del left[name]
                break
        else:
            pytest.fail(f"cannot be evaluated: {sorted(left)}")
    return Catalog(known, base.missing, frozenset(project.segments))


def test_loads_without_anything_to_say(project: Project) -> None:
    assert project.diagnostics == ()
    assert project.settings.name == "Acme"
    assert project.value is not None


def test_every_rule_and_expression_is_clean_and_has_data(project: Project) -> None:
    catalog = _catalog(project)
    said = [
        f"{name}: {d}"
        for name, segment in project.segments.items()
        for d in check_rule(parse(segment.where), catalog).diagnostics
    ]
    said += [
        f"{name}: {d}"
        for name, attribute in project.attributes.items()
        for d in check_expression(parse(attribute.expression), catalog).diagnostics
    ]
    assert said == []


def test_every_score_input_exists_and_is_a_number_or_yes_no(project: Project) -> None:
    catalog = _catalog(project)
    assert project.value is not None
    types = {i.attribute: catalog.attribute_type(i.attribute) for i in project.value.inputs}
    usable = {ValueType.INTEGER, ValueType.NUMBER, ValueType.MONEY, ValueType.BOOLEAN}
    assert {name: t for name, t in types.items() if t not in usable} == {}
    assert [name for name in types if name in catalog.missing] == []


def test_every_file_is_optional_and_under_data(project: Project) -> None:
    assert all(s.optional for s in project.sources.values())
    assert all(f.startswith("data/") and f.endswith(".csv") for s in project.sources.values() for f in s.files)


def test_every_segment_has_owner_description_and_profile(project: Project) -> None:
    assert [n for n, s in project.segments.items() if not (s.owner and s.description and s.profile)] == []


def test_tiers_are_segments(project: Project) -> None:
    assert {"best_customers", "next_best_customers", "worst_customers"} <= set(project.segments)


@pytest.mark.parametrize("name", [n for n in NAMES if n != "blank"])
def test_business_templates_score_all_four_themes(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("made")
    write_template(name, folder, "Acme")
    value = load(folder).value
    assert value is not None
    assert {i.theme for i in value.inputs} == {"retention", "engagement", "advocacy", "revenue"}


@pytest.mark.parametrize("name", ["shop", "subscription-box"])
def test_shop_sees_no_mrr_and_no_seats(name: str) -> None:
    assert [p for p, text in template_files(name) if SAAS_WORDS.search(text)] == []


@pytest.mark.parametrize("name", ["selfserve", "sales-led"])
def test_software_company_sees_no_baskets(name: str) -> None:
    assert [
        p for p, text in template_files(name) if p.startswith(("segments", "value")) and SHOP_WORDS.search(text)
    ] == []


def test_readme_is_short_and_names_every_file() -> None:
    for name in NAMES:
        files = dict(template_files(name))
        readme = files["README.md"]
        assert len(readme.splitlines()) <= 36, name
        wanted = re.findall(r"data/([\w*]+\.csv)", "".join(t for p, t in files.items() if p.startswith("sources")))
        assert [f for f in wanted if f not in readme] == [], name


def test_data_and_results_stay_out_of_version_control() -> None:
    for name in NAMES:
        assert {"data/", "/*.html", "/*.csv"} <= set(dict(template_files(name))[".gitignore"].splitlines())


def test_project_name_with_quotes_and_colons_survives(tmp_path: Path) -> None:
    name = 'Acme "North" & Söhne: 100 %'
    write_template("blank", tmp_path, name)
    assert load(tmp_path).settings.name == name


def test_unknown_template_gets_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        write_template("self-serve", tmp_path, "Acme")
    assert caught.value.diagnostics[0].nearest == "selfserve"


def test_nothing_is_overwritten(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("made")
    (folder / "value.yml").write_text("mine")
    with pytest.raises(UsageError, match=r"already holds value\.yml"):
        write_template("shop", folder, "Acme")
    assert [p.name for p in folder.iterdir()] == ["value.yml"]
    assert (folder / "value.yml").read_text() == "mine"


def test_descriptions_fit_a_line() -> None:
    assert NAMES == ["selfserve", "sales-led", "shop", "subscription-box", "blank"]
    assert all(20 < len(t.description) < 100 for t in TEMPLATES)


def test_key_events_name_usable_attributes(project: Project) -> None:
    assert [e for e in project.settings.key_events if slug(e) != e] == []

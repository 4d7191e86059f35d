"""How probable it is that two accounts are one customer: Fellegi and Sunter's model (1969), trained by splink.

The only module that imports splink. The model's comparisons are those for which the data has values; its weights are
learnt from the data themselves by expectation maximisation, without any labels.
"""

from __future__ import annotations

import logging
import warnings
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from beachhead.customers.matching.comparisons import FIELDS, NAME, PERSON, Field
from beachhead.engines.duck import DuckEngine

if TYPE_CHECKING:
    import splink

_FEWEST_PAIRS = 50
_SAMPLE = 1_000
_TRAINED_ON = 50_000
_MOST_ALIKE = 200
_ENOUGH = 0.02
_PRIOR_SHARE = 0.05
_FOUND_BY_SURE = 0.8


_TRAINED_BY = ("mail_text", "phone", "birth_date", "joined", "domain", "street", "postcode", "last_name")
"""Blocks from which weights are learnt: in the pairs that share one of these, what else agrees?"""
_SELECTIVE = ("mail_text", "phone", "birth_date", "joined", "domain", "street")
"""Fields of which one value on very many accounts is a placeholder, and says nothing."""


@dataclass(frozen=True, slots=True)
class Model:
    """The comparisons with the weights to use, and how probable it is that any two accounts are one customer."""

    fields: tuple[Field, ...]
    prior: float
    is_learnt: bool


def compares_people(engine: DuckEngine) -> bool:
    """Whether most customers are persons with a first and a last name; else they are compared by one name."""
    people = "count(*) FILTER (first_name IS NOT NULL AND last_name IS NOT NULL)"
    return bool(engine.scalar(f"SELECT 2 * {people} >= count(core) AND {people} > 0 FROM match_accounts"))


def score_pairs(engine: DuckEngine, pairs: str, into: str) -> bool:
    """Make the table `into` (l, r, probability) of the relation `pairs` (l, r), probabilities rounded to 6 digits.

    Needs `match_accounts`. False where there was too little to learn from, so that the fixed weights were used.
    """
    if not engine.scalar(f"SELECT count(*) FROM {pairs}"):
        engine.execute(f"CREATE OR REPLACE TEMP TABLE {into} (l INTEGER, r INTEGER, probability DOUBLE)")
        return True
    _make_comparable(engine, pairs)
    with _quietly():
        model = _learn(engine, _fields(engine))
        _predict(engine, model, into)
    engine.execute("DROP TABLE match_compare; DROP TABLE match_blocked; DROP TABLE match_sample")
    return model.is_learnt


def _make_comparable(engine: DuckEngine, pairs: str) -> None:
    nulled = ", ".join(
        f"CASE WHEN {c} NOT IN (SELECT value FROM match_usual WHERE field = '{c}') THEN {c} END AS {c}"
        for c in _SELECTIVE
    )
    usual = " UNION ALL ".join(
        f"SELECT '{c}' AS field, {c} AS value FROM comparable WHERE {c} IS NOT NULL GROUP BY {c} "
        f"HAVING count(*) > {_MOST_ALIKE}"
        for c in _SELECTIVE
    )
    comparable = """
        SELECT no AS unique_id, account_id, name, first_name, last_name, birth_date, mail_text,
            nullif(split_part(mail_text, '@', 1), '') AS mailbox, domains[1] AS domain, phone, street, house,
            postcode, city, country, core, joined, tokens, digits, rare_words,
            list_aggregate(list_sort(tokens), 'string_agg', ' ') AS words
        FROM match_accounts"""
    engine.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE match_usual AS WITH comparable AS ({comparable}) {usual};
        CREATE OR REPLACE TEMP TABLE match_compare AS
        SELECT * REPLACE ({nulled}) FROM ({comparable}) ORDER BY unique_id;
        CREATE OR REPLACE TEMP TABLE match_blocked AS
        SELECT l AS join_key_l, r AS join_key_r, '0' AS match_key FROM {pairs};
        CREATE OR REPLACE TEMP TABLE match_sample AS
        SELECT * FROM match_compare ORDER BY md5(account_id), account_id LIMIT {_SAMPLE}
        """
    )


def _fields(engine: DuckEngine) -> tuple[Field, ...]:
    """The comparisons for which enough accounts have a value."""
    who = PERSON if compares_people(engine) else NAME
    columns = sorted({c for f in (who, *FIELDS) for c in f.columns})
    row = engine.query(f"SELECT count(*) AS n, {', '.join(f'count({c}) AS {c}' for c in columns)} FROM match_compare")
    have = row.to_pylist()[0]
    return tuple(f for f in (who, *FIELDS) if all(have[c] >= max(2, _ENOUGH * have["n"]) for c in f.columns))


def _learn(engine: DuckEngine, fields: tuple[Field, ...]) -> Model:
    """Weights from the data where they have enough pairs that surely are one customer; else those of the levels."""
    import splink
    from splink.backends.duckdb import DuckDBAPI
    from splink.internals.exceptions import EMTrainingException

    accounts = int(str(engine.scalar("SELECT count(*) FROM match_compare")))
    sure = int(str(engine.scalar(f"SELECT count(*) FROM ({' UNION '.join(_sure(fields))})"))) if fields else 0
    prior = min(max(sure, 1) / _FOUND_BY_SURE / max(accounts * (accounts - 1) / 2, 1), 0.5)
    if sure < _FEWEST_PAIRS:
        return Model(fields, prior, False)
    api = DuckDBAPI(engine.raw)
    sample = splink.Linker(
        api.register("match_sample"), _settings(fields, prior, frequencies=False), validate_settings=False
    )
    sample.training.estimate_u_using_random_sampling(max_pairs=_SAMPLE**2, min_count_per_level=None, num_chunks=1)
    by_chance = _with_u(fields, _trained(sample))
    learnt: dict[str, list[list[float | None]]] = defaultdict(list)
    for column in _training_columns(engine, fields):
        # A model of its own for each block: one that fails leaves a splink model without some of its comparisons.
        engine.execute(
            f"CREATE OR REPLACE TEMP TABLE match_training AS SELECT * FROM match_compare "
            f"WHERE {column} IS NOT NULL AND hash({column}) % {1 + accounts // _TRAINED_ON} = 0 ORDER BY unique_id"
        )
        settings = _settings(by_chance, prior, frequencies=False)
        linker = splink.Linker(api.register("match_training"), settings, validate_settings=False)
        try:
            linker.training.estimate_parameters_using_expectation_maximisation(splink.block_on(column))
        except (ValueError, EMTrainingException):  # a weight went to nothing: nothing is to be learnt here
            continue
        for f in fields:
            if not any(f"{column}_l" in level.sql for level in f.levels):
                learnt[f.name].append([level.get("m_probability") for level in _trained(linker)[f.name]])
    return Model(_with_m(by_chance, learnt), prior, True)


def _sure(fields: tuple[Field, ...]) -> list[str]:
    """Queries for pairs that are one customer with hardly a doubt: from their number follows how many there are."""
    have = {f.name for f in fields}
    joins = ["l.joined = r.joined AND l.street = r.street"] if "street" in have else []
    joins += ["l.mail_text = r.mail_text"] if "mail" in have else []
    joins += ["l.phone = r.phone AND left(l.joined, 3) = left(r.joined, 3)"] if "phone" in have else []
    joins += ["l.joined = r.joined AND l.birth_date = r.birth_date"] if "birth" in have else []
    joins += ["l.joined = r.joined AND l.postcode = r.postcode"] if "postcode" in have else []
    joins += ["l.domain = r.domain AND left(l.joined, 3) = left(r.joined, 3)"] if "site" in have else []
    joins = joins or ["l.joined = r.joined"]
    pair = "SELECT l.unique_id, r.unique_id FROM match_compare AS l JOIN match_compare AS r"
    return [f"{pair} ON {join} AND l.unique_id < r.unique_id" for join in joins]


def _training_columns(engine: DuckEngine, fields: tuple[Field, ...]) -> list[str]:
    """Columns whose blocks hold enough pairs, and none so many that it would be of one place only."""
    known = {c for f in fields for c in f.columns} | ({"joined"} if NAME in fields else set())
    usable = []
    for column in (c for c in _TRAINED_BY if c in known):
        row = engine.query(
            f"SELECT coalesce(sum(n * (n - 1) // 2), 0)::BIGINT AS pairs, coalesce(max(n), 0) AS most FROM "
            f"(SELECT count(*) AS n FROM match_compare WHERE {column} IS NOT NULL GROUP BY {column})"
        ).to_pylist()[0]
        if row["pairs"] >= _FEWEST_PAIRS and row["most"] <= _MOST_ALIKE:
            usable.append(column)
    return usable


def _trained(linker: splink.Linker) -> dict[str, list[dict[str, float]]]:
    """m and u of each level of each comparison, in order, without that of what is unknown."""
    model = linker.misc.save_model_to_json()
    return {
        comparison["output_column_name"]: [x for x in comparison["comparison_levels"] if not x.get("is_null_level")]
        for comparison in model["comparisons"]
    }


def _with_u(fields: tuple[Field, ...], found: dict[str, list[dict[str, float]]]) -> tuple[Field, ...]:
    made = []
    for f in fields:
        u = [_mixed(x.u, y.get("u_probability"), 0.01) for x, y in zip(f.levels, found[f.name], strict=True)]
        made.append(replace(f, levels=tuple(replace(x, u=y) for x, y in zip(f.levels, u, strict=True))))
    return tuple(made)


def _with_m(fields: tuple[Field, ...], learnt: dict[str, list[list[float | None]]]) -> tuple[Field, ...]:
    """The mean of what the blocks taught; what they did not teach is as assumed."""
    made = []
    for f in fields:
        by_level = list(zip(*learnt[f.name], strict=True)) or [()] * len(f.levels)
        means = [_mean([x for x in ms if x is not None]) for ms in by_level]
        m = [_mixed(level.m, mean, _PRIOR_SHARE) for level, mean in zip(f.levels, means, strict=True)]
        # Where agreement seems rarer among pairs of one customer than by chance, something else was learnt.
        sound = m[0] > f.levels[0].u and m[-1] < f.levels[-1].u
        made.append(replace(f, levels=tuple(replace(x, m=y) for x, y in zip(f.levels, m, strict=True))) if sound else f)
    return tuple(made)


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _mixed(assumed: float, learnt: float | None, share: float) -> float:
    """What was learnt, drawn a little to what is assumed, so that no weight is infinite; rounded for repeatability."""
    if learnt is None:
        return assumed
    return float(f"{(1 - share) * learnt + share * assumed:.4g}")


def _predict(engine: DuckEngine, model: Model, into: str) -> None:
    import splink
    from splink.backends.duckdb import DuckDBAPI

    api = DuckDBAPI(engine.raw)
    linker = splink.Linker(api.register("match_compare"), _settings(model.fields, model.prior), validate_settings=False)
    linker.table_management.register_blocked_pairs_for_predict(api.register("match_blocked"))
    predicted = linker.inference.predict()
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE {into} AS SELECT unique_id_l AS l, unique_id_r AS r, "
        f"round(match_probability, 6) AS probability FROM {predicted.physical_name}"
    )


def _settings(fields: tuple[Field, ...], prior: float, frequencies: bool = True) -> splink.SettingsCreator:
    import splink

    return splink.SettingsCreator(
        link_type="dedupe_only",
        comparisons=[_comparison(f, frequencies) for f in fields],
        blocking_rules_to_generate_predictions=[splink.block_on("unique_id")],
        probability_two_random_records_match=prior,
        retain_matching_columns=False,
        em_convergence=0.001,
    )


def _comparison(field: Field, frequencies: bool) -> dict[str, object]:
    unknown = field.unknown or " OR ".join(f"{c}_{side} IS NULL" for c in field.columns for side in "lr")
    levels: list[dict[str, object]] = [{"sql_condition": unknown, "label_for_charts": "unknown", "is_null_level": True}]
    for n, level in enumerate(field.levels):
        made: dict[str, object] = {"sql_condition": level.sql, "label_for_charts": str(n)}
        made |= {"m_probability": level.m, "u_probability": level.u}
        if level.frequent and frequencies:
            made |= {"tf_adjustment_column": level.frequent, "tf_adjustment_weight": 1.0,
                     "disable_tf_exact_match_detection": True}  # fmt: skip
        levels.append(made)
    return {"output_column_name": field.name, "comparison_levels": levels}


@contextmanager
def _quietly() -> Iterator[None]:
    loggers = [logging.getLogger("splink"), logging.getLogger("splink.internals")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)

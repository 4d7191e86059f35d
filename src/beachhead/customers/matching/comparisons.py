"""What is compared between two accounts, in degrees, and what each degree is worth where nothing can be learnt."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Level:
    """One degree of agreement: SQL over `…_l` and `…_r`; `m` and `u` are its probabilities among pairs of one customer
    and of two, used where there is too little to learn from. `frequent`: the column whose rare values say more.
    """

    sql: str
    m: float
    u: float
    frequent: str | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """A comparison of one field: unknown on one side (or where `unknown` holds) says nothing; else the first level that
    holds counts.
    """

    name: str
    columns: tuple[str, ...]
    levels: tuple[Level, ...]
    unknown: str | None = None


def _alike(column: str, similarity: float) -> str:
    return f"jaro_winkler_similarity({column}_l, {column}_r) >= {similarity}"


def _same(column: str) -> str:
    return f"{column}_l = {column}_r"


def _days(most: int) -> str:
    parsed = "try_cast(birth_date_l AS DATE)", "try_cast(birth_date_r AS DATE)"
    return f"abs(date_diff('day', {parsed[0]}, {parsed[1]})) <= {most}"


PERSON = Field(
    "person",
    ("first_name", "last_name"),
    (
        Level("first_name_l = first_name_r AND last_name_l = last_name_r", 0.5, 0.0005, "name"),
        Level("first_name_l = last_name_r AND last_name_l = first_name_r", 0.05, 0.0005),
        Level(f"{_alike('first_name', 0.88)} AND {_alike('last_name', 0.88)}", 0.2, 0.001),
        Level(_same("last_name"), 0.1, 0.003, "last_name"),
        Level(_same("first_name"), 0.06, 0.01, "first_name"),
        Level("first_name_l = last_name_r OR last_name_l = first_name_r", 0.04, 0.005),
        Level(f"{_alike('first_name', 0.88)} OR {_alike('last_name', 0.88)}", 0.04, 0.02),
        Level("ELSE", 0.01, 0.9605),
    ),
    "(first_name_l IS NULL OR first_name_r IS NULL) AND (last_name_l IS NULL OR last_name_r IS NULL)",
)
NAME = Field(
    "company",
    ("core",),
    (
        Level(_same("joined"), 0.65, 0.0001, "joined"),
        Level(f"words_l = words_r OR ({_alike('joined', 0.94)} AND digits_l = digits_r)", 0.15, 0.0002),
        Level("starts_with(joined_l, joined_r) OR starts_with(joined_r, joined_l)", 0.07, 0.0004),
        Level("list_has_any(rare_words_l, rare_words_r)", 0.06, 0.0005),
        Level(_alike("joined", 0.85), 0.03, 0.005),
        Level("list_has_any(tokens_l, tokens_r)", 0.02, 0.02),
        Level("ELSE", 0.02, 0.9738),
    ),
)
FIELDS = (
    Field(
        "mail",
        ("mail_text",),
        (
            Level(_same("mail_text"), 0.7, 0.0002, "mail_text"),
            Level(_same("mailbox"), 0.08, 0.002),
            Level(_alike("mail_text", 0.9), 0.1, 0.002),
            Level("ELSE", 0.12, 0.9958),
        ),
    ),
    Field("site", ("domain",), (Level(_same("domain"), 0.85, 0.0002), Level("ELSE", 0.15, 0.9998))),
    Field(
        "birth",
        ("birth_date",),
        (
            Level(_same("birth_date"), 0.75, 0.0003),
            Level("damerau_levenshtein(birth_date_l, birth_date_r) <= 1", 0.1, 0.002),
            Level(_days(31), 0.05, 0.003),
            Level(_days(366), 0.05, 0.03),
            Level("ELSE", 0.05, 0.9647),
        ),
    ),
    Field(
        "phone",
        ("phone",),
        (
            Level(_same("phone"), 0.85, 0.0001),
            Level("damerau_levenshtein(phone_l, phone_r) <= 1", 0.05, 0.0002),
            Level("ELSE", 0.1, 0.9997),
        ),
    ),
    Field(
        "street",
        ("street",),
        (
            Level(_same("street"), 0.6, 0.0002),
            Level(f"house_l = house_r AND {_alike('street', 0.85)}", 0.2, 0.0005),
            Level(_alike("street", 0.9), 0.1, 0.005),
            Level("ELSE", 0.1, 0.9943),
        ),
    ),
    Field(
        "postcode",
        ("postcode",),
        (
            Level(_same("postcode"), 0.8, 0.001),
            Level("left(postcode_l, 3) = left(postcode_r, 3)", 0.08, 0.02),
            Level("ELSE", 0.12, 0.979),
        ),
    ),
    Field(
        "town",
        ("city",),
        (
            Level(_same("city"), 0.8, 0.02, "city"),
            Level(_alike("city", 0.88), 0.1, 0.005),
            Level("ELSE", 0.1, 0.975),
        ),
    ),
    Field("land", ("country",), (Level(_same("country"), 0.96, 0.2), Level("ELSE", 0.04, 0.8))),
)

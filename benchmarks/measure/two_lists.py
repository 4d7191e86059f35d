"""Two lists of customers that share no key, as large as asked for: a CRM's and a billing system's, with the truth."""

from __future__ import annotations

import random
from itertools import accumulate
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

_STARTS = (
    "al", "an", "ar", "be", "bra", "ca", "cer", "cor", "da", "del", "du", "ek", "el", "fa", "fin", "ga", "gre",
    "hal", "ho", "in", "jo", "ka", "kor", "la", "le", "lu", "ma", "mer", "mo", "na", "nor", "or", "pa", "pre",
    "qua", "ra", "ri", "sa", "sol", "ta", "tri", "va", "ve", "vol", "wa", "wes", "xen", "ya", "zen", "zo",
)  # fmt: skip
_MIDDLES = (
    "ba", "ce", "da", "di", "do", "ga", "ge", "la", "le", "li", "lo", "ma", "me", "mi", "na", "ne", "no", "pa",
    "ra", "re", "ri", "ro", "sa", "se", "ta", "te", "ti", "va", "vi",
)  # fmt: skip
_ENDS = (
    "bix", "con", "dex", "don", "fex", "gen", "gor", "lex", "lin", "lon", "mar", "mo", "nis", "nor", "pax",
    "ra", "rim", "ron", "ta", "tek", "ton", "tra", "va", "vex", "vo", "xis", "zon",
)  # fmt: skip
_TRADES = (
    "Software", "Consulting", "Logistics", "Media", "Systems", "Health", "Foods", "Engineering", "Design",
    "Solutions", "Partners", "Technologies", "Labs", "Capital", "Energy", "Security", "Networks", "Education",
    "Pharma", "Retail", "Packaging", "Plastics", "Marketing", "Studio", "Digital", "Data", "Properties",
    "Travel", "Textiles", "Machinery", "Automation", "Services", "Trading", "Construction", "Dynamics",
    "Textiles",
)  # fmt: skip
_FORMS = {
    "US": ("Inc.", "Inc", "LLC", "Corp."), "GB": ("Ltd", "Limited", "Ltd."), "DE": ("GmbH", "AG", "GmbH & Co. KG"),
    "FR": ("SAS", "S.A.S.", "SARL"), "NL": ("B.V.", "BV"), "ES": ("S.L.", "SL"), "IT": ("S.r.l.", "SRL"),
}  # fmt: skip
_ENDINGS = {"US": "com", "GB": "co.uk", "DE": "de", "FR": "fr", "NL": "nl", "ES": "es", "IT": "it"}
_COUNTRY_SHARES = (45, 15, 15, 9, 6, 5, 5)
_STREETS = (
    "Main", "Oak", "Park", "Mill", "Church", "Station", "Garden", "King", "Market", "Bridge", "School",
    "River", "Hill", "Forest", "Lake",
)  # fmt: skip
_GIVEN = (
    "anna", "ben", "carla", "david", "emma", "felix", "grace", "hugo", "ines", "jonas", "kate", "luis",
    "maria", "nils", "olga", "paul", "rosa", "sven", "tina", "viktor",
)  # fmt: skip
_MAIL = ("gmail.com", "gmail.com", "gmail.com", "outlook.com", "yahoo.com", "hotmail.com", "gmx.de", "icloud.com")

_TEXTS = ("name", "first_name", "last_name", "birth_date", "email", "website", "phone", "street", "city", "postcode",
          "country")  # fmt: skip
SCHEMA = pa.schema(
    [("record_no", pa.int64()), ("account_id", pa.string()), ("source", pa.string()), ("ids", pa.string()),
     ("listed", pa.bool_()), ("person", pa.bool_()), *((name, pa.string()) for name in _TEXTS),
     ("same_as", pa.list_(pa.string())), ("customer", pa.int64())]
)  # fmt: skip

Row = dict[str, object]


def write_two_lists(path: Path, records: int, seed: int = 1) -> None:
    """Write a Parquet file of `records` records of a CRM and as many of billing; `customer` is who it really is.

    Three quarters of the customers of each list are in the other too; one in twenty is in its list twice.
    """
    rng = random.Random(seed)
    world = _World(rng, records)
    once = int(records / 1.05)
    shared = int(once * 0.75)
    rows: list[Row] = []
    crm = range(once)
    billing = (*range(shared), *range(once, 2 * once - shared))
    customers = [world.customer() for _ in range(2 * once - shared)]
    for source, members in (("crm", crm), ("billing", billing)):
        extra = rng.sample(list(members), records - once)
        for n in (*members, *extra):
            write = world.in_crm if source == "crm" else world.in_billing
            rows.append({"source": source, "ids": source, "listed": True, "person": False, "customer": n,
                         "account_id": f"{source}:{len(rows)}", **write(customers[n])})  # fmt: skip
    rng.shuffle(rows)
    columns = {c: [row.get(c) for row in rows] for c in SCHEMA.names} | {"record_no": list(range(len(rows)))}
    pq.write_table(pa.table(columns, schema=SCHEMA), path)


class _World:
    """Who there is, drawn one by one: few names are common, most are rare, as in registers."""

    def __init__(self, rng: random.Random, size: int) -> None:
        self.rng = rng
        brands = {
            rng.choice(_STARTS)
            + "".join(rng.choice(_MIDDLES) for _ in range(rng.choice((0, 1, 1, 2))))
            + rng.choice(_ENDS)
            for _ in range(max(size // 3, 500))
        }
        self.brands = sorted(brands)
        rng.shuffle(self.brands)
        self.brand_weights = list(accumulate(1 / (n + 20) ** 0.7 for n in range(len(self.brands))))
        self.trade_weights = list(accumulate(1 / (n + 3) for n in range(len(_TRADES))))
        self.cities = [rng.choice(_STARTS).capitalize() + rng.choice(_MIDDLES) + rng.choice(_ENDS) for _ in range(2000)]
        self.city_weights = list(accumulate(1 / (n + 10) for n in range(len(self.cities))))
        self.domains: set[str] = set()

    def customer(self) -> Row:
        rng = self.rng
        brand = rng.choices(self.brands, cum_weights=self.brand_weights)[0]
        trade = rng.choices(_TRADES, cum_weights=self.trade_weights)[0] if rng.random() < 0.75 else ""
        country = rng.choices(list(_FORMS), _COUNTRY_SHARES)[0]
        city = rng.choices(range(len(self.cities)), cum_weights=self.city_weights)[0]
        name = f"{brand.capitalize()} {trade}".strip()
        mail = f"{rng.choice(_GIVEN)}.{rng.choice(self.brands)}"
        domain = None
        if rng.random() < 0.75:
            label = brand + trade.lower() if rng.random() < 0.7 else brand
            domain = f"{label}.{_ENDINGS[country]}"
            while domain in self.domains:
                domain = f"{label}{rng.randint(2, 9999)}.{_ENDINGS[country]}"
            self.domains.add(domain)
        return {
            "name": name, "country": country, "city": self.cities[city],
            "postcode": f"{10000 + city * 40 + rng.randint(0, 39)}",
            "street": f"{rng.randint(1, 250)} {rng.choice(_STREETS)} Street",
            "phone": f"{rng.randint(200, 999)}{rng.randint(10**6, 10**7)}",
            "domain": domain, "form": rng.choice(_FORMS[country]),
            "email": f"{mail}@{domain}" if domain else f"{mail}{rng.randint(1, 99)}@{rng.choice(_MAIL)}",
        }  # fmt: skip

    def in_crm(self, c: Row) -> Row:
        rng, row = self.rng, {"name": self.spelt(c, 0.4)}
        if c["domain"] and rng.random() < 0.85:
            row["website"] = f"https://www.{c['domain']}/"
        if rng.random() < 0.6:
            row["phone"] = f"({str(c['phone'])[:3]}) {str(c['phone'])[3:]}"
        if not c["domain"] and rng.random() < 0.85:
            row["email"] = c["email"]
        return row | (self.address(c) if rng.random() < 0.75 else {})

    def in_billing(self, c: Row) -> Row:
        rng, row = self.rng, {"name": self.spelt(c, 0.85)}
        if c["domain"] and rng.random() < 0.5:
            row["email"] = f"{rng.choice(('billing', 'ap', 'info', 'finance'))}@{c['domain']}"
        elif rng.random() < 0.95:
            row["email"] = c["email"]
        return row | (self.address(c) if rng.random() < 0.9 else {})

    def spelt(self, c: Row, legal: float) -> str:
        rng, name = self.rng, str(c["name"])
        if rng.random() < 0.05:
            at = rng.randrange(1, len(name) - 1)
            name = name[:at] + name[at + 1 :]
        name = f"{name} {c['form']}" if rng.random() < legal else name
        return name.upper() if rng.random() < 0.1 else name

    def address(self, c: Row) -> Row:
        return {k: c[k] for k in ("street", "city", "postcode", "country")}

"""Three made-up companies whose CRM, billing and survey share no key, with the truth of who is who.

- `saas`: sells software to businesses that have web addresses of their own; some are parts of a group.
- `agency`: works for small local businesses, most with free mail, several of the same name in different towns.
- `group`: supplies a few dozen large groups; each subsidiary is a customer, and they share names and web addresses.

Customers are drawn first, with what they are really called, where they are and who works there. Each system then writes
down what its users would: other spellings, typing mistakes, gaps, old addresses, duplicates. The same seed gives the
same records.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import combinations

import pyarrow as pa
from company_words import (
    BRANDS,
    COUNTRY_IN_NAME,
    COUNTRY_SPELLINGS,
    DIAL,
    ENDINGS,
    FREE_MAIL,
    GIVEN,
    LEGAL_FORMS,
    PLACES,
    SHOP_NAMES,
    SHOPS,
    STREETS,
    SURNAMES,
    TRADES,
)

TEXTS = ("name", "first_name", "last_name", "birth_date", "email", "website", "phone", "street", "city", "postcode",
         "country")  # fmt: skip
SCHEMA = pa.schema(
    [("record_no", pa.int64()), ("account_id", pa.string()), ("source", pa.string()), ("ids", pa.string()),
     ("listed", pa.bool_()), ("person", pa.bool_()), *((name, pa.string()) for name in TEXTS),
     ("same_as", pa.list_(pa.string()))]
)  # fmt: skip
DUPLICATES = 0.05
FLAVOURS = ("saas", "agency", "group")

Row = dict[str, object]
Pair = tuple[str, str]


@dataclass(frozen=True)
class Company:
    """The records of all systems, and the real customer of each account_id."""

    records: pa.Table
    customer_of: dict[str, int]

    def pairs(self) -> set[Pair]:
        """All pairs of account_ids that are one customer."""
        members: dict[int, list[str]] = {}
        for account, customer in self.customer_of.items():
            members.setdefault(customer, []).append(account)
        return {pair for group in members.values() for pair in combinations(sorted(group), 2)}


@dataclass
class Person:
    given: str
    surname: str
    email: str


@dataclass
class Customer:
    """What is true of a customer. `form`: the ways to write its legal form."""

    brand: str
    form: tuple[str, ...]
    country: str
    city: str
    postcode: str
    street: str
    phone: str
    domain: str | None
    people: list[Person] = field(default_factory=list)


def as_table(rows: list[Row]) -> pa.Table:
    """Records as `match_records` takes them, numbered in order; what a row lacks is null."""
    columns = {name: [row.get(name) for row in rows] for name in SCHEMA.names}
    columns["record_no"] = list(range(len(rows)))
    return pa.table(columns, schema=SCHEMA)


def make_company(flavour: str, seed: int = 1, size: int = 600) -> Company:
    """`flavour`: saas, agency or group; `size`: how many real customers."""
    rng = random.Random(f"{flavour} {seed}")
    customers = {"saas": _software_buyers, "agency": _local_businesses, "group": _subsidiaries}[flavour](rng, size)
    return _Systems(rng, flavour, customers).written_down()


# --- who the customers really are ------------------------------------------------------------------------------


def _software_buyers(rng: random.Random, size: int) -> list[Customer]:
    made: list[Customer] = []
    mails: set[str] = set()
    while len(made) < size:
        country = rng.choices(list(PLACES), [45, 15, 14, 6, 5, 4, 4, 3, 2, 2])[0]
        style = rng.random()
        if style < 0.55:
            brand = f"{rng.choice(BRANDS)} {rng.choice(TRADES)}"
        elif style < 0.75:
            brand = rng.choice(BRANDS) + rng.choice(
                ("ly", "ify", "hub", "base", "works", "io", "ware", "wise", "point")
            )
        elif style < 0.9:
            brand = f"{rng.choice(SURNAMES)} & {rng.choice((*SURNAMES, 'Sons', 'Söhne', 'Partners'))}"
        else:
            brand = f"The {rng.choice(BRANDS)} {rng.choice(('Company', 'Group', 'Agency', 'Collective'))}"
        taken = {c.domain for c in made}
        ending = rng.choice(ENDINGS[country])
        label = _label(rng, brand)
        domain = next(
            d
            for n in ("", "-hq", "app", "group", "2", "3", "4", "5", "6")
            if (d := f"{label}{n}.{ending}") not in taken
        )
        customer = _customer(rng, mails, brand, country, domain)
        made.append(customer)
        if rng.random() < 0.05:  # a part abroad or a sister that buys for itself
            other = rng.choice([c for c in PLACES if c != country])
            if rng.random() < 0.6:
                made.append(_customer(rng, mails, brand, other, domain))
            else:
                sister = f"{brand.split()[0]} {rng.choice([t for t in TRADES if t not in brand])}"
                made.append(_customer(rng, mails, sister, country, domain))
        if rng.random() < 0.02:  # the same name, and nothing to do with it
            other = rng.choice([c for c in PLACES if c != country])
            made.append(_customer(rng, mails, brand, other, f"{label}.{rng.choice(('online', 'biz', 'eu', 'group'))}"))
    return made[:size]


def _local_businesses(rng: random.Random, size: int) -> list[Customer]:
    made: list[Customer] = []
    mails: set[str] = set()
    for _ in range(size):
        country = rng.choices(["US", "GB", "DE"], [70, 20, 10])[0]
        style = rng.random()
        if style < 0.45:
            brand = f"{rng.choice(SHOP_NAMES)} {rng.choice(SHOPS)}"
        elif style < 0.8:
            brand = (
                f"{rng.choice(SURNAMES)}'s {rng.choice(SHOPS)}"
                if style < 0.6
                else f"{rng.choice(SURNAMES)} {rng.choice(SHOPS)}"
            )
        else:
            brand = f"{rng.choice(GIVEN)} {rng.choice(SURNAMES)} {rng.choice(SHOPS)}"
        own = rng.random() < 0.25
        label = _label(rng, brand)
        domain = (
            f"{label}{rng.choice(('', '', rng.choice(PLACES[country])[0].lower().replace(' ', '')))}" if own else None
        )
        domain = f"{_plain(domain)}.{rng.choice(ENDINGS[country])}" if domain else None
        if domain and domain in {c.domain for c in made}:
            domain = None
        customer = _customer(rng, mails, brand, country, domain)
        while any((c.brand, c.city) == (brand, customer.city) for c in made):  # two of one name in one town cannot be
            customer = _customer(rng, mails, f"{rng.choice(SURNAMES)} {brand}", country, domain)
            brand = customer.brand
        made.append(customer)
    return made


def _subsidiaries(rng: random.Random, size: int) -> list[Customer]:
    made: list[Customer] = []
    mails: set[str] = set()
    brands = rng.sample(BRANDS, len(BRANDS))
    while len(made) < size:
        brand = brands.pop() if brands else f"{rng.choice(SURNAMES)} {rng.choice(TRADES)}"
        label = _plain(brand.lower().replace(" ", ""))
        is_local = rng.random() < 0.5  # each country has a web address of its own
        for country in rng.sample(list(PLACES), rng.randint(2, 7)):
            name = brand
            if rng.random() < 0.55:
                name = f"{brand} {rng.choice(COUNTRY_IN_NAME[country])}"
            domain = f"{label}.{ENDINGS[country][0]}" if is_local else f"{label}.com"
            made.append(_customer(rng, mails, name, country, domain))
            trades = rng.sample(TRADES, rng.choice((0, 0, 0, 1, 2)))
            made += [_customer(rng, mails, f"{brand} {trade}", country, domain) for trade in trades]
    return made[:size]


def _customer(rng: random.Random, taken: set[str], brand: str, country: str, domain: str | None) -> Customer:
    """A customer somewhere in `country`; `taken`: e-mail addresses that somebody has."""
    city, postcode, area = rng.choice(PLACES[country])
    postcode = _near_postcode(rng, postcode)
    phone = f"+{DIAL[country]} {area.lstrip('0')} {rng.randint(200, 999)} {rng.randint(1000, 9999)}"
    number = rng.randint(1, 240)
    street = rng.choice(STREETS[country])
    street = f"{number} {street}" if country in ("US", "GB", "FR", "AU") else f"{street} {number}"
    customer = Customer(brand, rng.choice(LEGAL_FORMS[country]), country, city, postcode, street, phone, domain)
    for _ in range(rng.randint(1, 4 if domain else 2)):
        email = None
        while not email or email in taken:
            given, surname = rng.choice(GIVEN), rng.choice(SURNAMES)
            email = _mail(rng, given, surname, domain)
        taken.add(email)
        customer.people.append(Person(given, surname, email))
    return customer


def _near_postcode(rng: random.Random, postcode: str) -> str:
    """Another district of the same town."""
    digits = [i for i, c in enumerate(postcode) if c.isdigit()]
    at = digits[-1]
    return postcode[:at] + str(rng.randint(0, 9)) + postcode[at + 1 :]


def _mail(rng: random.Random, given: str, surname: str, domain: str | None) -> str:
    g, s = _plain(given).lower(), _plain(surname).lower().replace("'", "")
    if domain and rng.random() < 0.93:
        return f"{rng.choice((f'{g}.{s}', f'{g[0]}{s}', g, f'{s}'))}@{domain}"
    return f"{rng.choice((f'{g}.{s}', f'{g}{s}', f'{g[0]}{s}'))}{rng.randint(1, 999)}@{rng.choice(FREE_MAIL)}"


def _label(rng: random.Random, brand: str) -> str:
    words = [w for w in _plain(brand).lower().replace("&", "and").replace("'", "").split() if w != "the"]
    style = rng.random()
    if style < 0.55 or len(words) == 1:
        return "".join(words)
    if style < 0.7:
        return "-".join(words)
    return words[0] if style < 0.9 else words[0] + "".join(w[0] for w in words[1:])


def _plain(text: str) -> str:
    text = text.replace("ß", "ss").replace("ø", "o").replace("ł", "l")
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


# --- what the systems hold of them -----------------------------------------------------------------------------


class _Systems:
    """CRM, billing and survey of one company, and how carefully people typed."""

    def __init__(self, rng: random.Random, flavour: str, customers: list[Customer]) -> None:
        self.rng, self.flavour, self.customers = rng, flavour, customers
        self.rows: list[Row] = []
        self.customer_of: dict[str, int] = {}
        self.known: list[Person] = []  # whose e-mail a system holds

    def written_down(self) -> Company:
        for n, customer in enumerate(self.customers):
            in_crm, in_billing = self.often(0.88), self.often(0.75)
            self.known = []
            if in_crm:
                self.twice(n, customer, self.crm)
            if in_billing:
                self.twice(n, customer, self.billing)
            if (in_crm or in_billing) and self.often(0.5):
                # The survey is sent to the addresses that the systems hold; some people hand it on.
                for _ in range(self.rng.choice((1, 1, 1, 2, 3))):
                    asked = self.known if self.known and self.often(0.85) else customer.people
                    self.survey(n, customer, self.rng.choice(asked))
        self.rng.shuffle(self.rows)
        return Company(as_table(self.rows), self.customer_of)

    def often(self, share: float) -> bool:
        return self.rng.random() < share

    def twice(self, n: int, customer: Customer, write: Callable[[int, Customer], None]) -> None:
        write(n, customer)
        if self.often(DUPLICATES):
            write(n, customer)

    def add(self, n: int, account: str, row: Row) -> None:
        self.customer_of[account] = n
        self.rows.append({"account_id": account, **row})

    def crm(self, n: int, c: Customer) -> None:
        account = f"crm:001{len(self.rows):06d}"
        row: Row = {"source": "salesforce", "ids": "crm", "listed": True, "name": self.name(c, legal=0.4)}
        if c.domain and self.often(0.9):
            row["website"] = self.website(c.domain)
        if self.often(0.75):
            row["phone"] = self.phone(c)
        if self.often(0.8):
            row |= self.address(c, full=0.8)
        if not c.domain and self.often(0.9):
            row["email"] = c.people[0].email
            self.known.append(c.people[0])
        self.add(n, account, row)
        if self.flavour != "agency":
            for person in c.people:
                if self.often(0.6):
                    self.known.append(person)
                    self.rows.append(
                        {"account_id": account, "source": "contacts", "ids": "crm", "listed": False, "person": True,
                         "first_name": person.given, "last_name": person.surname, "email": self.email(person.email)}
                    )  # fmt: skip

    def billing(self, n: int, c: Customer) -> None:
        account = f"cus:{self.rng.getrandbits(40):010x}"
        row: Row = {"source": "billing", "ids": "cus", "listed": True}
        owner = c.people[0]
        if self.flavour == "agency" and self.often(0.08):
            row["name"] = f"{owner.given} {owner.surname}"
        else:
            row["name"] = self.name(c, legal=0.85, shout=0.15)
        if c.domain and self.often(0.5):
            mailbox = self.rng.choice(("billing", "accounts", "ap", "finance", "invoices", "info", "office"))
            row["email"] = f"{mailbox}@{c.domain}"
        elif self.often(0.93):
            payer = self.rng.choice(c.people) if self.often(0.4) else owner
            row["email"] = self.email(payer.email)
            self.known.append(payer)
        if self.often(0.85 if self.flavour == "saas" else 0.95):  # an invoice needs an address; a card does not
            row |= self.address(c, full=0.85, moved=0.06)
        if self.flavour == "agency" and self.often(0.5):
            row["phone"] = self.phone(c)
        self.add(n, account, row)

    def survey(self, n: int, c: Customer, person: Person) -> None:
        email = self.email(person.email)
        account = f"survey:{email.lower()}"
        if account in self.customer_of:
            return
        row: Row = {"source": "survey", "ids": "survey", "listed": False, "person": True, "email": email}
        row |= {"first_name": person.given, "last_name": person.surname} if self.often(0.4) else {}
        is_asked = any(person is p for p in self.known)
        if self.often(0.75 if is_asked else 0.95):
            row["name"] = self.name(c, legal=0.25, short=0.08 if self.flavour != "group" else 0.0)
        if self.often(0.7):
            row["country"] = self.rng.choice(COUNTRY_SPELLINGS[c.country])
        if self.flavour == "agency" and self.often(0.7):  # it asks for name and town
            row["city"] = c.city
        self.add(n, account, row)

    # how people write

    def name(self, c: Customer, legal: float, shout: float = 0.05, short: float = 0.0) -> str:
        name = c.brand
        if self.often(0.5):
            name = name.replace("&", self.rng.choice(("and", "+")))
        if name.startswith("The ") and self.often(0.5):
            name = name[4:]
        if self.often(short) and len(name.split()) > 1 and not name.startswith("The "):
            name = name.split()[0]
        if self.often(0.06):
            for long, brief in (("International", "Intl"), ("Technologies", "Tech"), ("Manufacturing", "Mfg"),
                                ("Management", "Mgmt"), ("Services", "Svcs"), ("Engineering", "Eng.")):  # fmt: skip
                name = name.replace(long, brief)
        if self.often(0.06):
            name = self.typo(name)
        if self.often(legal):
            form = self.rng.choice(c.form)
            name = f"{name}{form}" if form.startswith(",") else f"{name} {form}"
        if self.often(0.25):
            name = _plain(name.replace("ü", "ue").replace("ö", "oe").replace("ä", "ae"))
        if self.often(shout):
            name = name.upper()
        elif self.often(0.05):
            name = name.lower()
        return f" {name}" if self.often(0.02) else name

    def typo(self, text: str) -> str:
        at = self.rng.randrange(1, max(2, len(text) - 1))
        kind = self.rng.randrange(3)
        if kind == 0:
            return text[:at] + text[at + 1 :]
        if kind == 1:
            return text[:at] + text[at] + text[at:]
        return text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :] if at else text

    def website(self, domain: str) -> str:
        return self.rng.choice(
            (domain, f"www.{domain}", f"https://www.{domain}", f"http://{domain}/", f"https://{domain}/en/home",
             domain.upper())
        )  # fmt: skip

    def email(self, email: str) -> str:
        if self.often(0.08):
            return email.upper() if self.often(0.5) else email.capitalize()
        if self.often(0.03):
            mailbox, host = email.split("@")
            return f"{mailbox}+{self.rng.choice(('news', 'survey', 'billing'))}@{host}"
        return email

    def phone(self, c: Customer) -> str:
        code, area, one, two = c.phone.split(" ")
        return self.rng.choice(
            (c.phone, f"{code}{area}{one}{two}", f"0{area}/{one}{two}", f"({area}) {one}-{two}", f"{area}.{one}.{two}",
             f"00{code[1:]} {area} {one} {two}")
        )  # fmt: skip

    def address(self, c: Customer, full: float, moved: float = 0.0) -> Row:
        row: Row = {"city": c.city, "country": self.rng.choice(COUNTRY_SPELLINGS[c.country])}
        city, postcode, street = c.city, c.postcode, c.street
        if self.often(moved):  # invoices go elsewhere, or the CRM was never told
            city, postcode, _ = self.rng.choice(PLACES[c.country])
            street = f"{self.rng.randint(1, 200)} {self.rng.choice(STREETS[c.country])}"
        if self.often(full):
            row |= {"street": street, "postcode": postcode}
            if self.often(0.3):
                row["street"] = (
                    street.replace("Street", "St.")
                    .replace("Avenue", "Ave")
                    .replace("straße", "str.")
                    .replace("Road", "Rd")
                )
            if self.often(0.1):
                row["postcode"] = postcode.replace(" ", "").lstrip("0")
        row["city"] = _plain(city) if self.often(0.3) else city
        return row

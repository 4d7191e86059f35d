"""What the invented company's world consists of: words for names, places, prices, channels, their frequencies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Days = npt.NDArray[np.datetime64]
"""Days as datetime64[D], moments as datetime64[s]; NaT: unknown or not yet."""
Day = np.datetime64


@dataclass(frozen=True, slots=True)
class Choice:
    """Named values with their frequencies."""

    names: tuple[str, ...]
    weights: tuple[float, ...]

    def draw(self, rng: np.random.Generator, size: int) -> Ints:
        """Indexes into `names`."""
        return pick(rng, np.asarray(self.weights), size)

    def index(self, name: str) -> int:
        return self.names.index(name)


def choice(**weights: float) -> Choice:
    """`choice(google_paid=2, event=1)`; underscores stay."""
    return Choice(tuple(weights), tuple(weights.values()))


def pick(rng: np.random.Generator, weights: Floats, size: int) -> Ints:
    """Indexes drawn in proportion to `weights` (one dimension)."""
    edges = np.cumsum(weights / weights.sum())
    found: Ints = np.minimum(np.searchsorted(edges, rng.random(size), side="right"), len(weights) - 1)
    return found


def pick_each(rng: np.random.Generator, weights: Floats) -> Ints:
    """One index per row of `weights` (rows × choices), in proportion to that row."""
    edges = np.cumsum(weights, axis=1)
    found: Ints = np.minimum(
        (rng.random(len(weights))[:, None] * edges[:, -1:] >= edges).sum(axis=1), weights.shape[1] - 1
    )
    return found


INDUSTRIES = Choice(
    (
        "Agency", "Software", "E-commerce", "Consulting", "Education", "Healthcare", "Financial Services",
        "Manufacturing", "Media", "Non-profit",
    ),
    (0.20, 0.17, 0.14, 0.12, 0.08, 0.07, 0.07, 0.06, 0.05, 0.04),
)  # fmt: skip
NAME_ENDINGS = {
    "Agency": ("Studio", "Creative", "Agency", "Partners", "Media", "Digital"),
    "Software": ("Labs", "Software", "Systems", "Cloud", "Tech", "Works"),
    "E-commerce": ("Shop", "Store", "Goods", "Trading", "Outfitters", "Supply"),
    "Consulting": ("Consulting", "Advisory", "& Partners", "Group", "Strategy", "Associates"),
    "Education": ("Academy", "School", "Institute", "Learning", "College", "Tutors"),
    "Healthcare": ("Health", "Clinics", "Care", "Medical", "Dental", "Labs"),
    "Financial Services": ("Capital", "Finance", "Insurance", "Wealth", "Credit", "Holdings"),
    "Manufacturing": ("Industries", "Engineering", "Tools", "Components", "Metals", "Works"),
    "Media": ("Press", "Publishing", "Radio", "Pictures", "News", "Magazine"),
    "Non-profit": ("Foundation", "Trust", "Initiative", "Alliance", "Network", "Fund"),
}
SIZE_WEIGHTS = (0.40, 0.31, 0.17, 0.09, 0.03)
SIZE_EDGES = (1, 11, 51, 201, 1001, 6000)

CHANNELS = Choice(
    (
        "organic_search", "google_paid", "linkedin_paid", "twitter_paid", "content", "referral", "partner", "event",
        "outbound", "direct",
    ),
    (0.20, 0.17, 0.10, 0.09, 0.11, 0.09, 0.06, 0.04, 0.05, 0.09),
)  # fmt: skip
CHANNEL_COST_CENTS = {
    "organic_search": 10_800, "google_paid": 114_000, "linkedin_paid": 192_000, "twitter_paid": 78_000,
    "content": 25_200, "referral": 18_000, "partner": 48_000, "event": 252_000, "outbound": 216_000, "direct": 0,
}  # fmt: skip
"""What marketing spends per sign-up, in cents."""

USE_CASES = Choice(
    (
        "client reporting", "internal dashboards", "marketing analytics", "investor updates", "finance reporting",
        "something else",
    ),
    (0.12, 0.34, 0.24, 0.09, 0.12, 0.09),
)  # fmt: skip
ROLES = Choice(
    ("founder", "marketer", "analyst", "operations", "consultant", "developer"), (0.2, 0.24, 0.2, 0.15, 0.11, 0.1)
)
TEAM_SIZES = ("just me", "2-5", "6-20", "21-50", "more than 50")
TECHNOLOGIES = Choice(("HubSpot", "Salesforce", "Shopify", "WordPress", "Google Workspace", "Microsoft 365"),
                      (0.2, 0.14, 0.13, 0.2, 0.19, 0.14))  # fmt: skip
SIGNUP_FORMS = Choice(("short", "long"), (0.6, 0.4))

PLACES: tuple[tuple[str, str, str, float], ...] = (
    ("Netherlands", "Noord-Holland", "Amsterdam", 6), ("Netherlands", "Utrecht", "Utrecht", 4),
    ("Germany", "Berlin", "Berlin", 7), ("Germany", "Bayern", "München", 5), ("Germany", "Hamburg", "Hamburg", 4),
    ("United Kingdom", "England", "London", 11), ("United Kingdom", "England", "Manchester", 5),
    ("United Kingdom", "Scotland", "Edinburgh", 3), ("France", "Île-de-France", "Paris", 7),
    ("France", "Rhône", "Lyon", 3), ("United States", "New York", "New York", 9),
    ("United States", "California", "San Francisco", 7), ("United States", "Texas", "Austin", 6),
    ("United States", "Illinois", "Chicago", 4), ("Canada", "Ontario", "Toronto", 4), ("Spain", "Madrid", "Madrid", 4),
    ("Sweden", "Stockholm", "Stockholm", 3), ("Denmark", "Hovedstaden", "København", 3),
    ("Australia", "New South Wales", "Sydney", 3), ("Ireland", "Leinster", "Dublin", 2),
)  # fmt: skip

PLANS = ("Starter", "Team", "Business", "Enterprise")
SEAT_PRICE_CENTS = (1_900, 3_900, 5_900, 8_900)
ADD_ON_PRICE_CENTS = 4_900
SEATS_BY_SIZE = (2.0, 6.0, 14.0, 38.0, 85.0)
COMPETITORS = Choice(("Tableau", "Looker Studio", "Databox", "Klipfolio", "spreadsheets", ""),
                     (0.14, 0.18, 0.12, 0.09, 0.17, 0.3))  # fmt: skip
LOST_REASONS = Choice(("price", "missing feature", "chose competitor", "no decision", "timing"),
                      (0.28, 0.22, 0.2, 0.18, 0.12))  # fmt: skip

KEY_EVENTS = ("connect_source", "create_report", "export", "share", "invite", "schedule_report", "comment", "api_call")
OTHER_EVENTS = ("login", "view_report", "search", "edit_settings")
EVENTS = (*KEY_EVENTS, *OTHER_EVENTS)
EVENT_WEIGHTS = (0.03, 0.09, 0.08, 0.07, 0.02, 0.03, 0.05, 0.04, 0.24, 0.26, 0.06, 0.03)
EXPORT, INVITE = EVENTS.index("export"), EVENTS.index("invite")

FEATURES = Choice(
    ("white-label reports", "scheduled e-mails", "more data sources", "single sign-on", "mobile app", "forecasting",
     "comments on charts", "PowerPoint export"),
    (0.19, 0.12, 0.2, 0.1, 0.09, 0.08, 0.08, 0.14),
)  # fmt: skip
CAMPAIGNS = Choice(
    ("Spring webinar", "Product newsletter", "Onboarding series", "Agency playbook", "Autumn webinar", "Win-back"),
    (0.15, 0.35, 0.2, 0.1, 0.12, 0.08),
)
TICKET_CHANNELS = Choice(("email", "chat", "phone", "web"), (0.42, 0.33, 0.08, 0.17))
TICKET_PRIORITIES = Choice(("low", "normal", "high", "urgent"), (0.2, 0.56, 0.19, 0.05))
TICKET_TYPES = Choice(("How do I", "Data source broken", "Billing", "Bug", "Account access"),
                      (0.37, 0.23, 0.14, 0.16, 0.1))  # fmt: skip
PROMOTER_WORDS = (
    "Saves us a day every month", "Our clients love the reports", "Best tool we added this year",
    "Easy to set up, and support is quick", "",
)  # fmt: skip
PASSIVE_WORDS = ("Good, but the editor is slow", "Does the job", "Missing a few data sources, otherwise fine", "", "")
DETRACTOR_WORDS = (
    "Too expensive for what we use", "Connections keep breaking", "We could not get the team to use it",
    "Took too long to set up, never finished", "",
)  # fmt: skip

COMPANY_FIRST = (
    "North", "Blue", "Bright", "Red", "Silver", "Green", "Iron", "Clear", "Swift", "Oak", "River", "Stone", "Sun",
    "Wild", "Moon", "High", "Deep", "Open", "True", "Copper", "Amber", "Fox", "Harbour", "Maple", "Delta", "Nova",
    "Lumen", "Orbit", "Pixel", "Vertex", "Cedar", "Falcon", "Granite", "Helio", "Indigo", "Juniper", "Kite", "Lark",
    "Mosaic", "Nimbus",
)  # fmt: skip
COMPANY_SECOND = (
    "field", "bridge", "wave", "line", "gate", "path", "leaf", "point", "light", "ridge", "brook", "mark", "forge",
    "wood", "land", "shore", "peak", "craft", "grove", "haven", "spring", "crest", "dale", "port", "mill", "ford",
    "way", "stead", "worth", "view",
)  # fmt: skip
PEOPLE_FIRST = (
    "Emma", "Liam", "Sofia", "Noah", "Mila", "Lucas", "Anna", "Finn", "Julia", "Daan", "Sara", "Jonas", "Elena",
    "Oliver", "Nora", "Mateo", "Ines", "Hugo", "Clara", "Leo", "Amir", "Priya", "Chen", "Yuki", "Fatima", "Omar",
    "Grace", "Samuel", "Ruth", "Tom", "Eva", "Ivan", "Zoe", "Marta", "Paul", "Lena", "David", "Aisha", "Erik", "Rosa",
)  # fmt: skip
PEOPLE_LAST = (
    "Jansen", "Smith", "Müller", "García", "Rossi", "Dubois", "Novak", "Andersson", "Kim", "Patel", "Okafor", "Silva",
    "Brown", "Visser", "Schmidt", "Lopez", "Moretti", "Laurent", "Kowalski", "Nilsson", "Tanaka", "Singh", "Mensah",
    "Costa", "Taylor", "Bakker", "Wagner", "Fernandez", "Ricci", "Petit", "Horvat", "Berg", "Wong", "Khan", "Adeyemi",
    "Pereira", "Wilson", "Mulder", "Fischer", "Murphy",
)  # fmt: skip
FREE_MAIL = ("gmail.com", "outlook.com", "yahoo.com", "icloud.com")
TOP_LEVEL = (".com", ".io", ".co", ".net", ".eu")

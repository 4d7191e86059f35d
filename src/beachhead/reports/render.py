"""The report as one HTML file that needs nothing else: styles and drawings inside, every value escaped."""

from __future__ import annotations

from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from beachhead.reports.data import ReportData
from beachhead.reports.filters import filters
from beachhead.reports.view import view_of


def render(report: ReportData) -> str:
    """The whole page. Nothing in it is fetched from anywhere; it prints on A4."""
    environment = Environment(
        loader=PackageLoader("beachhead.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(filters(report.settings.currency))
    css = resources.files("beachhead.reports").joinpath("templates/report.css").read_text("utf-8")
    return environment.get_template("report.html.j2").render(view=view_of(report), css=Markup(css))

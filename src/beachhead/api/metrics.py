"""The metrics explorer: what can be asked, answers as tables, pictures and files, who is behind a number."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from beachhead.api.files import Server
from beachhead.metrics.periods import Every
from beachhead.service.metric_explorer import (
    Behind,
    Choices,
    MetricAnswer,
    answer,
    behind,
    behind_workbook,
    choices,
    picture,
    workbook,
)
from beachhead.service.metrics import MetricQuery

router = APIRouter(prefix="/metrics")
Names = Annotated[list[str], Query()]
_PICTURES = {"svg": "image/svg+xml", "png": "image/png"}
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Asked(BaseModel):
    """What is asked; see `MetricQuery`."""

    names: list[str] = []
    by: str | None = None
    segment: str | None = None
    first: date | None = Field(None, alias="from")
    last: date | None = Field(None, alias="to")
    every: Every = "month"
    today: bool = False

    @property
    def query(self) -> MetricQuery:
        return MetricQuery(tuple(self.names), self.by, self.segment, self.first, self.last, self.every, self.today)


AskedQuery = Annotated[Asked, Query()]


class AskedWho(Asked):
    """Whose number: one of `names`, of a group and a period as the answer labels them."""

    names: list[str] = Field(min_length=1)
    group: str = "all"
    period: str


class AskedChart(Asked):
    """How wide the picture is, in points, without its axis."""

    width: int = Field(640, ge=160, le=2000)


@router.get("/choices")
def what_can_be_asked(server: Server) -> Choices:
    """Metrics with their definitions, and what they can be broken down by."""
    return choices(server.latest())


@router.get("")
def values(asked: AskedQuery, server: Server) -> MetricAnswer:
    """Values of metrics over time and by group."""
    return answer(server.latest(), asked.query)


@router.get("/who")
def who(asked: Annotated[AskedWho, Query()], server: Server) -> Behind:
    """The customers behind one value, by name."""
    return behind(server.latest(), asked.query, asked.group, asked.period)


@router.get("/chart.{form}", response_class=Response)
def chart(form: Literal["svg", "png"], asked: Annotated[AskedChart, Query()], server: Server) -> Response:
    """The answer as a picture; 204 where nothing has a value."""
    drawn = picture(server.latest(), asked.query, form, asked.width)
    return Response(drawn, media_type=_PICTURES[form]) if drawn else Response(status_code=204)


@router.get("/table.xlsx", response_class=Response)
def table(asked: AskedQuery, server: Server) -> Response:
    """The answer as a workbook: values, numbers behind them, definitions."""
    latest = server.latest()
    return _file(f"{server.root.name}-metrics-{latest.as_of}.xlsx", partial(workbook, latest, asked.query))


@router.get("/who.xlsx", response_class=Response)
def all_of_them(asked: Annotated[AskedWho, Query()], server: Server) -> Response:
    """All customers behind one value as a workbook."""
    latest = server.latest()
    name = f"{server.root.name}-{'-'.join(asked.names[:1])}-{asked.group}-{asked.period}.xlsx".replace("/", "-")
    return _file(name, partial(behind_workbook, latest, asked.query, asked.group, asked.period))


def _file(name: str, write: Callable[[Path], None]) -> Response:
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "metrics.xlsx"
        write(path)
        return Response(path.read_bytes(), media_type=_XLSX, headers=headers)

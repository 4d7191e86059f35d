"""Everyone in exactly one group: the segmentation of a project over the customers of a published update."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from beachhead.errors import DefinitionError, Diagnostic, UsageError
from beachhead.project import Project
from beachhead.project.definitions import Status
from beachhead.service.results import Run

REST = "everyone_else"


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """One group: the members of a segment who are in no group before it; last, those who are in none. `in_segment`: how
    many members the segment has, those of earlier groups among them."""

    name: str
    title: str
    status: Status | None
    trigger: str | None
    review: date | None
    in_segment: int | None
    members: NDArray[np.uint32]


def segmentation(run: Run, project: Project) -> tuple[Group, ...]:
    """The groups of a project's segmentation in order; every customer is in exactly one.

    Raises `UsageError` without a segmentation or for a segment that there is not, `DefinitionError` for a file with
    errors, `DataError` for a segment without data.
    """
    definition = project.segmentation
    if wrong := [d for d in project.errors if d.place and d.place.file.startswith("segmentation.")]:
        raise DefinitionError(wrong)
    if definition is None:
        remedy = "List your segments in segmentation.yml, the most important first."
        raise UsageError(Diagnostic("no-segmentation", "the project has no segmentation.yml", remedy=remedy))
    numbers = run.columns("account_no")["account_no"].to_numpy()
    members = run.members(*(group.segment for group in definition.groups))
    titles = {s.name: s.title for s in run.about.segments}
    left = numbers
    groups = []
    for group in definition.groups:
        inside = np.isin(left, members[group.segment])
        size = len(members[group.segment])
        told = titles[group.segment], group.status, group.trigger, group.review
        groups.append(Group(group.segment, *told, size, left[inside]))
        left = left[~inside]
    rest = definition.rest
    return (*groups, Group(REST, rest.title, rest.status, None, None, None, left))

"""A person's answer to a question about a file, written into the proposal."""

from __future__ import annotations

from beachhead.project.definitions import ColumnMap
from beachhead.project.model import BY_NAME
from beachhead.sources.recognise.proposal import Choice, ColumnProposal, Proposal
from beachhead.sources.recognise.reading import ALL_WORDS, CENT_WORDS, COMMA_WORDS, MONTH_WORDS


def answered(proposal: Proposal, choice: Choice, answer: str) -> Proposal:
    """The proposal after an answer, which is one of the choice's options. Raises `ValueError` for another one.

    Which table a file feeds is not answered here: its columns then mean something else (`recognise_as`).
    """
    if answer not in choice.options or choice not in proposal.choices:
        raise ValueError(f"'{answer}' is none of: {', '.join(choice.options)}")
    if choice.about in ("table", "grain"):
        raise ValueError("another table needs the file to be looked at again")
    columns = tuple(_changed(column, choice, answer, proposal) for column in proposal.columns)
    choices = tuple(c.model_copy(update={"answer": answer}) if c == choice else c for c in proposal.choices)
    return proposal.model_copy(update={"columns": columns, "choices": choices})


def _changed(column: ColumnProposal, choice: Choice, answer: str, proposal: Proposal) -> ColumnProposal:
    if choice.about == "quantity" and column.source == choice.column:
        return _counted(column, answer != ALL_WORDS)
    mapping = column.mapping
    if mapping is None:
        return column
    update: dict[str, object] = {}
    match choice.about:
        case "date_order" if column.source == choice.column and mapping.format:
            update = {"format": tuple(_ordered(f, is_month=answer == MONTH_WORDS) for f in mapping.format)}
        case "decimal" if column.source == choice.column and _is_number(mapping, column, proposal):
            update = {"decimal": "," if answer == COMMA_WORDS else "."}
        case "currency" if column.target == "currency" and mapping.constant is not None:
            update = {"constant": answer}
        case "unit" if column.section == "columns" and _is_money(column, proposal):
            update = {"unit": "minor" if answer == CENT_WORDS else "major"}
        case _:
            return column
    return column.model_copy(update={"mapping": mapping.model_copy(update=update)})


def _counted(column: ColumnProposal, is_counted: bool) -> ColumnProposal:
    """The quantity where the price is to be multiplied by it, else nothing."""
    if not is_counted:
        reason = "the price is for all units together"
        return column.model_copy(update={"section": "unused", "target": "", "mapping": None, "reason": reason})
    mapping = column.mapping or ColumnMap(column=column.source)
    return column.model_copy(update={"section": "columns", "target": "quantity", "mapping": mapping})


def _ordered(form: str, is_month: bool) -> str:
    day, month = form.find("%d"), form.find("%m")
    if day < 0 or month < 0 or (month < day) == is_month:
        return form
    return form.replace("%d", "\0").replace("%m", "%d").replace("\0", "%m")


def _is_number(mapping: ColumnMap, column: ColumnProposal, proposal: Proposal) -> bool:
    wanted = BY_NAME[proposal.table].column(column.target) if column.section == "columns" else None
    return (wanted.type if wanted else mapping.type) in ("integer", "number", "money")


def _is_money(column: ColumnProposal, proposal: Proposal) -> bool:
    wanted = BY_NAME[proposal.table].column(column.target)
    return wanted is not None and wanted.type == "money" and bool(column.source)

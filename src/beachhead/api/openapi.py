"""`python -m beachhead.api.openapi FILE`: the description of the API from which the page's typed client is made."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from beachhead.api.app import routes
from beachhead.api.state import State


def description() -> str:
    """The OpenAPI document as text."""
    document = routes(State(Path("/"))).openapi()
    document["info"]["version"] = "0"  # the client does not change with each release
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(description(), encoding="utf-8")

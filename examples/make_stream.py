"""Turn the algorithm's recommendations into a stream of proposals, one JSON line each, as the API takes them.

    python examples/make_stream.py recommendations.jsonl > examples/calls-2012.jsonl

What the algorithm listed beside its choice (`choices`) becomes `editable`: the values a person may change to. The time
at which it spoke becomes `context.at`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def proposal(recommendation: dict[str, Any]) -> dict[str, Any]:
    """One recommendation as the body of `POST /v1/requests`."""
    body = dict(recommendation)
    at, choices = body.pop("at"), body.pop("choices")
    quantity = body["parameters"]["quantity"]
    body["context"] = {"at": at, **body["context"]}
    body["currency"] = "USD"
    body["algorithm"] = "calls-2012"
    body["editable"] = {
        "properties": {
            "strike": {"type": "number", "title": "Strike", "enum": choices["strike"]},
            "expiry": {"type": "string", "title": "Expiry", "format": "date", "enum": choices["expiry"]},
            "quantity": {"type": "integer", "title": "Contracts", "minimum": 1, "maximum": 2 * quantity},
        }
    }
    return body


def main() -> None:
    """Read the file named first, write to standard output."""
    for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines():
        print(json.dumps(proposal(json.loads(line))))


if __name__ == "__main__":
    main()

"""Whether what this server sends has the shape of the vendor's own samples (slackapi/java-slack-sdk).

The samples lie outside the repository: the environment variable PLACET_SPECS names their folder. Without it nothing
is compared.
"""

from __future__ import annotations

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

from tests.platforms.slack.world import Json

FILES = {"block_actions": "slack-block-actions.sample.json", "view_submission": "slack-view-submission.sample.json"}
NOT_IN_THE_SAMPLES = re.compile(r"/response_urls|/view/blocks|.*/text/verbatim|.*/elements/\d+/verbatim")
"""Sent by Slack and described on docs.slack.dev, and missing in samples that were recorded elsewhere."""


@cache
def _sample(kind: str) -> Json | None:
    folder = os.environ.get("PLACET_SPECS")
    if not folder or kind not in FILES:
        return None
    found: Json = json.loads((Path(folder) / FILES[kind]).read_text(encoding="utf-8"))
    return found


def unlike_the_sample(payload: Json) -> list[str]:
    """Members of a payload that the sample of its kind does not have, or has as something else."""
    kind = payload.get("type", "")
    sample = _sample(kind)
    if sample is None:
        return []
    return [problem for problem in _unlike(payload, sample, "") if not NOT_IN_THE_SAMPLES.fullmatch(problem.split()[0])]


def _unlike(found: Any, sample: Any, at: str) -> list[str]:
    if found is None or sample in ({}, []):
        return []
    if isinstance(sample, dict):
        if not isinstance(found, dict):
            return [f"{at} is no object"]
        strange = [f"{at}/{key} is unknown" for key in found if key not in sample]
        inner = [_unlike(value, sample[key], f"{at}/{key}") for key, value in found.items() if key in sample]
        return strange + [problem for one in inner for problem in one]
    if isinstance(sample, list):
        if not isinstance(found, list):
            return [f"{at} is no array"]
        # A kind of block that no sample shows is compared with nothing.
        typed = {one["type"]: one for one in sample if isinstance(one, dict) and "type" in one}
        inner = [
            _unlike(one, (typed.get(one.get("type"), {}) if typed else sample[0]), f"{at}/{number}")
            for number, one in enumerate(found)
        ]
        return [problem for one in inner for problem in one]
    same = isinstance(found, bool) == isinstance(sample, bool) and isinstance(found, type(sample))
    return [] if same else [f"{at} is {type(found).__name__}, not {type(sample).__name__}"]

"""A ruling with a hundred rules."""

from __future__ import annotations

import time
from pathlib import Path

from bench.figures import Figure
from bench.house import PROGRAM, proposal
from bot.clock import SystemClock
from core.policy_document import read_policy

RULES = 100
ROUNDS = 2_000


def measure(_: Path) -> list[Figure]:
    """Microseconds a ruling, when every rule has to be judged."""
    rules = [
        {
            "name": f"rule {number}",
            "tier": 3 if number < 50 else 2,
            "when": f"amount > {10**6 + number} || confidence < 0.{number % 10 + 10} || context.days > {number + 50}",
            "route": {"roles": ["owner"]},
        }
        for number in range(RULES - 1)
    ]
    rules.append({"name": "the rest", "tier": 1, "route": {"roles": ["owner"]}})
    policy = read_policy(
        {
            "name": "a hundred",
            "currency": "USD",
            "inputs": {"amount": "required", "confidence": "required", "context.days": "required"},
            "rules": rules,
        }
    )
    asked, now = proposal(), SystemClock().now()
    best, ruling = float("inf"), None
    for _round in range(5):
        begun = time.perf_counter()
        for _again in range(ROUNDS // 5):
            ruling = policy.rule(asked, asked.context, PROGRAM, 1, {}, {}, now, now)
        best = min(best, (time.perf_counter() - begun) / (ROUNDS // 5))
    if ruling is None or ruling.rule != "the rest":
        raise RuntimeError("not judged by the last rule")
    return [Figure("a ruling with 100 rules, µs", best * 1e6, 200, "every rule judged", least=False)]

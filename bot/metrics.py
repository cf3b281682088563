"""Figures for Prometheus, at `/metrics`."""

from __future__ import annotations

from collections import Counter as Counts
from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from core.engine import Batch
from core.events import Claimed, Decided, Opened, Voted

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


disable_created_metrics()  # type: ignore[no-untyped-call]


class _Pending(Collector):
    """How many wait now, asked of the database when somebody looks."""

    def __init__(self, counts: Callable[[], Mapping[int, int]]) -> None:
        self._counts = counts

    def collect(self) -> list[Metric]:
        family = GaugeMetricFamily("placet_pending", "Requests that wait for a decision", labels=["tier"])
        for tier, count in self._counts().items():
            family.add_metric([str(tier)], count)
        return [family]

    def describe(self) -> list[Metric]:
        return [GaugeMetricFamily("placet_pending", "Requests that wait for a decision", labels=["tier"])]


class _Degraded(Collector):
    """What does not work as it should now, and why."""

    def __init__(self, degraded: Callable[[], Mapping[tuple[str, str], str]]) -> None:
        self._degraded = degraded

    def collect(self) -> list[Metric]:
        [family] = self.describe()
        assert isinstance(family, GaugeMetricFamily)  # noqa: S101 - made one line above
        for (kind, name), why in self._degraded().items():
            family.add_metric([kind, name, why], 1)
        return [family]

    def describe(self) -> list[Metric]:
        about = "Channels that do not take messages and platforms that bring no taps"
        return [GaugeMetricFamily("placet_degraded", about, labels=["kind", "name", "why"])]


class Metrics:
    """`counts`: how many wait, by tier; `waiting`: for the writer."""

    def __init__(self, counts: Callable[[], Mapping[int, int]], waiting: Callable[[], int]) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_Pending(counts))
        self._counters = {
            "opened": Counter("placet_requests", "Requests submitted", ["tier"], registry=self.registry),
            "voted": Counter("placet_votes", "Votes counted", ["choice"], registry=self.registry),
            "decided": Counter("placet_decisions", "Requests ended", ["outcome"], registry=self.registry),
        }
        self._claims = Counter("placet_claims", "Decisions acted on", registry=self.registry)
        self._batches = Counter("placet_transactions", "Transactions committed", registry=self.registry)
        self._commands = Counter("placet_commands", "Commands carried out", registry=self.registry)
        self.refusals = Counter("placet_refusals", "Commands refused", ["code"], registry=self.registry)
        queue = Gauge("placet_queue", "Commands that wait for the writer", registry=self.registry)
        queue.set_function(waiting)

    def watch(self, degraded: Callable[[], Mapping[tuple[str, str], str]]) -> None:
        """Show what does not work as it should, by kind and name, and why."""
        self.registry.register(_Degraded(degraded))

    def on_batch(self, batch: Batch) -> None:
        self._batches.inc()
        self._commands.inc(len(batch.outcomes))
        # Counted first and told once: a label costs more to look up than to count.
        seen: Counts[tuple[str, str]] = Counts()
        for fact in (told.fact for told in batch.facts):
            if isinstance(fact, Opened):
                seen["opened", str(fact.revision.ruling.tier)] += 1
            elif isinstance(fact, Voted):
                seen["voted", fact.vote.choice] += 1
            elif isinstance(fact, Decided):
                seen["decided", fact.decision.outcome] += 1
            elif isinstance(fact, Claimed):
                self._claims.inc()
        for (kind, label), count in seen.items():
            self._counters[kind].labels(label).inc(count)

    def text(self) -> bytes:
        return generate_latest(self.registry)

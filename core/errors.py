"""What can go wrong, in two kinds: an expected no (`Refused`, a value) and the few exceptions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refused:
    """An expected no, returned and never raised; nothing was changed.

    `code` is stable and is what programs test (`stale_revision`); `detail` is a sentence for the person or
    programmer who reads it, with the remedy; `field` names the offending field of the input, if there is one.
    """

    code: str
    detail: str
    field: str | None = None


class PlacetError(Exception):
    """The root of the exceptions that Placet raises on purpose."""


class PolicyError(PlacetError):
    """A policy that cannot be used. `path` leads to the place in the document, as keys and list indexes."""

    def __init__(self, message: str, path: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.path = path


class StoreUnavailable(PlacetError):
    """The database does not answer. Nothing is known to be lost; try again, with the same command id."""


class StoreFull(StoreUnavailable):
    """The database has no room left. Nothing of the transaction was recorded."""


class DeliveryFailed(PlacetError):
    """A platform did not take a message.

    `permanent`: this message will never be taken as it is. What concerns the whole channel (it is away, its token was
    revoked) is never permanent: it is tried again until it works.
    `retry_after`: seconds the platform asked to be left alone, if it said so.
    `unsent`: it was surely not taken (it answered no, or was never reached): another try is the first one.
    """

    def __init__(
        self, message: str, *, permanent: bool, retry_after: float | None = None, unsent: bool = False
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.retry_after = retry_after
        self.unsent = unsent or retry_after is not None


class PostGone(DeliveryFailed):
    """The post is not there any more: somebody deleted it. Nothing else may be told so."""

    def __init__(self, message: str) -> None:
        super().__init__(message, permanent=True)

"""Discord's own errors, as https://discord.com/developers/docs/topics/opcodes-and-status-codes lists them."""

from __future__ import annotations

from tests.platforms.discord.world import Json

CODES = {
    0: (401, "401: Unauthorized"),
    10003: (404, "Unknown Channel"),
    10004: (404, "Unknown Guild"),
    10007: (404, "Unknown Member"),
    10008: (404, "Unknown Message"),
    10013: (404, "Unknown User"),
    10015: (404, "Unknown Webhook"),
    10062: (404, "Unknown interaction"),
    30046: (429, "Maximum number of edits to messages older than 1 hour reached. Try again later."),
    40005: (413, "Request entity too large"),
    40060: (400, "Interaction has already been acknowledged."),
    50001: (403, "Missing Access"),
    50003: (403, "Cannot execute action on a DM channel"),
    50005: (403, "Cannot edit a message authored by another user"),
    50006: (400, "Cannot send an empty message"),
    50007: (403, "Cannot send messages to this user"),
    50008: (400, "Cannot send messages in a non-text channel"),
    50013: (403, "Missing Permissions"),
    50027: (401, "Invalid Webhook Token"),
    50035: (400, "Invalid Form Body"),
    50109: (400, "The request body contains invalid JSON."),
}
# What a client cannot know before it asks: people delete messages, take rights away, leave.
NOBODYS_FAULT = {10003, 10004, 10007, 10008, 10013, 50001, 50007, 50013}


class Refused(Exception):
    """A call is answered with an error. `blamed`: whether the client should have known better."""

    def __init__(
        self,
        code: int,
        *,
        status: int | None = None,
        message: str | None = None,
        errors: Json | None = None,
        why: str = "",
        blamed: bool | None = None,
        retry_after: float | None = None,
        everywhere: bool = False,
    ) -> None:
        known_status, known_message = CODES.get(code, (400, "Unknown error"))
        self.code = code
        self.status = status or known_status
        self.message = message or known_message
        self.errors = errors
        self.why = why
        self.blamed = code not in NOBODYS_FAULT if blamed is None else blamed
        self.retry_after = retry_after
        """Seconds of the server's clock."""
        self.everywhere = everywhere
        """Whether it is the global limit."""
        super().__init__(f"{self.status} {self.code} {self.message} {why}".strip())

    def body(self) -> Json:
        body: Json = {"message": self.message, "code": self.code}
        if self.errors:
            body["errors"] = self.errors
        return body


def invalid(where: str, code: str, message: str) -> Refused:
    """An Invalid Form Body that names the place: `embeds.0.title`."""
    errors: Json = {"_errors": [{"code": code, "message": message}]}
    for step in reversed(where.split(".") if where else []):
        errors = {step: errors}
    return Refused(50035, errors=errors, why=f"{where}: {message}")


def too_long(where: str, most: int, least: int = 0) -> Refused:
    if least:
        return invalid(where, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")
    return invalid(where, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")


def required(where: str) -> Refused:
    return invalid(where, "BASE_TYPE_REQUIRED", "This field is required")


def asked_for(text: str) -> Refused:
    """What a test wrote into `Faults.refuse`: `50013`, `502`, `429`, `429 2.5` (seconds), `30046 10`.

    `1015`, a ban by Cloudflare, is no error of Discord's and is answered elsewhere.
    """
    number, _, rest = text.partition(" ")
    code = int(number)
    seconds = float(rest) if rest.replace(".", "", 1).isdigit() else 1.0
    if code == 401:
        return Refused(0, blamed=False)
    if code == 429:
        message = "You are being rate limited."
        return Refused(0, status=429, message=message, blamed=False, retry_after=seconds)
    if 500 <= code < 600:
        return Refused(0, status=code, message=f"{code}: Server Error", blamed=False)
    if code not in CODES:
        raise ValueError(f"no error of Discord that this server knows: {text}")
    return Refused(code, blamed=False, retry_after=seconds if CODES[code][0] == 429 else None)

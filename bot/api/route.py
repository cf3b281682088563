"""A route that reads its call by itself: strictly, and with nothing that our endpoints do not use.

FastAPI's own way from a request to an endpoint (dependencies, exit stacks, background streams) costs more than a vote.
What it reads from the signature stays what the OpenAPI document says; the reading is here, with the same types.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from inspect import Parameter, signature
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from fastapi import params
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from bot.api.body import read_json
from bot.api.problems import Problem

_MISSING = {"type": "missing", "msg": "Field required"}


class StrictRequest(Request):
    """A request whose JSON is read by `read_json`."""

    async def json(self) -> Any:
        if not hasattr(self, "_strict"):
            self._strict = read_json(await self.body())
        return self._strict


@dataclass(frozen=True, slots=True)
class _Value:
    """A value from the path or the query."""

    name: str
    alias: str
    in_path: bool
    adapter: TypeAdapter[Any]
    default: Any


class StrictRoute(APIRoute):
    """Endpoints take the request, values of the path and the query, and at most one body; they answer a Response."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self.app = _Call(endpoint)


class _Call:
    """The ASGI application of one endpoint."""

    def __init__(self, endpoint: Callable[..., Any]) -> None:
        self._endpoint = endpoint
        self._values: list[_Value] = []
        self._body: tuple[str, type[BaseModel]] | None = None
        hints = get_type_hints(endpoint, include_extras=True)
        for name, parameter in signature(endpoint).parameters.items():
            kind = hints[name]
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                self._body = (name, kind)
            elif kind is not Request:
                self._values.append(_value(name, kind, parameter.default))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = StrictRequest(scope, receive)
        # Who calls is asked before anything is read of what they send.
        scope["placet.caller"] = request.app.state.keyring.caller(request.headers.get("authorization"))
        errors: list[dict[str, Any]] = []
        values = self._read_values(request, errors) if self._values else {}
        try:
            if self._body is not None:
                values[self._body[0]] = await self._read_body(request, self._body[1], errors)
        except ClientDisconnect:
            return
        if errors:
            raise RequestValidationError(errors)
        response = await self._endpoint(request=request, **values)
        await response(scope, receive, send)

    def _read_values(self, request: Request, errors: list[dict[str, Any]]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        query = request.query_params
        for value in self._values:
            raw = request.path_params.get(value.alias) if value.in_path else query.get(value.alias)
            where = "path" if value.in_path else "query"
            if raw is None:
                if value.default is Parameter.empty:
                    errors.append({**_MISSING, "loc": (where, value.alias)})
                values[value.name] = value.default
                continue
            try:
                values[value.name] = value.adapter.validate_python(raw)
            except ValidationError as problem:
                errors += [{**error, "loc": (where, value.alias)} for error in problem.errors(include_url=False)]
        return values

    @staticmethod
    async def _read_body(request: StrictRequest, model: type[BaseModel], errors: list[dict[str, Any]]) -> Any:
        if not await request.body():
            if not any(field.is_required() for field in model.model_fields.values()):
                return model()
            errors.append({**_MISSING, "loc": ("body",)})
            return None
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
            raise Problem("not_json", 415, "Send JSON: `Content-Type: application/json`.")
        document = await request.json()
        try:
            return model.model_validate(document)
        except ValidationError as problem:
            errors += [{**e, "loc": ("body", *e["loc"])} for e in problem.errors(include_url=False)]
            return None


def _value(name: str, kind: Any, default: Any) -> _Value:
    alias, in_path = name, False
    if get_origin(kind) is Annotated:
        for said in get_args(kind)[1:]:
            if isinstance(said, params.Param):
                alias, in_path = said.alias or name, isinstance(said, params.Path)
    return _Value(name, alias, in_path, TypeAdapter(kind), default)

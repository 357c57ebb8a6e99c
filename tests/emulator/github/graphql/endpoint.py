"""GitHub's GraphQL endpoint: checks a query against the schema and resolves it."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    build_schema,
    execute_sync,  # pyright: ignore[reportUnknownVariableType] - its type has a bare tuple
    parse,
    specified_rules,
    validate,
)
from graphql.validation import OverlappingFieldsCanBeMergedRule
from tests.emulator.core.hub import Hub
from tests.emulator.core.refusal import RefusalError, Why
from tests.emulator.core.sync import sync
from tests.emulator.github.errors import failure
from tests.emulator.github.graphql import mutations, talking
from tests.emulator.github.graphql.connection import Node
from tests.emulator.github.graphql.queries import QUERIES
from tests.emulator.github.graphql.world import World
from tests.emulator.github.limits import EXCEEDED, Limits
from tests.emulator.github.links import ENTERPRISE, links_for
from tests.emulator.github.rest import bearer
from tests.emulator.wire.http import MalformedError, Request, Response

PATHS = ("/graphql", "/api/graphql")
# GitHub lets aliases of one name differ where they can't both apply, and gh relies on it.
RULES = [rule for rule in specified_rules if rule is not OverlappingFieldsCanBeMergedRule]
MUTATIONS = {**mutations.MUTATIONS, **talking.MUTATIONS}
TYPES = {Why.NOT_FOUND: "NOT_FOUND"}


@functools.cache
def schema() -> GraphQLSchema:
    """Return the schema that is served."""
    return build_schema(Path(__file__).with_name("schema.graphql").read_text())


@dataclass
class GraphQL:
    """Answers requests of the GraphQL endpoint."""

    hub: Hub
    limits: Limits

    def answer(self, request: Request) -> Response:
        """Return the answer; errors inside come with status 200, as on GitHub."""
        token = bearer(self.hub, request.headers)
        if token is None:
            return failure(401, "Bad credentials")
        refusal = self.limits.exceeded("graphql")
        if refusal is not None:
            told = {"errors": [_entry(EXCEEDED, "RATE_LIMITED")]}
            return Response(200, told, refusal.headers)
        self.limits.use("graphql")
        for repository in self.hub.repositories.values():
            sync(self.hub, repository)
        prefix = ENTERPRISE if request.path.startswith("/api/") else ""
        world = World(self.hub, links_for(request.host, prefix), token.user, self.limits)
        scopes = {"X-OAuth-Scopes": "repo, read:org"}
        answer = _executed(request, world, writes=token.writes)
        return answer.plus({**self.limits.headers("graphql"), **scopes})


def _executed(request: Request, world: World, *, writes: bool) -> Response:
    try:
        asked = request.json()
        document = parse(asked.get("query") or "")
    except (MalformedError, GraphQLError) as error:
        return failure(400, str(error))
    if not writes and _mutates(document):
        return Response(200, {"errors": [_entry("Resource not accessible", "FORBIDDEN")]})
    wrong = validate(schema(), document, RULES)
    if wrong:
        return Response(200, {"errors": [_shown(error) for error in wrong]})
    result = execute_sync(
        schema(),
        document,
        context_value=world,
        variable_values=asked.get("variables"),
        operation_name=asked.get("operationName"),
        field_resolver=_resolve,
        type_resolver=_type_of,
    )
    return Response(200, _outcome(result))


def _mutates(document: DocumentNode) -> bool:
    return any(
        isinstance(each, OperationDefinitionNode) and each.operation is OperationType.MUTATION
        for each in document.definitions
    )


def _type_of(value: Node, *_: object) -> str:
    """Return the name of the type of a node where the schema says an interface or union."""
    return str(value["__typename"])


def _resolve(source: Any, info: GraphQLResolveInfo[World], **given: Any) -> Any:
    """Resolve a field: by our tables at the root, by the node's own value anywhere else."""
    world = info.context
    asked: dict[str, Any] = _snake(given)
    if info.parent_type.name == "Mutation":
        payload = MUTATIONS[info.field_name](world, asked["input"])
        return {**payload, "clientMutationId": asked["input"].get("client_mutation_id")}
    if info.parent_type.name == "Query":
        return QUERIES[info.field_name](world, **asked)
    value = source.get(info.field_name)
    return value(**asked) if callable(value) else value


def _snake(value: Any) -> Any:
    """Return a value with the names of arguments as we write them."""
    if isinstance(value, dict):
        named = cast("dict[str, Any]", value)
        return {_snaked(name): _snake(inner) for name, inner in named.items()}
    if isinstance(value, list):
        return [_snake(each) for each in cast("list[Any]", value)]
    return value


def _snaked(name: str) -> str:
    return re.sub(r"(?<=[a-z])([A-Z]+)", r"_\1", name).lower()


def _outcome(result: ExecutionResult) -> dict[str, Any]:
    shown: dict[str, Any] = {"data": result.data}
    if result.errors:
        for error in result.errors:
            # A bug of ours is to be seen, not to be told to a client.
            if error.original_error is not None and not isinstance(
                error.original_error, RefusalError
            ):
                raise error.original_error
        shown["errors"] = [_shown(error) for error in result.errors]
    return shown


def _shown(error: GraphQLError) -> dict[str, Any]:
    cause = error.original_error
    entry: dict[str, Any] = {"message": error.message}
    if isinstance(cause, RefusalError):
        entry = _entry(cause.message, TYPES.get(cause.why, "UNPROCESSABLE"))
    if error.path is not None:
        entry["path"] = error.path
    if error.locations:
        entry["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    return entry


def _entry(message: str, kind: str) -> dict[str, Any]:
    return {"type": kind, "message": message}

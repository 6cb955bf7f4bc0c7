"""Compares each answer of the API with its description, for every call that any test makes."""

import re
from functools import cache
from typing import Any

import jsonschema_rs
from litestar import Litestar

from classgate.api.openapi import describe

Schema = dict[str, Any]


class Description:
    """The OpenAPI document, with a validator for each answer."""

    def __init__(self, document: Schema) -> None:
        self._document = document
        self._paths = [
            (re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))), operations)
            for path, operations in document["paths"].items()
        ]
        self._validator_of = cache(self._make_validator)

    def find_fault(self, method: str, path: str, status: int, body: Any) -> str | None:
        """Return what does not agree, or None; also for paths and methods that do not exist."""
        operation = self._find(method, path)
        if operation is None:
            return None
        answer = operation["responses"].get(str(status))
        if answer is None:
            return f"{method} {path} answers {status}, which is not described"
        for media_type, content in answer.get("content", {}).items():
            schema = content["schema"]
            if media_type.endswith("json"):
                name = tuple(
                    sorted(each["$ref"] for each in schema.get("anyOf", [schema]) if "$ref" in each)
                )
                for error in self._validator_of(name).iter_errors(body):
                    return f"{method} {path} {status}: {error.message} at {error.instance_path}"
        return None

    def _find(self, method: str, path: str) -> Schema | None:
        # A path without parameters comes before one that it matches too.
        for pattern, operations in sorted(self._paths, key=lambda each: "[^/]+" in each[0].pattern):
            if pattern.fullmatch(path) and method.lower() in operations:
                operation: Schema = operations[method.lower()]
                return operation
        return None

    def _make_validator(self, references: tuple[str, ...]) -> jsonschema_rs.Draft202012Validator:
        shapes = [{"$ref": each} for each in references]
        schema = shapes[0] if len(shapes) == 1 else {"anyOf": shapes}
        return jsonschema_rs.Draft202012Validator(
            {**schema, "components": self._document["components"]}
        )


_descriptions: list[Description] = []


def description_of(api: Litestar) -> Description:
    """Return the description of the API; it is the same for every API of a test run."""
    if not _descriptions:
        _descriptions.append(Description(describe(api)))
    return _descriptions[0]

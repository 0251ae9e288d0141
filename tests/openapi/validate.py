"""Validates the documents in `openapi/` against OpenAPI 3.1, and each example against its schema.

`cargo xtask ci openapi` runs it with the Python that `.ci/run` installs tools for.
"""

import json
import re
import sys
from pathlib import Path
from urllib.parse import quote

from jsonschema import Draft202012Validator, SchemaError, ValidationError, validators
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from closed import closed, escaped, nodes

FOLDER = Path(__file__).parents[2] / "openapi"
URI = "urn:document"


def json_in_string(validator, schema, instance, _):
    """Validates what a string holds, which validators are free to ignore. It may hold nothing."""
    if validator.is_type(instance, "string") and instance:
        try:
            yield from validator.descend(json.loads(instance), schema)
        except ValueError as error:
            yield ValidationError(f"{instance!r} is not JSON: {error}")


Validator = validators.extend(Draft202012Validator, {"contentSchema": json_in_string})


class Document:
    """A document in which references are resolved."""

    def __init__(self, document):
        self.document = document
        self.nodes = list(nodes(document))
        resource = Resource(closed(document), DRAFT202012)
        self.registry = Registry().with_resource(URI, resource)

    def faults(self):
        """Returns what is wrong, each with its JSON pointer. What is checked first, the rest relies on."""
        for check in (self.references, self.names, self.schemas, self.samples, self.openapi):
            if found := [f"{pointer}: {message}" for pointer, message in check()]:
                return found
        return []

    def references(self):
        for pointer, node in self.nodes:
            if "$ref" in node and not self.resolves(node["$ref"]):
                yield pointer, f"nothing is at `{node['$ref']}`"

    def names(self):
        tags = [tag["name"] for tag in self.document.get("tags", [])]
        tokens = self.document.get("components", {}).get("securitySchemes", {})
        for pointer, node in self.nodes:
            if "operationId" in node:
                used = [token for either in node.get("security", []) for token in either]
                unknown = [name for name in used if name not in tokens]
                unknown += [name for name in node.get("tags", []) if name not in tags]
                yield from ((pointer, f"nothing is known of `{name}`") for name in unknown)

    def schemas(self):
        for pointer, node in self.nodes:
            if "schema" in node or re.fullmatch("/components/schemas/[^/]+", pointer):
                try:
                    Validator.check_schema(node.get("schema", node))
                except SchemaError as error:
                    yield pointer, f"the schema is not of JSON Schema 2020-12: {error.message}"

    def samples(self):
        for pointer, sample, schema in self.examples():
            if not self.resolves(schema):
                yield pointer, "the example has no schema"
                continue
            validator = Validator({"$ref": f"{URI}{schema}"}, registry=self.registry)
            for error in validator.iter_errors(sample):
                yield pointer, f"the example is invalid at `{error.json_path}`: {error.message}"

    def openapi(self):
        for error in OpenAPIV31SpecValidator(self.document).iter_errors():
            place = "".join(f"/{escaped(key)}" for key in getattr(error, "absolute_path", []))
            yield place, str(getattr(error, "message", error))

    def examples(self):
        """Yields each example and default, with its place and a reference to its schema."""
        for pointer, node in self.nodes:
            samples = node.get("examples", [])
            is_schema = "default" in node or isinstance(samples, list) and samples
            if isinstance(samples, dict):
                samples = [sample["value"] for sample in samples.values() if "value" in sample]
            samples = samples + [node[key] for key in ("example", "default") if key in node]
            schema = pointer if is_schema else f"{pointer}/schema"
            yield from ((pointer, sample, f"#{quote(schema)}") for sample in samples)

    def extensions(self):
        """Returns the names of all extensions."""
        return {key for _, node in self.nodes for key in node if key.startswith("x-")}

    def resolves(self, reference):
        try:
            self.registry.resolver(URI).lookup(reference)
        except Unresolvable:
            return False
        return True


def main():
    paths = sorted(FOLDER.glob("*.json"))
    found = [] if paths else [f"no document is in `{FOLDER}`"]
    used = set()
    for path in paths:
        document = Document(json.loads(path.read_text(encoding="utf-8")))
        found += [f"openapi/{path.name}#{fault}" for fault in document.faults()]
        used |= document.extensions()
        print(f"{path.name}: {sum(1 for _ in document.examples())} examples")
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"`(x-[a-z-]+)`", readme))
    found += [f"openapi/README.md does not explain `{name}`" for name in sorted(used - explained)]
    found += [f"no document has `{name}` of openapi/README.md" for name in sorted(explained - used)]
    for fault in found:
        print(f"error: {fault}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

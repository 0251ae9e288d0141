"""Prints a document whose objects have no properties but those that are listed.

A validator then finds a property with a wrong name, which documents allow because platforms add
properties without notice. The argument is the path of the document.
"""

import copy
import json
import sys

# Below these keys are names, which may be those of keywords.
NAMES = {
    "$defs",
    "callbacks",
    "content",
    "examples",
    "headers",
    "paths",
    "properties",
    "responses",
    "schemas",
    "securitySchemes",
    "variables",
    "webhooks",
}
# Below these keys is data, which may look like a schema.
DATA = {"const", "default", "enum", "example", "value"}


def escaped(key):
    """Returns a key as a part of a JSON pointer."""
    return str(key).replace("~", "~0").replace("/", "~1")


def nodes(node, pointer="", is_map=False):
    """Yields the objects of a document that are no data, each with its JSON pointer."""
    if isinstance(node, list):
        for index, element in enumerate(node):
            yield from nodes(element, f"{pointer}/{index}")
    if not isinstance(node, dict):
        return
    if not is_map:
        yield pointer, node
    for key, child in node.items():
        is_data = (
            key in DATA or key.startswith("x-") or key == "examples" and isinstance(child, list)
        )
        if is_map or not is_data:
            yield from nodes(child, f"{pointer}/{escaped(key)}", not is_map and key in NAMES)


def closed(document):
    """Returns a document whose objects have no properties but those that are listed."""
    document = copy.deepcopy(document)
    for _, node in nodes(document):
        # Others, such as that of an `if`, only say something of an object.
        if "properties" in node and "type" in node:
            node.setdefault("additionalProperties", False)
    return document


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        json.dump(closed(json.load(file)), sys.stdout)

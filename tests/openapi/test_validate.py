"""Shows that each kind of fault is found, with its place."""

import copy
import unittest

from validate import Document

LINK = {"type": "object", "required": ["url"], "properties": {"url": {"type": "string"}}}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "feishu-im", "version": "0.1.0"},
    "paths": {
        "/chats/{chat_id}": {
            "get": {
                "operationId": "im.v1.chat.link",
                "x-openplat-rate": {"x-inner": 1},
                "parameters": [
                    {
                        "name": "chat_id",
                        "in": "path",
                        "required": True,
                        "schema": {"type": "string", "default": "oc_0"},
                        "example": "oc_1",
                    }
                ],
                "responses": {
                    "default": {
                        "description": "The link.",
                        "content": {
                            "application/json": {
                                "schema": {"$ref": "#/components/schemas/Reply"},
                                "examples": {"week": {"value": {"link": '{"url": "u"}'}}},
                            }
                        },
                    }
                },
            }
        }
    },
    "components": {
        "schemas": {
            "Reply": {
                "type": "object",
                "properties": {
                    # The name of a keyword.
                    "default": {"type": "integer", "examples": [1]},
                    # An example that looks like a schema.
                    "card": {"type": "object", "examples": [{"schema": "2.0"}]},
                    "link": {
                        "type": "string",
                        "contentMediaType": "application/json",
                        "contentSchema": {"$ref": "#/components/schemas/Link"},
                    },
                },
            },
            "Link": LINK,
        }
    },
}
OPERATION = "/paths/~1chats~1{chat_id}/get"
REPLY = f"{OPERATION}/responses/default/content/application~1json"


class Faults(unittest.TestCase):
    def setUp(self):
        self.document = copy.deepcopy(DOCUMENT)
        self.operation = self.document["paths"]["/chats/{chat_id}"]["get"]
        self.reply = self.operation["responses"]["default"]["content"]["application/json"]
        self.schemas = self.document["components"]["schemas"]

    def faults(self):
        return Document(self.document).faults()

    def assert_fault(self, place, message):
        found = self.faults()
        self.assertTrue(any(it.startswith(f"{place}: ") and message in it for it in found), found)

    def answer(self, value):
        self.reply["examples"]["week"]["value"] = value

    def test_a_valid_document_has_none(self):
        self.assertEqual(self.faults(), [])
        self.assertEqual(Document(self.document).extensions(), {"x-openplat-rate"})

    def test_what_is_not_openapi(self):
        del self.document["info"]["version"]
        self.assert_fault("/info", "'version' is a required property")

    def test_a_parameter_that_the_path_lacks(self):
        self.operation["parameters"] = []
        self.assertIn("chat_id", str(self.faults()))

    def test_a_key_that_does_not_exist(self):
        self.operation["operationID"] = "im.v1.chat.link"
        self.assert_fault(OPERATION, "'operationID' was unexpected")

    def test_a_reference_to_nothing(self):
        del self.schemas["Link"]
        self.assert_fault("/components/schemas/Reply/properties/link/contentSchema", "nothing is")

    def test_a_token_or_a_tag_that_is_not_explained(self):
        self.operation["security"] = [{"tenant": []}]
        self.assert_fault(OPERATION, "nothing is known of `tenant`")
        self.operation["security"] = []
        self.operation["tags"] = ["chat"]
        self.assert_fault(OPERATION, "nothing is known of `chat`")

    def test_a_schema_that_is_none(self):
        self.schemas["Link"]["required"] = "url"
        self.assert_fault("/components/schemas/Link", "not of JSON Schema")

    def test_an_example_without_a_schema(self):
        del self.reply["schema"]
        self.assert_fault(REPLY, "no schema")

    def test_an_example_of_another_type(self):
        self.answer({"default": "1"})
        self.assert_fault(REPLY, "at `$.default`: '1' is not of type 'integer'")

    def test_a_member_that_the_schema_lacks(self):
        self.answer({"lnk": "{}"})
        self.assert_fault(REPLY, "'lnk' was unexpected")

    def test_what_only_a_success_must_have(self):
        self.schemas["Reply"] |= {
            "if": {"properties": {"default": {"const": 0}}},
            "then": {"required": ["link"]},
        }
        self.answer({"default": 1, "card": {}})
        self.assertEqual(self.faults(), [])
        self.answer({"default": 0, "card": {}})
        self.assert_fault(REPLY, "'link' is a required property")

    def test_json_in_a_string(self):
        self.answer({"link": ""})
        self.assertEqual(self.faults(), [])
        self.answer({"link": "{"})
        self.assert_fault(REPLY, "is not JSON")
        self.answer({"link": "{}"})
        self.assert_fault(REPLY, "'url' is a required property")

    def test_an_example_of_a_parameter(self):
        self.operation["parameters"][0]["example"] = 1
        self.assert_fault(f"{OPERATION}/parameters/0", "1 is not of type 'string'")

    def test_a_default(self):
        self.operation["parameters"][0]["schema"]["default"] = 1
        self.assert_fault(f"{OPERATION}/parameters/0/schema", "1 is not of type 'string'")

    def test_an_example_of_a_schema(self):
        self.schemas["Reply"]["properties"]["default"]["examples"] = ["1"]
        self.assert_fault("/components/schemas/Reply/properties/default", "is not of type")


if __name__ == "__main__":
    unittest.main()

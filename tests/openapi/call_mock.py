"""Calls the mock with the client that was generated from the document of feishu-im.

`cargo xtask ci client` runs it. Its argument is the address of the mock.
"""

import json
import sys
from io import BytesIO

from feishu_im import AuthenticatedClient
from feishu_im.api.chat import im_v1_chat_get, im_v1_chat_link
from feishu_im.api.file import im_v1_file_create, im_v1_file_get
from feishu_im.api.message import im_v1_message_create, im_v1_message_list
from feishu_im.models import (
    FileType,
    ImV1ChatLinkBody,
    ImV1FileCreateBody,
    ImV1MessageCreateBody,
    MessageType,
    ReceiveIdType,
    ValidityPeriod,
)
from feishu_im.types import File


def equal(actual, expected):
    if actual != expected:
        sys.exit(f"expected {expected!r}, got {actual!r}")


def main(url):
    client = AuthenticatedClient(base_url=url, token="u-1", raise_on_unexpected_status=True)

    year = ImV1ChatLinkBody(validity_period=ValidityPeriod.YEAR)
    link = im_v1_chat_link.sync("oc_1", client=client, body=year)
    equal((link.code, link.data.is_permanent), (0, False))

    # A value that is not listed is sent, and an error has its code.
    decade = ImV1ChatLinkBody(validity_period="decade")
    refused = im_v1_chat_link.sync_detailed("oc_1", client=client, body=decade)
    equal((refused.status_code, refused.parsed.code), (400, 232011))

    # So is one that is received.
    chat = im_v1_chat_get.sync("oc_1", client=client)
    equal((chat.data.name, chat.data.chat_type), ("Lunch", "hall"))

    message = ImV1MessageCreateBody(
        receive_id="oc_1", msg_type=MessageType.TEXT, content=json.dumps({"text": "Lunch?"})
    )
    sent = im_v1_message_create.sync(
        client=client, body=message, receive_id_type=ReceiveIdType.CHAT_ID
    )
    equal(sent.data.msg_type, MessageType.INTERACTIVE)

    messages = im_v1_message_list.sync(
        client=client, container_id_type="chat", container_id="oc_1", page_size=5
    )
    equal([message.deleted for message in messages.data.items], [False])

    menu = File(payload=BytesIO(b"%PDF"), file_name="menu.pdf", mime_type="application/pdf")
    body = ImV1FileCreateBody(file_type=FileType.PDF, file_name="menu.pdf", file=menu)
    created = im_v1_file_create.sync(client=client, body=body)
    key = created.data.file_key

    file = im_v1_file_get.sync(key, client=client)
    equal(file.payload.read(), bytes([0, 159, 146, 150]))


if __name__ == "__main__":
    main(sys.argv[1])

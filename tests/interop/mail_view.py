#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# tests: describes every mail of the corpus with Python's email package too, and compares.
#
#     mail_view.py VIEW_DUMP FOLDER
#
# Where Python reads a damaged mail in another way, the difference stands in DIFFERENT with the reason; anything else
# must agree, and a difference that is named must be there.
import email
import email.policy
import json
import pathlib
import re
import subprocess
import sys

DIFFERENT = {
    ("bin-junk", "text"): "bytes that are no UTF-8 are read as windows-1252; Python shows U+FFFD",
    ("boundary-missing", "parts"): "a multipart without a boundary is one text; Python keeps its type",
    ("boundary-missing", "body"): "the same",
    ("boundary-never", "parts"): "a multipart whose boundary never comes is one text, too",
    ("boundary-never", "body"): "the same",
    ("boundary-no-end", "html"): "HTML behind a text in a mixed is a part of the list, else the text would be hidden",
    ("charset-latin1", "text"): "iso-8859-1 means windows-1252, as in browsers: byte 0x80 is a euro sign",
    ("charset-lie", "text"): "what claims ASCII and is UTF-8 is read as UTF-8",
    ("header-latin1", "from"): "a raw header that is no UTF-8 is read as windows-1252; Python shows U+FFFD",
    ("header-latin1", "subject"): "the same",
    ("header-turned", "subject"): "marks that turn the direction of text are left out",
    ("header-utf8", "from"): "a domain is shown as it is looked up, in A-labels",
    ("names-hostile", "names"): "marks that turn the direction of text are left out",
    ("type-nonsense", "parts"): "of foo/bar/baz foo/bar is kept; Python reads text/plain",
    ("type-nonsense", "text"): "so there is no text to show",
}


def leaves(message):
    """Leaves in order; an enclosed message is one leaf, as in the viewer."""
    if message.get_content_maintype() == "multipart" and message.is_multipart():
        for part in message.iter_parts():
            yield from leaves(part)
    else:
        yield message


def content(leaf):
    """The leaf's decoded bytes, or None where Python does not keep them."""
    if leaf.get_content_maintype() == "message":
        return None
    return leaf.get_payload(decode=True)


def text(leaf):
    """Plain text as the viewer shows it."""
    if leaf.get_content_type() != "text/plain" or leaf.get_param("format") == "flowed":
        return None
    try:
        lines = re.split("\r\n|\r|\n", leaf.get_content())
    except LookupError:  # a charset that Python does not know, either
        return None
    if lines[-1] == "":
        lines.pop()
    return "".join(re.sub("[\0-\x08\x0b-\x1f\x7f-\x9f]", "", line) + "\n" for line in lines)


def addresses(value):
    """'Name <address>' pieces without quotes, so that the two ways to quote do not matter."""
    return re.sub(r'["\\]|\s(?=;)', "", " ".join(str(value or "").split()))


def python_view(mail):
    message = email.message_from_bytes(mail, policy=email.policy.default)
    parts = list(leaves(message))
    plain = [i + 1 for i, leaf in enumerate(parts) if leaf is message.get_body(("plain",))]
    html = [i + 1 for i, leaf in enumerate(parts) if leaf is message.get_body(("html",))]
    return {
        "from": addresses(message["from"]),
        "to": addresses(message["to"]),
        "cc": addresses(message["cc"]),
        "date": str(message["date"] or ""),
        "subject": " ".join(str(message["subject"] or "").split()),
        "parts": [leaf.get_content_type() for leaf in parts],
        "names": [leaf.get_filename("") for leaf in parts],
        "attachments": [leaf.is_attachment() for leaf in parts],
        "content": [content(leaf) for leaf in parts],
        "text": [text(leaf) for leaf in parts],
        "body": (plain or [0])[0],
        "html": (html or [0])[0],
    }


def our_view(dump, path):
    view = json.loads(subprocess.run([dump, path], capture_output=True, check=True).stdout)
    parts = view["parts"]
    return {
        "from": addresses(view["from"]),
        "to": addresses(view["to"]),
        "cc": addresses(view["cc"]),
        "date": view["date"],
        "subject": " ".join(view["subject"].split()),
        "parts": [part["type"] for part in parts],
        "names": [part["name"] for part in parts],
        "attachments": [bool(part["attachment"]) for part in parts],
        "content": [bytes.fromhex(part["content"]) for part in parts],
        "text": [bytes.fromhex(part["text"]).decode() if "text" in part else None for part in parts],
        "body": view["text"],
        "html": view["html"],
    }


def same(ours, theirs):
    """Equal, where Python has an opinion."""
    if isinstance(ours, list) and len(ours) == len(theirs):
        return all(theirs[i] is None or ours[i] == theirs[i] for i in range(len(ours)))
    return ours == theirs


def compare(dump, path, unused):
    """How many things differ that should not."""
    wrong = 0
    ours, theirs = our_view(dump, path), python_view(path.read_bytes())
    for what in ours:
        if same(ours[what], theirs[what]):
            continue
        if unused.pop((path.stem, what), None) is None:
            print(f"{path.stem}: {what}\n  ours   {ours[what]!r}\n  Python {theirs[what]!r}")
            wrong += 1
    return wrong


def main(dump, folder):
    unused = dict(DIFFERENT)
    mails = sorted(pathlib.Path(folder).glob("*.eml"))
    wrong = sum(compare(dump, path, unused) for path in mails)
    for mail, what in unused:
        print(f"{mail}: {what} is said to differ, and does not")
    print(f"{len(mails)} mails compared, {wrong + len(unused)} differences")
    return 1 if wrong or unused or not mails else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

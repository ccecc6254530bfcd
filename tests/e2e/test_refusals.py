# SPDX-License-Identifier: Apache-2.0
"""What is refused: each time a page that says what happened and what to do, the right status, and nothing stored."""
import re

import browser
import letters
import story

PROGRAMS = ('keyserver', 'accounts', 'portal')  # the gateway is not needed to read
ALICE, BOB = 'alice@mailbox.example', 'bob@mailbox.example'


def press(world, client, page_bytes, name='SecureMessage.html'):
    """Save the page, open it, press its button."""
    path = world.folder / name
    path.write_bytes(page_bytes)
    page = browser.Browser.open_file(path)
    return client.submit(page, page.form('message', 'signature'), origin='null')


def register(world, address, letter):
    reader = world.reader(address)
    page = press(world, reader.client, world.system.seal(letter, address))
    return reader, reader.confirm(reader.register(page))


def test_a_message_sealed_by_hand_is_read(world):
    letter = letters.plain(ALICE)
    reader, page = register(world, ALICE, letter)
    reader.read(page, letter)
    reader.sign_out(page)

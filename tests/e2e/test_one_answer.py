# SPDX-License-Identifier: Apache-2.0
"""A signed message whose secrets do not fit: whichever rule it fails by (E-15 to E-17), the reader gets one page and the log one
line. That the work is one too is shown by lib/envelope/test_same_work.c."""
import base64
import hashlib
import re
import subprocess

import pytest

import carriers
import letters
from test_refusals import change, in_mac, register

PROGRAMS = ('keyserver', 'accounts', 'portal')
ALICE, ERIN = 'alice@mailbox.example', 'erin@mailbox.example'
LETTER = letters.plain(ERIN, 'a line of the letter\r\n' * 9000)  # three chunks


def payload(age):
    """Where the payload begins."""
    return age.index(b'\n', age.index(b'\n--- ') + 1) + 1


def body(age, at):
    """Where byte `at` of the stanza's body stands in its base64 (in lines of 64)."""
    character = at * 4 // 3
    return age.index(b'\n', age.index(b'-> securemail/ibe1')) + 1 + character + character // 64


def letter_of(age, at):
    """Another character of the alphabet in place of one: still well formed."""
    return age[:at] + (b'A' if age[at:at + 1] != b'A' else b'B') + age[at + 1:]


U, V, ML_KEM, WRAPPED = 0, 96, 128, 1216  # docs/spec/envelope.md, 2.1
WAYS = {
    'E-15-v': lambda age: letter_of(age, body(age, V + 10)),
    'E-15-mlkem': lambda age: letter_of(age, body(age, ML_KEM + 500)),
    'E-15-wrapped': lambda age: letter_of(age, body(age, WRAPPED + 40)),
    'E-16': lambda age: in_mac(age, None)[0],
    'E-17-nonce': lambda age: change(age, payload(age)),
    'E-17-first': lambda age: change(age, payload(age) + 16),
    'E-17-second': lambda age: change(age, payload(age) + 16 + 65552),
    'E-17-last': lambda age: change(age, len(age) - 1),
    'E-17-swapped': lambda age: age[:payload(age) + 16] + age[payload(age) + 65568:payload(age) + 131120]
    + age[payload(age) + 16:payload(age) + 65568] + age[payload(age) + 131120:],
}


def signed_anew(world, page, change_it):
    """The page with its age file changed and signed with the gateway's own key by the stock tool, as if we had sealed it so."""
    age, signature = carriers.take_apart(page)
    changed = change_it(age)
    path = world.folder / 'changed.age'
    path.write_bytes(changed)
    comment = re.search('^trusted comment: (.*)$', signature, re.M)[1]
    comment = comment.replace(copy_id(age), copy_id(changed))
    subprocess.run(['minisign', '-S', '-W', '-s', world.system.folder / 'etc/signing.key', '-m', path, '-x', path.with_suffix('.sig'),
                    '-t', comment], check=True, capture_output=True)
    return carriers.put_together(page, changed, path.with_suffix('.sig').read_text())


def copy_id(age):
    """What the trusted comment names the copy by: the hash of the stanza's body."""
    text = re.search(rb'-> securemail/ibe1 \S+\n(.*?)\n--- ', age, re.S)[1].replace(b'\n', b'')
    return hashlib.sha256(base64.b64decode(text + b'=' * (-len(text) % 4))).hexdigest()


def outcome(world, client, page):
    """What the reader and the operator are told, without what names the message."""
    before = len(world.system.log.read_text())
    answer = carriers.press(client, page, world.folder)
    id = answer.url.rsplit('/', 1)[-1]
    lines = [line for line in world.system.log.read_text()[before:].splitlines() if 'portal' in line]
    log = [re.sub(r'[0-9a-f]{32,}|time=\S+|\d{4}-\d\d-\d\dT\S+|pid=\d+|\[\d+\]', '*', line) for line in lines]
    return answer.status, answer.text.replace(id, '*'), log


@pytest.fixture(scope='module')
def reader(world):
    reader, page = register(world, ERIN, world.system.seal(LETTER, ERIN))
    assert page.status == 200
    return reader.client


def test_the_same_message_signed_anew_opens(world, reader):
    """Control."""
    page = signed_anew(world, world.system.seal(LETTER, ERIN), lambda age: age)
    answer = carriers.press(reader, page, world.folder)
    assert answer.status == 200 and 'a line of the letter' in answer.text


def test_all_failures_look_alike(world, reader):
    seen = {}
    for name, way in WAYS.items():
        seen[name] = outcome(world, reader, signed_anew(world, world.system.seal(LETTER, ERIN), way))
        assert seen[name][0] == 422, name
    first = seen['E-15-mlkem']
    assert 'This message can’t be opened' in first[1] and 'It is damaged, or it was not made by us' in first[1]
    assert any('message-damaged' in line for line in first[2]), first[2]
    for name in seen:
        assert seen[name] == first, name


def test_a_point_that_is_none_has_the_same_page(world, reader):
    """E-14 is decided by public bytes, at the keyserver."""
    sealed = world.system.seal(LETTER, ERIN)
    none = signed_anew(world, sealed, lambda age: letter_of(age, body(age, U + 30)))
    assert outcome(world, reader, none)[:2] == outcome(world, reader, signed_anew(world, sealed, WAYS['E-16']))[:2]

# SPDX-License-Identifier: Apache-2.0
"""What can be judged by public bytes is refused before anybody asks for a key, and the operator's log names the rule of
docs/spec/envelope.md: nothing but the portal runs here, and every file of tests/vectors/envelope is handed in. (Whichever of
the rules on secrets, E-15 to E-17, refuses is said to nobody: test_one_answer.py.)"""
import base64
import http.client
import re
import urllib.parse

import pytest

import carriers
import letters
from conftest import ROOT

FOLDER = ROOT / 'tests/vectors/envelope'
VECTORS = sorted(FOLDER.glob('*.txt'))
PUBLIC = [path for path in VECTORS if path.name.startswith('E-') and not re.match('E-1[4567]_', path.name)]
SIGNER = re.search('^signer: (.*)$', (FOLDER / 'E-19_other_key.txt').read_text(), re.M)[1]
SETTINGS = {'district': {'signer': SIGNER}}
PROGRAMS = ('portal',)
BOUNDARY = b'----a-boundary-of-the-test'


def split(path):
    """The vector's values, and its armored message, byte for byte."""
    head, _, message = path.read_bytes().partition(b'\n\n')
    return dict(line.split(': ', 1) for line in head.decode().splitlines() if ': ' in line), message


def part(name, value):
    return b''.join([b'--', BOUNDARY, b'\r\nContent-Disposition: form-data; name="', name, b'"\r\n\r\n', value, b'\r\n'])


def logged(world, hand_in):
    """The status of the portal's answer, and the line it logged."""
    before = len(world.system.log.read_text())
    status = hand_in().status
    lines = [line for line in world.system.log.read_text()[before:].splitlines() if 'message-' in line]
    assert len(lines) == 1, lines
    return status, lines[0]


def post(world, *parts):
    """The button's form. No byte is changed on the way, as a browser would do."""
    to = http.client.HTTPConnection(urllib.parse.urlsplit(world.system.url).netloc, timeout=20)
    to.request('POST', '/open', b''.join([*parts, b'--', BOUNDARY, b'--\r\n']),
               {'Content-Type': f'multipart/form-data; boundary={BOUNDARY.decode()}', 'Origin': 'null'})
    answer = to.getresponse()
    answer.read()
    to.close()
    return answer


def press(world, vector, message):
    signature = base64.b64decode(vector['signature']) if 'signature' in vector else b''
    return logged(world, lambda: post(world, part(b'message', message), part(b'signature', signature)))


def why(line):
    return re.search(' why="?(E-[0-9]+)', line)[1]


@pytest.mark.parametrize('path', PUBLIC, ids=lambda path: path.stem)
def test_the_log_names_the_rule(world, path):
    vector, message = split(path)
    status, line = press(world, vector, message)
    assert status == 422
    assert why(line) == vector['rule'], line
    assert not world.spooled()


def test_each_rule_on_public_bytes_is_among_them():
    rules = {int(split(path)[0]['rule'][2:]) for path in PUBLIC}
    assert rules == {*range(1, 14), *range(18, 27)}


@pytest.mark.parametrize('path', sorted(FOLDER.glob('cut_*.txt')), ids=lambda path: path.stem)
def test_a_file_that_ends_in_its_header_is_cut(world, path):
    vector, message = split(path)
    status, line = press(world, vector, message)
    assert status == 422 and ('why="the file ends before its header does"' in line or 'why="an empty file"' in line), line
    assert not world.spooled()


def test_a_good_one_breaks_no_rule(world):
    """Control. The vectors have a date; after it they are refused for that alone."""
    for path in FOLDER.glob('success_*.txt'):
        vector, message = split(path)
        if vector.get('signer') == SIGNER and 'signature' in vector:
            status, line = press(world, vector, message)
            assert (status == 303 and 'message-kept' in line) or 'reason=expired' in line, line
            break
    else:
        raise AssertionError('no good vector is signed')


# --- a page that was saved ----------------------------------------------------------------------------------------------


@pytest.fixture(scope='module')
def page(world):
    return world.system.seal(letters.plain('alice@mailbox.example'), 'alice@mailbox.example')


def field(page, name):
    return re.search(rb'<input type="hidden"\s+name="%s"[^>]*>' % name, page)[0]


def twice(name):
    return lambda page: page.replace(field(page, name), field(page, name) * 2)


def long_signature(page):
    age, signature = carriers.take_apart(page)
    return carriers.put_together(page, age, signature.replace('\n', ' and' + ' more' * 600 + '\n', 1))


def line_lost(page):
    """One line of the armor is shorter."""
    armor = carriers.armor(carriers.take_apart(page)[0])
    line = armor.splitlines()[20]
    return page.replace(line, line[:-4])


PAGES = {'two-messages': ('E-27', twice(b'message')), 'two-signatures': ('E-27', twice(b'signature')),
         'armor': ('E-24', line_lost), 'signature-too-long': ('E-29', long_signature)}


@pytest.mark.parametrize('name', PAGES)
def test_the_log_names_the_rule_of_a_page(world, page, visitor, name):
    """Where E-28 refuses, it is the armor's own rule that is named."""
    rule, change = PAGES[name]
    changed, before = change(page), world.spooled()
    assert changed != page
    status, line = logged(world, lambda: carriers.upload(visitor, world.system.url, changed))
    assert status == 422 and why(line) == rule, line
    assert world.spooled() == before

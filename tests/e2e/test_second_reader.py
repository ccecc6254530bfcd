# SPDX-License-Identifier: Apache-2.0
"""The room web against the running programs: it opens what we seal with the key of that message, and what it seals the portal shows."""
import hashlib
import re
import subprocess

import pytest

import carriers
import letters
import system
from district import ROOT
from test_export import LETTERS, World, keys_of
from test_refusals import register

PROGRAMS = ('keyserver', 'accounts', 'portal')
GINA = 'gina@mailbox.example'


def web(*arguments, input):
    return subprocess.run(['node', ROOT / 'tests/interop/web_tool.mjs', *map(str, arguments)], input=input, capture_output=True)


def setting(config, name):
    return re.search(rf'^{name} = (.*)$', config.read_text(), re.M)[1]


@pytest.fixture(scope='module')
def exporting(tmp_path_factory):
    world = World(tmp_path_factory.mktemp('export'))
    yield world
    world.keyserver.kill()


@pytest.mark.parametrize('name', LETTERS)
def test_it_opens_what_we_seal(exporting, tmp_path, name):
    page = exporting.page(LETTERS[name])
    age, signature = carriers.take_apart(page.read_bytes())
    (tmp_path / 'signature').write_text(signature)
    (tmp_path / 'message.age').write_bytes(age)
    key, = keys_of(exporting.export(tmp_path / 'message.age').stdout.decode())
    signer = setting(exporting.district.config, 'signer')
    done = web('open', key, signer, tmp_path / 'signature', input=age)
    assert (done.returncode, done.stderr) == (0, b'') and done.stdout == LETTERS[name]

    # Another message's key, and a byte of the letter's last chunk: nothing comes out, and nobody hears which it was.
    other = exporting.message(b'another')
    stranger, = keys_of(exporting.export(other).stdout.decode())
    done = web('open', stranger, signer, tmp_path / 'signature', input=age)
    assert done.returncode != 0 and b'refused: damaged' in done.stderr and done.stdout == b''
    changed = age[:-1] + bytes([age[-1] ^ 1])
    done = web('open', key, signer, tmp_path / 'signature', input=changed)
    assert done.returncode != 0 and b'refused: E-20' in done.stderr and done.stdout == b''


def test_the_portal_shows_what_it_seals(world, tmp_path):
    letter = letters.plain(GINA, 'sealed by another hand')
    done = web('seal', world.system.folder / 'etc/public/parameters', setting(world.system.config, 'authority'), GINA, input=letter)
    assert (done.returncode, done.stderr) == (0, b'')
    path = tmp_path / 'message.age'
    path.write_bytes(done.stdout)
    ours, signature = carriers.take_apart(world.system.seal(letter, GINA))
    body = re.search(rb'-> securemail/ibe1 \S+\n(.*?)\n--- ', done.stdout, re.S)[1]
    comment = re.search('^trusted comment: (.*)$', signature, re.M)[1]
    comment = re.sub(' id=[0-9a-f]+ ', f' id={hashlib.sha256(decoded(body)).hexdigest()} ', comment)
    subprocess.run(['minisign', '-S', '-W', '-s', world.system.folder / 'etc/signing.key', '-m', path, '-x', path.with_suffix('.sig'),
                    '-t', comment], check=True, capture_output=True)
    page = carriers.put_together(world.system.seal(letter, GINA), done.stdout, path.with_suffix('.sig').read_text())
    assert carriers.identity_of(done.stdout) == carriers.identity_of(ours) and done.stdout != ours
    reader, shown = register(world, GINA, page)
    reader.read(shown, letter)


def decoded(body):
    import base64
    text = body.replace(b'\n', b'')
    return base64.b64decode(text + b'=' * (-len(text) % 4))

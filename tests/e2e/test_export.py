"""Exported keys: asked of the keyserver, written down, and used by Debian's age through our plugin."""
import base64
import os
import pathlib
import subprocess
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'lib'))

import district as districts  # noqa: E402
import sealed  # noqa: E402
import wire  # noqa: E402
from district import BUILD, ROOT, tool  # noqa: E402

LETTERS = {'empty': b'', 'short': b'Subject: x\r\n\r\ncanary\r\n', 'one chunk': bytes(range(256)) * 256, 'three chunks': os.urandom(140000)}
PLUGIN = BUILD / 'cli/age-plugin-securemail'


class World:
    def __init__(self, folder, exports='yes'):
        self.folder = folder
        self.district = districts.District(folder)
        self.district.change('keyserver', 'export-keys', exports)
        self.socket = self.district.state / 'run/keyserver.sock'
        self.keyserver = districts.Program(self.district, 'keyserver', self.socket).ready()
        self.made = 0

    def page(self, letter, *options, to='alice@example.org'):
        self.made += 1
        page = self.folder / f'{self.made}.html'
        page.write_bytes(self.district.seal(to, letter, *options))
        return page

    def message(self, letter, *options, to='alice@example.org'):
        """A sealed message as an age file; its path."""
        page = self.page(letter, *options, to=to)
        page.with_suffix('.age').write_bytes(sealed.Sealed(page.read_bytes()).file)
        return page.with_suffix('.age')

    def export(self, *arguments):
        return tool('export-key', '-c', self.district.config, *arguments)

    def records(self):
        return [line.split(' ')[2:] for line in (self.district.state / 'data/key.log').read_text().splitlines()[1:]]

    def independent(self, kind, message):
        """The same string, by another implementation, from the master file."""
        done = subprocess.run(['node', ROOT / 'tests/interop/age_keys.mjs', self.district.etc / 'master/1', kind],
                              input=message.read_bytes(), capture_output=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.decode()

    def age(self, keys, message):
        """Debian's age, which finds the plugin on the PATH."""
        path = self.folder / 'keys'
        path.write_text(keys)
        return subprocess.run(['age', '-d', '-i', path, message], capture_output=True, timeout=120,
                              env=dict(os.environ, PATH=f'{PLUGIN.parent}:{os.environ["PATH"]}'))


@pytest.fixture(scope='module')
def world(tmp_path_factory):
    world = World(tmp_path_factory.mktemp('export'))
    yield world
    world.keyserver.kill()


def keys_of(text):
    return [line for line in text.splitlines() if not line.startswith('#')]


@pytest.mark.parametrize('name', LETTERS)
def test_age_opens_a_message_with_its_exported_key(world, name):
    message = world.message(LETTERS[name])
    exported = world.export(message)
    assert exported.returncode == 0, exported.stderr
    assert keys_of(exported.stdout.decode()) == [world.independent('message', message).strip()]
    done = world.age(exported.stdout.decode(), message)
    assert (done.returncode, done.stderr) == (0, b'') and done.stdout == LETTERS[name]


@pytest.mark.parametrize('name', LETTERS)
def test_age_opens_a_message_with_its_identity_s_exported_key(world, name):
    message = world.message(LETTERS[name])
    exported = world.export('--address', 'Alice@example.org', '--time', time.strftime('%Y-%m-%d', time.gmtime()))
    assert exported.returncode == 0, exported.stderr
    assert keys_of(exported.stdout.decode()) == [world.independent('identity', message).strip()]
    assert 'ML-KEM key of the whole serial' in exported.stdout.decode()
    done = world.age(exported.stdout.decode(), message)
    assert (done.returncode, done.stderr) == (0, b'') and done.stdout == LETTERS[name]


def test_a_message_can_be_given_as_a_page_or_armored_too(world):
    page = world.page(b'one')
    message = page.with_suffix('.age')
    message.write_bytes(sealed.Sealed(page.read_bytes()).file)
    armored = page.with_suffix('.asc')
    text = base64.b64encode(message.read_bytes()).decode()
    armored.write_text('-----BEGIN AGE ENCRYPTED FILE-----\n' + ''.join(text[i:i + 64] + '\n' for i in range(0, len(text), 64)) +
                       '-----END AGE ENCRYPTED FILE-----\n')
    keys = {tuple(keys_of(world.export(path).stdout.decode())) for path in (page, message, armored)}
    assert len(keys) == 1
    assert world.age(keys.pop()[0] + '\n', armored).stdout == b'one'


def test_many_keys_in_one_file(world):
    messages = [world.message(str(i).encode()) for i in range(5)]
    keys = world.export(*messages).stdout.decode()
    assert len(keys_of(keys)) == 5
    assert [world.age(keys, message).stdout for message in messages] == [b'0', b'1', b'2', b'3', b'4']


def test_a_key_opens_nothing_else(world):
    message, other = world.message(b'mine'), world.message(b'other')
    key = world.export(message).stdout.decode()
    done = world.age(key, other)
    assert done.returncode == 1 and done.stdout == b'' and b'no identity matched' in done.stderr
    week = world.export('--address', 'alice@example.org', '--time', time.strftime('%Y-%m-%d', time.gmtime())).stdout.decode()
    for another in (world.message(b'x', to='bob@example.org'), world.message(b'x', '--time', '2026-01-01')):
        done = world.age(week, another)
        assert done.returncode == 1 and done.stdout == b'' and b'no identity matched' in done.stderr


def strange(kind):
    return subprocess.run(['node', ROOT / 'tests/interop/age_keys.mjs', kind], capture_output=True, text=True, check=True).stdout


def test_a_damaged_key_is_refused_with_words(world):
    message = world.message(b'x')
    key = keys_of(world.export(message).stdout.decode())[0]
    done = world.age(key[:40] + ('Q' if key[40] != 'Q' else 'P') + key[41:] + '\n', message)
    assert done.returncode == 1 and done.stdout == b'' and b'checksum' in done.stderr, "age's own check comes first"
    done = world.age(strange('version'), message)
    assert done.returncode == 1 and done.stdout == b'' and b'G-2: of another version' in done.stderr


def talk(*stanzas):
    """Speak the protocol with the plugin as age does; gives what it said: (line, words of its body)."""
    end = lambda stanza: () if len(stanza) > 1 and len(stanza[-1]) < 64 else ('',)  # a body ends with a short line
    said = ''.join(line + '\n' for stanza in stanzas for line in (*stanza, *end(stanza)))
    done = subprocess.run([PLUGIN, '--age-plugin=identity-v1'], input=(said + '-> ok\n\n' * 9).encode(), capture_output=True, timeout=60)
    lines, answers = done.stdout.decode().splitlines(), []
    while lines:
        first, body = lines.pop(0), ''
        assert first.startswith('-> ')
        while True:
            body += lines[0]
            if len(lines.pop(0)) < 64:
                break
        answers.append((first[3:], base64.b64decode(body + '=' * (-len(body) % 4))))
    return done.returncode, answers


def test_G_8_each_bad_string_is_named_and_the_good_ones_are_used(world):
    message = world.message(b'x')
    header = message.read_text('latin1').split('\n---')[0].split('\n')
    good = world.independent('message', message).strip()
    code, said = talk((f'-> add-identity {strange("stray").strip()}',), (f'-> add-identity {good}',), ('-> unheard-of thing',),
                      ('-> add-identity AGE-PLUGIN-SECUREMAIL-1XXX',), ('-> recipient-stanza 0 X25519 x', 'AAAA'),
                      (f'-> recipient-stanza 0 {header[1][3:]}', *header[2:-1]), ('-> done',))
    assert code == 0
    assert [line for line, _ in said] == ['error identity 0', 'error identity 2', 'file-key 0', 'done']
    assert said[0][1].startswith(b'G-1') and said[1][1].startswith(b'G-1') and len(said[2][1]) == 16


@pytest.mark.parametrize('stanzas', [
    [('-> recipient-stanza 0 securemail/ibe1 x', 'AAAA')] * 65 + [('-> done',)],
    [('-> add-identity x',)] * 65 + [('-> done',)],
    [('-> recipient-stanza x securemail/ibe1',), ('-> done',)],
    [('-> add-identity',), ('-> done',)],
    [('-> ' + 'x' * 8200,), ('-> done',)],
    [('-> recipient-stanza 0 x', *['A' * 64] * 100, ''), ('-> done',)],
    [('not a stanza',)],
    [('-> two  blanks',)],
    [('-> body', 'A' * 65)],
    [('-> body', '=')],
])
def test_G_10_what_is_beyond_bounds_or_no_protocol_ends_it(stanzas):
    code, said = talk(*stanzas)
    assert code == 1 and said[0][0] == 'error internal'


def test_G_7_and_G_9_are_said_for_their_stanza(world):
    message = world.message(b'x')
    lines = message.read_text('latin1').split('\n---')[0].split('\n')
    week = world.independent('identity', message).strip()
    damaged = lines[2:-1]
    damaged[-1] = ('A' if damaged[-1][-3] != 'A' else 'B').join((damaged[-1][:-3], damaged[-1][-2:]))
    code, said = talk((f'-> add-identity {week}',), ('-> recipient-stanza 0 X25519 x', 'AAAA'), (f'-> recipient-stanza 0 {lines[1][3:]}', 'AAAA'),
                      (f'-> recipient-stanza 1 {lines[1][3:]}', *damaged), ('-> done',))
    assert code == 0 and [line for line, _ in said] == ['error stanza 0 1', 'error stanza 1 0', 'done']
    assert b'malformed' in said[0][1] and said[1][1].startswith(b'this message is damaged')


@pytest.mark.parametrize('kind', ['message', 'identity'])
@pytest.mark.parametrize('where', ['ciphertext', 'wrapped', 'mac', 'first chunk', 'last byte'])
def test_nothing_of_a_damaged_message_comes_out(world, kind, where):
    message = world.message(b'A' * 70000)
    key = world.independent(kind, message)
    file = bytearray(message.read_bytes())
    header = file.index(b'\n---')
    place = {'ciphertext': header - 1600, 'wrapped': header - 8, 'mac': header + 10, 'first chunk': len(file) - 69000, 'last byte': len(file) - 1}[where]
    if where in ('ciphertext', 'wrapped', 'mac'):
        file[place] = ord('A') if file[place] != ord('A') else ord('B')
    else:
        file[place] ^= 1
    message.write_bytes(file)
    done = world.age(key, message)
    assert done.returncode == 1
    # age hands out chunk by chunk (docs/spec/age-plugin.md §2): the first may be there if a later one is bad.
    assert done.stdout in ((b'A' * 65536,) if where == 'last byte' else (b'',))
    if kind == 'identity' and where in ('ciphertext', 'wrapped'):
        assert b'damaged' in done.stderr


def test_a_stanza_of_ours_that_is_malformed(world):
    message = world.message(b'x')
    key = world.independent('message', message)
    text = message.read_bytes()
    message.write_bytes(text.replace(b'-> securemail/ibe1 ', b'-> securemail/ibe1 more ', 1))
    done = world.age(key, message)
    assert done.returncode == 1 and b'malformed' in done.stderr


def test_the_plugin_says_what_it_is():
    done = subprocess.run([PLUGIN], capture_output=True)
    assert done.returncode == 64 and b'age -d -i' in done.stderr
    assert subprocess.run([PLUGIN, '--age-plugin=recipient-v1'], capture_output=True).returncode == 64
    assert subprocess.run([PLUGIN, '--help'], capture_output=True).returncode == 0


# --- who may, and what is written down ------------------------------------------------------------------------

def test_exports_are_off_by_default(tmp_path):
    """K-8"""
    world = World(tmp_path, exports=None)
    try:
        done = world.export(world.message(b'x'))
        assert done.returncode == 1 and b'exports are off' in done.stderr and done.stdout == b''
        done = world.export('--address', 'alice@example.org', '--time', '2026-11-24')
        assert done.returncode == 1 and done.stdout == b''
        assert [record[0] for record in world.records()] == ['export-refused'] * 2
    finally:
        world.keyserver.kill()


def test_each_export_is_a_record(world):
    message = world.message(b'x')
    before = len(world.records())
    world.export(message)
    world.export('--address', 'alice@example.org', '--time', '2026-11-24')
    one, two = world.records()[before:]
    parsed = sealed.Sealed(message.with_suffix('.html').read_bytes())
    assert one[0] == 'exported' and one[3] == 'alice@example.org' and one[5] == parsed.id.hex()
    assert two[0] == 'exported' and two[2] == '2026-11-19T00:00:00Z' and two[5] == '0' * 64


def test_what_is_expired_can_be_exported_and_the_future_not(world):
    old = world.message(b'old', '--time', '2026-01-01')
    assert world.age(world.export(old).stdout.decode(), old).stdout == b'old'
    future = time.strftime('%Y-%m-%d', time.gmtime(time.time() + 15 * 86400))
    done = world.export('--address', 'alice@example.org', '--time', future)
    assert done.returncode == 1 and b'too-early' in done.stderr
    done = world.export('--address', 'alice@example.org', '--time', '2026-11-24', '--serial', 2)
    assert done.returncode == 1 and b'unknown-district' in done.stderr


def test_accounts_user_may_open_and_not_export(tmp_path):
    """K-8. `nobody` is allowed to ask, as accounts' user is."""
    tmp_path.chmod(0o755)
    world = World(tmp_path)
    world.keyserver.kill()
    world.district.change('keyserver', 'allow-user', 'nobody')
    world.keyserver = districts.Program(world.district, 'keyserver', world.socket).ready()
    for path in (world.district.state, world.socket.parent):
        path.chmod(0o755)
    for path in list(tmp_path.parents)[:3]:
        if path != pathlib.Path('/tmp'):
            path.chmod(0o755)
    message = sealed.Sealed(world.page(b'x').read_bytes())
    asked = (message.district, message.serial, message.address, message.period, message.ciphertext, message.id, 7)
    try:
        def as_nobody(name, *values):
            import multiprocessing
            queue = multiprocessing.Queue()

            def ask():
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
                answer = wire.ask(world.socket, name, *values)
                queue.put((answer.status, answer.reason))
            process = multiprocessing.get_context('fork').Process(target=ask)
            process.start()
            process.join(60)
            assert process.exitcode == 0
            return queue.get(timeout=10)
        assert as_nobody('KEY_OPEN', *asked) == ('ok', 'none')
        assert as_nobody('KEY_EXPORT_MESSAGE', *asked) == ('denied', 'none')
        assert as_nobody('KEY_EXPORT_IDENTITY', message.district, message.serial, message.address, message.period) == ('denied', 'none')
        assert [record[0] for record in world.records()] == ['opened', 'export-refused', 'export-refused']
    finally:
        world.keyserver.kill()


@pytest.mark.parametrize('arguments', [(), ('--address', 'a@b.example'), ('--time', '2026-11-24'), ('--address', 'a@b.example', '--time', 'x'),
                                       ('--address', 'a@b.example', '--time', '2026-11-24', 'file'), ('--serial', '1', 'file')])
def test_export_says_how_it_is_used(world, arguments):
    done = world.export(*arguments)
    assert done.returncode == 64 and b'usage: securemail export-key' in done.stderr


def test_keys_go_to_a_file_that_nobody_else_reads_and_is_never_overwritten(world, tmp_path):
    message = world.message(b'x')
    assert world.export('--out', tmp_path / 'keys', message).returncode == 0
    assert (tmp_path / 'keys').stat().st_mode & 0o777 == 0o600
    assert world.export('--out', tmp_path / 'keys', message).returncode == 1
    done = world.export(tmp_path / 'keys')
    assert done.returncode == 1 and b'no sealed message' in done.stderr

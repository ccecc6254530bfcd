"""The master secret behind a passphrase, and the change to another serial: old mail goes on opening."""
import os
import pathlib
import pty
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'lib'))

import district as districts  # noqa: E402
import sealed  # noqa: E402
import wire  # noqa: E402
from district import tool  # noqa: E402

PASSPHRASE = 'nine blue horses under a bridge'


class World:
    """A district whose master secret is behind a passphrase, and its keyserver."""

    def __init__(self, folder, passphrase=PASSPHRASE):
        self.passphrase = folder / 'passphrase'
        self.passphrase.write_text(passphrase + '\n')
        self.passphrase.chmod(0o400)
        self.district = districts.District(folder, options=('--passphrase', self.passphrase))
        self.socket = self.district.state / 'run/keyserver.sock'
        self.keyserver = None

    def start(self):
        self.keyserver = districts.Program(self.district, 'keyserver', self.socket).ready()
        return self

    def restart(self):
        assert self.keyserver.stop() == 0
        return self.start()

    def refuses_to_start(self):
        program = districts.Program(self.district, 'keyserver', self.socket)
        assert program.process.wait(60) == 1
        return program.log.read_text()

    def rotate(self):
        return tool('rotate', '-c', self.district.config)

    def refresh(self):
        """As a gateway's host does: the keyserver's parameters in place of the present ones."""
        file = wire.ask(self.socket, 'KEY_PARAMETERS')['file']
        (self.district.etc / 'public/parameters').write_bytes(file)
        return file

    def opens(self, message):
        answer = wire.ask(self.socket, 'KEY_OPEN', message.district, message.serial, message.address, message.period,
                          message.ciphertext, message.id, 7)
        return message.fits(answer['key']) if answer.status == 'ok' else answer.reason


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    yield world
    if world.keyserver:
        world.keyserver.kill()


def seal(world):
    return sealed.Sealed(world.district.seal('alice@example.org'))


def test_a_message_opens_with_a_protected_master_secret(world):
    assert 'protection: argon2id' in (world.district.etc / 'master/1').read_text()
    message = seal(world)
    world.start()
    assert world.opens(message) is True


def test_another_implementation_opens_the_file(world):
    node = ['node', districts.ROOT / 'tests/interop/master_vectors.mjs', '--open', world.district.etc / 'master/1']
    assert subprocess.run([*node, PASSPHRASE], capture_output=True, text=True).stdout == 'opened\n'
    assert subprocess.run([*node, PASSPHRASE + 'x'], capture_output=True).returncode == 1


@pytest.mark.parametrize('change, said', [
    (lambda w: w.passphrase.chmod(0o600) or w.passphrase.write_text(PASSPHRASE + '!'), 'M-7: the passphrase is wrong or the file is damaged'),
    (lambda w: w.district.change('keyserver', 'passphrase', None), 'M-6: it is behind a passphrase, and none was given'),
    (lambda w: w.passphrase.unlink(), 'No such file'),
    (lambda w: w.passphrase.chmod(0o444), 'lets others in'),
])
def test_without_its_passphrase_it_does_not_start_and_says_why(world, change, said):
    change(world)
    assert said in world.refuses_to_start()
    assert not world.socket.exists()


def test_old_mail_opens_after_a_rotation_and_gateways_change_when_they_refresh(world):
    before = seal(world)
    world.start()
    first = world.refresh()

    # A new master secret changes nothing by itself: no gateway can seal to what the keyserver does not hold.
    done = world.rotate()
    assert done.returncode == 0, done.stderr
    assert (world.district.etc / 'master/2').stat().st_mode & 0o777 == 0o400
    assert world.refresh() == first
    between = seal(world)
    assert (before.serial, between.serial) == (1, 1)

    # The restarted keyserver opens both and hands the new parameters out; a gateway that has not fetched them goes on.
    world.restart()
    assert wire.ask(world.socket, 'KEY_PARAMETERS')['file'] != first
    late = seal(world)
    world.refresh()
    after = seal(world)
    assert (late.serial, after.serial) == (1, 2)
    assert [world.opens(m) for m in (before, between, late, after)] == [True] * 4

    # The older secret taken away: its mail is over, the newer one's is not.
    (world.district.etc / 'master/1').unlink()
    world.restart()
    assert world.opens(after) is True
    assert world.opens(before) == 'unknown-district'


def test_a_rotation_says_what_comes_next_and_shows_no_secret(world):
    done = world.rotate()
    shown = done.stdout.decode()
    for word in ('Serial 2', 'restart the keyserver', 'securemail backup', 'securemail refresh'):
        assert word in shown
    secrets = next(line for line in (world.district.etc / 'master/2').read_text().splitlines() if line.startswith('secrets: '))
    assert secrets.split(': ')[1] not in shown and PASSPHRASE not in shown


def test_rotate_overwrites_nothing_and_needs_the_passphrase(world):
    (world.district.etc / 'master/2').symlink_to('1')
    assert world.rotate().returncode == 1
    (world.district.etc / 'master/2').unlink()
    world.passphrase.chmod(0o600)
    world.passphrase.write_text('another passphrase altogether\n')
    done = world.rotate()
    assert done.returncode == 1 and b'M-7' in done.stderr
    assert sorted(path.name for path in (world.district.etc / 'master').iterdir()) == ['1']


@pytest.mark.parametrize('options, said', [
    ((), b'--passphrase and --unprotected'),
    (('--unprotected', '--passphrase', 'x'), b'--passphrase and --unprotected'),
])
def test_init_wants_a_decision(tmp_path, options, said):
    done = tool('init', '-d', tmp_path / 'etc', '--district', 'agency.example', '--organisation', 'x', '--portal',
                'https://mail.agency.example', *options)
    assert done.returncode == 64 and said in done.stderr
    assert not (tmp_path / 'etc').exists()


def test_init_refuses_a_short_passphrase_and_leaves_nothing(tmp_path):
    short = tmp_path / 'short'
    short.write_text('eleven char')
    short.chmod(0o400)
    done = tool('init', '-d', tmp_path / 'etc', '--district', 'agency.example', '--organisation', 'x', '--portal',
                'https://mail.agency.example', '--passphrase', short)
    assert done.returncode == 1 and b'at least 12 characters' in done.stderr
    assert not (tmp_path / 'etc').exists()


def test_a_passphrase_asked_for_at_a_terminal_is_not_shown(tmp_path):
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(districts.TOOL, ['securemail', 'init', '-d', f'{tmp_path}/etc', '--district', 'agency.example', '--organisation',
                                  'x', '--portal', 'https://mail.agency.example', '--passphrase', '-'])
    shown = b''
    for question in (b'Passphrase for the master secret: ', b'Once more: '):
        while question not in shown:
            shown += os.read(terminal, 1024)
        os.write(terminal, PASSPHRASE.encode() + b'\n')
    while b'securemail check' not in shown:
        shown += os.read(terminal, 1024)
    assert os.waitpid(pid, 0)[1] == 0
    os.close(terminal)
    assert 'protection: argon2id' in (tmp_path / 'etc/master/1').read_text()
    assert PASSPHRASE.encode() not in shown

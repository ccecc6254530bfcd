"""The key log under every kind of hand: changed, cut, rewritten, on a full disk; and its signed heads."""
import hashlib
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'lib'))

import district as districts  # noqa: E402
import sealed  # noqa: E402
import wire  # noqa: E402
from district import tool  # noqa: E402


class World:
    def __init__(self, folder):
        self.district = districts.District(folder)
        self.socket = self.district.state / 'run/keyserver.sock'
        self.log = self.district.state / 'data/key.log'
        self.message = sealed.Sealed(self.district.seal('alice@example.org'))
        self.keyserver = None

    def start(self):
        self.keyserver = districts.Program(self.district, 'keyserver', self.socket).ready()
        return self

    def open(self, account=7, socket=None):
        m = self.message
        return wire.ask(socket or self.socket, 'KEY_OPEN', m.district, m.serial, m.address, m.period, m.ciphertext, m.id, account)

    def audit(self, verb, *options):
        return tool('audit', verb, '-c', self.district.config, *options)

    def head(self, path):
        done = self.audit('head')
        assert done.returncode == 0, done.stderr
        path.write_bytes(done.stdout)
        return path


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path).start()
    yield world
    world.keyserver.kill()


@pytest.fixture(scope='module')
def record_of_a_day(tmp_path_factory):
    """A log of six records, and heads signed after the second and the fifth."""
    folder = tmp_path_factory.mktemp('day')
    world = World(folder).start()
    for account in range(1, 7):
        assert world.open(account).status == 'ok'
        if account in (2, 5):
            world.head(folder / f'head{account}')
    world.keyserver.kill()
    world.heads = [folder / 'head2', folder / 'head5']
    return world


def rechain(lines):
    """The log with its chains made right again from the first line to the last: what a forger would write."""
    chain, made = bytes(32), []
    for line in lines:
        text = line.rpartition(' ')[0]
        chain = hashlib.sha256(b'SECUREMAIL-V01-KEYLOG' + chain + text.encode()).digest()
        made.append(f'{text} {chain.hex()}')
    return made


def verify(world, text, folder, heads=()):
    log = folder / 'copy.log'
    log.write_text(text)
    return world.audit('verify', '--log', log, *(word for head in heads for word in ('--head', head)))


def test_an_untouched_log_is_good(record_of_a_day, tmp_path):
    done = verify(record_of_a_day, record_of_a_day.log.read_text(), tmp_path, record_of_a_day.heads)
    assert done.returncode == 0, done.stderr
    shown = done.stdout.decode()
    assert '6 records, unchanged' in shown and re.search(r'opened +6', shown) and 'All 2 signed heads' in shown


@pytest.mark.parametrize('number', range(0, 7))
def test_a_changed_byte_in_any_field_is_found_and_its_line_named(record_of_a_day, tmp_path, number):
    lines = record_of_a_day.log.read_text().splitlines()
    for field, word in enumerate(lines[number].split(' ')):
        words = lines[number].split(' ')
        words[field] = ('9' if word[0] != '9' else '8') + word[1:]
        text = '\n'.join([*lines[:number], ' '.join(words), *lines[number + 1:]]) + '\n'
        done = verify(record_of_a_day, text, tmp_path)
        assert done.returncode == 1 and f'line {number + 1}:'.encode() in done.stderr, (field, done.stderr)


def test_removed_and_swapped_lines_are_found(record_of_a_day, tmp_path):
    lines = record_of_a_day.log.read_text().splitlines()
    for changed, line in (([*lines[:3], *lines[4:]], 4), ([*lines[:2], lines[3], lines[2], *lines[4:]], 3), (lines[1:], 1),
                          ([*lines[:4], lines[3], *lines[4:]], 5)):
        done = verify(record_of_a_day, '\n'.join(changed) + '\n', tmp_path)
        assert done.returncode == 1 and f'line {line}:'.encode() in done.stderr, done.stderr


def test_a_gap_in_the_numbers_is_found_even_if_the_chain_was_made_right(record_of_a_day, tmp_path):
    lines = record_of_a_day.log.read_text().splitlines()
    done = verify(record_of_a_day, '\n'.join(rechain([*lines[:3], *lines[4:]])) + '\n', tmp_path)
    assert done.returncode == 1 and b'line 4: number 4 instead of 3' in done.stderr


def test_a_log_written_anew_is_found_by_a_signed_head_alone(record_of_a_day, tmp_path):
    lines = record_of_a_day.log.read_text().splitlines()
    lines[2] = lines[2].replace('alice@', 'carol@')
    text = '\n'.join(rechain(lines)) + '\n'
    assert verify(record_of_a_day, text, tmp_path).returncode == 0, 'the chain alone can not see it'
    done = verify(record_of_a_day, text, tmp_path, record_of_a_day.heads)
    assert done.returncode == 1 and b'L-6' in done.stderr and b'record 2 is not the one' in done.stderr


def test_a_cut_end_is_found_by_a_signed_head_alone(record_of_a_day, tmp_path):
    text = ''.join(line + '\n' for line in record_of_a_day.log.read_text().splitlines()[:5])
    done = verify(record_of_a_day, text, tmp_path)
    assert done.returncode == 0 and b'missing at the end can' in done.stdout
    done = verify(record_of_a_day, text, tmp_path, record_of_a_day.heads)
    assert done.returncode == 1 and b'L-6: records are missing at the end' in done.stderr and b'head5' in done.stderr
    assert verify(record_of_a_day, text, tmp_path, record_of_a_day.heads[:1]).returncode == 0


def test_an_unfinished_last_line_and_an_empty_log_are_found(record_of_a_day, tmp_path):
    text = record_of_a_day.log.read_text()
    assert b'L-5' in verify(record_of_a_day, text[:-1], tmp_path).stderr
    assert b'L-5' in verify(record_of_a_day, text + '7 2026', tmp_path).stderr
    assert b'L-1' in verify(record_of_a_day, '', tmp_path).stderr


def test_a_head_that_the_authority_did_not_sign_is_refused(record_of_a_day, tmp_path):
    """L-7"""
    good = record_of_a_day.heads[0].read_text()
    for name, text in (('number', good.replace(' 2 ', ' 3 ', 1)), ('comment', good.replace('number=2', 'number=3')), ('cut', good[:-30]),
                       ('empty', ''), ('parameters', (record_of_a_day.district.etc / 'public/parameters').read_text())):
        (tmp_path / name).write_text(text)
        done = verify(record_of_a_day, record_of_a_day.log.read_text(), tmp_path, [tmp_path / name])
        assert done.returncode == 1 and f'{tmp_path / name}: '.encode() in done.stderr, name
    other = World(tmp_path / 'other') if (tmp_path / 'other').mkdir() is None else None
    other.start()
    try:
        head = other.head(tmp_path / 'foreign')
    finally:
        other.keyserver.kill()
    done = verify(record_of_a_day, record_of_a_day.log.read_text(), tmp_path, [head])
    assert done.returncode == 1 and b"not signed by this district's authority" in done.stderr


def test_the_stock_minisign_checks_a_head(record_of_a_day, tmp_path):
    """The two commands of docs/guide/audit.md."""
    line, _, signature = record_of_a_day.heads[1].read_text().partition('\n')
    (tmp_path / 'h').write_text(line + '\n')
    (tmp_path / 'h.minisig').write_text(signature)
    authority = re.search('^authority = (.*)$', record_of_a_day.district.config.read_text(), re.M)[1]
    command = ['minisign', '-V', '-m', tmp_path / 'h', '-P', authority]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0 and 'securemail-key-log-head-v1 district=agency.example number=5 chain=' in done.stdout, done.stderr
    (tmp_path / 'h').write_text(line.replace(' 5 ', ' 4 ') + '\n')
    assert subprocess.run(command, capture_output=True).returncode != 0


def test_another_host_verifies_with_the_authority_s_key_alone(record_of_a_day, tmp_path):
    authority = re.search('^authority = (.*)$', record_of_a_day.district.config.read_text(), re.M)[1]
    (tmp_path / 'log').write_text(record_of_a_day.log.read_text())
    done = tool('audit', 'verify', '--log', tmp_path / 'log', '--authority', authority, '--district', 'agency.example',
                '--head', record_of_a_day.heads[0], cwd='/')
    assert done.returncode == 0, done.stderr


def test_list_shows_records_by_address_and_time(record_of_a_day):
    shown = record_of_a_day.audit('list').stdout.decode().splitlines()
    assert len(shown) == 7 and shown[0].split()[:3] == ['number', 'time', 'result']
    assert shown[1].split()[0] == '1' and shown[1].split()[-1] == 'alice@example.org'
    assert len(record_of_a_day.audit('list', '--address', 'bob@example.org').stdout.splitlines()) == 1
    assert len(record_of_a_day.audit('list', '--since', '2099-01-01').stdout.splitlines()) == 1
    assert len(record_of_a_day.audit('list', '--since', '2020-01-01').stdout.splitlines()) == 7


@pytest.mark.parametrize('arguments', [(), ('look',), ('verify', 'x'), ('verify', '--since', 'x'), ('list', '--nothing')])
def test_audit_says_how_it_is_used(arguments):
    done = tool('audit', *arguments)
    assert done.returncode == 64 and b'usage: securemail audit' in done.stderr


# --- a running keyserver and its disk ---------------------------------------------------------------------------

def test_an_empty_log_has_a_head_too(world, tmp_path):
    head = world.head(tmp_path / 'head')
    assert head.read_text().split(' ')[3] == '0'
    world.open()
    assert world.audit('verify', '--head', head).returncode == 0


@pytest.mark.parametrize('hand', [
    lambda log: log.write_text(log.read_text()[:-1]),
    lambda log: log.write_text(''),
    lambda log: log.write_text(log.read_text() + 'x'),
])
def test_nothing_is_opened_once_another_hand_touched_the_log(world, hand):
    assert world.open().status == 'ok'
    hand(world.log)
    for _ in range(2):
        assert world.open().status == 'temp'
    assert wire.ask(world.socket, 'KEY_HEAD').status == 'temp', 'no head of a log in doubt is signed'
    assert 'key-log-broken' in world.keyserver.log.read_text()


def test_on_a_full_disk_nothing_is_opened_and_the_log_stays_whole(tmp_path):
    """A file system of 64 KiB, in a mount namespace of its own; the keyserver runs in it and meets its end."""
    world = World(tmp_path)
    small = tmp_path / 'small'
    small.mkdir()
    world.district.change('keyserver', 'log', small / 'key.log')
    world.district.change('keyserver', 'export-keys', 'yes')
    keyserver = districts.BUILD / 'keyserver/securemail-keyserver'
    log = open(tmp_path / 'keyserver.log', 'ab')
    process = subprocess.Popen(['unshare', '-m', 'sh', '-c',
                                f'mount -t tmpfs -o size=64k none {small} && exec {keyserver} -c {world.district.config}'],
                               stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    inside = pathlib.Path(f'/proc/{process.pid}/root{small}')
    try:
        deadline = time.monotonic() + 30
        while not world.socket.exists() and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.01)
        opened, answer = 0, world.open()
        while answer.status == 'ok':
            opened += 1
            assert opened < 1000, 'the disk does not fill up'
            answer = world.open()
        assert answer.status == 'temp' and 'key' not in answer
        m = world.message
        assert wire.ask(world.socket, 'KEY_EXPORT_IDENTITY', m.district, m.serial, m.address, m.period).status == 'temp'
        # The log ends with the last record that was answered, and is whole.
        copy = tmp_path / 'copy.log'
        copy.write_bytes((inside / 'key.log').read_bytes())
        done = world.audit('verify', '--log', copy)
        assert done.returncode == 0, done.stderr
        assert re.search(rf'opened +{opened}\b', done.stdout.decode())

        # There is room again: it goes on by itself, or, where its disk left doubt, says so until it is started anew.
        subprocess.run(['nsenter', '-t', str(process.pid), '-m', 'mount', '-o', 'remount,size=256k', str(small)], check=True)
        assert world.open().status == 'ok'
        copy.write_bytes((inside / 'key.log').read_bytes())
        assert re.search(rf'opened +{opened + 1}\b', world.audit('verify', '--log', copy).stdout.decode())
    finally:
        process.kill()
        process.wait()
        log.close()


def test_every_key_that_left_has_its_record_when_the_keyserver_is_killed(tmp_path):
    world = World(tmp_path)
    answered, lock = [], threading.Lock()

    def ask(account):
        while True:
            try:
                if world.open(account).status == 'ok':
                    with lock:
                        answered.append(account)
                account += 100
            except (wire.Closed, OSError):
                return

    for round_number in range(3):
        world.start()
        threads = [threading.Thread(target=ask, args=(round_number * 100000 + i,)) for i in range(4)]
        count = len(answered)
        for thread in threads:
            thread.start()
        while len(answered) < count + 40:
            time.sleep(0.01)
        world.keyserver.process.send_signal(signal.SIGKILL)
        world.keyserver.process.wait()
        for thread in threads:
            thread.join(60)
        world.socket.unlink(missing_ok=True)
    world.start()  # a torn record, if there is one, is cut off and noted
    try:
        done = world.audit('verify')
        assert done.returncode == 0, done.stderr
        logged = {int(line.split(' ')[6]) for line in world.log.read_text().splitlines()[1:] if line.split(' ')[2] == 'opened'}
        assert len(answered) >= 120 and set(answered) <= logged
    finally:
        world.keyserver.kill()

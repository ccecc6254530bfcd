"""The keyserver program over its socket: what it opens, what it writes down, what it survives."""
import hashlib
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'lib'))

import district as districts  # noqa: E402
import sealed  # noqa: E402
import wire  # noqa: E402


def chain_holds(log):
    """Check a whole key log, as docs/spec/key-log.md says; gives its records as lists of words."""
    chain, records = bytes(32), []
    assert log.endswith('\n')
    for number, line in enumerate(log[:-1].split('\n')):
        text, _, hexadecimal = line.rpartition(' ')
        chain = hashlib.sha256(b'SECUREMAIL-V01-KEYLOG' + chain + text.encode()).digest()
        assert hexadecimal == chain.hex(), f'line {number + 1}'
        if number:
            records.append(text.split(' '))
            assert records[-1][0] == str(number)
    return records


class Keyserver:
    def __init__(self, folder):
        self.district = districts.District(folder)
        self.log = self.district.state / 'data/key.log'
        self.socket = self.district.state / 'run/keyserver.sock'
        self.program = None

    def start(self):
        self.program = districts.Program(self.district, 'keyserver', self.socket).ready()
        return self

    def refuses_to_start(self):
        """What it says when it does not start."""
        before = len(self.program.log.read_text()) if self.program else 0
        program = districts.Program(self.district, 'keyserver', self.socket)
        assert program.process.wait(20) == 1
        return program.log.read_text()[before:]

    def open(self, message, **changed):
        asked = {'district': message.district, 'serial': message.serial, 'address': message.address,
                 'period': message.period, 'ciphertext': message.ciphertext, 'id': message.id, 'account': 7, **changed}
        return wire.ask(self.socket, 'KEY_OPEN', *asked.values())

    def records(self):
        return chain_holds(self.log.read_text())


@pytest.fixture
def keyserver(tmp_path):
    keyserver = Keyserver(tmp_path)
    yield keyserver
    if keyserver.program:
        keyserver.program.kill()


def test_it_opens_what_was_sealed_and_writes_it_down(keyserver):
    message = sealed.Sealed(keyserver.district.seal('Alice@Example.ORG'))
    keyserver.start()
    answer = keyserver.open(message)
    assert answer.status == 'ok' and message.fits(answer['key'])
    record, = keyserver.records()
    assert record[2:] == ['opened', '1', time.strftime('%Y-%m-%dT00:00:00Z', time.gmtime(message.period)),
                          'alice@example.org', '7', message.id.hex()]
    assert keyserver.open(message)['key'] == answer['key']
    assert len(keyserver.records()) == 2


def test_another_address_gives_a_key_that_does_not_fit(keyserver):
    message = sealed.Sealed(keyserver.district.seal('alice@example.org'))
    keyserver.start()
    assert not message.fits(keyserver.open(message, address='bob@example.org')['key'])


def test_refusals_have_a_reason_and_a_record(keyserver):
    message = sealed.Sealed(keyserver.district.seal('alice@example.org'))
    old = sealed.Sealed(keyserver.district.seal('alice@example.org', b'x', '--time', '2020-01-01'))
    keyserver.start()
    for changed, of, status, reason, result in (
            ({'district': 'other.example'}, message, 'none', 'unknown-district', 'unknown-district'),
            ({'serial': 2}, message, 'none', 'unknown-district', 'unknown-district'),
            ({'address': 'Alice@example.org'}, message, 'bad', 'none', 'malformed'),
            ({'period': message.period + 1}, message, 'bad', 'none', 'malformed'),
            ({'period': message.period + 604800}, message, 'denied', 'too-early', 'too-early'),
            ({'ciphertext': bytes(1216)}, message, 'bad', 'none', 'malformed'),
            ({}, old, 'denied', 'expired', 'expired')):
        answer = keyserver.open(of, **changed)
        assert (answer.status, answer.reason, keyserver.records()[-1][2]) == (status, reason, result), changed
    assert len(keyserver.records()) == 7
    assert keyserver.open(message).status == 'ok'


def test_it_gives_the_signed_parameters(keyserver):
    keyserver.start()
    answer = wire.ask(keyserver.socket, 'KEY_PARAMETERS')
    assert answer['file'] == (keyserver.district.etc / 'public/parameters').read_bytes()


def test_malformed_frames_end_the_connection_and_nothing_else(keyserver):
    message = sealed.Sealed(keyserver.district.seal('alice@example.org'))
    keyserver.start()
    good = wire.encode('KEY_OPEN', message.district, 1, message.address, message.period, message.ciphertext, message.id, 7)
    for frame in (b'\0\0\0\0', b'\xff\xff\xff\xff', good.replace(b'\x01\x41', b'\x02\x41', 1),
                  good.replace(b'\x01\x41', b'\x01\x09', 1), b'\0\0\0\x03\x01\x42\x00'):
        peer = wire.Peer(keyserver.socket)
        peer.send(frame)
        with pytest.raises(wire.Closed):
            peer.receive('KEY_OPEN')
        peer.close()
    assert keyserver.open(message).status == 'ok'
    assert 'peer-malformed' in keyserver.program.log.read_text()
    assert len(keyserver.records()) == 1


def test_without_a_master_secret_it_says_so_and_makes_none(keyserver):
    master = keyserver.district.etc / 'master/1'
    master.unlink()
    assert 'there is no master secret' in keyserver.refuses_to_start()
    assert not master.exists() and not keyserver.log.exists() and not keyserver.socket.exists()


@pytest.mark.parametrize('damage, said', [
    (lambda etc: (etc / 'master/1').chmod(0o644), 'lets others in'),
    (lambda etc: (etc / 'master').chmod(0o770), 'lets others write'),
    (lambda etc: (etc / 'master/1').rename(etc / 'm') and (etc / 'master/1').symlink_to(etc / 'm'), 'a link'),
    (lambda etc: (etc / 'master/1').write_text((etc / 'master/1').read_text().replace('serial: 1', 'serial: 2')), 'M-4'),
    (lambda etc: (etc / 'master/1').rename(etc / 'master/2'), 'M-10'),
    (lambda etc: (etc / 'master/1').rename(etc / 'master/one'), 'M-9'),
    (lambda etc: (etc / 'master/1').write_text(''), 'empty'),
    (lambda etc: (etc / 'securemail.conf').write_text(
        (etc / 'securemail.conf').read_text().replace('\nname = agency.example', '\nname = other.example')),
     'of district agency.example'),
    (lambda etc: (etc / 'securemail.conf').write_text(
        (etc / 'securemail.conf').read_text().replace('# lifetime = 90 days', 'lifetime = 7 days')), 'longer than a period'),
])
def test_it_does_not_start_with_what_does_not_fit(keyserver, damage, said):
    (keyserver.district.etc / 'master/1').chmod(0o600)
    damage(keyserver.district.etc)
    assert said in keyserver.refuses_to_start()
    assert not keyserver.socket.exists()


def test_a_torn_record_is_cut_off_and_noted(keyserver):
    message = sealed.Sealed(keyserver.district.seal('alice@example.org'))
    keyserver.start()
    keyserver.open(message)
    keyserver.program.stop()
    with open(keyserver.log, 'a') as log:
        log.write('2 2026-11-24T0')
    keyserver.start()
    assert 'key-log-torn' in keyserver.program.log.read_text()
    assert [record[2] for record in keyserver.records()] == ['opened', 'torn']
    assert keyserver.open(message).status == 'ok'
    assert [record[2] for record in keyserver.records()] == ['opened', 'torn', 'opened']


def test_a_damaged_log_is_left_alone(keyserver):
    message = sealed.Sealed(keyserver.district.seal('alice@example.org'))
    keyserver.start()
    keyserver.open(message)
    keyserver.program.stop()
    damaged = keyserver.log.read_text().replace('alice@', 'mallo@')
    keyserver.log.write_text(damaged)
    assert 'line 2' in keyserver.refuses_to_start()
    assert keyserver.log.read_text() == damaged


def test_two_keyservers_do_not_share_a_log(keyserver):
    keyserver.start()
    keyserver.district.change('keyserver', 'listen', f'unix:{keyserver.district.state}/run/other.sock')
    assert 'another keyserver' in keyserver.refuses_to_start()


def test_a_log_that_was_cut_by_another_hand_stops_the_openings(keyserver):
    message = sealed.Sealed(keyserver.district.seal('alice@example.org'))
    keyserver.start()
    assert keyserver.open(message).status == 'ok'
    os.truncate(keyserver.log, 20)
    for _ in range(2):
        answer = keyserver.open(message)
        assert answer.status == 'temp' and 'key' not in answer
    assert 'key-log-broken' in keyserver.program.log.read_text()


def test_every_key_that_left_is_written_down_also_after_a_kill(keyserver):
    message = sealed.Sealed(keyserver.district.seal('alice@example.org'))
    answered = [0] * 4

    def ask_until_it_is_gone(slot):
        try:
            peer = wire.Peer(keyserver.socket)
            while True:
                answer = peer.ask('KEY_OPEN', message.district, 1, message.address, message.period, message.ciphertext,
                                  message.id, slot)
                assert answer.status == 'ok'
                answered[slot] += 1
        except (wire.Closed, OSError):
            pass

    for _ in range(3):
        keyserver.start()
        threads = [threading.Thread(target=ask_until_it_is_gone, args=[slot]) for slot in range(4)]
        wanted = sum(answered) + 20
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + 20
        while sum(answered) < wanted and time.monotonic() < deadline:
            time.sleep(0.002)
        keyserver.program.kill()
        for thread in threads:
            thread.join()
    keyserver.start()
    opened = [record for record in keyserver.records() if record[2] == 'opened']
    for slot in range(4):
        assert sum(record[6] == str(slot) for record in opened) >= answered[slot] > 0


def test_it_ends_in_order_and_starts_again_where_its_socket_was_left(keyserver):
    keyserver.start()
    idle = wire.Peer(keyserver.socket)
    assert keyserver.program.stop() == 0
    idle.close()
    assert keyserver.socket.exists()  # it can't remove a file any more
    keyserver.start()


def test_it_has_locked_its_door(keyserver):
    keyserver.start()
    status = pathlib.Path(f'/proc/{keyserver.program.process.pid}/status').read_text()
    assert re.search(r'^NoNewPrivs:\s+1$', status, re.M)
    assert re.search(r'^Seccomp:\s+2$', status, re.M)
    assert re.search(r'^CapEff:\s+0+$', status, re.M)


@pytest.mark.skipif(os.geteuid() != 0, reason='only root can be two users')
def test_root_opens_nothing_unless_told_to_be_allowed(keyserver):
    """A keyserver that runs as another user. Root may ask it for parameters and exports; an OPEN is refused before it is judged, and
    the log says that it was asked for."""
    message = sealed.Sealed(keyserver.district.seal('alice@example.org'))
    keyserver.district.change('keyserver', 'user', 'nobody')
    keyserver.start()
    answer = keyserver.open(message)
    assert (answer.status, answer.reason) == ('denied', 'none')
    assert keyserver.records() == []
    assert f'key-open message={message.id.hex()} account=7 status=denied' in keyserver.program.log.read_text()
    assert wire.ask(keyserver.socket, 'KEY_PARAMETERS').status == 'ok'
    keyserver.program.stop()
    keyserver.district.change('keyserver', 'allow-user', 'root')
    keyserver.start()
    assert keyserver.open(message).status == 'ok'


def test_only_allowed_users_are_served():
    folder = pathlib.Path(tempfile.mkdtemp(prefix='securemail-'))
    # The other user may not read the folder of these tests (it may be in somebody's home): he brings his own copy.
    shutil.copy(wire.__file__, folder)
    ask = (f'import sys; sys.path.insert(0, {str(folder)!r}); import wire; '
           'print(wire.ask(sys.argv[1], "KEY_PARAMETERS").status)')
    keyserver = Keyserver(folder)
    try:
        for path in (folder, keyserver.district.state, keyserver.district.state / 'run'):
            path.chmod(0o755)
        keyserver.start()
        command = ['/usr/bin/python3', '-B', '-c', ask, keyserver.socket]
        other = subprocess.run(command, user='nobody', capture_output=True, text=True, cwd='/')
        assert other.returncode != 0 and ('Closed' in other.stderr or 'BrokenPipe' in other.stderr)
        assert 'peer-refused' in keyserver.program.log.read_text()
        keyserver.program.stop()
        keyserver.district.change('keyserver', 'allow-user', 'nobody')
        keyserver.start()
        other = subprocess.run(command, user='nobody', capture_output=True, text=True, cwd='/')
        assert other.stdout == 'ok\n', other.stderr
    finally:
        if keyserver.program:
            keyserver.program.kill()
        shutil.rmtree(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason='only root can become another user')
def test_it_becomes_another_user(keyserver):
    keyserver.district.change('keyserver', 'user', 'nobody')
    keyserver.district.change('keyserver', 'allow-user', 'root')
    keyserver.start()
    status = pathlib.Path(f'/proc/{keyserver.program.process.pid}/status').read_text()
    uids = re.search(r'^Uid:\s+(.*)$', status, re.M)[1].split()
    assert '0' not in uids
    message = sealed.Sealed(keyserver.district.seal('alice@example.org'))
    assert keyserver.open(message).status == 'ok'
    # Made as root; the next start may be as that user alone.
    logs = [path for path in keyserver.district.state.rglob('*key*log*') if path.is_file()]
    assert [path.owner() for path in logs] == ['nobody'], logs


def test_slow_and_silent_connections_do_not_stop_others(keyserver):
    message = sealed.Sealed(keyserver.district.seal('alice@example.org'))
    keyserver.start()
    silent = [socket.socket(socket.AF_UNIX) for _ in range(20)]
    for one in silent:
        one.connect(str(keyserver.socket))
        one.send(b'\0')
    assert keyserver.open(message).status == 'ok'
    for one in silent:
        one.close()

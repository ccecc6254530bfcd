"""The accounts program over its socket, spoken to by an independent reading of the protocol; its mails go to a mail catcher."""
import base64
import os
import pathlib
import re
import signal
import struct
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / 'demo'), str(ROOT / 'tests/lib')]

import catcher  # noqa: E402
import wire  # noqa: E402

BUILD = pathlib.Path(os.environ.get('SECUREMAIL_BUILD', ROOT / 'build'))
PASSWORD = 'seven green kettles whisper'


class Service:
    def __init__(self, folder):
        self.folder = folder
        self.catcher = catcher.Catcher(folder / 'mail')
        (folder / 'data').mkdir()
        self.socket = folder / 'accounts.sock'
        self.config = folder / 'securemail.conf'
        self.config.write_text(f'''
[district]
name = agency.example
organisation = Commonwealth of Example
portal = https://securemail.agency.example
help = help@agency.example
[accounts]
listen = unix:{self.socket}
database = {folder}/data/accounts.sqlite
keyserver = unix:{folder}/keyserver.sock
relay = 127.0.0.1:{self.catcher.smtp_port}
from = do_not_reply@agency.example
hostname = accounts.agency.example
argon2-memory = 1M
argon2-passes = 1
''')
        self.start()

    def start(self):
        self.log = open(self.folder / 'log', 'ab')
        self.process = subprocess.Popen([BUILD / 'accounts/securemail-accounts', '-c', self.config], stderr=self.log,
                                        stdin=subprocess.DEVNULL)
        for _ in range(1000):
            try:
                return wire.Peer(self.socket).close()
            except OSError:
                assert self.process.poll() is None, (self.folder / 'log').read_text()
                time.sleep(0.01)
        raise RuntimeError('accounts does not answer')

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(20)

    def ask(self, name, *values):
        return wire.ask(self.socket, name, *values)

    def register(self, address, password=PASSWORD, source='192.0.2.1'):
        before = len(self.catcher.mails())
        answer = self.ask('REGISTER', address, 'Alice Example', password, 1, 'Miss Harding', 1, 'en', source, 'ab' * 16)
        if answer.status != 'ok':
            return answer, None
        mail = self.catcher.mails()[before]
        found = re.search(r'^https://securemail\.agency\.example/confirm/(\S+)\s*$', mail.get_content(), re.M)
        token = base64.urlsafe_b64decode(found[1] + '=') if found else None
        return answer, token

    def member(self, address):
        answer, token = self.register(address)
        return self.ask('CONFIRM', token, answer['pending'], b'', '192.0.2.1')['session']


@pytest.fixture(scope='module')
def service(tmp_path_factory):
    service = Service(tmp_path_factory.mktemp('accounts'))
    yield service
    assert service.stop() == 0
    service.catcher.close()


def test_registering_confirming_and_signing_in(service):
    answer, token = service.register('alice@mailbox.example')
    assert service.ask('LOOKUP', 'alice@mailbox.example')['known'] == 0
    view = service.ask('CONFIRM_VIEW', token, b'')
    assert (view['address'], view['name'], view['return']) == (b'alice@mailbox.example', b'Alice Example', b'ab' * 16)
    assert view['needs_password'] == 1
    assert service.ask('CONFIRM_VIEW', token, answer['pending'])['needs_password'] == 0
    refused = service.ask('CONFIRM', token, b'', b'', '192.0.2.1')
    assert (refused.status, refused.reason) == ('denied', 'wrong-password')
    session = service.ask('CONFIRM', token, answer['pending'], b'', '192.0.2.1')['session']
    assert service.ask('CONFIRM', token, answer['pending'], b'', '192.0.2.1').reason == 'token'
    assert service.ask('LOOKUP', 'alice@mailbox.example')['known'] == 1
    who = service.ask('SESSION', session)
    assert (who['address'], who['name'], who['language'], who['terms']) == (b'alice@mailbox.example', b'Alice Example', b'en', 1)
    assert len(who['form_key']) == 32
    assert service.ask('SIGN_OUT', session).status == 'ok'
    assert service.ask('SESSION', session).reason == 'session'
    again = service.ask('SIGN_IN', 'Alice@Mailbox.Example', PASSWORD, '192.0.2.1')
    assert service.ask('SESSION', again['session'])['address'] == b'alice@mailbox.example'


def test_wrong_password_and_unknown_address_look_the_same(service):
    service.member('bob@mailbox.example')
    wrong = service.ask('SIGN_IN', 'bob@mailbox.example', 'not the password', '192.0.2.2')
    unknown = service.ask('SIGN_IN', 'nobody@mailbox.example', 'not the password', '192.0.2.2')
    assert (wrong.status, wrong.reason, wrong.wait, dict(wrong)) == (unknown.status, unknown.reason, unknown.wait, dict(unknown))
    assert wrong.reason == 'wrong-password'


def test_registering_an_address_that_has_an_account_tells_only_its_mailbox(service):
    service.member('carol@mailbox.example')
    answer, token = service.register('carol@mailbox.example', 'another quite long passphrase')
    assert answer.status == 'ok' and len(answer['pending']) == 32
    assert token is None
    assert 'registered already' in service.catcher.mails()[-1]['Subject']
    assert service.ask('SIGN_IN', 'carol@mailbox.example', 'another quite long passphrase', '192.0.2.3').status == 'denied'


def test_weak_password_and_wrong_fields_have_their_reasons(service):
    assert service.register('dave@mailbox.example', 'password1')[0].reason == 'weak-password'
    assert service.register('not an address')[0].reason == 'field'
    answer = service.ask('REGISTER', 'dave@mailbox.example', 'Dave', PASSWORD, 99, 'x', 1, 'en', '', '')
    assert (answer.status, answer.reason) == ('bad', 'field')


def test_guessing_waits(service):
    service.member('erin@mailbox.example')
    for _ in range(6):
        assert service.ask('SIGN_IN', 'erin@mailbox.example', 'wrong', '192.0.2.4').reason == 'wrong-password'
    waiting = service.ask('SIGN_IN', 'erin@mailbox.example', PASSWORD, '192.0.2.4')
    assert (waiting.status, waiting.reason) == ('limit', 'throttled') and 0 < waiting.wait <= 15
    assert service.ask('SIGN_IN', 'erin@mailbox.example', PASSWORD, '192.0.2.5').status == 'ok'


def der(tag, *contents):
    body = b''.join(contents)
    assert len(body) < 65536
    length = bytes([len(body)]) if len(body) < 128 else bytes([0x81, len(body)]) if len(body) < 256 else b'\x82' + struct.pack('>H', len(body))
    return bytes([tag]) + length + body


def test_a_key_is_asked_for_only_with_a_session_and_ones_own_address(service):
    session = service.member('frank@mailbox.example')
    garbage = service.ask('OPEN', session, b'\x30\x00', bytes(1216), bytes(32))
    assert garbage.status == 'bad'
    assert service.ask('OPEN', bytes(32), b'\x30\x00', bytes(1216), bytes(32)).reason == 'session'


def test_malformed_frames_end_the_connection_and_nothing_else(service):
    good = wire.encode('LOOKUP', 'a@b.example')
    malformed = [
        b'\0\0\0\0', b'\xff\xff\xff\xff', struct.pack('>I', 65537) + b'x' * 10,  # W-1
        good[:4] + b'\2' + good[5:], b'\0\0\0\1\1',                             # W-2
        good[:5] + b'\x63' + good[6:], good[:5] + b'\x41' + good[6:],           # W-3
        struct.pack('>IBBH', 4, 1, 1, 5), struct.pack('>IBBH', 9, 1, 1, 65535) + b'a@b.c',  # W-4
        struct.pack('>IBBH', 4, 1, 1, 0),                                       # W-5
        struct.pack('>IBBH', 6, 1, 1, 2) + b'\xff\xfe', struct.pack('>IBBH', 6, 1, 1, 2) + b'a\n',  # W-6
        struct.pack('>I', len(good) - 3) + good[4:] + b'x',                     # W-7
    ]
    for frame in malformed:
        peer = wire.Peer(service.socket)
        peer.send(frame)
        with pytest.raises(wire.Closed):
            peer.receive('LOOKUP')
        peer.close()
    assert service.ask('LOOKUP', 'a@b.example')['known'] == 0


def test_the_files_hold_no_password_or_token(service):
    answer, token = service.register('grace@mailbox.example')
    session = service.ask('CONFIRM', token, answer['pending'], b'', '192.0.2.1')['session']
    content = b''.join(path.read_bytes() for path in [*(service.folder / 'data').iterdir(), service.folder / 'log'])
    assert b'grace@mailbox.example' in content
    for secret in (PASSWORD.encode(), token, session, answer['pending'], b'Miss Harding', b'miss harding',
                   base64.urlsafe_b64encode(token).rstrip(b'='), session.hex().encode()):
        assert secret not in content


def test_a_kill_loses_nothing_that_was_answered(service):
    session = service.member('heidi@mailbox.example')
    service.stop(signal.SIGKILL)
    service.start()
    assert service.ask('SESSION', session)['address'] == b'heidi@mailbox.example'
    assert service.ask('SIGN_IN', 'heidi@mailbox.example', PASSWORD, '192.0.2.9').status == 'ok'


def test_without_a_mail_server_a_registration_says_try_again_and_leaves_nothing(service):
    text = service.config.read_text()
    service.stop()
    service.config.write_text(re.sub(r'relay = .*', 'relay = 127.0.0.1:1', text))
    service.start()
    answer, _ = service.register('ivan@mailbox.example')
    assert answer.status == 'temp'
    service.stop()
    service.config.write_text(text)
    service.start()
    assert service.register('ivan@mailbox.example')[0].status == 'ok'


def test_starting_with_a_wrong_setting_is_a_clear_error(service, tmp_path):
    config = tmp_path / 'wrong.conf'
    config.write_text(service.config.read_text() + '\n[accounts]\nno-such-setting = 1\n')
    done = subprocess.run([BUILD / 'accounts/securemail-accounts', '-c', config], capture_output=True, text=True)
    line = config.read_text().splitlines().index('no-such-setting = 1') + 1
    assert done.returncode != 0 and f'wrong.conf:{line}:' in done.stderr

# SPDX-License-Identifier: Apache-2.0
"""Trusted domains: letters that go on over verified TLS to real mail servers, and every way in which that is not safe."""
import contextlib
import re
import secrets
import socket
import subprocess
import threading

import pytest

import postfix
import sink
from gateway import Gateway, canary, letter
from system import free_port

NAME = 'mx.partner.example'
# Each door of the partner's mail server: the name in its certificate, and what else its smtpd is told.
DOORS = {
    'good': (NAME, {}),
    'wildcard': ('*.partner.example', {}),
    'implicit': (NAME, {'smtpd_tls_wrappermode': 'yes'}),
    'localhost': ('localhost', {}),
    'wrong-name': ('mx.other.example', {}),
    'wide-wildcard': ('*.example', {}),
    'expired': (NAME, {}),
    'self-signed': (NAME, {}),
    'other-ca': (NAME, {}),
    'no-starttls': (NAME, {'smtpd_tls_security_level': 'none'}),
    'old-protocol': (NAME, {'smtpd_tls_mandatory_protocols': 'TLSv1.1', 'smtpd_tls_protocols': 'TLSv1.1'}),
}
SAFE = ('good', 'wildcard', 'implicit', 'localhost')
WORDS = {  # what the operator finds in the log
    'wrong-name': 'hostname mismatch', 'wide-wildcard': 'hostname mismatch', 'expired': 'certificate has expired',
    'self-signed': 'self-signed certificate', 'other-ca': 'unable to get local issuer certificate|self-signed certificate',
    'no-starttls': 'does not offer STARTTLS', 'old-protocol': 'no TLS', 'stripped': 'does not offer STARTTLS',
    'injected': 'sent more in clear before TLS began', 'nobody': 'refused', 'silent': 'greeting'}


class Authority:
    """A CA in a folder, by the stock openssl."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        self.openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30', '-subj', '/CN=A test CA',
                     '-keyout', 'ca.key', '-out', 'ca.pem', '-addext', 'basicConstraints=critical,CA:TRUE')

    def openssl(self, *arguments):
        subprocess.run(['openssl', *map(str, arguments)], cwd=self.folder, check=True, capture_output=True)

    def certificate(self, file, name, expired=False, alone=False):
        """Key and certificate in one file, as smtpd_tls_chain_files has them."""
        (self.folder / 'extensions').write_text(f'subjectAltName=DNS:{name}\n')
        self.openssl('req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', f'/CN={name}', '-keyout', 'key',
                     '-out', 'request')
        signer = ('-signkey', 'key') if alone else ('-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial')
        self.openssl('x509', '-req', '-in', 'request', '-days', '-1' if expired else '30', '-extfile', 'extensions', *signer, '-out', 'certificate')
        file.write_text((self.folder / 'key').read_text() + (self.folder / 'certificate').read_text())
        return file


class Stripper:
    """A man in the middle who lets nobody hear of STARTTLS, and reads along."""

    def __init__(self, port):
        self.target, self.seen = port, bytearray()
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(('127.0.0.1', self.target))
                threading.Thread(target=self.carry, args=(server, client, True), daemon=True).start()
                threading.Thread(target=self.carry, args=(client, server, False), daemon=True).start()

    def carry(self, source, sink_, strip):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if strip:
                    data = data.replace(b'STARTTLS', b'XXXXXXXX')
                else:
                    self.seen += data
                sink_.sendall(data)
            sink_.shutdown(socket.SHUT_WR)


class Script:
    """A mail server that says these lines, one after each line of the client's."""

    def __init__(self, *lines):
        self.lines, self.seen = lines, bytearray()
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                for line in self.lines:
                    client.sendall(line)
                    data = client.recv(65536)
                    self.seen += data
                    if not data:
                        break
                client.close()


@pytest.fixture(scope='module')
def partner(tmp_path_factory):
    """The partner's mail server with all its doors, and behind it a sink."""
    folder = tmp_path_factory.mktemp('partner')
    ours, other = Authority(folder / 'ca'), Authority(folder / 'other')
    doors, ports = '', {}
    for name, (dns, settings) in DOORS.items():
        by = other if name == 'other-ca' else ours
        file = by.certificate(folder / name, dns, expired=name == 'expired', alone=name == 'self-signed')
        ports[name] = free_port()
        options = {'smtpd_tls_security_level': 'encrypt', 'smtpd_tls_chain_files': file, **settings}
        doors += f'127.0.0.1:{ports[name]} inet n - n - - smtpd' + ''.join(f' -o {key}={value}' for key, value in options.items()) + '\n'
    behind = sink.Sink()
    server = postfix.Postfix(free_port(), None, behind.port, None, doors=doors, settings=(
        'smtpd_recipient_restrictions = check_recipient_access inline:{{no@good.example = 550 5.1.1 Nobody of that name}}, permit\n'
        'smtpd_discard_ehlo_keywords = chunking\nsmtpd_tls_loglevel = 1\n'))
    server.start()
    server.ca, server.ports, server.behind = ours.folder / 'ca.pem', ports, behind
    server.stripper = Stripper(ports['good'])
    hello = b'250-x\r\n250 STARTTLS\r\n'
    server.injector = Script(b'220 x ESMTP\r\n', hello, b'220 go\r\n250-x\r\n250 SIZE 1000\r\n', b'250 2.1.0 ok\r\n')
    server.silent = Script()
    ports |= {'stripped': server.stripper.port, 'injected': server.injector.port, 'nobody': free_port(), 'silent': server.silent.port}
    yield server
    server.remove()
    behind.close()


def rules(partner, action):
    text = ''
    for name, port in partner.ports.items():
        text += f'[policy "{name}"]\nrecipient-domain = {name}.example\naction = {action}\ntls-ca = {partner.ca}\n'
        text += f'tls-to = localhost:{port}\n' if name == 'localhost' else f'tls-to = 127.0.0.1:{port}\ntls-name = {NAME}\n'
        text += 'tls-mode = implicit\n' if name == 'implicit' else ''
    return text + '[policies]\ndefault = seal\n'


@pytest.fixture(scope='module', params=['tls', 'tls-or-seal'])
def gateway(request, partner):
    with Gateway(rules=rules(partner, request.param)) as made:
        made.action = request.param
        yield made


@pytest.fixture(autouse=True)
def empty(gateway, partner):
    gateway.sink.mails.clear()
    gateway.sink.seen.clear()
    partner.behind.mails.clear()


def without_trace(data):
    """What the partner's own mail server put in front."""
    return re.sub(rb'\A(?:Received:.*\r\n(?:[ \t].*\r\n)*)', b'', data, count=1)


@pytest.mark.parametrize('door', SAFE)
def test_a_verified_partner_gets_the_letter_as_it_is(gateway, partner, door):
    sent = letter(canary(), to=f'bob@{door}.example', body=(bytes(range(128, 256)) + b'\r\n') * 1000 + b'..\r\n')
    assert gateway.send(sent, [f'bob@{door}.example'])[0].startswith('250')
    mail, = partner.behind.wait(1)
    assert without_trace(mail.data) == sent and mail.recipients == [f'bob@{door}.example']
    assert not gateway.sink.mails
    assert re.search(rf' to=bob@{door}.example action={gateway.action} rule={door} copy="" tls=TLSv1\.[23] .* outcome=relayed', gateway.log)


@pytest.mark.parametrize('door', [name for name in WORDS if name != 'silent'])
def test_whoever_is_not_verified_gets_nothing_in_clear(gateway, partner, door):
    word = canary()
    sent = letter(word, to=f'bob@{door}.example')
    before = len(gateway.log)
    answer, = gateway.send(sent, [f'bob@{door}.example'])
    assert not partner.behind.mails
    for seen in (gateway.sink.seen, partner.stripper.seen, partner.injector.seen):
        assert word.encode() not in seen
    if gateway.action == 'tls':
        assert answer == '451 4.7.5 No trusted TLS to this domain now, nothing was sent'
        assert not gateway.sink.mails
    else:
        assert answer.startswith('250')
        assert gateway.open(gateway.sink.mails[0].data) == sent
    line = next(line for line in gateway.log[before:].splitlines() if 'relay-failed' in line)
    assert re.search(WORDS[door], line), line


def test_each_recipient_of_one_letter_goes_his_own_way(gateway, partner):
    word = canary()
    to = ['a@good.example', 'no@good.example', 'b@good.example', 'c@implicit.example', 'd@expired.example', 'e@mailbox.example']
    answers = gateway.send(letter(word), to)
    expired = '451' if gateway.action == 'tls' else '250'
    assert [answer[:3] for answer in answers] == ['250', '550', '250', '250', expired, '250']
    assert 'Nobody of that name' in answers[1]
    assert sorted(sorted(mail.recipients) for mail in partner.behind.wait(2)) in (
        [['a@good.example'], ['b@good.example'], ['c@implicit.example']], [['a@good.example', 'b@good.example'], ['c@implicit.example']])
    sealed = [mail.recipients for mail in gateway.sink.mails]
    assert sealed == ([['e@mailbox.example']] if gateway.action == 'tls' else [['d@expired.example'], ['e@mailbox.example']])
    assert word.encode() not in gateway.sink.seen


def test_many_letters_over_one_worker(gateway, partner):
    """No connection is kept open to somebody else's host between letters."""
    for _ in range(20):
        assert gateway.send(letter(secrets.token_hex(8)), ['bob@good.example'])[0].startswith('250')
    assert len(partner.behind.wait(20)) == 20


def test_a_transport_of_the_mail_server_verifies_by_itself(partner):
    """What DANE or MTA-STS decide is left to Postfix: a door of its own on this host."""
    with contextlib.closing(sink.Sink()) as transport:
        text = ('[policy "dane"]\nrecipient-domain = partner.example\naction = tls\n'
                f'tls-transport = 127.0.0.1:{transport.port}\n[policies]\ndefault = seal\n')
        with Gateway(rules=text) as made:
            sent = letter(canary())
            answers = made.send(sent, ['bob@partner.example', 'eve@mailbox.example'])
            assert [answer[:3] for answer in answers] == ['250', '250']
            assert [(mail.recipients, mail.data) for mail in transport.mails] == [(['bob@partner.example'], sent)]
            assert [mail.recipients for mail in made.sink.mails] == [['eve@mailbox.example']]


@pytest.mark.parametrize('door, arrives', [('good', True), ('expired', False), ('no-starttls', False)])
def test_a_transport_of_postfix_as_the_guide_has_it(partner, door, arrives):
    """A door that hands everything to a transport which insists on TLS; the level is `secure`, for DANE needs DNSSEC."""
    port = free_port()
    lines = (f'127.0.0.1:{port} inet n - n - 10 smtpd -o content_filter=verified:[127.0.0.1]:{partner.ports[door]} -o mynetworks=127.0.0.0/8\n'
             f'verified unix - - n - - smtp -o smtp_tls_security_level=secure -o smtp_tls_secure_cert_match={NAME} -o smtp_tls_CAfile={partner.ca}\n')
    server = postfix.Postfix(free_port(), None, 1, None, doors=lines).start()
    word = canary()
    text = f'[policy "x"]\nrecipient-domain = partner.example\naction = tls\ntls-transport = 127.0.0.1:{port}\n[policies]\ndefault = seal\n'
    try:
        with Gateway(rules=text) as made:
            assert made.send(letter(word), ['bob@partner.example'])[0].startswith('250')
            if arrives:
                assert word.encode() in partner.behind.wait(1)[0].data
            else:
                found = server.wait_queue(lambda queue: queue and 'delay_reason' in queue[0]['recipients'][0])
                reason = found[0]['recipients'][0]['delay_reason']
                assert re.search('not verified' if door == 'expired' else 'TLS is required, but was not offered', reason), reason
                assert not partner.behind.mails
    finally:
        server.remove()


def test_a_ca_file_that_can_not_be_read_stops_the_start(tmp_path):
    text = (f'[policy "x"]\nrecipient-domain = x.example\naction = tls\ntls-to = mx.x.example:25\ntls-ca = {tmp_path}/none.pem\n')
    made = Gateway(rules=text + '[policies]\ndefault = seal\n')
    try:
        with pytest.raises(RuntimeError, match='none.pem: No such file'):
            made.start()
    finally:
        made.__exit__()

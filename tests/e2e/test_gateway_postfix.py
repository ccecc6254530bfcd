"""The gateway as Postfix's content filter, with the lines of dist/postfix: mail client → Postfix → gateway → Postfix → next hop."""
import os
import pathlib
import shutil
import signal
import smtplib
import socket
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / 'tests/lib'), str(ROOT / 'demo')]

import postfix  # noqa: E402
import system  # noqa: E402
from gateway import SENDER, Gateway, canary, letter, opened, parse, places_of  # noqa: E402


class Path:
    """The whole way; `sink` is the world behind."""

    def __init__(self, doors='tcp', settings=''):
        self.port, reinjection = system.free_port(), system.free_port()
        relay = f'127.0.0.1:{reinjection}'
        self.gateway = Gateway(relay=relay)
        self.sink = self.gateway.sink
        door = f'127.0.0.1:{self.gateway.system.gateway_port}'
        if doors == 'unix':
            door = str(self.gateway.system.folder / 'run/gateway.sock')
        self.postfix = postfix.Postfix(self.port, reinjection, self.sink.port, door, settings)
        if doors == 'unix':
            self.gateway.set('relay', f'unix:{self.postfix.folder}/queue/public/securemail-in')

    def start(self, gateway=True):
        self.postfix.start()
        if gateway:
            self.gateway.start()
        return self

    def send(self, content, recipients, sender=SENDER, options=()):
        with smtplib.SMTP('127.0.0.1', self.port, local_hostname='desk.agency.example') as client:
            client.ehlo()
            return client.sendmail(sender, recipients, content, mail_options=options)

    def remove(self):
        self.postfix.remove()
        self.gateway.__exit__()


@pytest.fixture
def path():
    made = Path()
    yield made
    made.remove()


def to(mails, recipient):
    return [mail for mail in mails if mail.recipients == [recipient]]


def test_each_recipient_gets_what_was_decided_and_hears_of_what_went_wrong(path):
    """One passes, two are sealed (one of them a Bcc), one is refused by the next hop, one put off: nothing is lost, nothing doubled."""
    replies = {'nobody': '550 5.1.1 no such user', 'later': '451 4.7.1 greylisted'}
    path.sink.reply('RCPT', lambda text: next((reply for name, reply in replies.items() if name in text), None))
    path.start()
    word = canary()
    sent = letter(word, to='carol@agency.example, bob@mailbox.example', body=b'.dot\r\n\xc3\xa9\r\n')
    path.send(sent, ['carol@agency.example', 'bob@mailbox.example', 'hidden@mailbox.example', 'nobody@mailbox.example',
                     'later@mailbox.example'], options=['BODY=8BITMIME'])

    # Three arrive, and the sender gets a notice about the one; the last waits, alone.
    mails = path.sink.wait(4)
    waiting = path.postfix.wait_queue(lambda queue: [r['address'] for q in queue for r in q['recipients']]
                                      == ['later@mailbox.example'])
    assert waiting[0]['queue_name'] in ('deferred', 'active')
    passed, = to(mails, 'carol@agency.example')
    assert word.encode() in passed.data
    for recipient in ('bob@mailbox.example', 'hidden@mailbox.example'):
        sealed, = to(mails, recipient)
        assert word.encode() not in sealed.data
        assert opened(path.gateway.system, attachment(sealed.data)).endswith(sent.split(b'\r\n\r\n', 1)[1])
    bob, = to(mails, 'bob@mailbox.example')
    assert b'hidden@' not in bob.data and b'nobody@' not in bob.data
    notice, = [mail for mail in mails if mail.sender == '']
    assert notice.recipients == [SENDER] and b'no such user' in notice.data

    # What waits is sealed already: it waits behind the gateway. Once taken, the queue is empty and nothing came twice.
    replies.clear()
    path.postfix.flush()
    path.sink.wait(5)
    path.postfix.wait_queue(lambda queue: not queue)
    time.sleep(0.5)
    assert len(path.sink.mails) == 5
    later, = to(path.sink.mails, 'later@mailbox.example')
    assert word.encode() not in later.data

    # The word is in the mail that passed and nowhere else.
    assert [mail.recipients for mail in path.sink.mails if word.encode() in mail.data] == [['carol@agency.example']]
    path.postfix.stop()
    assert not places_of(word, path.gateway.system.folder, path.postfix.folder)


def attachment(data):
    return [part for part in parse(data).iter_attachments()][-1].get_payload(decode=True)


def test_while_the_gateway_is_away_the_mail_server_keeps_the_letter(path):
    path.start(gateway=False)
    word = canary()
    path.send(letter(word), ['bob@mailbox.example'])
    path.postfix.wait_queue(lambda queue: queue and queue[0]['queue_name'] == 'deferred')
    assert not path.sink.mails
    path.gateway.start()
    path.postfix.flush()
    mail, = path.sink.wait(1)
    assert word.encode() not in bytes(path.sink.seen) and opened(path.gateway.system, attachment(mail.data))
    path.postfix.wait_queue(lambda queue: not queue)


def test_while_the_way_back_is_closed_the_letter_waits_in_front(path):
    """The next hop of the gateway refuses connections: 4xx, the letter stays in the queue, and goes once it can."""
    path.gateway.set('relay', '127.0.0.1:1')
    path.start()
    word = canary()
    path.send(letter(word), ['bob@mailbox.example', 'carol@agency.example'])
    queue = path.postfix.wait_queue(lambda queue: queue and all('delay_reason' in r for r in queue[0]['recipients']))
    assert all('451 4.4.1' in r['delay_reason'] for r in queue[0]['recipients']) and not path.sink.mails
    path.gateway.system.stop()
    path.gateway.set('relay', f'127.0.0.1:{path.postfix.reinjection}')
    path.gateway.start()
    path.postfix.flush()
    assert len(path.sink.wait(2)) == 2
    path.postfix.wait_queue(lambda queue: not queue)


def test_a_killed_gateway_loses_nothing(path):
    path.start()
    words = [canary() for _ in range(30)]
    for index, word in enumerate(words):
        path.send(letter(word, to=f'r{index}@mailbox.example'), [f'r{index}@mailbox.example'])
        if index % 10 == 5:
            for pid in path.gateway.workers():
                os.kill(pid, signal.SIGKILL)
    # An empty list of the queue proves nothing by itself: a letter that moves while the list is made is in no place.
    def arrived():
        return {mail.recipients[0] for mail in list(path.sink.mails)}
    expected = {f'r{index}@mailbox.example' for index in range(30)}
    path.postfix.wait_queue(lambda queue: not queue and expected <= arrived(), 60)
    assert arrived() == expected
    assert not any(word.encode() in bytes(path.sink.seen) for word in words)


def test_the_refused_address_returns_to_its_sender(path):
    path.start()
    path.send(letter(canary()), ['eve@rival.example', 'bob@mailbox.example'])
    mails = path.sink.wait(2)
    notice, = [mail for mail in mails if mail.sender == '']
    assert b'Refused by policy' in notice.data and len(to(mails, 'bob@mailbox.example')) == 1


def test_international_addresses(path):
    path.start()
    sent = letter(canary(), to='Jörg <jörg@bücher.example>')
    path.send(sent, ['jörg@bücher.example'], options=['BODY=8BITMIME', 'SMTPUTF8'])
    mail, = path.sink.wait(1)
    assert mail.recipients == ['jörg@bücher.example'] and 'SMTPUTF8' in mail.arguments[0]
    assert opened(path.gateway.system, attachment(mail.data)).endswith(sent.split(b'\r\n\r\n', 1)[1])


def test_by_unix_sockets():
    """Both ways through sockets; the gateway has become a user who may enter Postfix's public folder."""
    made = Path(doors='unix')
    folder = made.gateway.system.folder
    try:
        made.gateway.set('user', 'postfix')
        for name in ('', 'run'):
            (folder / name).chmod(0o755)
        shutil.chown(folder / 'letters', 'postfix')
        made.start()
        # Made as root, but Postfix must get in by the user that the gateway has become; others must not.
        door = folder / 'run/gateway.sock'
        assert door.owner() == 'postfix' and door.stat().st_mode & 0o007 == 0
        word = canary()
        made.send(letter(word), ['bob@mailbox.example', 'carol@agency.example'])
        mails = made.sink.wait(2)
        assert len(mails) == 2, made.gateway.log
        assert word.encode() not in to(mails, 'bob@mailbox.example')[0].data
        made.postfix.wait_queue(lambda queue: not queue)
    finally:
        made.remove()


def test_aliases_are_resolved_before_the_gateway_decides(path):
    """A colleague's address that leads outside must not slip out in clear."""
    (path.postfix.etc / 'virtual').write_text('away@agency.example away@elsewhere.example\n')
    with open(path.postfix.etc / 'main.cf', 'a') as main:
        main.write(f'virtual_alias_maps = texthash:{path.postfix.etc}/virtual\n')
    path.start()
    word = canary()
    path.send(letter(word, to='away@agency.example'), ['away@agency.example'])
    mail, = path.sink.wait(1)
    assert mail.recipients == ['away@elsewhere.example'] and word.encode() not in bytes(path.sink.seen)


# --- other ways to put it there -----------------------------------------------------------------------------------

@pytest.fixture
def variant():
    """Gateway and Postfix by one of the other files in dist/postfix."""
    made = []

    def make(name, gateway_networks=None):
        port, reinjection = system.free_port(), system.free_port()
        gateway = Gateway(relay=f'127.0.0.1:{reinjection}')
        server = postfix.Postfix(port, reinjection, gateway.sink.port, f'127.0.0.1:{gateway.system.gateway_port}', variant=name)
        made.append((gateway, server))
        return gateway, server, port

    yield make
    for gateway, server in made:
        server.remove()
        gateway.__exit__()


def hand_in(port, content, recipients):
    with smtplib.SMTP('127.0.0.1', port, local_hostname='desk.agency.example') as client:
        assert client.sendmail(SENDER, recipients, content) == {}


def test_a_table_of_chosen_recipients(variant):
    """Who is in the table goes through the gateway, once; who is not never sees it. The way back does not go round again."""
    gateway, server, port = variant('.chosen')
    (server.etc / 'securemail').write_text('partner.example securemail:inet:127.0.0.1:%d\ncarol@mailbox.example securemail:inet:127.0.0.1:%d\n'
                                           % (gateway.system.gateway_port, gateway.system.gateway_port))
    server.command('postmap', str(server.etc / 'securemail'))
    server.start()
    gateway.start()
    word = canary()
    hand_in(port, letter(word), ['a@partner.example', 'carol@mailbox.example', 'bob@mailbox.example'])
    mails = {tuple(mail.recipients): mail for mail in gateway.sink.wait(3)}
    assert set(mails) == {('a@partner.example',), ('carol@mailbox.example',), ('bob@mailbox.example',)}
    assert word.encode() in mails['bob@mailbox.example',].data
    for sealed in ('a@partner.example', 'carol@mailbox.example'):
        assert word.encode() not in mails[sealed,].data and word.encode() in gateway.open(mails[sealed,].data)
    assert gateway.log.count(' outcome=relayed ') == 2
    server.wait_queue(lambda queue: not queue)


def test_a_smart_host(variant):
    """The mail server inside sends everything to the gateway on another host, whose next hop is a mail server there."""
    gateway, inside, port = variant('.smarthost')
    outside = postfix.Postfix(system.free_port(), None, gateway.sink.port, None)
    gateway.set('relay', f'127.0.0.1:{outside.port}')
    try:
        inside.start()
        outside.start()
        gateway.start()
        word = canary()
        hand_in(port, letter(word), ['bob@mailbox.example', 'dana@agency.example'])
        mails = {tuple(mail.recipients): mail.data for mail in gateway.sink.wait(2)}
        assert word.encode() in mails['dana@agency.example',]
        assert word.encode() not in mails['bob@mailbox.example',] and word.encode() in gateway.open(mails['bob@mailbox.example',])
        inside.wait_queue(lambda queue: not queue)
    finally:
        outside.remove()


def test_whoever_is_not_of_the_networks_is_sent_away(variant):
    gateway, server, port = variant('')
    gateway.set('networks', '192.0.2.0/24, 2001:db8::/32')
    gateway.start()
    with socket.create_connection(('127.0.0.1', gateway.system.gateway_port)) as peer:
        peer.sendall(b'LHLO x\r\n')
        assert peer.makefile().readline().startswith('554 5.7.1 gateway.agency.example takes no letters from you')
    assert 'peer-refused peer=127.0.0.1' in gateway.log

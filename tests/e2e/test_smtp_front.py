"""The gateway's SMTP door, for mail servers that don't speak LMTP: one recipient a transaction, so that the one answer is his."""
import re
import smtplib
import socket

import pytest

import postfix
import system
from gateway import SENDER, Gateway, canary, carrier, letter, opened

ALICE, BOB, CAROL = 'alice@mailbox.example', 'bob@mailbox.example', 'carol@mailbox.example'


@pytest.fixture(scope='module')
def door():
    return system.free_port()


@pytest.fixture(scope='module')
def gateway(door):
    with Gateway({'listen-smtp': f'127.0.0.1:{door}'}) as made:
        yield made


@pytest.fixture
def client(gateway, door):
    with smtplib.SMTP('127.0.0.1', door, local_hostname='desk.agency.example') as made:
        made.ehlo()
        yield made


def new(gateway, before):
    return gateway.sink.mails[before:]


def test_a_letter_is_sealed(gateway, client):
    word, before = canary(), len(gateway.sink.mails)
    content = letter(word, BOB)
    assert client.sendmail(SENDER, [BOB], content) == {}
    mail, = new(gateway, before)
    assert mail.recipients == [BOB] and word.encode() not in mail.data
    assert opened(gateway.system, carrier(mail.data)) == content


def test_the_second_recipient_is_told_to_come_again_and_does(gateway, client):
    """RFC 5321 §4.5.3.1.10: what 452 refuses comes in a transaction of its own, here in the same session."""
    word, before = canary(), len(gateway.sink.mails)
    refused = client.sendmail(SENDER, [ALICE, BOB, CAROL], letter(word))
    assert sorted(refused) == [BOB, CAROL]
    for code, text in refused.values():
        assert code == 452 and text.startswith(b'4.5.3')
    assert [mail.recipients for mail in new(gateway, before)] == [[ALICE]]
    for recipient in (BOB, CAROL):
        assert client.sendmail(SENDER, [recipient], letter(word)) == {}
    assert [mail.recipients for mail in new(gateway, before)] == [[ALICE], [BOB], [CAROL]]
    assert all(word.encode() not in mail.data for mail in new(gateway, before))


def test_the_limit_is_announced(client):
    """RFC 9422: a client that knows it sends one at a time by itself."""
    assert client.esmtp_features['limits'] == 'RCPTMAX=1'


def test_the_answer_is_the_recipients_own(gateway, client):
    with pytest.raises(smtplib.SMTPDataError) as refused:
        client.sendmail(SENDER, ['mallory@rival.example'], letter(canary()))
    assert refused.value.smtp_code == 550
    gateway.sink.reply('END', '451 4.3.0 not now')
    try:
        with pytest.raises(smtplib.SMTPDataError) as deferred:
            client.sendmail(SENDER, [BOB], letter(canary()))
        assert deferred.value.smtp_code // 100 == 4
    finally:
        gateway.sink.reply('END', None)


def test_each_door_has_its_language(gateway, door):
    for port, word, answer in ((door, 'LHLO', 'say EHLO'), (gateway.system.gateway_port, 'EHLO', 'say LHLO')):
        with socket.create_connection(('127.0.0.1', port), 10) as peer:
            stream = peer.makefile('rb')
            stream.readline()
            peer.sendall(f'{word} desk.agency.example\r\n'.encode())
            assert re.match(rf'500 5\.5\.1 .*{answer}', stream.readline().decode())


def test_only_a_dot_between_whole_line_ends_ends_a_letter(gateway, door):
    """No letter can be smuggled in behind another (CVE-2023-51764 and its like)."""
    for end in (b'\n.\n', b'\r\n.\n', b'\n.\r\n', b'\r.\r', b'\r\n.\r'):
        before = len(gateway.sink.mails)
        with socket.create_connection(('127.0.0.1', door), 10) as peer:
            stream = peer.makefile('rb')
            hidden = b'MAIL FROM:<boss@agency.example>\r\nRCPT TO:<carol@mailbox.example>\r\nDATA\r\nsmuggled\r\n.\r\n'
            peer.sendall(b'EHLO desk.agency.example\r\nMAIL FROM:<%s>\r\nRCPT TO:<%s>\r\nDATA\r\n' % (SENDER.encode(), BOB.encode())
                         + letter(canary()) + end + hidden + b'\r\nQUIT\r\n')
            stream.read()
        assert all(mail.recipients != [CAROL] and mail.sender != 'boss@agency.example' for mail in new(gateway, before)), end


def test_who_is_not_in_the_networks_brings_nothing():
    port = system.free_port()
    with Gateway({'listen-smtp': f'127.0.0.1:{port}', 'networks': '192.0.2.0/28'}), \
            socket.create_connection(('127.0.0.1', port), 10) as peer:
        assert peer.makefile('rb').readline().startswith(b'554 5.7.1 ')


@pytest.mark.parametrize('settings', ['smtp_destination_recipient_limit = 1\n', ''], ids=['told', 'not-told'])
def test_another_mail_server_hands_over(gateway, door, settings):
    """A Postfix that knows nothing of LMTP. Told of the limit it comes once for each; not told, it keeps those who get 452 and
    comes again. Each recipient gets one copy."""
    word, before, everybody = canary(), len(gateway.sink.mails), [ALICE, BOB, CAROL]
    server = postfix.Postfix(system.free_port(), 0, door, None, settings)
    try:
        server.start()
        with smtplib.SMTP('127.0.0.1', server.port, local_hostname='desk.agency.example') as desk:
            assert desk.sendmail(SENDER, everybody, letter(word, ', '.join(everybody))) == {}
        gateway.sink.wait(before + 3, 60)
        server.wait_queue(lambda queue: not queue)
        mails = new(gateway, before)
        assert sorted(mail.recipients[0] for mail in mails) == everybody and len(mails) == 3
        assert all(word.encode() not in mail.data for mail in mails)
        assert ('status=deferred' in server.log.read_text()) == (settings == '')
    finally:
        server.remove()

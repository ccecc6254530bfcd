"""The gateway and clients that hang up, or that only talk."""
import socket
import threading

import gateway
import lmtp

import pytest


@pytest.fixture
def alone():
    with gateway.Gateway() as made:
        yield made


def test_when_the_mail_server_has_hung_up_no_further_copy_is_begun(alone):
    """It will offer all recipients again: what goes out behind its back would come twice, at each attempt."""
    word, arrived, go_on = gateway.canary(), threading.Semaphore(0), threading.Semaphore(0)

    def at_the_final_dot(_):
        arrived.release()
        assert go_on.acquire(timeout=30)
    alone.sink.reply('END', at_the_final_dot)
    client = alone.connect()
    client.say(f'MAIL FROM:<{gateway.SENDER}>')
    for number in range(12):
        assert client.say(f'RCPT TO:<reader{number}@mailbox.example>').startswith('250')
    client.say('DATA')
    client.socket.sendall(gateway.letter(word) + b'\r\n.\r\n')
    assert arrived.acquire(timeout=30)  # the first copy is at the next hop
    client.socket.shutdown(socket.SHUT_RDWR)
    client.close()
    for _ in range(12):
        go_on.release()
    # The next letter shows that the worker has come back; with two workers, two letters at once.
    others = [threading.Thread(target=alone.send, args=(gateway.letter(word), [f'next{n}@mailbox.example'])) for n in range(2)]
    for other in others:
        other.start()
        go_on.release()
    for other in others:
        other.join(60)
    early = [mail for mail in alone.sink.mails if mail.recipients[0].startswith('reader')]
    assert len(early) == 1, [mail.recipients for mail in alone.sink.mails]
    assert word.encode() not in b''.join(mail.data for mail in alone.sink.mails)


def test_who_only_talks_is_sent_away_and_others_are_served(alone):
    talker = lmtp.Lmtp(alone.system.gateway_port)
    answers = []
    while not answers or answers[-1].startswith('250'):
        answers.append(talker.say('NOOP'))
        assert len(answers) <= 200
    assert answers[-1].startswith('421 4.7.0')
    talker.close()
    assert alone.send(gateway.letter(gateway.canary()), ['bob@mailbox.example'])[0].startswith('250')

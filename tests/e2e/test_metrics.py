# SPDX-License-Identifier: Apache-2.0
"""The gateway's counters at the door for Prometheus."""
import pathlib
import re
import socket
import urllib.error
import urllib.request

import pytest

from gateway import ROOT, Gateway, canary, letter
from system import free_port


@pytest.fixture(scope='module')
def gateway():
    port = free_port()
    with Gateway(settings={'metrics': f'127.0.0.1:{port}'}) as made:
        made.metrics = port
        yield made


def ask(gateway, path='/metrics'):
    with urllib.request.urlopen(f'http://127.0.0.1:{gateway.metrics}{path}', timeout=10) as answer:
        assert answer.headers['Content-Type'] == 'text/plain; version=0.0.4'
        return answer.read().decode()


def samples(text):
    """Name with labels → value, by the rules of the text format."""
    found = {}
    for line in text.splitlines():
        assert re.fullmatch(r'# (?:HELP|TYPE) [a-z_]+ .+|[a-z_]+(?:\{[a-z]+="[^"\\]*"(?:,[a-z]+="[^"\\]*")*\})? [0-9.e+-]+', line), line
        if not line.startswith('#'):
            name, value = line.rsplit(' ', 1)
            assert name not in found
            found[name] = float(value)
    return found


def test_letters_are_counted_by_what_became_of_them(gateway):
    before = samples(ask(gateway))
    word = canary()
    gateway.send(letter(word, to='nobody-of-that-name@mailbox.example'),
                 ['nobody-of-that-name@mailbox.example', 'c@agency.example', 'd@rival.example', 'e@[192.0.2.1]'])
    gateway.sink.reply('END', '451 4.3.0 not now')
    gateway.send(letter(word), ['bob@mailbox.example'])
    gateway.sink.reply('END', None)
    text = ask(gateway)
    after = samples(text)
    grown = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    recipients = {name: n for name, n in grown.items() if 'recipients_total' in name}
    assert recipients == {
        'securemail_gateway_recipients_total{action="seal",outcome="relayed"}': 1,
        'securemail_gateway_recipients_total{action="seal",outcome="deferred"}': 1,
        'securemail_gateway_recipients_total{action="pass",outcome="relayed"}': 1,
        'securemail_gateway_recipients_total{action="refuse",outcome="refused"}': 1,
        'securemail_gateway_recipients_total{action="none",outcome="refused"}': 1}
    assert grown['securemail_gateway_letter_bytes_count'] == 2 and grown['securemail_gateway_recipient_seconds_count'] == 5
    assert grown['securemail_gateway_connections_total'] >= 1
    assert after['securemail_gateway_parameters_end_timestamp_seconds'] > after['securemail_gateway_start_timestamp_seconds'] > 1.7e9
    for private in (word, 'nobody-of-that-name', 'mailbox.example', 'agency.example', 'statement'):
        assert private not in text


@pytest.mark.parametrize('request_, answer', [
    (b'GET / HTTP/1.1\r\n\r\n', b'HTTP/1.1 404'), (b'POST /metrics HTTP/1.1\r\n\r\n', b'HTTP/1.1 404'), (b'\r\n\r\n', b'HTTP/1.1 404'),
    (b'GET /metrics HTTP/1.1\r\nX: ' + b'y' * 5000 + b'\r\n\r\n', b'HTTP/1.1 431'), (b'\xff' * 100, b''), (b'', b'')])
def test_anything_else_is_sent_away_and_the_next_is_served(gateway, request_, answer):
    with socket.create_connection(('127.0.0.1', gateway.metrics)) as peer:
        peer.sendall(request_)
        if not answer:
            peer.shutdown(socket.SHUT_WR)
        got = b''
        try:
            while data := peer.recv(65536):
                got += data
        except ConnectionResetError:
            pass  # it closed with bytes of ours unread
        assert got.startswith(answer) and (answer or not got)
    assert 'letter_bytes_count' in ask(gateway)


def test_who_answers_strangers_is_locked_in_and_holds_no_key(gateway):
    """It is forked from the master, and has freed the signing key: no locked memory."""
    children = gateway.workers(3)  # two workers, and this one
    statuses = {pid: dict(re.findall(r'^(\w+):\s+(.*)$', pathlib.Path(f'/proc/{pid}/status').read_text(), re.M)) for pid in children}
    assert len([pid for pid, status in statuses.items() if status['VmLck'] == '0 kB']) == 1
    assert all(status['Seccomp'] == '2' for status in statuses.values())


def test_every_counter_is_documented(gateway):
    documented = set(re.findall(r'^\| `(\w+)`', (ROOT / 'docs/guide/metrics.md').read_text(), re.M))
    shown = set(re.findall(r'^# TYPE (\w+) ', ask(gateway), re.M))
    assert shown == documented


def test_a_door_that_others_can_reach_is_refused():
    made = Gateway(settings={'metrics': '0.0.0.0:9810'})
    try:
        with pytest.raises(RuntimeError, match='0.0.0.0:9810 is not on this host'):
            made.start()
    finally:
        made.__exit__()

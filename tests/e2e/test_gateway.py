"""Letters through the gateway alone, with a scripted next hop behind it. Sealed mails are opened by the JavaScript implementation."""
import pathlib
import re
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / 'tests/lib')]

import lmtp  # noqa: E402
from gateway import SENDER, Gateway, canary, carrier, letter, parse, places_of  # noqa: E402


@pytest.fixture(scope='module')
def shared():
    with Gateway() as made:
        yield made


@pytest.fixture
def gateway(shared):
    """The module's gateway, with an empty and obliging sink."""
    shared.sink.mails.clear()
    shared.sink.seen.clear()
    shared.sink.replies.clear()
    return shared


def codes(answers):
    return [answer[:3] for answer in answers]


# --- sealing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('body', [
    b'', b'.\r\n', b'..\r\n.a\r\n', b'line\r\n.\tx\r\n', b'\xff\xfe\x80 8 bit \xc3\xa9\r\n', b'\r\n\r\n\r\n', b'x' * 998 + b'\r\n',
    b'x' * 70000 + b'\r\n', b'From somebody\r\n', b'--mixed-\r\n', bytes(range(1, 10)) + bytes(range(14, 256)) + b'\r\n',
], ids=lambda body: repr(body[:12]))
def test_what_is_opened_is_what_was_sent(gateway, body):
    word = canary()
    sent = letter(word, body=body)
    assert codes(gateway.send(sent, ['bob@mailbox.example'])) == ['250']
    assert word.encode() not in bytes(gateway.sink.seen)
    assert gateway.open(gateway.sink.mails[0].data) == sent


@pytest.mark.parametrize('size', [0, 1, 65535, 65536, 65537, 131072, 1 << 20, (1 << 20) + 1])
def test_every_size_around_the_chunks(gateway, size):
    head = letter(canary())
    sent = head + b'x' * (max(size, len(head) + 2) - len(head) - 2) + b'\r\n'
    assert codes(gateway.send(sent, ['bob@mailbox.example'])) == ['250']
    assert gateway.open(gateway.sink.mails[0].data) == sent


def test_the_carrier_mail_keeps_what_readers_need_and_nothing_else(gateway):
    head = (b'Cc: Carol <carol@mailbox.example>\r\nReply-To: desk@agency.example\r\nIn-Reply-To: <a@b.example>\r\n'
            b'References: <a@b.example>\r\n <c@d.example>\r\nList-Id: News <news.agency.example>\r\n'
            b'DKIM-Signature: v=1; a=rsa-sha256; b=abc\r\nX-Mailer: Secret 1.0\r\nX-Originating-IP: 10.1.2.3\r\n'
            b'Content-Type: text/plain; charset=koi8-r\r\nAuto-Submitted: auto-generated\r\n')
    word = canary()
    sent = letter(word, subject='=?utf-8?Q?Gr=C3=BC=C3=9Fe?= =?utf-8?Q?_aus_Bonn?=', head=head)
    assert codes(gateway.send(sent, ['bob@mailbox.example'])) == ['250']
    mail = gateway.sink.mails[0]
    assert (mail.sender, mail.recipients) == (SENDER, ['bob@mailbox.example'])
    inner, outer = parse(sent), parse(mail.data)
    for name in ('From', 'To', 'Cc', 'Reply-To', 'Date', 'Message-ID', 'In-Reply-To', 'References', 'Subject', 'List-Id',
                 'Auto-Submitted'):
        assert outer[name] == inner[name], name
        assert len(outer.get_all(name)) == 1
    text = mail.data.split(b'\r\n\r\n')[0]
    for hidden in (b'inside.agency', b'10.1.2.3', b'DKIM', b'X-Mailer', b'koi8', b'abc'):
        assert hidden not in text
    assert len(outer.get_all('Received')) == 2, 'one hop before, and ours'

    # Text first, attachment last; nothing that a parser complains about; only lines that SMTP allows.
    kinds = [part.get_content_type() for part in outer.walk()]
    assert kinds == ['multipart/mixed', 'multipart/alternative', 'text/plain', 'text/html', 'text/html']
    assert all(not part.defects for part in outer.walk())
    assert all(len(line) <= 998 for line in mail.data.split(b'\r\n'))
    assert b'\n' not in mail.data.replace(b'\r\n', b'') and b'\r' not in mail.data.replace(b'\r\n', b'')
    assert max(mail.data) < 128


def test_the_notice_says_what_to_do(gateway):
    assert codes(gateway.send(letter(canary()), ['bob@mailbox.example'])) == ['250']
    outer = parse(gateway.sink.mails[0].data)
    page = carrier(gateway.sink.mails[0].data).decode()
    until = re.search(r'until (\d+ [A-Z][a-z]+ \d{4})', outer.get_body(('plain',)).get_content())[1]
    for kind in ('plain', 'html'):
        said = outer.get_body((kind,)).get_content()
        for word in ('Dana Whitfield', SENDER, 'bob@mailbox.example', 'Commonwealth of Example', 'SecureMessage.html',
                     f'127.0.0.1:{gateway.system.portal_port}', until, 'help@agency.example, 1-866-555-0100', 'phone'):
            assert word in said, (kind, word)
    assert until in page, 'notice and attachment name the same day'


def test_a_display_name_can_not_write_the_notice(gateway):
    name = b'"</bdi></b><a href=http://evil.example>\\"click" <dana@agency.example>'
    sent = letter(canary()).replace(f'Dana Whitfield <{SENDER}>'.encode(), name)
    assert codes(gateway.send(sent, ['bob@mailbox.example'])) == ['250']
    html = parse(gateway.sink.mails[0].data).get_body(('html',)).get_content()
    assert '<a' not in html and '&lt;a href' in html


@pytest.mark.parametrize('head', [
    b'', b'Subject: no From\r\n', b'From: \r\nDate: \r\nMessage-ID: \r\nTo: \r\n', b'From: not an address\r\n',
    b'To: ' + b', '.join(b'person%d@mailbox.example' % n for n in range(900)) + b'\r\n',
    b'Subject: ' + b'x' * 5000 + b'\r\n', b'Subject: J\xf8rn\r\nFrom: J\xf8rn <j@agency.example>\r\n',
    b'From: a@b.example\r\nFrom: c@d.example\r\nSubject: 1\r\nSubject: 2\r\nTo: x@y.example\r\nTo: z@y.example\r\n',
    b'From: "\xc3\xa9\xc3\xa9" (\xff) <a@b.example>, , ;:<>"\r\n', b'no header at all\r\n', b' folded first\r\n',
    b'Subject: =?utf-8?Q?a=0D=0ABcc:_evil@evil.example=0D=0A?=\r\n', b'References: ' + b'<a@b>' * 2000 + b'\r\n',
], ids=lambda head: repr(head[:20]))
def test_the_carrier_mail_is_valid_whatever_the_header_holds(gateway, head):
    sent = head + b'\r\nbody\r\n'
    assert codes(gateway.send(sent, ['bob@mailbox.example'])) == ['250']
    data = gateway.sink.mails[0].data
    outer = parse(data)
    for name in ('From', 'Date', 'Message-ID', 'MIME-Version', 'Content-Type'):
        assert len(outer.get_all(name)) == 1 and str(outer[name]).strip(), name
    assert all(len(line) <= 998 for line in data.split(b'\r\n'))
    assert max(data) < 128 and 'Bcc' not in outer
    assert gateway.open(data) == sent


# --- recipients ----------------------------------------------------------------------------------------------------


def test_each_recipient_has_a_copy_of_his_own_and_no_copy_tells_of_another(gateway):
    word = canary()
    hidden = ['secret-one@elsewhere.example', 'secret-two@elsewhere.example']
    sent = letter(word)
    assert codes(gateway.send(sent, ['bob@mailbox.example', *hidden])) == ['250'] * 3
    mails = gateway.sink.mails
    assert [mail.recipients for mail in mails] == [['bob@mailbox.example'], [hidden[0]], [hidden[1]]]
    for mail in mails:
        others = {'bob@mailbox.example', *hidden} - {'bob@mailbox.example', *mail.recipients}
        assert not any(other.encode() in mail.data for other in others)
        assert gateway.open(mail.data) == sent
    bodies = [carrier(mail.data) for mail in mails]
    assert len(set(bodies)) == 3


def test_one_passes_one_is_sealed_and_one_is_refused(gateway):
    word = canary()
    sent = letter(word)
    answers = gateway.send(sent, ['carol@agency.example', 'bob@mailbox.example', 'eve@rival.example', 'erin@agency.example'])
    assert codes(answers) == ['250', '250', '550', '250'] and '5.7.1' in answers[2]
    clear, sealed = gateway.sink.mails
    assert clear.recipients == ['carol@agency.example', 'erin@agency.example'] and clear.data == sent
    assert sealed.recipients == ['bob@mailbox.example'] and word.encode() not in sealed.data
    assert gateway.open(sealed.data) == sent


@pytest.mark.parametrize('subject', ['Secure: hello', 'SECURE:hello', 'Re: secure: hello', 'hello [Secure]',
                                     '=?utf-8?B?U2VjdXJlOiBoZWxsbw==?='])
def test_the_subject_tag_seals_where_mail_would_pass(gateway, subject):
    word = canary()
    assert codes(gateway.send(letter(word, subject=subject), ['carol@agency.example'])) == ['250']
    assert word.encode() not in bytes(gateway.sink.seen)
    assert carrier(gateway.sink.mails[0].data)


def test_the_next_hop_decides_for_each_recipient(gateway):
    """One is passed, one sealed, one refused and one put off by the next hop: each hears its own."""
    replies = {'nobody': '550 5.1.1 no such user', 'later': '451 4.7.1 greylisted'}
    gateway.sink.reply('RCPT', lambda text: next((reply for name, reply in replies.items() if name in text), None))
    word = canary()
    answers = gateway.send(letter(word), ['carol@agency.example', 'bob@mailbox.example', 'nobody@mailbox.example',
                                          'later@mailbox.example', 'nobody@agency.example', 'later@agency.example'])
    assert codes(answers) == ['250', '250', '550', '451', '550', '451']
    assert 'no such user' in answers[2] and 'greylisted' in answers[5]
    assert [mail.recipients for mail in gateway.sink.mails] == [['carol@agency.example'], ['bob@mailbox.example']]


@pytest.mark.parametrize('address', ['"quoted name"@mailbox.example', 'bob@[192.0.2.1]', 'a..b@mailbox.example', 'postmaster',
                                     'bob@localhost_', 'x' * 65 + '@mailbox.example'])
def test_an_address_without_canonical_form_is_refused_alone(gateway, address):
    answers = gateway.send(letter(canary()), [address, 'bob@mailbox.example'])
    assert answers[0][:1] == '5' and answers[1][:3] == '250'
    assert [mail.recipients for mail in gateway.sink.mails] == [['bob@mailbox.example']]


def test_spellings_of_one_mailbox_meet(gateway):
    assert codes(gateway.send(letter(canary()), ['Bob@MAILBOX.Example'])) == ['250']
    assert gateway.sink.mails[0].recipients == ['Bob@MAILBOX.Example'], 'sent to as it was written'
    assert 'bob@mailbox.example' in carrier(gateway.sink.mails[0].data).decode(), 'sealed to the canonical form'


def test_smtputf8_and_8bitmime(gateway):
    sent = letter(canary(), to='Jörg <jörg@bücher.example>', head='Cc: Jürgen <x@mailbox.example>\r\n'.encode())
    answers = gateway.send(sent, ['jörg@bücher.example'], sender='dána@agency.example', parameters='BODY=8BITMIME SMTPUTF8')
    assert codes(answers) == ['250']
    mail = gateway.sink.mails[0]
    assert 'SMTPUTF8' in mail.arguments[0] and mail.recipients == ['jörg@bücher.example']
    assert parse(mail.data)['To'] == parse(sent)['To']
    assert gateway.open(mail.data) == sent

    # In clear, both parameters go on; without SMTPUTF8 a carrier is plain ASCII for any next hop.
    gateway.send(letter(canary(), body=b'\xc3\xa9\r\n'), ['carol@agency.example'], parameters='BODY=8BITMIME')
    assert 'BODY=8BITMIME' in gateway.sink.mails[1].arguments[0]


def test_delivery_status_notification_is_carried(gateway):
    gateway.sink.extensions += ('DSN',)
    gateway.sink.hang_up()
    with gateway.connect() as client:
        assert client.say(f'MAIL FROM:<{SENDER}> RET=HDRS ENVID=abc').startswith('250')
        assert client.say('RCPT TO:<bob@mailbox.example> NOTIFY=SUCCESS ORCPT=rfc822;bob@mailbox.example').startswith('250')
        assert client.say('DATA').startswith('354')
        assert client.say(letter(canary()) + b'.').startswith('250')
    mail = gateway.sink.mails[-1]
    assert 'RET=HDRS' in mail.arguments[0] and 'ENVID=abc' in mail.arguments[0]
    assert 'NOTIFY=SUCCESS' in mail.arguments[1] and 'ORCPT=rfc822;bob@mailbox.example' in mail.arguments[1]


# --- bad input -----------------------------------------------------------------------------------------------------


def test_loops_end(gateway):
    hops = b''.join(b'Received: by hop%d; Tue, 24 Nov 2026 01:00:00 +0000\r\n' % n for n in range(50))
    answer, = gateway.send(hops + letter(canary()), ['bob@mailbox.example'])
    assert answer.startswith('554 5.4.6') and not gateway.sink.mails
    # A sealed mail that comes back is sealed again, with a hop more each time: it ends as well.
    sent = letter(canary())
    for turn in range(60):
        answer, = gateway.send(sent, ['bob@mailbox.example'])
        if answer.startswith('554 5.4.6'):
            break
        sent = b'Received: by mail; Tue, 24 Nov 2026 01:00:00 +0000\r\n' * 12 + gateway.sink.mails[-1].data
    assert turn == 4


@pytest.mark.parametrize('sent, code', [
    (b'Subject: x\r\n\r\nbare\nline feed\r\n', '550'),
    (b'Subject: x\r\n\r\nbare\rreturn\r\n', '550'),
    (b'Subject: x\r\n\r\nnul\0\r\n', '550'),
    (b'X: y\r\n' * 2001 + b'\r\nbody\r\n', '554'),
    (b'X: ' + b'y' * (256 << 10) + b'\r\n\r\nbody\r\n', '554'),
], ids=['LF', 'CR', 'NUL', 'fields', 'header'])
def test_what_is_malformed_is_refused_and_the_connection_goes_on(gateway, sent, code):
    with gateway.connect() as client:
        assert codes(client.send(SENDER, ['bob@mailbox.example'], sent)) == [code]
        assert not gateway.sink.mails
        assert client.say('NONSENSE').startswith('500') and client.say('RCPT TO:<a@b.example>').startswith('503')
        assert codes(client.send(SENDER, ['bob@mailbox.example'], letter(canary()))) == ['250']


def test_a_header_beyond_one_piece_is_read(gateway):
    """The tag behind 200 KiB of other fields still counts."""
    word = canary()
    sent = b'X-Long: ' + b'y' * 200000 + b'\r\n' + letter(word, subject='Secure: x')
    assert codes(gateway.send(sent, ['carol@agency.example'])) == ['250']
    assert word.encode() not in bytes(gateway.sink.seen)
    assert gateway.open(gateway.sink.mails[0].data) == sent


def test_bare_line_ends_are_kept_where_the_setting_says_so():
    sent = letter(canary(), body=b'bare\nline feed, bare\rreturn, nul\0, \n.\n end\r\n')
    with Gateway({'bare-line-ends': 'keep'}) as kept:
        assert codes(kept.send(sent, ['bob@mailbox.example'])) == ['250']
        assert kept.open(kept.sink.mails[0].data) == sent
        assert b'\n' not in kept.sink.mails[0].data.replace(b'\r\n', b'')


def test_a_letter_too_large_is_refused_for_good():
    with Gateway({'max-size': '100K'}) as small:
        with small.connect() as client:
            assert 'SIZE 102400' in ' '.join(client.extensions)
            assert client.say(f'MAIL FROM:<{SENDER}> SIZE=102401').startswith('552')
            assert codes(client.send(SENDER, ['bob@mailbox.example'], letter(canary(), body=b'x' * 103000 + b'\r\n'))) == ['552']
            assert codes(client.send(SENDER, ['bob@mailbox.example'], letter(canary(), body=b'x' * 90000 + b'\r\n'))) == ['250']
        assert len(small.sink.mails) == 1


# --- the next hop fails --------------------------------------------------------------------------------------------


def test_without_a_next_hop_everything_is_put_off(gateway):
    with Gateway(relay='127.0.0.1:1') as alone:
        answers = alone.send(letter(canary()), ['carol@agency.example', 'bob@mailbox.example', 'eve@rival.example'])
        assert codes(answers) == ['451', '451', '550'] and '4.4.1' in answers[0]


STAGES = ('CONNECT', 'EHLO', 'MAIL', 'RCPT', 'DATA', 'LETTER', 'END')
ANSWERS = {
    'hangs up': None, '421': '421 4.3.2 closing', '451': '451 4.3.0 not now', '550': '550 5.7.1 never', '354': '354 what?',
    'garbage': b'\xff\xfe\r\nHTTP/1.1 200 OK\r\n', 'two replies': '451 4.3.0 no\r\n250 2.0.0 yes', 'endless': b'250-' + b'x' * 9000 + b'\r\n',
}


@pytest.mark.parametrize('answer', ANSWERS)
@pytest.mark.parametrize('stage', STAGES)
def test_whatever_the_next_hop_says_nothing_is_lost_and_nothing_goes_in_clear(gateway, stage, answer):
    """A 250 only for what arrived; else 4xx or 5xx; and the letter that was to be sealed never in clear."""
    import sink
    gateway.sink.reply(stage, ANSWERS[answer] or sink.CLOSE)
    word = canary()
    answers = gateway.send(letter(word), ['bob@mailbox.example', 'dave@mailbox.example'])
    for recipient, reply in zip(['bob@mailbox.example', 'dave@mailbox.example'], answers):
        arrived = any(mail.recipients == [recipient] for mail in gateway.sink.mails)
        assert reply[:1] in ('4', '5') or (reply[:3] == '250' and arrived), (reply, arrived)
        if answer == '550' and stage in ('MAIL', 'RCPT', 'DATA', 'END'):
            assert reply.startswith('550 5.7.1')
    assert word.encode() not in bytes(gateway.sink.seen)
    # And it recovers.
    gateway.sink.replies.clear()
    assert codes(gateway.send(letter(word), ['bob@mailbox.example'])) == ['250']


def test_a_connection_that_died_in_its_sleep_is_no_failure(gateway):
    with gateway.connect() as client:
        assert codes(client.send(SENDER, ['bob@mailbox.example'], letter(canary()))) == ['250']
        gateway.sink.hang_up()
        time.sleep(0.1)
        assert codes(client.send(SENDER, ['bob@mailbox.example'], letter(canary()))) == ['250']
    assert len(gateway.sink.mails) == 2


def test_the_connection_is_kept_from_letter_to_letter(gateway):
    with gateway.connect() as client:
        client.send(SENDER, ['bob@mailbox.example'], letter(canary()))
        before = gateway.sink.connections
        for _ in range(5):
            assert codes(client.send(SENDER, ['bob@mailbox.example', 'carol@agency.example'], letter(canary()))) == ['250'] * 2
        assert gateway.sink.connections == before


# --- the program ---------------------------------------------------------------------------------------------------


def test_a_letter_of_25_mib_passes_through_a_small_process(gateway):
    word = canary()
    line = b'y' * 76 + b'\r\n'
    sent = letter(word, body=line * (25 * (1 << 20) // len(line)))
    assert codes(gateway.send(sent, ['bob@mailbox.example', 'carol@agency.example'])) == ['250'] * 2
    for pid in gateway.workers():
        peak = int(re.search(r'VmHWM:\s+(\d+) kB', pathlib.Path(f'/proc/{pid}/status').read_text())[1])
        assert peak < 32 * 1024, 'kilobytes resident'
    sealed = next(mail for mail in gateway.sink.mails if mail.recipients == ['bob@mailbox.example'])
    clear = next(mail for mail in gateway.sink.mails if mail.recipients == ['carol@agency.example'])
    assert clear.data == sent and gateway.open(sealed.data) == sent
    assert not places_of(word, gateway.system.folder), 'no plaintext on the disk'


def test_the_log_tells_what_happened_and_nothing_of_the_letter(gateway):
    word = canary()
    gateway.send(letter(word, subject=f'about {word}'), ['bob@mailbox.example', 'eve@rival.example'], ident='4ABCDEF')
    lines = [line for line in gateway.log.splitlines() if 'queue=4ABCDEF' in line]
    assert len(lines) == 2
    assert re.search(r'letter .*to=bob@mailbox.example action=seal rule=default copy=[0-9a-f]{64} .*outcome=relayed', lines[0])
    assert re.search(r'to=eve@rival.example action=refuse rule=never copy="" .*outcome=refused reply="550 5.7.1', lines[1])
    assert word not in gateway.log


def test_both_doors_are_open(gateway):
    with lmtp.Lmtp(gateway.system.folder / 'run/gateway.sock') as client:
        assert codes(client.send(SENDER, ['bob@mailbox.example'], letter(canary()))) == ['250']


def test_a_letter_that_ends_workers_is_refused_in_the_end():
    """Workers are killed while they have the letter in hand: after three the letter goes back, others do not."""
    import sink
    with Gateway({'workers': 1, 'attempts': 3}) as made:
        bad = letter(canary())
        for _ in range(3):
            made.sink.reply('END', sink.SILENT)
            with made.connect() as client:
                client.say('XFORWARD IDENT=BAD1')
                client.say(f'MAIL FROM:<{SENDER}>')
                client.say('RCPT TO:<bob@mailbox.example>')
                client.say('DATA')
                client.socket.sendall(bad + b'.\r\n')
                deadline = time.monotonic() + 20
                while b'SecureMessage.html' not in bytes(made.sink.seen) and time.monotonic() < deadline:
                    time.sleep(0.02)
                time.sleep(0.2)
                worker, = made.workers()
                subprocess.run(['kill', '-SEGV', str(worker)], check=True)
                assert client.read() == '', 'no answer: the mail server keeps the letter'
            made.sink.seen.clear()
            made.sink.replies.clear()
            while not [pid for pid in made.workers() if pid != worker]:
                time.sleep(0.02)
        with made.connect() as client:
            answer, = client.send(SENDER, ['bob@mailbox.example'], bad, ident='BAD1')
            assert answer.startswith('554 5.3.0')
            assert codes(client.send(SENDER, ['bob@mailbox.example'], bad, ident='GOOD1')) == ['250']
        assert made.log.count('worker-died') == 3 and 'letter-poisonous queue=BAD1' in made.log


def test_a_stop_finishes_the_letter_in_hand():
    with Gateway({'workers': 1}) as made:
        made.sink.reply('END', lambda _: time.sleep(1))
        with made.connect() as client:
            client.say(f'MAIL FROM:<{SENDER}>')
            client.say('RCPT TO:<bob@mailbox.example>')
            client.say('DATA')
            client.socket.sendall(letter(canary()) + b'.\r\n')
            time.sleep(0.4)
            made.system.processes[0].terminate()
            assert client.read().startswith('250')
            assert client.read().startswith('421')
        assert made.system.processes[0].wait(20) == 0
        assert len(made.sink.mails) == 1


def test_workers_do_not_outlive_their_master():
    with Gateway({'workers': 3}) as made:
        workers = made.workers(3)
        made.system.processes[0].kill()
        deadline = time.monotonic() + 10
        while any(pathlib.Path(f'/proc/{pid}').exists() for pid in workers):
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_workers_are_replaced_after_their_letters():
    with Gateway({'workers': 1, 'letters-per-worker': 2}) as made:
        first = made.workers()
        for _ in range(5):
            assert codes(made.send(letter(canary()), ['bob@mailbox.example'])) == ['250']
        deadline = time.monotonic() + 10
        while made.workers() == first:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert 'worker-died' not in made.log


def replace(path, pattern, by):
    text = path.read_text()
    changed = re.sub(pattern, by, text, count=1, flags=re.M)
    assert changed != text
    path.write_text(changed)


@pytest.mark.parametrize('change, why', [
    (lambda made: (made.folder / 'etc/signing.key').unlink(), 'signing.key'),
    (lambda made: (made.folder / 'etc/signing.key').chmod(0o644), 'signing.key'),
    (lambda made: (made.folder / 'etc/public/parameters').unlink(), 'parameters'),
    (lambda made: replace(made.folder / 'etc/public/parameters', r'^([A-Za-z0-9+/]{20})[A-Za-z0-9+/]', r'\1x'), 'parameters'),
    (lambda made: replace(made.config, r'^authority = (\S{20}).', r'authority = \1x'), ''),
    (lambda made: replace(made.config, r'^name = .*', 'name = other.example'), 'district'),
    (lambda made: replace(made.config, r'^action = pass', 'action = perhaps'), 'action'),
    (lambda made: replace(made.config, r'^relay = .*\n', 'relays = x\n'), 'securemail.conf:'),
], ids=['no key', 'open key', 'no parameters', 'altered parameters', 'another authority', 'another district', 'wrong rule',
        'wrong setting'])
def test_it_does_not_start_with_anything_wrong(change, why):
    made = Gateway()
    try:
        change(made.system)
        done = subprocess.run([made.system.build / 'gateway/securemail-gateway', '-c', made.system.config], capture_output=True,
                              text=True, timeout=20)
        assert done.returncode == 1 and 'gateway not-started why=' in done.stderr and why in done.stderr
    finally:
        made.__exit__()

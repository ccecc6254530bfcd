# SPDX-License-Identifier: Apache-2.0
"""Rules about the content of letters, at a running gateway: found in whatever a letter wraps it in, and protected where it can't be seen."""
import email.message
import email.policy
import re
import subprocess

import pytest

from gateway import SENDER, Gateway, canary, letter

RULES = """
[policy "programs"]
attachment-name = *.exe, *.js
action = refuse "No programs by mail"

[policy "numbers"]
text-pattern = card-number, us-ssn
action = seal

[policy "medical"]
text-words-file = WORDS
action = seal

[policy "pictures"]
attachment-type = image/*
recipient-domain = mailbox.example
action = seal

[policies]
default = pass
"""


@pytest.fixture(scope='module')
def gateway(tmp_path_factory):
    words = tmp_path_factory.mktemp('words') / 'list'
    words.write_text('# what is of the hospital\npatient and diagnosis within 5 words\nfor internal use\n')
    words.parent.chmod(0o755)
    with Gateway(rules=RULES.replace('WORDS', str(words)), settings={'workers': 1}) as made:
        yield made


@pytest.fixture(autouse=True)
def empty(gateway):
    gateway.sink.mails.clear()


def mail(text='hello', html=None, attachments=(), charset='utf-8', cte=None):
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message['From'], message['To'], message['Subject'] = SENDER, 'bob@mailbox.example', 'x'
    message.set_content(text, charset=charset, cte=cte)
    if html:
        message.add_alternative(html, subtype='html')
    for content, (main, sub), name in attachments:
        message.add_attachment(content, main, sub, filename=name)
    return message.as_bytes()


def inner(sent):
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message['From'], message['To'], message['Subject'] = SENDER, 'bob@mailbox.example', 'Fwd'
    message.set_content('see below')
    message.add_attachment(email.message_from_bytes(sent, policy=email.policy.SMTP))
    return message.as_bytes()


@pytest.mark.parametrize('sent, rule', [
    (mail('nothing of it'), 'default'),
    (mail('Your card 4111 1111 1111 1111 was charged'), 'numbers'),
    (mail('Your card 4111 1111 1111 1112 was charged'), 'default'),
    (mail('Your number: 123-45-6789'), 'numbers'),
    (mail('Your card 5555-5555-5555-4444', cte='base64'), 'numbers'),
    (mail('Your card 5555-5555-5555-4444', charset='utf-16', cte='base64'), 'numbers'),
    (mail('x', html='<table><td>4111<span>&nbsp;</span>1111 1111&#32;1111'), 'numbers'),
    (mail('The PATIENT has, we fear, a Diagnosis'), 'medical'),
    (mail('The patient went home; nobody here at all knows of the diagnosis'), 'default'),
    (mail('x', attachments=[(b'name,text\r\nSmith,for internal use\r\n', ('text', 'csv'), 'list.csv')]), 'medical'),
    (mail('x', attachments=[(b'\x89PNG', ('image', 'png'), 'photo.png')]), 'pictures'),
    (mail('x', attachments=[(b'MZ', ('application', 'octet-stream'), 'Invoice.pdf.EXE')]), 'programs'),
    (mail('x', attachments=[(b'MZ', ('application', 'octet-stream'), 'exe.txt')]), 'default'),
    (inner(mail('Your card 4111 1111 1111 1111')), 'numbers'),
    (inner(inner(mail('x', attachments=[(b'MZ', ('application', 'x'), 'a.js')]))), 'programs'),
    (letter('x', subject='=?utf-8?B?Zm9yIGludGVybmFsIHVzZQ==?='), 'medical'),
], ids=range(16))
def test_what_a_letter_holds_decides(gateway, sent, rule):
    answer, = gateway.send(sent, ['bob@mailbox.example'])
    assert re.findall(r' rule=(\S+) ', gateway.log)[-1] == rule
    if rule == 'programs':
        assert answer == '550 5.7.1 No programs by mail' and not gateway.sink.mails
    elif rule == 'default':
        assert gateway.sink.mails[0].data == sent
    else:
        assert gateway.open(gateway.sink.mails[0].data) == sent


def test_only_who_needs_it_is_asked_for(gateway):
    """A rule that does not get as far as the content: the picture is a matter of mailbox.example alone."""
    sent = mail('x', attachments=[(b'\x89PNG', ('image', 'png'), 'photo.png')])
    answers = gateway.send(sent, ['bob@mailbox.example', 'carol@other.example'])
    assert [answer[:3] for answer in answers] == ['250', '250']
    assert {tuple(m.recipients): m.data == sent for m in gateway.sink.mails} == {('bob@mailbox.example',): False, ('carol@other.example',): True}


def test_what_can_not_be_looked_into_is_protected(gateway):
    word = canary()
    nested = mail(word)
    for _ in range(8):
        nested = inner(nested)
    assert gateway.send(nested, ['bob@mailbox.example']) == ['550 5.7.1 No programs by mail']
    assert 'letter-not-inspected' in gateway.log and 'more in it than can be looked at' in gateway.log


def test_a_large_letter_is_searched_whole_and_the_worker_stays_small(gateway):
    body = (b'0123456789' * 7 + b'\r\n') * 300000  # 21 MB
    message = mail('x', attachments=[(body, ('application', 'octet-stream'), 'large.bin'), (b'for internal use', ('text', 'plain'), 'b.txt')])
    assert gateway.send(message, ['bob@mailbox.example'])[0].startswith('250')
    assert re.findall(r' rule=(\S+) ', gateway.log)[-1] == 'medical'
    assert gateway.open(gateway.sink.mails[0].data) == message
    worker, = gateway.workers(1)
    peak = int(re.search(r'^VmHWM:\s+(\d+)', open(f'/proc/{worker}/status').read(), re.M)[1])
    assert peak < 32 * 1024, f'{peak} KiB'


def test_policy_test_and_simulate_look_inside_too(gateway, tmp_path):
    tool = gateway.system.build / 'cli/securemail'
    sent = mail('Your card 4111 1111 1111 1111')
    done = subprocess.run([tool, 'policy', 'test', '-c', gateway.system.config], input=sent, capture_output=True)
    assert done.stdout.decode().splitlines() == ['bob@mailbox.example: seal, by rule “numbers”', '    programs: no, because of attachment-name',
                                                 '    numbers: holds']
    (tmp_path / 'mbox').write_bytes(b'From x\n' + sent.replace(b'\r\n', b'\n') + b'\nFrom y\n' + mail('hello').replace(b'\r\n', b'\n'))
    done = subprocess.run([tool, 'policy', 'simulate', '-c', gateway.system.config, tmp_path / 'mbox'], capture_output=True, text=True)
    assert re.search(r'^numbers +seal +1 +1 ', done.stdout, re.M) and re.search(r'^default +pass +1 +1 ', done.stdout, re.M), done.stdout

# SPDX-License-Identifier: Apache-2.0
"""Rules: what becomes of letters at a running gateway, what `securemail policy` says about them, and mistakes that never load."""
import json
import mailbox
import re
import subprocess

import pytest

from gateway import SENDER, Gateway, canary, letter, parse

RULES = """
[policy "no outsiders"]
sender-domain = elsewhere.example
action = refuse "Please use your own mail server"

[policy "clear"]
subject-tag = [clear]
remove-tag = yes
action = pass

[policy "asked for"]
subject-tag = Secure:, [secure]
remove-tag = yes
action = seal

[policy "confidential"]
sensitivity = company-confidential
outer-subject = Eine vertrauliche Nachricht für Sie
action = seal

[policy "large"]
larger-than = 100K
header = X-Kind: bulk
action = refuse

[policy "members"]
recipient-group = GROUP
action = pass

[policy "colleagues"]
recipient-domain = agency.example
action = pass
"""


@pytest.fixture(scope='module')
def gateway(tmp_path_factory):
    group = tmp_path_factory.mktemp('group') / 'members'
    group.write_text('# trusted\ncarol@mailbox.example\n.court.example\n')
    group.parent.chmod(0o755)
    with Gateway(rules=RULES.replace('GROUP', str(group)) + '[policies]\ndefault = seal\n') as made:
        yield made


@pytest.fixture(autouse=True)
def empty(gateway):
    gateway.sink.mails.clear()


def is_clear(mail, word):
    return word.encode() in mail.data


def test_each_recipient_has_his_own_decision(gateway):
    word = canary()
    answers = gateway.send(letter(word), ['bob@mailbox.example', 'Carol@Mailbox.example', 'd@a.court.example', 'e@agency.example'])
    assert [answer[:3] for answer in answers] == ['250'] * 4
    clear = [mail for mail in gateway.sink.mails if is_clear(mail, word)]
    assert [mail.recipients for mail in clear] == [['Carol@Mailbox.example', 'd@a.court.example', 'e@agency.example']]
    assert [mail.recipients for mail in gateway.sink.mails if not is_clear(mail, word)] == [['bob@mailbox.example']]
    rules = re.findall(r' to=(\S+) action=(\w+) rule=("?[^"=]*?"?) copy', gateway.log)[-4:]
    assert [rule.strip('"') for _, _, rule in rules] == ['default', 'members', 'members', 'colleagues']


@pytest.mark.parametrize('subject, left', [
    ('[clear] Statement', 'Statement'), ('Re: a [CLEAR] b', 'Re: a b'), ('=?utf-8?Q?[clear]_Gr=C3=BC=C3=9Fe?=', 'Grüße'),
    ('[clear]', ''), ('a very long subject ' * 12 + '[clear]', ('a very long subject ' * 12).strip())])
def test_a_tag_is_taken_off_what_passes_and_nothing_else_changes(gateway, subject, left):
    word = canary()
    sent = letter(word, subject=subject, body=bytes(range(128, 256)) + b'\r\n')
    assert gateway.send(sent, ['bob@mailbox.example'])[0].startswith('250')
    got = gateway.sink.mails[0].data
    field = re.compile(rb'^Subject:.*\r\n(?:[ \t].*\r\n)*', re.M)
    assert field.sub(b'', got, 1) == field.sub(b'', sent, 1)
    assert (parse(got)['Subject'] or '').strip() == left


def test_a_tag_is_taken_off_in_a_large_letter_too(gateway):
    """Its header is beyond the first piece that is read, and its Subject stands at the end of that."""
    word = canary()
    padding = b''.join(b'X-Padding-%d: %s\r\n' % (i, b'x' * 900) for i in range(90))
    head, _, rest = letter(word, body=b'y' * 3000000 + b'\r\n').partition(b'Subject: Your statement\r\n')
    sent = head + padding + b'Subject: [clear] Your statement\r\n' + rest
    assert gateway.send(sent, ['bob@mailbox.example'])[0].startswith('250')
    assert gateway.sink.mails[0].data == sent.replace(b'[clear] ', b'', 1)


def test_recipients_whose_rules_differ_in_the_tag_get_their_own(gateway):
    """Carol is passed by another rule only without the tag: with it, the first rule speaks for all."""
    word = canary()
    gateway.send(letter(word, subject='[clear] x'), ['bob@mailbox.example', 'carol@mailbox.example'])
    assert [mail.recipients for mail in gateway.sink.mails] == [['bob@mailbox.example', 'carol@mailbox.example']]


def test_a_tag_is_taken_off_outside_of_a_sealed_letter_and_stays_inside(gateway):
    sent = letter(canary(), subject='Secure: Your statement')
    assert gateway.send(sent, ['bob@mailbox.example'])[0].startswith('250')
    mail = gateway.sink.mails[0].data
    assert parse(mail)['Subject'] == 'Your statement' and gateway.open(mail) == sent


def test_a_rule_gives_the_subject_outside(gateway):
    sent = letter(canary(), subject='Diagnosis of Mr Smith', head=b'Sensitivity: Company-Confidential\r\n')
    assert gateway.send(sent, ['carol@mailbox.example'])[0].startswith('250')
    mail = gateway.sink.mails[0].data
    assert parse(mail)['Subject'] == 'Eine vertrauliche Nachricht für Sie' and b'Diagnosis' not in mail and gateway.open(mail) == sent


def test_refusals_have_the_rule_s_words(gateway):
    answers = gateway.send(letter(canary()), ['bob@mailbox.example'], sender='x@elsewhere.example')
    assert answers == ['550 5.7.1 Please use your own mail server']
    large = letter(canary(), head=b'X-Kind: BULK mail\r\n', body=b'x' * 120000 + b'\r\n')
    assert gateway.send(large, ['bob@mailbox.example']) == ['550 5.7.1 Refused by policy']
    assert not gateway.sink.mails
    assert gateway.send(letter(canary(), head=b'X-Kind: bulk\r\n'), ['bob@mailbox.example'])[0].startswith('250')


@pytest.mark.parametrize('action', ['tls', 'tls-or-seal'])
def test_an_action_is_never_less_than_it_says(action, tmp_path):
    """Without a way by TLS: nothing, or a sealed copy."""
    word = canary()
    rules = f'[policy "x"]\nrecipient-domain = mailbox.example\naction = {action}\ntls-to = no-such-host.invalid:25\n'
    with Gateway(rules=rules + '[policies]\ndefault = refuse\n') as made:
        answers = made.send(letter(word), ['bob@mailbox.example'])
        assert answers[0][:3] == ('451' if action == 'tls' else '250')
        assert word.encode() not in bytes(made.sink.seen)


# --- securemail policy ------------------------------------------------------------------------------------------------

def policy(gateway, *arguments, **options):
    return subprocess.run([gateway.system.build / 'cli/securemail', 'policy', *map(str, arguments)], capture_output=True, text=True, **options)


def test_policy_test_says_which_rule_and_why(gateway):
    mail = letter('x', to='Bob <bob@mailbox.example>, carol@mailbox.example').decode()
    done = policy(gateway, 'test', '-c', gateway.system.config, input=mail)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        'bob@mailbox.example: seal, by rule “default”', '    no outsiders: no, because of sender-domain', '    clear: no, because of subject-tag',
        '    asked for: no, because of subject-tag', '    confidential: no, because of sensitivity', '    large: no, because of larger-than',
        '    members: no, because of recipient-group', '    colleagues: no, because of recipient-domain',
        '    no rule holds: [policies] default decides',
        'carol@mailbox.example: pass, by rule “members”', '    no outsiders: no, because of sender-domain', '    clear: no, because of subject-tag',
        '    asked for: no, because of subject-tag', '    confidential: no, because of sensitivity', '    large: no, because of larger-than',
        '    members: holds']
    done = policy(gateway, 'test', '-c', gateway.system.config, '--from', 'a@elsewhere.example', '--to', 'z@agency.example', input=mail)
    assert done.stdout.splitlines() == ['z@agency.example: refuse, by rule “no outsiders”: Please use your own mail server', '    no outsiders: holds']


@pytest.mark.parametrize('arguments, words', [
    (('test', '--to', 'no address'), '--to: A-'), (('test', '--from', '@', '--to', 'a@b.example'), '--from: A-'), (('test',), 'give --to')])
def test_policy_test_says_what_is_missing(gateway, arguments, words):
    done = policy(gateway, arguments[0], '-c', gateway.system.config, *arguments[1:], input='Subject: x\n\n')
    assert done.returncode == 1 and words in done.stderr


@pytest.mark.parametrize('arguments', [(), ('explain',), ('simulate',), ('test', 'x'), ('test', '--bad')])
def test_policy_says_how_it_is_used(arguments):
    import system
    from gateway import BUILD
    done = subprocess.run([BUILD / 'cli/securemail', 'policy', *arguments], capture_output=True, text=True, input='')
    assert done.returncode == 64 and 'usage: securemail policy' in done.stderr


def test_simulate_counts_over_maildirs_and_mbox_files(gateway, tmp_path):
    """Against the answers for each mail by itself."""
    mails = [letter('a', to='bob@mailbox.example'), letter('b', to='carol@mailbox.example, bob@mailbox.example'),
             letter('c', subject='Secure: x', to='carol@mailbox.example'), letter('From here\r\n\r\n>From there', to='z@agency.example'),
             letter('d', to='bob@mailbox.example', head=b'X-Kind: bulk\r\n', body=b'y' * 150000)]
    box = mailbox.Maildir(tmp_path / 'maildir')
    file = mailbox.mbox(tmp_path / 'mbox')
    for mail in mails:
        box.add(mail)
        file.add(mailbox.mboxMessage(parse(mail)))
    file.flush()
    for place in ('maildir', 'mbox'):
        done = policy(gateway, 'simulate', '-c', gateway.system.config, '--json', tmp_path / place)
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        rows = {row['rule']: (row['action'], row['letters'], row['recipients']) for row in found['rules']}
        assert (found['mails'], found['unread']) == (5, 0), place
        assert rows == {'no outsiders': ('refuse', 0, 0), 'clear': ('pass', 0, 0), 'asked for': ('seal', 1, 1), 'confidential': ('seal', 0, 0),
                        'large': ('refuse', 1, 1), 'members': ('pass', 1, 1), 'colleagues': ('pass', 1, 1), 'default': ('seal', 2, 2)}, place
    done = policy(gateway, 'simulate', '-c', gateway.system.config, tmp_path / 'maildir', tmp_path / 'mbox')
    assert re.search(r'^members +pass +2 +2 +\d+$', done.stdout, re.M) and '10 mails' in done.stdout
    assert done.stderr == '', 'no progress where nobody looks'
    done = policy(gateway, 'simulate', '-c', gateway.system.config, tmp_path / 'nowhere')
    assert done.returncode == 1 and 'nowhere: No such file' in done.stderr


def test_simulate_shows_progress_on_a_terminal(gateway, tmp_path):
    (tmp_path / 'mbox').write_bytes(b'From x\n' + letter('a'))
    done = subprocess.run(['script', '-qec', f'{gateway.system.build}/cli/securemail policy simulate -c {gateway.system.config} {tmp_path}/mbox',
                           '/dev/null'], capture_output=True, text=True)
    assert '[########################################] 100 %  1 mails' in done.stdout


# --- mistakes ---------------------------------------------------------------------------------------------------------

def test_a_mistake_is_named_by_line_and_column_and_nothing_starts(gateway, tmp_path):
    text = gateway.system.config.read_text()
    line = text[:text.index('sensitivity = ')].count('\n') + 1
    broken = tmp_path / 'broken.conf'
    broken.write_text(text.replace('sensitivity = company-confidential', 'sensitivity = private, secret'))
    wanted = f'{broken}:{line}:24: policy “confidential”: “secret” is not personal, private or company-confidential'
    done = subprocess.run([gateway.system.build / 'gateway/securemail-gateway', '-c', broken], capture_output=True, text=True, timeout=30)
    assert done.returncode != 0 and wanted in done.stderr
    done = policy(gateway, 'test', '-c', broken, '--to', 'a@b.example', input='\n')
    assert done.returncode == 1 and wanted in done.stderr

"""The n-th system call of a gateway's worker fails, for every n from the first byte of a letter until its last answer: never in
clear, never lost.

strace(1) makes the call fail, from outside: nothing of the worker is built or started otherwise. For each kind of call and each
error, n counts up until a letter goes through without the fault. What must hold each time:

  * nothing of the letter's body is in anything the next hop ever saw;
  * whoever was answered with 250 has a whole sealed mail at the next hop (each eighth is opened: it is the very letter); everybody else
    was told 4xx or 5xx, or nothing at all: the mail server keeps the letter for him;
  * who was refused by a rule got nothing;
  * nothing hangs, and the next letter goes through.
"""
import contextlib
import os
import re
import secrets
import signal
import subprocess
import time

import pytest

from gateway import SENDER, Gateway, carrier, letter, opened

SEALED, REFUSED = ['bob@mailbox.example', 'carol@mailbox.example'], 'mallory@rival.example'
EVERYBODY = [SEALED[0], REFUSED, SEALED[1]]
LARGE = b'0123456789' * 7 + b'\r\n'
N_MAX = 400  # far more calls than a letter takes

# Errors that the kernel gives for these calls; a signal comes at the call, which then goes on (or is interrupted by it).
SMALL_FAULTS = [
    ('read', 'error=ECONNRESET'), ('read', 'error=EINTR'),
    ('sendto', 'error=EPIPE'), ('sendto', 'error=ENOBUFS'), ('sendto', 'error=EINTR'),
    ('poll', 'error=ENOMEM'), ('poll', 'error=EINTR'),
    ('write', 'error=ENOSPC'),  # the log
    ('getrandom', 'error=EIO'),
    ('mprotect', 'error=ENOMEM'),
    ('read', 'signal=TERM'), ('poll', 'signal=HUP'),
    ('read', 'signal=KILL'), ('sendto', 'signal=KILL'), ('mprotect', 'signal=KILL'),
]
# What a worker asks for at its first letter, and keeps.
FIRST_FAULTS = [('mmap', 'error=ENOMEM'), ('mlock', 'error=ENOMEM'), ('madvise', 'error=ENOMEM'), ('socket', 'error=EMFILE'),
                ('connect', 'error=ECONNREFUSED'), ('fcntl', 'error=EINVAL')]
# A letter that does not stay in memory.
LARGE_FAULTS = [('openat', 'error=EMFILE'), ('openat', 'error=ENOSPC'), ('pwrite64', 'error=ENOSPC'), ('pwrite64', 'error=EIO'),
                ('pwrite64', 'error=EINTR'), ('pread64', 'error=EIO')]


@pytest.fixture(scope='module')
def gateway():
    with Gateway({'workers': 1, 'letters-per-worker': 1000}) as made:
        yield made


@pytest.fixture(scope='module')
def first():
    """A new worker for each letter."""
    with Gateway({'workers': 1, 'letters-per-worker': 1}) as made:
        yield made


class Fault:
    """While it lasts, the n-th of the worker's calls of a kind fails."""

    def __init__(self, gateway, call, what, n, log):
        self.log = log
        deadline = time.monotonic() + 20
        while not self._attached(gateway.workers(1)[0], call, f'{what}:when={n}'):
            # That one was about to end: its last letter was before.
            assert time.monotonic() < deadline, self.process.stderr.read().decode()

    def _attached(self, worker, call, inject):
        self.process = subprocess.Popen(['strace', '-qq', '-o', self.log, '-e', f'trace={call}', '-e', f'inject={call}:{inject}',
                                         '-p', str(worker)], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        while self.process.poll() is None:
            if re.search(rf'^TracerPid:\s+{self.process.pid}$', status_of(worker), re.M):
                time.sleep(0.02)  # until it has been stopped and goes on
                return self.process.poll() is None
            time.sleep(0.002)
        return False

    def end(self):
        """Was there such a call?"""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(20)
        self.process.stderr.close()
        return 'INJECTED' in self.log.read_text(errors='replace') or '--- SIG' in self.log.read_text() \
            or '+++ killed' in self.log.read_text()


def status_of(process):
    try:
        with open(f'/proc/{process}/status') as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError):
        return ''


def hand_over(gateway, content):
    """The answers to each recipient, as far as they came: '' for none."""
    answers = dict.fromkeys(EVERYBODY, '')
    with contextlib.suppress(OSError, AssertionError), gateway.connect() as client:
        assert client.say(f'MAIL FROM:<{SENDER}>').startswith('250')
        taken = [recipient for recipient in EVERYBODY if client.say(f'RCPT TO:<{recipient}>').startswith('250')]
        assert client.say('DATA').startswith('354')
        client.socket.sendall(content + b'.\r\n')
        for recipient in taken:
            answers[recipient] = client.read()
    return answers


def check(gateway, answers, word, content, thorough=False):
    """What must hold whatever happened. Gives how many mails came that nobody was told of: they will come again."""
    told = {recipient: answer[:3] for recipient, answer in answers.items()}
    assert word.encode() not in gateway.sink.seen, 'in clear'
    assert told[REFUSED] in ('550', '') or told[REFUSED].startswith('4'), told
    mails = list(gateway.sink.mails)
    assert not [mail for mail in mails if REFUSED in mail.recipients]
    for recipient in SEALED:
        mine = [mail for mail in mails if mail.recipients == [recipient]]
        assert len(mine) <= 1
        assert told[recipient] == '' or told[recipient][0] in '245', told
        if told[recipient].startswith('2'):
            assert len(mine) == 1, f'{recipient} is lost: {told}'
        for mail in mine if thorough else ():
            assert opened(gateway.system, carrier(mail.data)) == content
    return len(mails) - sum(answer.startswith('2') for answer in told.values())


def one_letter(gateway, body=b''):
    """A letter of its own, and the next hop's memory emptied."""
    gateway.sink.mails.clear()
    gateway.sink.seen.clear()
    word = 'canary' + secrets.token_hex(8)
    return word, letter(word, ', '.join(EVERYBODY), body=body)


def goes_through(gateway, body):
    word, content = one_letter(gateway, body)
    answers = hand_over(gateway, content)
    assert [answers[recipient][:3] for recipient in EVERYBODY] == ['250', '550', '250'], answers
    assert check(gateway, answers, word, content) == 0


def each_call(gateway, tmp_path, call, what, body=b'', numbers=range(1, N_MAX)):
    """Gives how many calls failed, and how many mails will come twice."""
    doubles = missed = 0
    for count, n in enumerate(numbers):
        word, content = one_letter(gateway, body)
        fault = Fault(gateway, call, what, n, tmp_path / 'calls')
        start = time.monotonic()
        answers = hand_over(gateway, content)
        assert time.monotonic() - start < 30, f'{call} {what} {n} hangs'
        fired = fault.end()
        try:
            doubles += check(gateway, answers, word, content, thorough=count % 8 == 0)
        except AssertionError as error:
            raise AssertionError(f'{call} {what}, the {n}th: {error}\n{gateway.log[-2000:]}') from error
        goes_through(gateway, b'')
        missed = 0 if fired else missed + 1
        if missed == 2:
            return count - 1, doubles
    raise AssertionError('a letter takes too many calls')


@pytest.mark.parametrize('call, what', SMALL_FAULTS, ids=lambda value: value.replace('=', '-'))
def test_each_call_of_a_small_letter_fails(gateway, tmp_path, call, what):
    count, doubles = each_call(gateway, tmp_path, call, what)
    print(f'{call} {what}: {count} calls, {doubles} mails come twice')
    assert count > 0


@pytest.mark.parametrize('call, what', FIRST_FAULTS, ids=lambda value: value.replace('=', '-'))
def test_each_call_of_a_workers_first_letter_fails(first, tmp_path, call, what):
    count, doubles = each_call(first, tmp_path, call, what)
    print(f'{call} {what}: {count} calls, {doubles} mails come twice')
    assert count > 0


@pytest.mark.parametrize('call, what', LARGE_FAULTS, ids=lambda value: value.replace('=', '-'))
def test_each_call_of_a_large_letter_fails(gateway, tmp_path, call, what):
    every = range(1, N_MAX) if os.environ.get('FAULTS') == 'all' else [*range(1, 6), *range(6, N_MAX, 11)]
    count, doubles = each_call(gateway, tmp_path, call, what, LARGE * ((3 << 20) // len(LARGE)), every)
    print(f'{call} {what}: {count} calls, {doubles} mails come twice')
    assert count > 0

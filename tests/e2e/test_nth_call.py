# SPDX-License-Identifier: Apache-2.0
"""The n-th call of a gateway's worker, or of the inspector that it starts, fails, is short or brings a signal, for every n of a letter
for people of every fate: sealed, passed, refused, and sealed because of what the letter holds. Never in clear, never lost (faulty.py
has what that means). test_faults.py does so from outside, with the kernel's own answers; here are those that it can't give: calls that
do a part of their work, memory that is not to be had, the master's signals at each moment; and next hops that are slow or say no.

In an ordinary run long loops take steps (strided); FAULTS=all takes each, and smaller steps of the longest two."""
import errno
import itertools
import os
import signal
import time

import pytest

import faulty
import sink

ALL = os.environ.get('FAULTS') == 'all'
N_MAX = 20000  # far more calls than a letter takes
LARGE = (b'0123456789' * 7 + b'\r\n') * 20000  # goes through a file

# What a worker calls while it has a small letter in hand; each n.
FAILING = [('read', errno.EIO), ('read', errno.EAGAIN), ('send', errno.ECONNRESET), ('send', errno.EAGAIN), ('poll', errno.EBADF),
           ('poll', errno.EAGAIN), ('write', errno.EIO), ('getrandom', errno.EINTR), ('mprotect', errno.EPERM), ('socket', errno.ENFILE),
           ('connect', errno.ETIMEDOUT), ('connect', errno.EINTR), ('getsockopt', errno.EBADF), ('setsockopt', errno.EINVAL),
           ('pipe2', errno.EMFILE), ('fork', errno.EAGAIN), ('waitpid', errno.EINTR)]
ENDING = ('mprotect', 'getrandom')  # without secret memory or randomness a worker ends
# And the inspector, which is a child of it.
INSPECTING = [('send', errno.EPIPE), ('write', errno.EPIPE), ('poll', errno.EINTR), ('close_range', errno.EINVAL), ('lseek64', errno.EIO),
              ('mprotect', errno.ENOMEM), ('madvise', errno.ENOMEM), ('mmap64', errno.ENOMEM)]
# A letter that goes through a file: n steps by 17 from the fifth on.
FILING = [('pread64', 'short', 0), ('pread64', 'end', 0), ('pread64', 'fails', errno.EINTR), ('pwrite64', 'short', 0), ('pwrite64', 'end', 0),
          ('pwrite64', 'fails', errno.EDQUOT), ('open64', 'fails', errno.EACCES), ('send', 'short', 0), ('read', 'short', 0)]
SIGNALS = [('TERM', 'read'), ('INT', 'send'), ('HUP', 'read'), ('HUP', 'send'), ('KILL', 'poll'), ('KILL', 'write')]


@pytest.fixture(scope='module')
def gateway(tmp_path_factory):
    with faulty.Faulty(tmp_path_factory.mktemp('fault'), {'workers': 1, 'letters-per-worker': 100000}) as made:
        yield made


@pytest.fixture(scope='module')
def many(tmp_path_factory):
    """Workers enough for each letter to end one: the master replaces none twice within a second."""
    with faulty.Faulty(tmp_path_factory.mktemp('fault'), {'workers': 10, 'letters-per-worker': 100000}) as made:
        yield made


@pytest.fixture(scope='module')
def first(tmp_path_factory):
    """A new worker for each letter."""
    with faulty.Faulty(tmp_path_factory.mktemp('fault'), {'workers': 12, 'letters-per-worker': 1}) as made:
        yield made


@pytest.fixture(autouse=True)
def obliging(request):
    yield
    for name in {'gateway', 'many', 'first'} & set(request.fixturenames):
        request.getfixturevalue(name).sink.replies.clear()


class Loop:
    """A letter for each n, until two have gone through without a fault."""

    def __init__(self, gateway, call, what, value=0, in_child=False, body=b'', practised=False):
        self.gateway, self.body, self.practised = gateway, body, practised
        self.fault = {'call': call, 'what': what, 'value': value, 'in_child': in_child}
        self.hits = self.doubles = 0
        self.last = None  # a sealed mail that arrived though something failed, and its letter

    def run(self, numbers=None, reopen=False):
        missed = 0
        for n in numbers or range(1, N_MAX):
            missed = 0 if self.one(n) else missed + 1
            if missed == 2:
                break
        else:
            raise AssertionError('a letter takes more calls than were tried')
        print(f'{self.fault}: {self.hits} calls, {self.doubles} mails come twice')
        assert self.hits > 0, 'there is no such call'
        if reopen and self.last:
            assert self.gateway.open(self.last[0]) == self.last[1]

    def one(self, n):
        gateway = self.gateway
        word, content = gateway.fresh(self.body)
        if n % 2 and not self.practised:
            gateway.sink.hang_up()  # the worker's kept connection to the next hop has died in its sleep
        gateway.fault.arm(n, **self.fault)
        try:
            answers = gateway.hand_over(content)
            fired = gateway.fault.end()
            self.doubles += gateway.check(answers, word, content, thorough=ALL and n % 50 == 0)
            if not fired:
                assert [answer[:3] for answer in answers.values()] == faulty.USUAL, answers
            sealed = [mail.data for mail in gateway.sink.mails if mail.recipients[0] in faulty.SEALED]
            if fired and sealed:
                self.last = sealed[-1], content
            gateway.goes_through()
        except (AssertionError, TimeoutError) as error:
            raise AssertionError(f'{self.fault}, number {n}: {error!r}\n{gateway.log[-2500:]}') from error
        self.hits += fired
        return fired


def strided(stride, thorough=1):
    """Each of the first four, then every `stride`th; with FAULTS=all every `thorough`th."""
    return itertools.chain(range(1, 5), range(5, N_MAX, thorough if ALL else stride))


def name(value):
    return errno.errorcode.get(value, str(value)) if isinstance(value, int) else str(value)


# --- calls -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('call, error', FAILING, ids=name)
def test_each_call_fails(gateway, many, call, error):
    Loop(many if call in ENDING else gateway, call, 'fails', error).run()


@pytest.mark.parametrize('call, what', [('read', 'short'), ('read', 'end'), ('send', 'short'), ('send', 'end'), ('poll', 'end'),
                                        ('write', 'short'), ('getrandom', 'short')], ids=name)
def test_each_call_does_a_part(gateway, many, call, what):
    Loop(many if call in ENDING else gateway, call, what).run(reopen=what == 'short' and call in ('read', 'send'))


@pytest.mark.parametrize('call', ['read', 'send'])
def test_all_calls_do_a_part(gateway, call):
    """A byte at a time, from everybody or to everybody."""
    word, content = gateway.fresh()
    gateway.fault.arm(-1, call, 'short')
    answers = gateway.hand_over(content)
    assert gateway.fault.end() and [answer[:3] for answer in answers.values()] == faulty.USUAL
    gateway.check(answers, word, content, thorough=True)


@pytest.mark.parametrize('call, error', INSPECTING, ids=name)
def test_each_call_of_the_inspector_fails(gateway, call, error):
    Loop(gateway, call, 'fails', error, in_child=True).run()


def test_the_inspector_is_killed_or_says_half_of_it(gateway):
    Loop(gateway, 'send', 'short', in_child=True).run()
    for call in ('close_range', 'mprotect', 'send', 'write'):
        Loop(gateway, call, 'signal', signal.SIGKILL, in_child=True).run()


@pytest.mark.parametrize('call, what, error', FILING, ids=name)
def test_each_call_of_a_large_letter(gateway, call, what, error):
    Loop(gateway, call, what, error, body=LARGE).run(strided(17), reopen=(call, what) == ('pread64', 'short'))


# --- memory ------------------------------------------------------------------------------------------------------------------


def test_no_memory(gateway):
    """A worker that has had letters before; whenever it dies, so a new one, the loop goes on with one that has."""
    Loop(gateway, 'memory', 'fails', practised=True).run(strided(97), reopen=True)


def test_no_memory_at_a_workers_first_letter(first):
    """Libraries make themselves at home then."""
    Loop(first, 'memory', 'fails').run(strided(701, thorough=23))


def test_no_memory_for_the_inspector(gateway):
    """At some of these calls libseccomp goes in circles (2.5.4); after 20 s the gateway ends the inspector."""
    Loop(gateway, 'memory', 'fails', in_child=True).run(strided(97, thorough=5))


# --- signals -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('number, call', SIGNALS, ids=name)
def test_a_signal_at_each_call_of_a_worker(many, number, call):
    Loop(many, call, 'signal', getattr(signal, f'SIG{number}')).run(strided(3))


@pytest.mark.parametrize('call', ['read', 'send'])
def test_the_master_reads_its_configuration_again_at_each_call(many, call):
    Loop(many, call, 'parent', signal.SIGHUP).run(strided(6))


@pytest.mark.parametrize('number, call', [('TERM', 'read'), ('INT', 'send')], ids=name)
def test_the_master_is_stopped_at_each_call(tmp_path, number, call):
    """A letter that has begun is finished, and the gateway ends in order."""
    with faulty.Faulty(tmp_path, {'workers': 1}) as gateway:
        for n in strided(4):
            word, content = gateway.fresh()
            gateway.fault.arm(n, call, 'parent', getattr(signal, f'SIG{number}'))
            answers = gateway.hand_over(content)
            gateway.check(answers, word, content)
            fired = gateway.fault.end()
            codes = [answer[:3] for answer in answers.values()]
            assert codes == faulty.USUAL if gateway.begun or not fired else set(codes) <= {'', '421'}, f'{n}: {answers}'
            if not fired:
                break
            process, = gateway.system.processes
            assert process.wait(30) == 0
            gateway.system.processes.clear()
            gateway.start()
            gateway.goes_through()
        assert n > 10


# --- the next hop ------------------------------------------------------------------------------------------------------------

STAGES = ('CONNECT', 'EHLO', 'MAIL', 'RCPT', 'DATA', 'LETTER', 'END')
WORDS = {'hangs up': sink.CLOSE, '421': '421 4.3.2 closing', '450': '450 4.2.0 not now', '552': '552 5.2.2 full', '251': '251 2.1.5 elsewhere',
         '354': '354 what?', 'nothing': b'\r\n', 'half a reply': b'250-2.0.0 and', 'no code': b'25\r\n', 'twice': b'250 2.0.0 yes\r\n250 2.0.0 yes\r\n'}


@pytest.mark.parametrize('stage', STAGES)
def test_a_slow_next_hop_gets_everything(gateway, stage):
    word, content = gateway.fresh(LARGE[:len(LARGE) // 5])
    gateway.sink.hang_up()
    gateway.sink.reply(stage, lambda _: time.sleep(0.1))
    answers = gateway.hand_over(content)
    assert [answer[:3] for answer in answers.values()] == faulty.USUAL
    assert gateway.check(answers, word, content) == 0


@pytest.mark.parametrize('words', WORDS)
@pytest.mark.parametrize('stage', STAGES)
def test_whatever_the_next_hop_says_to_a_letter_for_people_of_every_fate(gateway, stage, words):
    word, content = gateway.fresh()
    gateway.sink.hang_up()
    said = WORDS[words]
    half = words == 'half a reply'
    gateway.sink.reply(stage, (lambda _: gateway.sink.hang_up() or said) if half else said)
    answers = gateway.hand_over(content)
    gateway.check(answers, word, content)
    gateway.sink.replies.clear()
    gateway.goes_through()

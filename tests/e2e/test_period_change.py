"""The change of periods: under load nothing is lost, nothing refused, and each letter is sealed for the period in hand.

A week is too long to wait for, so the district's period is two seconds there; everything else is as it is. The keyserver
would not mind letters that are sealed up to 300 seconds early, so each period is compared with the time of its letter. How
far clocks may differ, and what becomes of parameters that end, is tried with periods of a week and clocks that are moved."""
import os
import pathlib
import subprocess
import sys
import threading
import time
import types

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'lib'))

import gateway as gateways  # noqa: E402
import sink  # noqa: E402
import system  # noqa: E402
import wire  # noqa: E402
from gateway import BUILD, SENDER, letter  # noqa: E402

INTERVAL = 2
PERIODS = 6
CLIENTS = 4
CLOCK_REALTIME_COARSE = 5  # linux/time.h
AHEAD = 50  # letters that may wait to be opened: Python reads more slowly than the gateway seals


def now():
    """As time(2) has it: the clock of the last tick, which may be in the second before."""
    return time.clock_gettime(CLOCK_REALTIME_COARSE)


def test_the_change_of_periods_loses_and_refuses_nothing():
    behind = sink.Sink()
    made = system.System(BUILD, f'127.0.0.1:{behind.port}', {'gateway': {'workers': 4}}, init=('--interval', str(INTERVAL)))
    keyserver = made.folder / 'run/keyserver.sock'
    made.start('keyserver', 'gateway')
    answers, opened, periods, stop = [], [], set(), threading.Event()
    sent_at, sealed_for = ({f'reader{i}@mailbox.example': [] for i in range(CLIENTS)} for _ in range(2))

    def send(number):
        sent, to = 0, f'reader{number}@mailbox.example'
        while not stop.is_set():
            with gateways.lmtp.Lmtp(made.gateway_port) as client:
                for _ in range(20):
                    while len(behind.mails) - len(opened) > AHEAD and not stop.is_set():
                        time.sleep(0.005)
                    before = now()
                    answers.extend(client.send(SENDER, [to], letter(f'{number}-{sent}')))
                    sent_at[to].append((before, now()))
                    sent += 1

    def read():
        """Each mail is opened as soon as it is there."""
        count = 0
        while not (stop.is_set() and count == len(behind.mails)):
            mails = behind.wait(count + 1, seconds=1)
            for mail in mails[count:]:
                m = gateways.apart(mail.data)
                answer = wire.ask(keyserver, 'KEY_OPEN', m.district, m.serial, m.address, m.period, m.ciphertext, m.id, 1)
                opened.append((answer.status, answer.reason, answer.status == 'ok' and m.fits(answer['key'])))
                periods.add(m.period)
                sealed_for[m.address].append(m.period)
            count = len(mails)

    threads = [threading.Thread(target=send, args=(i,)) for i in range(CLIENTS)]
    reader = threading.Thread(target=read)
    try:
        for thread in threads:
            thread.start()
        reader.start()
        changed = False
        deadline = time.monotonic() + 120
        while len(periods) < PERIODS:
            assert time.monotonic() < deadline and reader.is_alive(), periods
            behind.wait(len(behind.mails) + 1, seconds=60)
            if len(periods) >= PERIODS // 2 and not changed:
                # In the middle of it new parameters come, good for longer.
                changed = True
                made.config.write_text(system.with_settings(made.config.read_text(), {'district': {'parameters-validity': '400 days'}}))
                new = made.folder / 'etc/public/new'
                second = made.folder / 'second.conf'
                second.write_text(system.with_settings(made.config.read_text(), {'keyserver': {
                    'listen': f'unix:{made.folder}/run/second.sock', 'log': f'{made.folder}/data/second.log'}}))
                other = subprocess.Popen([BUILD / 'keyserver/securemail-keyserver', '-c', second], stderr=subprocess.DEVNULL)
                while not (made.folder / 'run/second.sock').exists():
                    assert other.poll() is None
                    time.sleep(0.01)
                new.write_bytes(wire.ask(made.folder / 'run/second.sock', 'KEY_PARAMETERS')['file'])
                other.kill()
                other.wait()
                new.rename(made.folder / 'etc/public/parameters')
        stop.set()
        for thread in threads:
            thread.join(120)
        reader.join(120)
        log = made.log.read_text()
    finally:
        stop.set()
        made.remove()
        behind.close()
    assert changed and 'parameters-changed' in log and 'parameters-refused' not in log
    assert len(answers) > 100 and {answer[:3] for answer in answers} == {'250'}
    assert len(opened) == len(answers), 'each letter came once'
    assert set(opened) == {('ok', 'none', True)}
    assert len(periods) >= PERIODS
    for to, times in sent_at.items():
        assert len(times) == len(sealed_for[to])
        for (before, after), period in zip(times, sealed_for[to]):
            assert before // INTERVAL * INTERVAL <= period <= after // INTERVAL * INTERVAL, (to, before, after, period)


# --- clocks that are moved ---------------------------------------------------------------------------------------

WEEK = 604800
FORGIVEN = 300  # seconds (K-4)
ROOM = 100      # seconds that a test has, from a clock's being moved to the last answer


@pytest.fixture
def world(tmp_path):
    """A SecureMail whose programs can be started at any time; it is made in the period in hand, and the next begins at `change`."""
    behind = sink.Sink()
    made = system.System(BUILD, f'127.0.0.1:{behind.port}')
    clock = tmp_path / 'moved_clock.so'
    subprocess.run(['cc', '-shared', '-fPIC', '-o', clock, pathlib.Path(__file__).parents[1] / 'lib/moved_clock.c'], check=True)

    def start(program, at):
        os.environ.update(LD_PRELOAD=str(clock), CLOCK_MOVED=str(at - int(time.time())))
        try:
            made.start(program)
        finally:
            del os.environ['LD_PRELOAD'], os.environ['CLOCK_MOVED']

    yield types.SimpleNamespace(system=made, sink=behind, start=start, change=(int(time.time()) // WEEK + 1) * WEEK)
    made.remove()
    behind.close()


def send(world, word):
    with gateways.lmtp.Lmtp(world.system.gateway_port) as client:
        return client.send(SENDER, ['bob@mailbox.example'], letter(word))[0]


def sealed_at(world, at):
    """A letter that goes through the gateway when its clock says this."""
    world.start('gateway', at)
    count = len(world.sink.mails)
    assert send(world, 'one').startswith('250')
    world.system.stop('gateway')
    return gateways.apart(world.sink.wait(count + 1)[count].data)


def opened_at(world, at, m):
    world.start('keyserver', at)
    answer = wire.ask(world.system.folder / 'run/keyserver.sock', 'KEY_OPEN', m.district, m.serial, m.address, m.period, m.ciphertext, m.id, 1)
    world.system.stop('keyserver')
    return answer.status, answer.reason, answer.status == 'ok' and m.fits(answer['key'])


def test_clocks_may_differ_by_five_minutes_at_the_change_and_no_more(world):
    change = world.change
    before, after = sealed_at(world, change - ROOM), sealed_at(world, change)
    assert (before.period, after.period) == (change - WEEK, change), 'each for the period that its gateway is in'
    assert opened_at(world, change - FORGIVEN - ROOM, after) == ('denied', 'too-early', False)
    assert opened_at(world, change - FORGIVEN, after) == ('ok', 'none', True)
    # The period that is over opens for a reader before, at and long after the change.
    for at in (change - ROOM, change, change + WEEK):
        assert opened_at(world, at, before) == ('ok', 'none', True)


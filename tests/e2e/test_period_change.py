"""The change of periods: under load nothing is lost, nothing refused, and each letter is sealed for the period in hand.

A week is too long to wait for, so the district's period is two seconds there; everything else is as it is. The keyserver
would not mind letters that are sealed up to 300 seconds early, so each period is compared with the time of its letter. How
far clocks may differ, and what becomes of parameters that end, is tried with periods of a week and clocks that are moved."""
import pathlib
import subprocess
import sys
import threading
import time

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

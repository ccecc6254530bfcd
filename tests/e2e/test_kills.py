# SPDX-License-Identifier: Apache-2.0
"""Ten thousand letters through Postfix → gateway → Postfix while workers, the gateway, the mail server and the next hop's connections are
killed at random moments: each arrives, sealed, and none in clear. What arrives twice was in flight at a kill; the count is printed."""
import collections
import contextlib
import os
import pathlib
import random
import secrets
import signal
import smtplib
import socket
import subprocess
import threading
import time

import pytest

import postfix
import sink
import system
from gateway import SENDER, Gateway, letter

LETTERS = 10000
CLIENTS = 12
KILLS = 24
WORD = 'canary' + secrets.token_hex(8)


class Watch:
    """In place of every byte that came: only whether the word was among them."""

    def __init__(self):
        self.tails, self.found = {}, False

    def __iadd__(self, line):
        # Lines come whole, each from its own connection's thread; the word never spans two.
        self.found = self.found or WORD.encode() in line
        return self


class Arrivals:
    """In place of the mails: how often each recipient got one."""

    def __init__(self):
        self.counts, self.unsealed = collections.Counter(), 0

    def append(self, mail):
        self.counts.update(mail.recipients)
        self.unsealed += b'BEGIN AGE ENCRYPTED FILE' not in mail.data and mail.sender != ''


class World(sink.Sink):
    def __init__(self):
        super().__init__()
        self.seen, self.mails = Watch(), Arrivals()


class Clients:
    """Mail programs: each letter is offered until somebody has said 250 for it."""

    def __init__(self, port):
        self.port, self.waiting = port, collections.deque(range(LETTERS))
        self.threads = [threading.Thread(target=self.work, daemon=True) for _ in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def work(self):
        client = None
        while True:
            try:
                number = self.waiting.popleft()
            except IndexError:
                return
            sent = False
            while not sent:
                try:
                    client = client or smtplib.SMTP('127.0.0.1', self.port, local_hostname='desk.agency.example', timeout=30)
                    to = f'r{number}@mailbox.example'
                    client.sendmail(SENDER, [to], letter(WORD, to=to))
                    sent = True
                except (OSError, smtplib.SMTPException):
                    client = None
                    time.sleep(0.05)

    def busy(self):
        return any(thread.is_alive() for thread in self.threads)


class Path:
    def __init__(self):
        self.port, reinjection = system.free_port(), system.free_port()
        self.world = World()
        self.gateway = Gateway(settings={'workers': 4}, relay=f'127.0.0.1:{reinjection}')
        self.postfix = postfix.Postfix(self.port, reinjection, self.world.port, f'127.0.0.1:{self.gateway.system.gateway_port}')
        self.postfix.start()
        self.gateway.start()
        self.kills = collections.Counter()

    # --- what is killed; a kill is SIGKILL, without a word ---

    def kill_worker(self):
        with contextlib.suppress(AssertionError, OSError):
            os.kill(random.choice(self.gateway.workers(1, 1)), signal.SIGKILL)

    def kill_gateway(self):
        process, = self.gateway.system.processes
        process.kill()
        process.wait()
        self.gateway.system.processes.clear()
        self.until_nobody_listens()  # its workers end when they have answered for the letter in hand
        self.gateway.system.start('gateway')

    def until_nobody_listens(self):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(('127.0.0.1', self.gateway.system.gateway_port)) != 0:
                    return
            time.sleep(0.02)

    def kill_mail_server(self):
        """All of its processes at once, then start it again."""
        master = int((self.postfix.folder / 'queue/pid/master.pid').read_text())
        children = pathlib.Path(f'/proc/{master}/task/{master}/children').read_text().split()
        for pid in (master, *map(int, children)):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        for _ in range(50):
            if subprocess.run(['postfix', '-c', self.postfix.etc, 'start'], capture_output=True).returncode == 0:
                return
            time.sleep(0.1)
        pytest.fail('Postfix does not start again')

    def kill_connections(self):
        self.world.hang_up()

    def one(self):
        name = random.choice(['worker', 'worker', 'gateway', 'mail_server', 'connections'])
        self.kills[name] += 1
        getattr(self, f'kill_{name}')()

    def remove(self):
        self.postfix.remove()
        self.gateway.__exit__()
        self.world.close()


@pytest.fixture
def path():
    made = Path()
    yield made
    made.remove()


def test_ten_thousand_letters_and_what_is_killed_meanwhile(path, capsys):
    seed = secrets.randbits(32)
    random.seed(seed)
    clients = Clients(path.port)
    arrivals = path.world.mails
    expected = {f'r{number}@mailbox.example' for number in range(LETTERS)}
    # A kill each time that so many more letters have arrived, at a random moment within that.
    for step in range(1, KILLS + 1):
        deadline = time.monotonic() + 240
        while len(arrivals.counts) < LETTERS * step / (KILLS + 2):
            assert time.monotonic() < deadline, f'{len(arrivals.counts)} of {LETTERS} letters; seed {seed}'
            time.sleep(0.02)
        time.sleep(random.random() * 0.3)
        path.one()
    deadline = time.monotonic() + 240
    while (clients.busy() or len(arrivals.counts) < LETTERS) and time.monotonic() < deadline:
        path.postfix.command('postqueue', '-f', check=False)
        time.sleep(0.5)
    doubled = sum(count - 1 for count in arrivals.counts.values())
    with capsys.disabled():
        print(f'\n{LETTERS} letters, kills {dict(path.kills)}, {doubled} arrived twice; seed {seed}')
    assert set(arrivals.counts) == expected, f'seed {seed}'
    assert not path.world.seen.found and arrivals.unsealed == 0, f'in clear; seed {seed}'
    # In flight at a kill: a letter of each client, of each process of Postfix towards the gateway, of each worker, of each
    # connection to the next hop.
    assert doubled <= sum(path.kills.values()) * (CLIENTS + 4 + 4 + 100), f'seed {seed}'

#!/usr/bin/python3
"""Letters of 10 KB and 1 MB a second, Postfix → gateway → Postfix: each sealed, beside the same Postfix through a filter that does
nothing, and through one that encrypts with OpenPGP.

All filters stand behind Postfixes of the same settings; rounds are taken by turns. The filter that does nothing is the same program
with a policy that passes everything: the same dialogue on both sides, without header rewriting, KEM, cipher and signature. The other
is openpgp_filter.py. Prints one JSON object a line (BENCHMARKS.md)."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / 'demo'), str(ROOT / 'tests/lib')]

import postfix  # noqa: E402
import system  # noqa: E402
from rows import row  # noqa: E402

BUILD = os.environ.get('SECUREMAIL_BUILD', ROOT / 'build')
ROUNDS = int(os.environ.get('ROUNDS', 5))
SIZES = {'10 KB': (10_000, 1500), '1 MB': (1_000_000, 120)}  # bytes, letters a round
SESSIONS = 20
WORKERS = 4
POSTFIX = '/usr/sbin/'


class Ours:
    """The gateway; `action` is the policy for every letter."""

    def __init__(self, action, relay):
        self.system = system.System(BUILD, f'127.0.0.1:{relay}', {'gateway': {'workers': WORKERS}},
                                    rules=f'[policies]\ndefault = {action}\n')
        self.port = self.system.gateway_port

    def start(self):
        self.system.start('gateway')

    def remove(self):
        self.system.remove()


class OpenPgp:
    def __init__(self, relay):
        self.port, self.relay = system.free_port(), relay
        self.home = tempfile.TemporaryDirectory(prefix='gnupg-')
        self.process = None

    def start(self):
        self.process = subprocess.Popen(['/usr/bin/python3', ROOT / 'bench/openpgp_filter.py', str(self.port), str(self.relay),
                                         self.home.name], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        if self.process.stdout.readline() != b'ready\n':
            raise RuntimeError('the OpenPGP filter does not start')

    def remove(self):
        if self.process:
            self.process.terminate()
            self.process.wait()
        subprocess.run(['gpgconf', '--homedir', self.home.name, '--kill', 'all'], check=False)
        self.home.cleanup()


class Way:
    """smtp-source → Postfix → filter → Postfix → smtp-sink."""

    def __init__(self, make):
        self.port, reinjection, sink = system.free_port(), system.free_port(), system.free_port()
        self.arrived = 0
        user = ['-u', 'nobody'] if os.geteuid() == 0 else []
        self.sink = subprocess.Popen([POSTFIX + 'smtp-sink', *user, '-c', f'127.0.0.1:{sink}', '512'], stdout=subprocess.PIPE,
                                     stdin=subprocess.DEVNULL)
        threading.Thread(target=self._count, daemon=True).start()
        self.filter = make(reinjection)
        self.postfix = postfix.Postfix(self.port, reinjection, sink, f'127.0.0.1:{self.filter.port}')

    def start(self):
        self.filter.start()
        self.postfix.start()
        return self

    def _count(self):
        """smtp-sink writes its counters over one line again and again."""
        text = ''
        while piece := os.read(self.sink.stdout.fileno(), 65536).decode():
            text = (text + piece)[-200:]
            found = re.findall(r'mesg=(\d+)\b(?=.)', text, re.S)
            if found:
                self.arrived = int(found[-1])

    def round(self, size, letters):
        """Letters a second, from the first offered until the last arrived."""
        wanted = self.arrived + letters
        start = time.monotonic()
        subprocess.run([POSTFIX + 'smtp-source', '-s', str(SESSIONS), '-l', str(size), '-m', str(letters),
                        '-f', 'dana@agency.example', '-t', 'bob@mailbox.example', f'127.0.0.1:{self.port}'], check=True)
        while self.arrived < wanted:
            if time.monotonic() - start > 300:
                raise RuntimeError(f'{wanted - self.arrived} letters are missing')
            time.sleep(0.005)
        return letters / (time.monotonic() - start)

    def remove(self):
        self.postfix.remove()
        self.filter.remove()
        self.sink.terminate()
        self.sink.wait()


def measure(name, ways):
    size, letters = SIZES[name]
    rates = {way: [] for way in ways}
    for way in ways.values():
        way.round(size, letters // 4)  # warm
    for number in range(ROUNDS):
        for kind in (list(ways) if number % 2 else list(ways)[::-1]):
            rates[kind].append(ways[kind].round(size, letters))
    note = f'{size} bytes, {letters} letters a round, {SESSIONS} sessions, {WORKERS} workers'
    row(f'letters of {name} through Postfix', rates['seal'], 'the same through a filter that does nothing', rates['pass'], note, 'letters/s')
    row(f'letters of {name} through Postfix, beside OpenPGP', rates['seal'], 'the same through a filter with GnuPG', rates['openpgp'], note,
        'letters/s')


def main():
    makers = {'seal': lambda relay: Ours('seal', relay), 'pass': lambda relay: Ours('pass', relay), 'openpgp': OpenPgp}
    ways = {}
    try:
        for name, make in makers.items():
            ways[name] = Way(make)
            ways[name].start()
        for name in SIZES:
            measure(name, ways)
    finally:
        for way in ways.values():
            way.remove()


if __name__ == '__main__':
    main()

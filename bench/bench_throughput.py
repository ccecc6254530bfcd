#!/usr/bin/python3
"""Letters of 10 KB a second, Postfix → gateway → Postfix: each sealed, beside the same Postfix through a filter that does nothing.

Both filters stand behind Postfixes of the same settings; rounds are taken by turns. The filter that does nothing is the same program
with a policy that passes everything: the same dialogue on both sides, without header rewriting, KEM, cipher and signature. Prints one
JSON object (BENCHMARKS.md)."""
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / 'demo'), str(ROOT / 'tests/lib')]

import postfix  # noqa: E402
import system  # noqa: E402

BUILD = os.environ.get('SECUREMAIL_BUILD', ROOT / 'build')
LETTERS = int(os.environ.get('LETTERS', 1500))
ROUNDS = int(os.environ.get('ROUNDS', 5))
SIZE = 10240
SESSIONS = 20
WORKERS = 4
POSTFIX = '/usr/sbin/'


class Way:
    """smtp-source → Postfix → gateway → Postfix → smtp-sink; `action` is the policy for every letter."""

    def __init__(self, action):
        self.port, reinjection, sink = system.free_port(), system.free_port(), system.free_port()
        self.arrived = 0
        user = ['-u', 'nobody'] if os.geteuid() == 0 else []
        self.sink = subprocess.Popen([POSTFIX + 'smtp-sink', *user, '-c', f'127.0.0.1:{sink}', '512'], stdout=subprocess.PIPE,
                                     stdin=subprocess.DEVNULL)
        threading.Thread(target=self._count, daemon=True).start()
        self.system = system.System(BUILD, f'127.0.0.1:{reinjection}', {'gateway': {'workers': WORKERS}},
                                    rules=f'[policies]\ndefault = {action}\n')
        self.postfix = postfix.Postfix(self.port, reinjection, sink, f'127.0.0.1:{self.system.gateway_port}')

    def start(self):
        self.system.start('gateway')
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

    def round(self, letters):
        """Letters a second, from the first offered until the last arrived."""
        wanted = self.arrived + letters
        start = time.monotonic()
        subprocess.run([POSTFIX + 'smtp-source', '-s', str(SESSIONS), '-l', str(SIZE), '-m', str(letters),
                        '-f', 'dana@agency.example', '-t', 'bob@mailbox.example', f'127.0.0.1:{self.port}'], check=True)
        while self.arrived < wanted:
            if time.monotonic() - start > 300:
                raise RuntimeError(f'{wanted - self.arrived} letters are missing')
            time.sleep(0.005)
        return letters / (time.monotonic() - start)

    def remove(self):
        self.postfix.remove()
        self.system.remove()
        self.sink.terminate()
        self.sink.wait()


def main():
    ways = {}
    try:
        for action in ('seal', 'pass'):
            ways[action] = Way(action).start()
        rates = {'seal': [], 'pass': []}
        for way in ways.values():
            way.round(LETTERS // 4)  # warm
        for number in range(ROUNDS):
            for action in ('seal', 'pass') if number % 2 else ('pass', 'seal'):
                rates[action].append(ways[action].round(LETTERS))
    finally:
        for way in ways.values():
            way.remove()
    ours, rival = statistics.median(rates['seal']), statistics.median(rates['pass'])
    pairs = [a / b for a, b in zip(rates['seal'], rates['pass'])]
    print(json.dumps({
        'name': 'letters through Postfix', 'unit': 'letters/s', 'median': round(ours, 1), 'min': round(min(rates['seal']), 1),
        'max': round(max(rates['seal']), 1), 'runs': ROUNDS, 'rival': 'the same through a filter that does nothing',
        'rival_median': round(rival, 1), 'ratio': round(statistics.median(pairs), 3),
        'note': f'{SIZE} bytes, {LETTERS} letters a round, {SESSIONS} sessions, {WORKERS} workers; ratios of the rounds '
                f'{min(pairs):.2f} to {max(pairs):.2f}, rival {min(rates["pass"]):.0f} to {max(rates["pass"]):.0f}'}))


if __name__ == '__main__':
    main()

#!/usr/bin/python3
"""The gateway alone, every letter sealed: letters a second, processor time of a letter, and by how much a letter is later.

smtp-source → gateway → smtp-sink, beside smtp-source → smtp-sink, and beside the same gateway with a rule that passes everything
(the same dialogue on both sides, without sealing). Rounds are taken by turns. Prints one JSON object a line (BENCHMARKS.md)."""
import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / 'demo'), str(ROOT / 'tests/lib')]

import system  # noqa: E402
from rows import row  # noqa: E402

BUILD = pathlib.Path(os.environ.get('SECUREMAIL_BUILD', ROOT / 'build'))
ROUNDS = int(os.environ.get('ROUNDS', 5))
SIZES = {'10 KB': (10_000, 1500, 300), '1 MB': (1_000_000, 120, 100)}  # bytes, letters a round, letters one by one
SESSIONS, WORKERS = 8, 4
POSTFIX = '/usr/sbin/'
TICK = os.sysconf('SC_CLK_TCK')


class Sink:
    """smtp-sink, which throws everything away."""

    def __init__(self):
        self.port = system.free_port()
        user = ['-u', 'nobody'] if os.geteuid() == 0 else []
        self.process = subprocess.Popen([POSTFIX + 'smtp-sink', *user, f'127.0.0.1:{self.port}', '512'], stdin=subprocess.DEVNULL)

    def remove(self):
        self.process.terminate()
        self.process.wait()


class Direct:
    """From the source to the sink."""
    flavour = []

    def __init__(self, sink):
        self.port = sink.port

    def busy(self):
        return 0

    def remove(self):
        pass


class Gateway:
    flavour = ['-L']

    def __init__(self, sink, action):
        self.system = system.System(BUILD, f'127.0.0.1:{sink.port}', {'gateway': {'workers': WORKERS}},
                                    rules=f'[policies]\ndefault = {action}\n')
        self.system.start('gateway')
        self.port = self.system.gateway_port

    def busy(self):
        """Seconds of processor time that the gateway has used: master and workers, those that have ended too."""
        while True:
            try:
                return self._busy()
            except (FileNotFoundError, ProcessLookupError):
                pass  # a worker was being replaced

    def _busy(self):
        master = self.system.processes[0].pid
        found = [master, *map(int, pathlib.Path(f'/proc/{master}/task/{master}/children').read_text().split())]
        total = 0
        for number in found:
            fields = pathlib.Path(f'/proc/{number}/stat').read_text().rpartition(')')[2].split()
            total += sum(int(ticks) for ticks in fields[11:15])
        return total / TICK

    def remove(self):
        self.system.remove()


def flood(way, size, letters):
    """Letters a second, and processor seconds of the way for each."""
    before, start = way.busy(), time.monotonic()
    subprocess.run([POSTFIX + 'smtp-source', *way.flavour, '-d', '-s', str(SESSIONS), '-l', str(size), '-m', str(letters),
                    '-f', 'dana@agency.example', '-t', 'bob@mailbox.example', f'127.0.0.1:{way.port}'], check=True)
    return letters / (time.monotonic() - start), (way.busy() - before) / letters


def letter(size):
    head = b'From: Dana <dana@agency.example>\r\nTo: bob@mailbox.example\r\nSubject: bench\r\n\r\n'
    line = b'0123456789' * 7 + b'\r\n'
    return head + line * (size // len(line)) + b'.\r\n'


def one_by_one(way, content, letters):
    """Seconds from DATA to the answer, for each of so many letters in one connection."""
    times = []
    with socket.create_connection(('127.0.0.1', way.port)) as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream = peer.makefile('rb')

        def say(text):
            peer.sendall(text)
            while (line := stream.readline())[3:4] == b'-':
                pass
            assert line[:1] in b'23', line

        say(b'')
        say((b'LHLO' if way.flavour else b'EHLO') + b' bench.example\r\n')
        for _ in range(letters):
            say(b'MAIL FROM:<dana@agency.example>\r\n')
            say(b'RCPT TO:<bob@mailbox.example>\r\n')
            start = time.monotonic()
            say(b'DATA\r\n')
            say(content)
            times.append(time.monotonic() - start)
    return times


def share(times, part):
    return sorted(times)[min(len(times) - 1, int(len(times) * part))]


def kem_ms():
    """What the KEM alone costs, in the same run."""
    done = subprocess.run([BUILD / 'bench/bench_ibe'], check=True, capture_output=True, text=True)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return next(each['median'] for each in rows if each['name'] == 'kem-encapsulate') / 1000


def measure(name, ways):
    size, letters, singles = SIZES[name]
    rates, costs, times = ({way: [] for way in ways} for _ in range(3))
    for way in ways.values():
        flood(way, size, letters // 4)  # warm
    for number in range(ROUNDS):
        for kind in (list(ways) if number % 2 else list(ways)[::-1]):
            rate, cost = flood(ways[kind], size, letters)
            rates[kind].append(rate)
            costs[kind].append(cost * 1000)
            times[kind].append(one_by_one(ways[kind], letter(size), singles))
    note = f'{letters} letters a round, {SESSIONS} connections, {WORKERS} workers'
    row(f'letters of {name} through the gateway', rates['seal'], 'the source straight to the sink', rates['direct'], note, 'letters/s')
    row(f'letters of {name} through the gateway, beside passing', rates['seal'], 'the gateway that passes all', rates['pass'], note,
        'letters/s')
    kem = kem_ms()
    row(f'processor time of a letter of {name}', costs['seal'], 'a letter passed, and the KEM alone', [cost + kem for cost in costs['pass']],
        f'{1000 / statistics.median(costs["seal"]):.0f} sealed letters a second for each core; passed {statistics.median(costs["pass"]):.3g} ms, '
        f'KEM {kem:.3g} ms')
    for word, part in (('median', 0.5), ('99th percentile', 0.99)):
        row(f'a letter of {name} is later, {word}', [(share(ours, part) - share(theirs, part)) * 1000
                                                     for ours, theirs in zip(times['seal'], times['direct'])],
            'the whole of it, straight to the sink', [share(theirs, part) * 1000 for theirs in times['direct']],
            f'{singles} letters one after the other a round, from DATA to the answer')


def main():
    sink, ways = Sink(), {}
    try:
        ways['direct'] = Direct(sink)
        for action in ('pass', 'seal'):
            ways[action] = Gateway(sink, action)
        for name in SIZES:
            measure(name, ways)
    finally:
        for way in ways.values():
            way.remove()
        sink.remove()


if __name__ == '__main__':
    main()

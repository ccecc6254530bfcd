#!/usr/bin/python3
"""Ours beside the identity-based encryptions that run here: tlock-js, and PostGuard's client @e4a/pg-wasm.

All are warm, inside their process, without a network; rounds are taken by turns, on wall time. Prints one JSON object a line
(BENCHMARKS.md)."""
import os
import pathlib
import subprocess
import sys

from rows import RECIPIENTS, SIZES, row

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get('SECUREMAIL_BUILD', ROOT / 'build'))
ROUNDS = int(os.environ.get('ROUNDS', 5))


class Contestant:
    """A process that is told what to do, and says how long one run took."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def run(self, operation, size=0, recipients=1, repeats=1):
        """Milliseconds of one run."""
        self.process.stdin.write(f'{operation} {size} {recipients} {repeats}\n')
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f'{self.process.args[0]} ended in {operation}')
        return float(answer) * 1000

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def turns(us, them, ours, theirs, before=None):
    """Rounds of both by turns, after one to warm up; each is a tuple of what Contestant.run takes. `before`: what theirs works on."""
    if before:
        them.run(*before)
    us.run(*ours), them.run(*theirs)
    pairs = [(us.run(*ours), them.run(*theirs)) for _ in range(ROUNDS)]
    return [a for a, _ in pairs], [b for _, b in pairs]


def operations(us, them):
    for name, before, note in (
            ('encapsulate', None, 'ours with ML-KEM-768; theirs Boneh–Franklin alone, same curve and groups'),
            ('decapsulate', ('tlock-encapsulate',), 'the same'),
            ('extract', None, "theirs by noble-curves, which tlock-js uses: drand's nodes do it in Go")):
        ours, theirs = turns(us, them, (name, 0, 1, 50), (f'tlock-{name}', 0, 1, 5), before)
        row(f'{name} beside tlock-js', ours, 'tlock-js', theirs, note)
    us.run('file', 1000)
    for name, ours, note in (('seal', 'file', 'an age file; theirs with its signature'), ('open', 'open', "given the reader's keys")):
        ours, theirs = turns(us, them, (ours, 1000, 1, 20), (f'postguard-{name}', 1000, 1, 3), ('postguard-seal', 1000))
        row(f'{name} 1 KB beside PostGuard', ours, '@e4a/pg-wasm', theirs, note)


def message(us, them, name, size, n):
    """One size for one number of recipients: gives what whole pages took, and PostGuard's file."""
    repeats = max(1, 20_000_000 // (n * (size + 200_000)))
    ours, primitives = turns(us, us, ('file', size, n, repeats), ('primitives', size, n, repeats))
    row(f'{name}, age files', ours, 'the KEM and ChaCha20-Poly1305 alone', primitives, f'{n} × an age file')
    ours, theirs = turns(us, them, ('carrier', size, n, repeats), ('postguard-seal', size, n))
    row(f'{name}, carriers', ours, '@e4a/pg-wasm', theirs, f'{n} × a whole page, signed; theirs one file')
    return ours, theirs


def messages(us, them):
    """Each size for each number of recipients; and what one more recipient costs."""
    for label, size in SIZES.items():
        measured = {n: message(us, them, f'seal {label} to {n}', size, n) for n in RECIPIENTS}
        repeats = max(1, 20_000_000 // (size + 200_000))
        ours, theirs = turns(us, them, ('file', size, 1, repeats), ('tlock-seal', size))
        row(f'seal {label} to 1, beside tlock-js', ours, 'tlock-js', theirs, 'an age file; theirs in armor')
        one, many = RECIPIENTS[0], RECIPIENTS[-1]
        ours, theirs = ([(b - a) / (many - one) for a, b in zip(measured[one][side], measured[many][side])] for side in (0, 1))
        row(f'one more recipient of {label}', ours, '@e4a/pg-wasm', theirs, f'from {one} to {many}; ours is a whole carrier')


def main():
    if not (ROOT / 'bench/node_modules').is_dir():
        sys.exit('bench/node_modules is missing: `make bench` fetches it (tools/setup bench)')
    us, them = Contestant(BUILD / 'bench/contestant'), Contestant('node', ROOT / 'bench/contestants.mjs')
    try:
        operations(us, them)
        messages(us, them)
    finally:
        us.end()
        them.end()


if __name__ == '__main__':
    main()

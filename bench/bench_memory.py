#!/usr/bin/python3
"""Resident memory of a gateway worker at its highest, after letters of 10 KB and of 25 MiB have passed, sealed."""
import json
import os
import pathlib
import re
import statistics
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
os.environ.setdefault('SECUREMAIL_BUILD', str(ROOT / 'build'))
sys.path[:0] = [str(ROOT / 'demo'), str(ROOT / 'tests/lib')]

import gateway  # noqa: E402


def peak(process):
    return int(re.search(r'^VmHWM:\s+(\d+)', pathlib.Path(f'/proc/{process}/status').read_text(), re.M)[1]) / 1024


def measure(body):
    """MiB of the worker that took the letter: the largest."""
    with gateway.Gateway() as alone:
        answers = alone.send(gateway.letter('bench', body=body), ['bob@mailbox.example'])
        assert answers[0].startswith('250'), answers
        return max(peak(worker) for worker in alone.workers())


def main():
    line = b'0123456789' * 7 + b'\r\n'
    small, large = ([measure(line * (size // len(line))) for _ in range(5)] for size in (10240, 25 << 20))
    print(json.dumps({'name': 'gateway memory, 25 MiB letter', 'unit': 'MiB', 'median': statistics.median(large), 'min': min(large),
                      'max': max(large), 'runs': len(large), 'rival': 'the same, 10 KB letter',
                      'rival_median': statistics.median(small), 'ratio': statistics.median(large) / statistics.median(small),
                      'note': 'VmHWM of the worker that sealed it; goal 32'}))


if __name__ == '__main__':
    main()

#!/usr/bin/python3
"""Run every benchmark, write build/bench.json and print it as a table.

A benchmark is a program of build/bench/ or a script bench/bench_*.py; it prints one JSON object a line:
{name, unit, median, min, max, runs, rival, rival_median, ratio, note}. What each quantity is stands in BENCHMARKS.md. Machines are
noisy: the ratio to the rival, measured in the same run, is what counts."""
import argparse
import json
import os
import pathlib
import subprocess
import sys

# What is aimed at, as BENCHMARKS.md says: how a row's name begins → (column, the most or the least it may be).
AIMS = {
    'kem-encapsulate': ('ratio', 'at most', 1.15),
    'kem-decapsulate': ('ratio', 'at most', 1.15),
    'keyserver-open': ('ratio', 'at most', 1.15),
    'encapsulate beside': ('ratio', 'at most', 0.1),
    'decapsulate beside': ('ratio', 'at most', 0.1),
    'extract beside': ('ratio', 'at most', 0.1),
    'seal 1 KB beside PostGuard': ('ratio', 'at most', 0.1),
    'open 1 KB beside PostGuard': ('ratio', 'at most', 0.1),
    'one more recipient of': ('ratio', 'at most', 0.1),
    'seal a payload': ('ratio', 'at least', 0.9),
    'seal a letter into its carrier': ('median', 'at least', 300),
    'take a message out of its armor': ('median', 'at least', 300),
    'find a message in its carrier': ('median', 'at least', 300),
    'hostile: U is': ('ratio', 'at most', 1.15),
    'hostile: a changed ciphertext': ('ratio', 'at most', 1.15),
    'hostile: a signature': ('ratio', 'at most', 1.5),
    'hostile: an identity': ('ratio', 'at most', 1.15),
    'hostile: parameters': ('ratio', 'at most', 1.15),
    'hostile: 8 KiB of foreign stanzas': ('ratio', 'at most', 5),
    'hostile: armor': ('ratio', 'at most', 1.5),
    'hostile: an armor': ('ratio', 'at most', 25),
    'hostile: a page': ('ratio', 'at most', 25),
    'hostile: an address': ('ratio', 'at most', 1.5),
    'hostile: a domain': ('ratio', 'at most', 1.5),
    'hostile: 50,000': ('ratio', 'at most', 1.5),
    'gateway memory, 25 MiB letter': ('median', 'at most', 32),
    'processor time of a letter of 10 KB': ('ratio', 'at most', 1.15),
    'letters of 10 KB through Postfix, beside': ('ratio', 'at least', 1),
    'letters of 10 KB through Postfix': ('ratio', 'at least', 0.9),
}
FIELDS = ('name', 'unit', 'median', 'min', 'max', 'runs', 'rival', 'rival_median', 'ratio', 'note')


def reached(row):
    """“yes”, “NO” or nothing, where there is no aim."""
    found = [aim for begin, aim in AIMS.items() if row['name'].startswith(begin)]
    if not found or row[found[0][0]] is None:
        return ''
    column, side, bound = found[0]
    good = row[column] <= bound if side == 'at most' else row[column] >= bound
    return f'{"yes" if good else "NO"} ({column} {side} {bound})'


def short(value):
    if isinstance(value, float):
        return f'{value:,.0f}' if abs(value) >= 1000 else f'{value:.3g}'
    return '' if value is None else str(value)


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--build', default=root / 'build')
    parser.add_argument('only', nargs='*', help='words of which one must be in the name of a program')
    arguments = parser.parse_args()
    build = pathlib.Path(arguments.build).resolve()
    programs = sorted(p for p in (build / 'bench').glob('bench_*') if p.is_file() and os.access(p, os.X_OK))
    programs += sorted((root / 'bench').glob('bench_*.py'))
    rows, failed = [], False
    for program in programs:
        if arguments.only and not any(word in program.name for word in arguments.only):
            continue
        print(f'{program.name} …', file=sys.stderr, flush=True)
        command = ['/usr/bin/python3', program] if program.suffix == '.py' else [program]
        done = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ, SECUREMAIL_BUILD=str(build)))
        if done.returncode:
            failed = True
            print(f'{program.name} failed:\n{done.stderr[-2000:]}', file=sys.stderr)
        for line in done.stdout.splitlines():
            row = json.loads(line)
            rows.append({field: row.get(field) for field in FIELDS})
    (build / 'bench.json').write_text(json.dumps(rows, indent=1, ensure_ascii=False) + '\n')
    columns = FIELDS[:-1] + ('aim reached', 'note')
    table = [columns] + [(*(short(row[field]) for field in FIELDS[:-1]), reached(row), short(row['note'])) for row in rows]
    widths = [max(len(line[i]) for line in table) for i in range(len(columns))]
    for line in table:
        print('  '.join(text.ljust(width) for text, width in zip(line, widths)).rstrip())
    return 1 if failed or not rows else 0


if __name__ == '__main__':
    sys.exit(main())

#!/usr/bin/python3
"""Sealing by programs: `securemail seal` beside age, gpg and openssl cms, as a person or a script would call them.

Each run is one process that reads the message from a file and writes to /dev/null; ours is a process for each recipient, for it makes
a copy for each. What starting costs is a row of its own. Prints one JSON object a line (BENCHMARKS.md)."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from rows import RECIPIENTS, SIZES, row

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get('SECUREMAIL_BUILD', ROOT / 'build'))
ROUNDS = int(os.environ.get('ROUNDS', 5))
MOST = max(RECIPIENTS)


def quiet(*command, **options):
    return subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True, **options)


class Ours:
    """A district; `securemail seal` makes the whole page, signed."""
    note = 'n processes, n signed pages; theirs one file, unsigned'

    def __init__(self, folder):
        self.tool = BUILD / 'cli/securemail'
        quiet(self.tool, 'init', '--unprotected', '-d', folder / 'etc', '--state', folder / 'state', '--district', 'agency.example',
              '--organisation', 'Commonwealth of Example', '--portal', 'http://127.0.0.1:8080', '--help-line', 'help@agency.example',
              '--from', 'do_not_reply@agency.example')
        self.config = folder / 'etc/securemail.conf'
        self.start = [self.tool, '--version']

    def commands(self, n):
        return [[self.tool, 'seal', '-c', self.config, '--to', f'user{i}@example.org'] for i in range(n)]


class Age:
    """X25519 recipients."""
    name = 'age'

    def __init__(self, folder):
        self.start = ['age', '--version']
        self.lists = {}
        keys = [quiet('age-keygen').stdout.split('public key: ')[1].split()[0] for _ in range(MOST)]
        for n in RECIPIENTS:
            self.lists[n] = folder / f'recipients-{n}'
            self.lists[n].write_text('\n'.join(keys[:n]) + '\n')

    def commands(self, n):
        return [['age', '-R', self.lists[n]]]


class Gpg:
    """Curve25519 keys, no compression, a keyring of its own."""
    name = 'gpg'

    def __init__(self, folder):
        self.home = folder / 'gnupg'
        self.home.mkdir(mode=0o700)
        self.start = [*self.gpg(), '--version']
        for i in range(MOST):
            quiet(*self.gpg(), '--pinentry-mode', 'loopback', '--passphrase', '', '--quick-gen-key', f'user{i}@example.org',
                  'future-default', 'default', 'never')

    def gpg(self):
        return ['gpg', '--homedir', self.home, '--batch', '--quiet', '--no-tty', '--trust-model', 'always', '-z', '0']

    def commands(self, n):
        names = [word for i in range(n) for word in ('-r', f'user{i}@example.org')]
        return [[*self.gpg(), '-e', *names, '-o', '-']]

    def end(self):
        subprocess.run(['gpgconf', '--homedir', self.home, '--kill', 'all'], check=False)


class Cms:
    """AES-256-GCM, RSA-3072: what S/MIME usually has. The certificates differ, their key is one: it makes no difference to sealing."""
    name = 'openssl cms'

    def __init__(self, folder):
        self.folder = folder
        self.start = ['openssl', 'version']
        quiet('openssl', 'genrsa', '-out', folder / 'key.pem', '3072')
        for i in range(MOST):
            quiet('openssl', 'req', '-x509', '-key', folder / 'key.pem', '-subj', f'/CN=user{i}', '-out', folder / f'user{i}.pem')

    def commands(self, n):
        return [['openssl', 'cms', '-encrypt', '-binary', '-stream', '-aes-256-gcm', '-outform', 'DER',
                 *(self.folder / f'user{i}.pem' for i in range(n))]]


def milliseconds(commands, letter):
    begin = time.monotonic()
    for command in commands:
        with open(letter, 'rb') as source:
            subprocess.run(command, check=True, stdin=source, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return (time.monotonic() - begin) * 1000


def measure(ours, rivals, letter):
    """Rounds of ours and each rival by turns, after one to warm up: lists of milliseconds, ours first. `ours`, `rivals`: commands."""
    rounds = [[milliseconds(commands, letter) for commands in (ours, *rivals)] for _ in range(ROUNDS + 1)][1:]
    return list(zip(*rounds))


def bench(folder):
    ours, rivals = Ours(folder), []
    try:
        for tool in (Age, Gpg, Cms):
            rivals.append(tool(folder))
        letters = {size: folder / f'letter-{size}' for size in SIZES.values()}
        for size, letter in letters.items():
            letter.write_bytes(os.urandom(size))
        own, *others = measure([ours.start], [[rival.start] for rival in rivals], letters[1000])
        for rival, theirs in zip(rivals, others):
            row(f'start beside {rival.name}', own, rival.name, theirs, 'a process that says its version')
        for label, size in SIZES.items():
            for n in RECIPIENTS:
                own, *others = measure(ours.commands(n), [rival.commands(n) for rival in rivals], letters[size])
                for rival, theirs in zip(rivals, others):
                    row(f'program: {label} to {n}, {rival.name}', own, rival.name, theirs, ours.note)
    finally:
        for rival in rivals:
            if hasattr(rival, 'end'):
                rival.end()


def main():
    missing = [tool for tool in ('age', 'age-keygen', 'gpg', 'openssl') if shutil.which(tool) is None]
    if missing:
        sys.exit(f'missing: {", ".join(missing)} (`make bench` installs them)')
    with tempfile.TemporaryDirectory(prefix='securemail-bench-') as folder:
        bench(pathlib.Path(folder))


if __name__ == '__main__':
    main()

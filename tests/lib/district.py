"""A district in a temporary folder, made by `securemail init`, for tests that start programs one by one."""
import os
import pathlib
import re
import subprocess
import time

import wire

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get('SECUREMAIL_BUILD', ROOT / 'build'))
TOOL = BUILD / 'cli/securemail'


def tool(*arguments, **options):
    """Run securemail; gives the finished process, whatever its exit code."""
    return subprocess.run([TOOL, *map(str, arguments)], capture_output=True, **options)


class District:
    def __init__(self, folder, name='agency.example', options=('--unprotected',)):
        self.folder = pathlib.Path(folder)
        self.etc, self.state = self.folder / 'etc', self.folder / 'state'
        self.config = self.etc / 'securemail.conf'
        done = tool('init', '-d', self.etc, '--state', self.state, '--district', name, '--organisation',
                    'Commonwealth of Example', '--portal', 'http://127.0.0.1:8080', '--help-line', f'help@{name}',
                    '--from', f'do_not_reply@{name}', *options)
        assert done.returncode == 0, done.stderr

    def change(self, section, key, value):
        """Give a setting another value; None takes the line out."""
        text = self.config.read_text()
        head, mark, rest = text.partition(f'\n[{section}]\n')
        assert mark, section
        body, _, others = rest.partition('\n[')
        body = re.sub(rf'^{re.escape(key)} = .*\n', '', body, flags=re.M)
        if value is not None:
            body = f'{key} = {value}\n' + body
        self.config.write_text(head + mark + body + ('\n[' + others if others else ''))

    def seal(self, to, mail=b'Subject: x\r\n\r\ncanary\r\n', *options):
        done = tool('seal', '-c', self.config, '--to', to, *options, input=mail)
        assert done.returncode == 0, done.stderr
        return done.stdout


class Program:
    """One of our programs; `socket` is where it answers."""

    def __init__(self, district, name, socket):
        self.path, self.socket = BUILD / name / f'securemail-{name}', pathlib.Path(socket)
        self.log = district.folder / f'{name}.log'
        with open(self.log, 'ab') as log:
            self.process = subprocess.Popen([self.path, '-c', district.config], stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log)

    def ready(self, seconds=20):
        deadline = time.monotonic() + seconds
        while True:
            try:
                wire.Peer(self.socket).close()
                return self
            except OSError:
                assert self.process.poll() is None and time.monotonic() < deadline, self.log.read_text()
                time.sleep(0.01)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(20)

    def kill(self):
        self.process.kill()
        self.process.wait()

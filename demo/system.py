"""A whole SecureMail on loopback, in a temporary folder: made by `securemail init`, run by `securemail run`, ended without leftovers.

The demonstration and the tests use it."""
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

PROGRAMS = ('gateway', 'portal', 'accounts', 'keyserver')


def free_port():
    """A loopback port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def with_settings(text, settings):
    """The configuration with these values: {'gateway': {'relay': '…'}}; a value None takes the line out."""
    for section, pairs in settings.items():
        if not re.search(rf'^\[{re.escape(section)}\]', text, re.M):
            text += f'\n[{section}]\n'
        for key, value in pairs.items():
            head, mark, rest = text.partition(f'[{section}]\n')
            body, _, others = rest.partition('\n[')
            body = re.sub(rf'^{re.escape(key)}[ \t]*=.*\n?', '', body, flags=re.M)
            if value is not None:
                body = f'{key} = {value}\n' + body
            text = head + mark + body + ('\n[' + others if others else '')
    return text


class System:
    """`init`: more options for `securemail init`. `url`: readers come in by a web server at this address, and the portal listens on a Unix socket behind it."""

    def __init__(self, build, relay, settings=None, folder=None, rules=None, portal=None, url=None, init=()):
        self.build = pathlib.Path(build).resolve()
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix='securemail-'))
        self.portal_port = None if url else portal or free_port()
        self.gateway_port = free_port()
        self.url = url or f'http://127.0.0.1:{self.portal_port}'
        self.config = self.folder / 'etc' / 'securemail.conf'
        self.log = self.folder / 'log'
        self.processes = []
        self._initialise(relay, settings or {}, rules, init)

    def tool(self, *arguments, **options):
        return subprocess.run([self.build / 'cli' / 'securemail', *arguments], check=True, capture_output=True, **options)

    def _initialise(self, relay, settings, rules, init):
        for name in ('run', 'spool', 'letters', 'data'):
            (self.folder / name).mkdir(mode=0o700, parents=True)
        self.tool('init', '--unprotected', '-d', str(self.folder / 'etc'), '--district', 'agency.example',
                  '--organisation', 'Commonwealth of Example', '--portal', self.url, '--relay', relay, *init)
        values = {
            'district': {'help': 'help@agency.example, 1-866-555-0100'},
            'gateway': {'listen': f'127.0.0.1:{self.gateway_port}, unix:{self.folder}/run/gateway.sock', 'relay': relay,
                        'spool': self.folder / 'letters', 'hostname': 'gateway.agency.example', 'workers': 2},
            'portal': {'listen': f'127.0.0.1:{self.portal_port}' if self.portal_port else f'unix:{self.folder}/run/portal.sock',
                       'spool': self.folder / 'spool', 'secure-cookies': 'no' if self.portal_port else 'yes',
                       'accounts': f'unix:{self.folder}/run/accounts.sock'},
            'accounts': {'listen': f'unix:{self.folder}/run/accounts.sock', 'database': self.folder / 'data/accounts.sqlite',
                         'keyserver': f'unix:{self.folder}/run/keyserver.sock', 'relay': relay,
                         'from': 'do_not_reply@agency.example', 'hostname': 'accounts.agency.example'},
            'keyserver': {'listen': f'unix:{self.folder}/run/keyserver.sock', 'log': self.folder / 'data/key.log'},
        }
        for section, pairs in settings.items():
            values.setdefault(section, {}).update(pairs)
        text = self.config.read_text()
        if rules is not None:
            text = re.sub(r'^\[polic(?:y "[^"]*"|ies)\]\n(?:(?!\[).*\n?)*', '', text, flags=re.M) + '\n' + rules
        self.config.write_text(with_settings(text, values))

    def start(self, *programs):
        """Start all four with `securemail run`, or only those named, each by itself."""
        with open(self.log, 'ab') as log:
            if not programs:
                commands = {'run': [self.build / 'cli' / 'securemail', 'run', '-c', self.config, '--programs', self.build]}
            else:
                commands = {name: [self.build / name / f'securemail-{name}', '-c', self.config] for name in programs}
            for name, command in commands.items():
                process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
                process.program = name
                self.processes.append(process)
        for name in programs or PROGRAMS:
            self.wait_ready(name)
        return self

    def wait_ready(self, name, seconds=20):
        port = {'gateway': self.gateway_port, 'portal': self.portal_port}.get(name)
        where = ('127.0.0.1', port) if port else str(self.folder / 'run' / f'{name}.sock')
        deadline = time.monotonic() + seconds
        while True:
            with socket.socket(socket.AF_INET if isinstance(where, tuple) else socket.AF_UNIX) as probe:
                try:
                    return probe.connect(where)
                except OSError:
                    pass
            if time.monotonic() > deadline or any(process.poll() is not None for process in self.processes):
                raise RuntimeError(f'{name} does not answer:\n{self.log.read_text(errors="replace")[-4000:]}')
            time.sleep(0.02)

    def seal(self, letter, to, time=None, config=None):
        """A letter sealed by hand: the page SecureMessage.html. `time`: as if at that time (ISO 8601)."""
        when = ['--time', time] if time else []
        return self.tool('seal', '-c', str(config or self.config), '--to', to, *when, input=letter).stdout

    def stop(self, *programs):
        """End what runs, or only the programs named (of those started by themselves); returns the exit codes."""
        ending = [process for process in self.processes if not programs or process.program in programs]
        for process in ending:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        codes = []
        for process in ending:
            try:
                codes.append(process.wait(20))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                codes.append(process.wait())
        self.processes = [process for process in self.processes if process not in ending]
        return codes

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

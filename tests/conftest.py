# SPDX-License-Identifier: Apache-2.0
"""What the tests from outside share: a whole SecureMail in a temporary folder with a mail catcher, one for each
test module, and the check that nothing of it is left.

A module says how its SecureMail is set up by names of its own: SETTINGS, RULES (see demo/system.py) and PROGRAMS
(those to start by themselves; without it all four by `securemail run`)."""
import os
import pathlib
import shutil
import socket
import sys
import tempfile
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = pathlib.Path(os.environ.get('SECUREMAIL_BUILD', ROOT / 'build'))
sys.path[:0] = [str(ROOT / 'demo'), str(ROOT / 'tests/lib')]

import browser  # noqa: E402
import catcher  # noqa: E402
import story  # noqa: E402
import system  # noqa: E402


class World:
    """A running SecureMail, the mailboxes of everybody else, and the readers."""

    def __init__(self, folder, **options):
        self.folder = folder
        self.mailboxes = catcher.Catcher(folder / 'mailboxes')
        self.system = None
        try:
            self.system = system.System(BUILD, f'127.0.0.1:{self.mailboxes.smtp_port}', folder=folder / 'host', **options)
        except BaseException:
            self.mailboxes.close()
            raise

    def reader(self, address, client=None):
        """Somebody with a browser of his own; what he does is in demo/story.py."""
        return story.Story(self.system, self.mailboxes, address, say=lambda _: None, client=client)

    def spooled(self):
        return [path for path in (self.system.folder / 'spool').rglob('*') if path.is_file()]

    def end(self):
        codes = self.system.stop()
        self.mailboxes.close()
        return codes


def processes_of(folder):
    """Processes whose command line or working directory names the folder."""
    found = []
    for entry in pathlib.Path('/proc').glob('[0-9]*'):
        try:
            words = (entry / 'cmdline').read_bytes().replace(b'\0', b' ').decode('utf-8', 'replace')
            if int(entry.name) != os.getpid() and (str(folder) in words or str(folder) in os.readlink(entry / 'cwd')):
                found.append(f'{entry.name} {words}')
        except OSError:
            pass  # it has ended meanwhile
    return found


def leftovers(world):
    """What a SecureMail that has ended should not have left: processes, sockets, ports, temporary files."""
    deadline = time.monotonic() + 10
    while (found := processes_of(world.folder)) and time.monotonic() < deadline:
        time.sleep(0.05)
    # `securemail run` removes the sockets; a program by itself has no right to, and finds its old one the next time.
    if not world.by_themselves:
        found += [f'socket {path}' for path in world.folder.rglob('*') if path.is_socket()]
    for port in filter(None, (world.system.gateway_port, world.system.portal_port)):
        with socket.socket() as probe:
            if probe.connect_ex(('127.0.0.1', port)) == 0:
                found.append(f'port {port} is open')
    letters = world.system.folder / 'letters'
    found += [f'file {path}' for path in [*letters.rglob('*'), *(world.folder / 'tmp').rglob('*')]]
    return found


@pytest.fixture(scope='module')
def make_world(request, tmp_path_factory):
    """A function that makes worlds as the test likes; they end with the module, which is checked."""
    worlds, failed = [], request.session.testsfailed
    # Not pytest's own folders: paths of Unix sockets have room for 107 bytes.
    folder = pathlib.Path(tempfile.mkdtemp(prefix='securemail-test-'))

    def make(programs=None, **options):
        place = folder / str(len(worlds))
        (place / 'tmp').mkdir(parents=True)
        before, os.environ['TMPDIR'] = os.environ.get('TMPDIR'), str(place / 'tmp')
        try:
            world = World(place, **options)
            world.by_themselves = programs is not None
            worlds.append(world)
            if programs != ():
                world.system.start(*(programs or ()))
        finally:
            os.environ.pop('TMPDIR')
            if before is not None:
                os.environ['TMPDIR'] = before
        return world

    yield make
    codes = [world.end() for world in worlds]
    left = [line for world in worlds for line in leftovers(world)]
    if request.session.testsfailed > failed or left or any(code for each in codes for code in each):
        print(f'\nkept for you to look at: {folder}')
        for world in worlds:
            if world.system.log.exists():
                print(world.system.log.read_text(errors='replace')[-3000:])
    else:
        shutil.rmtree(folder)
    assert not left, left
    assert not any(code for each in codes for code in each), f'programs ended badly: {codes}'


@pytest.fixture(scope='module')
def world(request, make_world):
    module = request.module
    return make_world(getattr(module, 'PROGRAMS', None), settings=getattr(module, 'SETTINGS', None),
                      rules=getattr(module, 'RULES', None))


@pytest.fixture
def visitor():
    return browser.Browser()

"""The demonstration itself: the story without a person, and the one for a person, ended by Ctrl-C without leftovers."""
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = os.environ.get('SECUREMAIL_BUILD', str(ROOT / 'build'))


@pytest.fixture
def short_path():
    """A folder with a name short enough for the sockets in it (108 bytes)."""
    with tempfile.TemporaryDirectory(prefix='demo-') as folder:
        yield pathlib.Path(folder)


def start(short_path, *arguments):
    environment = dict(os.environ, TMPDIR=str(short_path), PYTHONUNBUFFERED='1', PYTHONDONTWRITEBYTECODE='1')
    return subprocess.Popen([sys.executable, ROOT / 'demo/demo.py', '--build', BUILD, *arguments], env=environment,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def children_of(folder):
    """Processes whose command line names the folder."""
    found = []
    for entry in pathlib.Path('/proc').glob('[0-9]*/cmdline'):
        try:
            if str(folder) in entry.read_bytes().decode('utf-8', 'replace'):
                found.append(entry.parent.name)
        except OSError:
            pass
    return found


def test_the_story_without_a_person(short_path):
    process = start(short_path, '--once')
    output, _ = process.communicate(timeout=110)
    assert process.returncode == 0, output
    assert 'It all works.' in output
    for step in ('letter in', 'registered', 'mailbox proved', 'byte for byte', 'picture and the attachment', 'signed out',
                 'the address is known'):
        assert re.search(rf'^ +\d+\.\d\d s +.*{step}', output, re.M), f'{step}\n{output}'
    assert list(short_path.iterdir()) == [] and children_of(short_path) == []


def test_the_demonstration_for_a_person_says_what_to_open_and_leaves_nothing(short_path):
    process = start(short_path)
    try:
        output = ''
        while 'Ctrl-C' not in output:
            line = process.stdout.readline()
            assert line, f'it ended: {output}'
            output += line
        mailbox, portal = re.findall(r'http://127\.0\.0\.1:\d+/?', output)[:2]
        page = urllib.request.urlopen(mailbox, timeout=20).read().decode()
        assert 'Your benefit statement' in page and 'Your appointment' in page
        assert urllib.request.urlopen(portal, timeout=20).status == 200
        assert children_of(short_path), 'the programs run'
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 0
    assert list(short_path.iterdir()) == [] and children_of(short_path) == []
    with socket.socket() as probe:
        assert probe.connect_ex(('127.0.0.1', int(re.search(r':(\d+)', portal.split('//')[1])[1]))) != 0


def test_a_failure_is_said_and_leaves_nothing(short_path):
    """A build without programs: a clear message, not a trace."""
    process = subprocess.Popen([sys.executable, ROOT / 'demo/demo.py', '--once', '--build', short_path / 'nowhere'],
                               env=dict(os.environ, TMPDIR=str(short_path)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    output, _ = process.communicate(timeout=60)
    assert process.returncode != 0 and 'Traceback' not in output and 'nowhere' in output
    assert list(short_path.iterdir()) == []

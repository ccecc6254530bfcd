"""The operator's tool: what it makes, what it refuses, what it finds, and how it runs the programs."""
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'lib'))

import district as districts  # noqa: E402
import sealed  # noqa: E402
from district import TOOL, tool  # noqa: E402

FILES = {'master/1': 0o400, 'public/parameters': 0o644, 'signing.key': 0o400, 'securemail.conf': 0o644}
INIT = ('--unprotected', '--district', 'agency.example', '--organisation', 'Commonwealth of Example', '--portal',
        'https://mail.agency.example')


def snapshot(folder):
    return {path.relative_to(folder): path.read_bytes() if path.is_file() else None for path in folder.rglob('*')}


# --- init ------------------------------------------------------------------------------------------------------

def test_init_makes_four_files(tmp_path):
    etc = tmp_path / 'etc'
    done = tool('init', '-d', etc, *INIT)
    assert done.returncode == 0, done.stderr
    assert {str(path.relative_to(etc)): path.stat().st_mode & 0o777 for path in etc.rglob('*') if path.is_file()} == FILES
    assert {name: (etc / name).stat().st_mode & 0o777 for name in ('.', 'master', 'public')} == {
        '.': 0o755, 'master': 0o700, 'public': 0o755}
    shown = done.stdout.decode()
    config = (etc / 'securemail.conf').read_text()
    authority = re.search(r'^authority = (\S+)$', config, re.M)[1]
    assert authority in shown
    assert re.search(r'(?:[0-9a-f]{4} ){15}[0-9a-f]{4}', shown), 'the fingerprint'
    # Nothing secret is shown.
    assert re.search(r'^secrets: (\S+)$', (etc / 'master/1').read_text(), re.M)[1] not in shown


def test_init_never_makes_the_same_twice(tmp_path):
    for name in 'ab':
        assert tool('init', '-d', tmp_path / name, *INIT).returncode == 0
    for name in ('master/1', 'public/parameters', 'signing.key'):
        assert (tmp_path / 'a' / name).read_text() != (tmp_path / 'b' / name).read_text()


@pytest.mark.parametrize('there', FILES)
def test_init_overwrites_nothing(tmp_path, there):
    etc = tmp_path / 'etc'
    (etc / there).parent.mkdir(parents=True)
    (etc / there).write_text('precious')
    before = snapshot(tmp_path)
    done = tool('init', '-d', etc, *INIT)
    assert done.returncode == 1 and there in done.stderr.decode() and b'exists already' in done.stderr
    assert snapshot(tmp_path) == before


def test_init_overwrites_no_dangling_link(tmp_path):
    etc = tmp_path / 'etc'
    etc.mkdir()
    (etc / 'securemail.conf').symlink_to(tmp_path / 'elsewhere')
    assert tool('init', '-d', etc, *INIT).returncode == 1
    assert [path.name for path in etc.iterdir()] == ['securemail.conf'] and not (tmp_path / 'elsewhere').exists()


@pytest.mark.parametrize('arguments, said', [
    (('--portal', 'http://mail.agency.example'), 'without TLS only on loopback'),
    (('--portal', 'https://mail.agency.example/'), 'https://host'),
    (('--district', 'two words'), 'district'),
    (('--set', 'gateway.workers=0'), 'between 1 and 512'),
    (('--set', 'gateway.wokers=1'), 'no setting gateway.wokers'),
    (('--organisation', 'x' * 300), 'too long'),
    (('--organisation', 'a\n[keyserver]\nmaster = /x'), 'control'),
    (('--set', 'gateway.listen=127.0.0.1:1\n[keyserver]'), 'control'),
    (('--organisation', 'Roads ; Bridges'), "can't stand"),
    (('--organisation', ' Roads'), "can't stand"),
    (('--relay', 'mail.example:25'), 'relay'),
])
def test_init_that_fails_leaves_nothing(tmp_path, arguments, said):
    done = tool('init', '-d', tmp_path / 'etc', '--state', tmp_path / 'state', *INIT, *arguments)
    assert done.returncode == 1
    assert said in done.stderr.decode()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize('arguments', [(), ('-d', 'x'), ('-d', 'x', *INIT[:4]), ('-d', 'x', *INIT, 'more'),
                                       ('-d', 'x', *INIT, '--set', 'gateway'), ('-d', 'x', *INIT, '--state', 'relative'),
                                       ('-d', 'x', *INIT, '--nonsense')])
def test_init_tells_its_usage(tmp_path, arguments):
    done = tool('init', *arguments, cwd=tmp_path)
    assert done.returncode == 64 and b'usage: securemail init' in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_written_configuration_names_every_setting(tmp_path):
    assert tool('init', '-d', tmp_path / 'etc', *INIT).returncode == 0
    lines = (tmp_path / 'etc/securemail.conf').read_text().splitlines()
    section, written = None, set()
    for line in lines:
        section = line[1:-1] if line.startswith('[') else section
        found = re.match(r'(?:# )?([a-z0-9-]+) = ?', line)
        if found and not line.startswith('# recipient-domain') and not line.startswith(('# action', '# subject-tag')):
            written.add((section, found[1]))
    section, listed = None, set()
    for line in tool('settings').stdout.decode().splitlines():
        section = line[1:-1] if line.startswith('[') else section
        if line.startswith('  ') and not line.startswith('   '):
            listed.add((section, line.split()[0]))
    assert len(listed) > 50 and written == listed


def test_a_portal_without_tls_gets_cookies_without_it(tmp_path):
    assert tool('init', '-d', tmp_path / 'etc', *INIT, '--portal', 'http://127.0.0.1:8080').returncode == 0
    text = (tmp_path / 'etc/securemail.conf').read_text()
    assert '\nsecure-cookies = no\n' in text and '\nlisten = 127.0.0.1:8080\n' in text


def test_a_portal_with_tls_listens_on_a_unix_socket(tmp_path):
    for state, where in ([], '/run/securemail'), (['--state', tmp_path / 'state'], f'{tmp_path}/state/run'):
        etc = tmp_path / f'etc{len(state)}'
        assert tool('init', '-d', etc, *INIT, '--portal', 'https://mail.agency.example', *state).returncode == 0
        portal = (etc / 'securemail.conf').read_text().partition('\n[portal]\n')[2].partition('\n[')[0]
        assert f'listen = unix:{where}/portal.sock\n' in portal and 'secure-cookies = no\n' not in portal


# --- check -----------------------------------------------------------------------------------------------------

@pytest.fixture
def district(tmp_path):
    return districts.District(tmp_path)


def check(district):
    done = tool('check', '-c', district.config)
    wrong = [line[7:] for line in done.stdout.decode().splitlines() if line.startswith('WRONG')]
    assert done.returncode == (1 if wrong else 0)
    return wrong


def test_check_finds_nothing_wrong_with_a_fresh_district(district):
    assert check(district) == []


def swap_parameters(district):
    (district.folder / 'other').mkdir()
    other = districts.District(district.folder / 'other')
    (district.etc / 'public/parameters').write_bytes((other.etc / 'public/parameters').read_bytes())


def flip_parameters(district):
    text = (district.etc / 'public/parameters').read_text()
    (district.etc / 'public/parameters').write_text(text.replace('A', 'B', 1))


def swap_signing_key(district):
    (district.folder / 'other').mkdir()
    other = districts.District(district.folder / 'other')
    (district.etc / 'signing.key').chmod(0o600)
    (district.etc / 'signing.key').write_bytes((other.etc / 'signing.key').read_bytes())


def tcp_behind_a_web_server(district):
    district.change('district', 'portal', 'https://mail.agency.example')
    district.change('portal', 'secure-cookies', 'yes')


@pytest.mark.parametrize('damage, what', [
    (swap_parameters, ['parameters, signed by the authority']),
    (flip_parameters, ['parameters, signed by the authority']),
    (swap_signing_key, ['pinned signer']),
    (lambda d: (d.etc / 'signing.key').chmod(0o644), ['signing key']),
    (lambda d: (d.etc / 'signing.key').unlink(), ['signing key']),
    (lambda d: (d.etc / 'master/1').chmod(0o640 | 0o004), ['master secrets']),
    (lambda d: (d.etc / 'master/1').unlink(), ['master secrets']),
    (lambda d: (d.etc / 'master/1').rename(d.etc / 'master/1.old'), ['master secrets']),
    (lambda d: (d.etc / 'master/2').symlink_to('1'), ['master secrets']),
    (lambda d: d.change('district', 'signer', 'RWQ'), ['pinned signer']),
    (lambda d: d.change('district', 'help', None), ['settings of the gateway', 'settings of the portal', 'settings of accounts']),
    (lambda d: d.change('accounts', 'from', None), ['settings of accounts']),
    (lambda d: d.change('district', 'name', 'other.example'), ['district']),
    (lambda d: d.change('district', 'lifetime', '7 days'), ['lifetime']),
    (lambda d: d.change('portal', 'secure-cookies', 'yes'), ['door of the portal', 'cookies']),
    (lambda d: d.change('district', 'portal', 'https://mail.agency.example'), ['cookies']),
    (tcp_behind_a_web_server, ['door of the portal']),
    (lambda d: d.change('gateway', 'user', 'no-such-user'), ['user of gateway']),
    (lambda d: d.change('gateway', 'spool', '/nonexistent'), ['folder for large letters']),
    (lambda d: (d.state / 'spool/portal').rmdir(), ['folder for waiting messages']),
    (lambda d: d.change('keyserver', 'log', f'{d.etc}/no/key.log'), ['folder of the key log']),
    (lambda d: d.change('gateway', 'listen', f'unix:{d.folder}/no/s'), ['folder of the socket of gateway']),
    (lambda d: (d.state / 'data/key.log').write_text('securemail-key-log 1 x\n'), ['key log']),
    (lambda d: d.config.write_text(d.config.read_text() + '\n[policy "x"]\nacton = pass\n'), ['rules']),
])
def test_check_names_what_is_wrong(district, damage, what):
    damage(district)
    assert [line.split(':')[0] for line in check(district)] == what


def test_check_names_the_line_of_a_mistake(district):
    district.config.write_text(district.config.read_text() + '\n[gatway]\n')
    done = tool('check', '-c', district.config)
    lines = district.config.read_text().count('\n')
    assert done.returncode == 1 and f'securemail.conf:{lines}: '.encode() in done.stderr
    assert tool('check', '-c', district.folder / 'absent').returncode == 1


# --- seal ------------------------------------------------------------------------------------------------------

def test_seal_makes_a_page_for_one_address(district):
    message = sealed.Sealed(district.seal('Bob.Smith@EXAMPLE.org'))
    assert (message.district, message.serial, message.address) == ('agency.example', 1, 'bob.smith@example.org')
    assert message.period % 604800 == 0 and message.period <= time.time() < message.period + 604800
    assert 'address' not in message.signature and message.id.hex() in message.signature
    assert b'canary' not in message.file


def test_seal_as_of_an_older_day(district):
    message = sealed.Sealed(district.seal('bob@example.org', b'x', '--time', '2026-01-14T10:00:00Z'))
    assert message.period == 1767830400  # 2026-01-08, a Thursday, as 1970 began
    assert ' time=1768384800 ' in message.signature
    assert f' expires={1767830400 + 90 * 86400}' in message.signature


@pytest.mark.parametrize('size', [0, 1, 65536, 65537, 1_000_000])
def test_seal_takes_mails_of_any_size(district, size):
    message = sealed.Sealed(district.seal('bob@example.org', b'm' * size))
    body = message.file.partition(b'\n---')[2].partition(b'\n')[2]
    chunks = max(1, -(-size // 65536))
    assert len(body) == 16 + size + 16 * chunks


@pytest.mark.parametrize('arguments, code', [((), 64), (('--to', 'bob'), 1), (('--to', 'b b@example.org'), 1),
                                             (('--to', 'bob@example.org', '--time', 'now'), 64),
                                             (('--to', 'bob@example.org', 'more'), 64)])
def test_seal_refuses(district, arguments, code):
    done = tool('seal', '-c', district.config, *arguments, input=b'x')
    assert done.returncode == code and done.stdout == b'' and done.stderr


def test_seal_says_when_its_page_can_not_be_written(district):
    with open('/dev/full', 'wb') as full:
        done = subprocess.run([TOOL, 'seal', '-c', district.config, '--to', 'bob@example.org'], input=b'x', stdout=full,
                              stderr=subprocess.PIPE)
    assert done.returncode == 1 and b'written' in done.stderr


# --- run: with programs of our own making ----------------------------------------------------------------------

NAMES = ('keyserver', 'accounts', 'gateway', 'portal')


def make_programs(folder, **scripts):
    """Four shell scripts that note their start and their orderly end; a keyword gives one another body."""
    folder.mkdir(exist_ok=True)
    for name in NAMES:
        body = scripts.get(name, 'trap "echo end >>$0.log; exit 0" TERM\necho start "$@" >>$0.log\n'
                                 'while :; do sleep 0.02; done')
        path = folder / f'securemail-{name}'
        path.write_text(f'#!/bin/sh\n{body}\n')
        path.chmod(0o755)
    return folder


def running(district, programs):
    return subprocess.Popen([TOOL, 'run', '-c', district.config, '--programs', programs], stdin=subprocess.DEVNULL,
                            stderr=subprocess.PIPE)


def wait_for(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def noted(programs, name):
    path = programs / f'securemail-{name}.log'
    return path.read_text() if path.exists() else ''


def all_started(programs):
    return lambda: all(noted(programs, name).startswith('start') for name in NAMES)


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGINT])
def test_run_starts_four_and_ends_four(district, number):
    programs = make_programs(district.folder / 'programs')
    left = district.state / 'run/keyserver.sock'
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(left))
    process = running(district, programs)
    wait_for(all_started(programs))
    process.send_signal(number)
    assert process.wait(10) == 0
    for name in NAMES:
        assert noted(programs, name) == f'start -c {district.config}\nend\n'
    assert not left.exists(), 'sockets are removed'


def test_run_ends_all_when_one_ends(district):
    programs = make_programs(district.folder / 'programs', accounts='sleep 0.3; exit 3')
    process = running(district, programs)
    _, said = process.communicate(timeout=10)
    assert process.returncode == 1
    assert b'securemail-accounts has ended' in said and b'code=3' in said
    for name in ('keyserver', 'gateway', 'portal'):
        assert noted(programs, name).endswith('end\n')


def test_run_notices_one_that_ends_badly_at_the_end(district):
    programs = make_programs(district.folder / 'programs',
                             portal='trap "exit 5" TERM\necho start >>$0.log\nwhile :; do sleep 0.02; done')
    process = running(district, programs)
    wait_for(all_started(programs))
    process.terminate()
    _, said = process.communicate(timeout=10)
    assert process.returncode == 1 and b'program=portal' in said and b'code=5' in said


def test_run_that_is_killed_takes_all_with_it(district):
    programs = make_programs(district.folder / 'programs')
    process = running(district, programs)
    wait_for(all_started(programs))
    process.kill()
    process.wait()
    wait_for(lambda: all(noted(programs, name).endswith('end\n') for name in NAMES))


def test_run_starts_none_unless_all_are_there(district):
    programs = make_programs(district.folder / 'programs')
    (programs / 'securemail-portal').unlink()
    process = running(district, programs)
    _, said = process.communicate(timeout=10)
    assert process.returncode == 1 and b'securemail-portal is not in' in said
    assert not any(noted(programs, name) for name in NAMES)


def test_run_finds_programs_in_a_build_tree(district):
    programs = make_programs(district.folder / 'programs')
    for name in NAMES:
        (programs / name).mkdir()
        (programs / f'securemail-{name}').rename(programs / name / f'securemail-{name}')
    process = running(district, programs)
    wait_for(lambda: all((programs / name / f'securemail-{name}.log').exists() for name in NAMES))
    process.terminate()
    assert process.wait(10) == 0


# --- the tool itself -------------------------------------------------------------------------------------------

def test_every_command_has_its_help():
    listed = re.findall(r'^  ([\w-]+) ', tool('help').stdout.decode(), re.M)
    assert {'init', 'rotate', 'backup', 'restore', 'check', 'run', 'seal', 'policy', 'refresh', 'audit', 'export-key', 'settings', 'version', 'help'} == set(listed)
    for name in listed:
        done = tool('help', name)
        assert done.returncode == 0 and done.stdout.startswith(f'usage: securemail {name} '.encode())


def test_what_it_does_not_know_it_says():
    for arguments in (('frobnicate',), ('help', 'frobnicate'), ()):
        done = tool(*arguments)
        assert done.returncode == 64
    assert b'frobnicate' in tool('frobnicate').stderr
    assert re.fullmatch(rb'securemail \d+\.\d+\.\d+\n', tool('version').stdout)
    assert tool('--version').stdout == tool('version').stdout


@pytest.mark.parametrize('command', ['run', 'check', 'seal', 'settings'])
def test_wrong_usage_shows_the_right_one(command):
    for arguments in (['--nonsense'], ['superfluous']):
        done = tool(command, *arguments)
        assert done.returncode == 64 and f'usage: securemail {command}'.encode() in done.stderr and done.stdout == b''


def test_output_that_does_not_arrive_is_an_error():
    with open('/dev/full', 'wb') as full:
        done = subprocess.run([TOOL, 'settings'], stdout=full, stderr=subprocess.PIPE, env=dict(os.environ))
    assert done.returncode == 1 and b'written' in done.stderr

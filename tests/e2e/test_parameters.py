"""How public parameters reach a gateway: from the keyserver by the portal to `securemail refresh`, and into the running gateway."""
import pathlib
import re
import subprocess
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'lib'))

import gateway as gateways  # noqa: E402
import sink  # noqa: E402
import system  # noqa: E402
import wire  # noqa: E402
from gateway import BUILD, SENDER, letter  # noqa: E402

TOOL = BUILD / 'cli/securemail'


class World:
    """All four programs, started one by one, and a sink behind."""

    def __init__(self):
        self.sink = sink.Sink()
        self.system = system.System(BUILD, f'127.0.0.1:{self.sink.port}')
        self.file = self.system.folder / 'etc/public/parameters'
        self.system.start('keyserver', 'accounts', 'portal')

    def close(self):
        self.system.remove()
        self.sink.close()

    def set(self, section, key, value):
        self.system.config.write_text(system.with_settings(self.system.config.read_text(), {section: {key: value}}))

    def restart_keyserver(self):
        self.system.stop('keyserver')
        self.system.start('keyserver')

    def valid_for(self, days):
        """The keyserver gives parameters that are good for so long."""
        self.set('district', 'parameters-validity', f'{days} days')
        self.restart_keyserver()

    def refresh(self, *options):
        return subprocess.run([TOOL, 'refresh', '-c', self.system.config, *map(str, options)], capture_output=True)

    def rotate(self):
        subprocess.run([TOOL, 'rotate', '-c', self.system.config], check=True, capture_output=True)
        self.restart_keyserver()

    def given(self):
        return wire.ask(self.system.folder / 'run/keyserver.sock', 'KEY_PARAMETERS')['file']

    def wait_for(self, text, count=1):
        deadline = time.monotonic() + 60
        while self.system.log.read_text().count(text) < count:
            assert time.monotonic() < deadline, f'{text}: not in\n' + self.system.log.read_text()[-2000:]
            time.sleep(0.05)


@pytest.fixture
def world():
    world = World()
    yield world
    world.close()


def refused(done, rule, world, before):
    assert done.returncode == 1 and rule in done.stderr.decode(), done.stderr
    assert world.file.read_bytes() == before, 'the present ones stay'


def test_the_portal_hands_on_what_the_keyserver_signs(world):
    url = f'{world.system.url}/.well-known/securemail-parameters'
    done = subprocess.run(['curl', '-sS', '-i', url], capture_output=True)
    head, _, body = done.stdout.partition(b'\r\n\r\n')
    assert head.startswith(b'HTTP/1.1 200') and b'text/plain' in head and b'max-age=3600' in head
    assert body == world.given() == world.file.read_bytes()
    world.system.stop('keyserver')
    done = subprocess.run(['curl', '-sS', '-i', url], capture_output=True)
    assert done.stdout.startswith(b'HTTP/1.1 503')


def test_refresh_replaces_what_is_older_and_nothing_else(world):
    before = world.file.read_bytes()
    done = world.refresh()
    assert done.returncode == 0 and b'unchanged' in done.stdout
    stat = world.file.stat()
    world.valid_for(400)
    done = world.refresh()
    assert done.returncode == 0 and b'replaced' in done.stdout and b'serial 1' in done.stdout
    newer = world.file.read_bytes()
    assert newer == world.given() != before and world.file.stat().st_mode & 0o777 == 0o644
    assert world.file.stat().st_ino != stat.st_ino, 'replaced in one step, never half written'

    # Who can bring files, but not sign them, can't turn the gateway back.
    (world.system.folder / 'old').write_bytes(before)
    refused(world.refresh('--from', world.system.folder / 'old'), 'P-12', world, newer)
    world.rotate()
    assert world.refresh().returncode == 0
    newest = world.file.read_bytes()
    (world.system.folder / 'new').write_bytes(newer)
    refused(world.refresh('--from', world.system.folder / 'new'), 'P-10', world, newest)


def test_refresh_refuses_what_is_not_ours(world):
    before = world.file.read_bytes()
    other = World()
    try:
        refused(world.refresh('--from', other.file), 'P-3', world, before)
        refused(world.refresh('--from', f'{other.system.url}/.well-known/securemail-parameters'), 'P-3', world, before)
    finally:
        other.close()
    changed = world.system.folder / 'changed'
    changed.write_bytes(before.replace(b'A', b'B', 1))
    refused(world.refresh('--from', changed), 'P-', world, before)
    changed.write_bytes(b'x' * 100000)
    refused(world.refresh('--from', changed), 'larger', world, before)
    refused(world.refresh('--from', f'{world.system.url}/style.css'), '', world, before)
    refused(world.refresh('--from', 'file:///etc/passwd'), '', world, before)
    world.system.stop('portal')
    refused(world.refresh(), 'securemail-parameters', world, before)


def test_a_missing_file_is_brought(world):
    world.file.unlink()
    assert world.refresh().returncode == 0
    assert world.file.read_bytes() == world.given()


def test_only_pinned_fingerprints_are_taken(world):
    def fingerprint():
        return re.search('^fingerprint: (.*)$', (world.system.folder / f'etc/master/{serial}').read_text(), re.M)[1]
    serial = 1
    pin = ' '.join(re.findall('....', fingerprint())).upper()
    world.set('district', 'fingerprint', pin)
    world.valid_for(400)
    assert world.refresh().returncode == 0, 'the same keys, signed anew'
    before = world.file.read_bytes()
    world.rotate()
    refused(world.refresh(), 'P-13', world, before)
    serial = 2
    world.set('district', 'fingerprint', f'{pin}, {fingerprint()}')
    assert world.refresh().returncode == 0
    world.set('district', 'fingerprint', pin)
    with pytest.raises(RuntimeError, match='P-13'):
        world.system.start('gateway')


# --- the running gateway ----------------------------------------------------------------------------------------

def serial_of(mail):
    return gateways.apart(mail.data).serial


def test_a_running_gateway_takes_new_parameters_and_drops_nobody(world):
    world.system.start('gateway')
    old = gateways.lmtp.Lmtp(world.system.gateway_port)
    assert old.send(SENDER, ['bob@mailbox.example'], letter('one'))[0].startswith('250')
    world.rotate()
    assert world.refresh().returncode == 0
    world.wait_for('parameters-changed')

    # Who was connected before goes on as before; who comes now meets the new ones.
    assert old.send(SENDER, ['bob@mailbox.example'], letter('two'))[0].startswith('250')
    with gateways.lmtp.Lmtp(world.system.gateway_port) as new:
        assert new.send(SENDER, ['bob@mailbox.example'], letter('three'))[0].startswith('250')
    assert old.send(SENDER, ['bob@mailbox.example'], letter('four'))[0].startswith('250')
    assert old.say('QUIT').startswith('221')
    old.close()
    assert [serial_of(mail) for mail in world.sink.wait(4)] == [1, 1, 2, 1]
    assert 'worker-died' not in world.system.log.read_text()


def test_a_running_gateway_keeps_what_it_has_when_the_new_is_no_good(world):
    world.system.start('gateway')
    before = world.file.read_bytes()
    for count, content in enumerate((b'nonsense', before.replace(b'A', b'B', 1), b''), 1):
        new = world.file.with_suffix('.new')
        new.write_bytes(content)
        new.rename(world.file)
        world.wait_for('parameters-refused', count)
        with gateways.lmtp.Lmtp(world.system.gateway_port) as client:
            assert client.send(SENDER, ['bob@mailbox.example'], letter('one'))[0].startswith('250')
    world.file.unlink()
    world.wait_for('parameters-refused', 4)
    with gateways.lmtp.Lmtp(world.system.gateway_port) as client:
        assert client.send(SENDER, ['bob@mailbox.example'], letter('one'))[0].startswith('250')
    assert [serial_of(mail) for mail in world.sink.wait(4)] == [1] * 4


def replace_with(world, days):
    """Parameters for so long from the beginning of this period, whatever was before."""
    world.file.unlink()
    world.valid_for(days)
    assert world.refresh().returncode == 0


def test_parameters_that_end_within_30_days_are_told_of_once(world):
    # A period is a week: what is good for 28 to 30 days from its beginning has 21 to 30 left, whenever this runs.
    def ends():
        return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(int(time.time()) // 604800 * 604800 + 28 * 86400))
    before = ends()
    replace_with(world, 28)
    world.system.start('gateway')
    world.wait_for('gateway parameters-old until=')
    assert re.findall(r'parameters-old until=(\S+)', world.system.log.read_text()) in ([before], [ends()])
    for count, days in enumerate((29, 30), 1):
        replace_with(world, days)
        world.wait_for('parameters-changed', count)
    assert world.system.log.read_text().count('parameters-old') == 1, 'the looks at 28 and at 29 days are over'


def test_of_parameters_with_more_than_30_days_nothing_is_told(world):
    replace_with(world, 38)  # of which 31 to 38 are left
    world.system.start('gateway')
    for count, days in enumerate((39, 40), 1):
        replace_with(world, days)
        world.wait_for('parameters-changed', count)
    assert 'parameters-old' not in world.system.log.read_text(), 'the looks at 38 and at 39 days are over'


def test_with_everything_else_down_the_gateway_seals(world):
    world.system.start('gateway')
    world.system.stop('portal', 'accounts', 'keyserver')
    with gateways.lmtp.Lmtp(world.system.gateway_port) as client:
        assert client.send(SENDER, ['bob@mailbox.example'], letter('one'))[0].startswith('250')
    assert b'one' in gateways.opened(world.system, gateways.carrier(world.sink.wait(1)[0].data))
    refused(world.refresh(), '', world, world.file.read_bytes())


def test_run_refreshes_by_itself():
    behind = sink.Sink()
    made = system.System(BUILD, f'127.0.0.1:{behind.port}')
    log = open(made.log, 'ab')
    process = subprocess.Popen([TOOL, 'run', '-c', made.config, '--programs', BUILD, '--refresh-every', '1'], stdin=subprocess.DEVNULL,
                               stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while 'parameters-refreshed' not in made.log.read_text():
            assert time.monotonic() < deadline and process.poll() is None, made.log.read_text()[-2000:]
            time.sleep(0.05)
    finally:
        process.terminate()
        assert process.wait(60) == 0
        log.close()
        behind.close()
        made.remove()

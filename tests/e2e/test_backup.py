"""Shares of the master secret: any k of n make it again; what is damaged, swapped or altered is named; the printed code is the share."""
import itertools
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'lib'))

import district as districts  # noqa: E402
import sealed  # noqa: E402
import wire  # noqa: E402
from district import tool  # noqa: E402

PASSPHRASE = 'nine blue horses under a bridge'


class Backup:
    def __init__(self, folder, name='agency.example', needed=3, count=5):
        folder.mkdir(exist_ok=True)
        self.district = districts.District(folder, name)
        self.shares = folder / 'shares'
        self.shares.mkdir()
        done = tool('backup', '-c', self.district.config, '--needed', needed, '--shares', count, '--out', self.shares)
        assert done.returncode == 0, done.stderr
        self.texts = sorted(self.shares.glob('*.txt'))
        self.pages = sorted(self.shares.glob('*.html'))

    def fingerprint(self):
        digits = re.search('^fingerprint: (.*)$', (self.district.etc / 'master/1').read_text(), re.M)[1]
        return ' '.join(re.findall('....', digits))


@pytest.fixture(scope='module')
def backup(tmp_path_factory):
    return Backup(tmp_path_factory.mktemp('backup') / 'one')


@pytest.fixture(scope='module')
def other(tmp_path_factory):
    return Backup(tmp_path_factory.mktemp('backup') / 'other')


def rehearse(*shares):
    return tool('restore', '--rehearse', *shares)


def test_a_backup_is_a_text_and_a_page_for_each_share_and_nobody_else_s_to_read(backup):
    names = [f'share-1-{i}-of-5' for i in range(1, 6)]
    assert [path.name for path in backup.texts] == [name + '.txt' for name in names]
    assert [path.name for path in backup.pages] == [name + '.html' for name in names]
    assert {path.stat().st_mode & 0o777 for path in backup.shares.iterdir()} == {0o400}
    # No share and no page holds the secret itself.
    secret = re.search('^secrets: (.*)$', (backup.district.etc / 'master/1').read_text(), re.M)[1]
    for path in backup.shares.iterdir():
        assert secret[:40] not in path.read_text()


def test_any_three_of_five_rehearse_well_and_nothing_is_written(backup):
    before = {path: path.stat().st_mtime_ns for path in backup.district.folder.rglob('*')}
    for some in itertools.combinations(backup.texts, 3):
        done = rehearse(*some)
        assert done.returncode == 0, done.stderr
        assert backup.fingerprint() in done.stdout.decode() and 'Nothing was written' in done.stdout.decode()
    assert rehearse(*backup.texts).returncode == 0
    assert {path: path.stat().st_mtime_ns for path in backup.district.folder.rglob('*')} == before


def test_a_restored_master_secret_opens_what_was_sealed_before(backup, tmp_path):
    message = sealed.Sealed(backup.district.seal('alice@example.org'))
    district = districts.District(tmp_path)
    shutil.rmtree(district.etc / 'master')
    (district.etc / 'master').mkdir(0o700)
    passphrase = tmp_path / 'passphrase'
    passphrase.write_text(PASSPHRASE)
    passphrase.chmod(0o400)
    done = tool('restore', '--out', district.etc / 'master/1', '--passphrase', passphrase, *backup.texts[1:4])
    assert done.returncode == 0, done.stderr
    assert (district.etc / 'master/1').stat().st_mode & 0o777 == 0o400
    district.change('keyserver', 'passphrase', passphrase)
    socket = district.state / 'run/keyserver.sock'
    program = districts.Program(district, 'keyserver', socket).ready(60)
    try:
        answer = wire.ask(socket, 'KEY_OPEN', message.district, message.serial, message.address, message.period,
                          message.ciphertext, message.id, 7)
        assert answer.status == 'ok' and message.fits(answer['key'])
    finally:
        program.kill()


def test_an_unprotected_restore_is_the_file_that_was_backed_up(backup, tmp_path):
    assert tool('restore', '--out', tmp_path / '1', '--unprotected', *backup.texts[:3]).returncode == 0
    assert (tmp_path / '1').read_text() == (backup.district.etc / 'master/1').read_text()
    # Nothing is overwritten.
    done = tool('restore', '--out', tmp_path / '1', '--unprotected', *backup.texts[:3])
    assert done.returncode == 1 and b'exists' in done.stderr


def test_another_implementation_joins_the_shares(backup):
    node = ['node', districts.ROOT / 'tests/interop/share_vectors.mjs', '--join']
    done = subprocess.run([*node, *backup.texts[2:]], capture_output=True, text=True)
    assert done.stdout == 'joined\n', done.stderr
    assert subprocess.run([*node, *backup.texts[:2]], capture_output=True).returncode == 1


def copy(path, folder, change):
    text = path.read_text()
    target = folder / path.name
    target.write_text(change(text))
    assert target.read_text() != text
    return target


def named(done, path, rule):
    """Just this file is named, with this rule; nothing was done."""
    lines = done.stderr.decode().splitlines()
    assert done.returncode == 1 and done.stdout == b''
    assert len(lines) == 1 and f'{path}: {rule}' in lines[0], lines


def test_a_damaged_share_is_named(backup, tmp_path):
    one_character = copy(backup.texts[1], tmp_path, lambda text: re.sub(r'(?m)^(value: .{50}).', lambda m: m[1] + ('A' if m[0][-1] != 'A' else 'B'), text))
    named(rehearse(backup.texts[0], one_character, backup.texts[4]), one_character, 'S-2')
    cut = copy(backup.texts[1], tmp_path, lambda text: text[:-80])
    named(rehearse(backup.texts[0], cut, backup.texts[4]), cut, 'S-')


def test_every_damaged_share_is_named(backup, tmp_path):
    damaged = [copy(path, tmp_path, lambda text: text.replace('serial: 1', 'serial: 2')) for path in backup.texts[1:3]]
    done = rehearse(backup.texts[0], *damaged)
    assert [line.split(': ')[1] for line in done.stderr.decode().splitlines()] == [str(path) for path in damaged]


def test_a_swapped_share_is_named(backup, other):
    named(rehearse(backup.texts[0], other.texts[1], backup.texts[2]), other.texts[1], 'S-4: swapped or altered')


def test_two_shares_that_disagree_are_both_named(backup, other):
    done = rehearse(backup.texts[0], other.texts[1])
    assert done.returncode == 1 and done.stderr.count(b'S-7') == 2


def test_doubled_and_missing_shares_are_said(backup):
    done = rehearse(backup.texts[0], backup.texts[1], backup.texts[0])
    assert done.returncode == 1 and b'S-5: share 1 is given twice' in done.stderr
    done = rehearse(*backup.texts[:2])
    assert done.returncode == 1 and b'S-6: 2 of the 3 shares that are needed' in done.stderr


def test_a_restore_that_fails_writes_nothing(backup, other, tmp_path):
    for shares in (backup.texts[:2], [*backup.texts[:2], other.texts[4]]):
        assert tool('restore', '--out', tmp_path / '1', '--unprotected', *shares).returncode == 1
        assert not (tmp_path / '1').exists()


@pytest.mark.parametrize('arguments', [
    (), ('x',), ('--rehearse',), ('--out', 'x', 'y'), ('--rehearse', '--out', 'x', '--unprotected', 'y'),
    ('--out', 'x', '--unprotected', '--passphrase', 'z', 'y'), ('--rehearse', '--unprotected', 'y')])
def test_restore_says_how_it_is_used(arguments, tmp_path):
    done = tool('restore', *arguments, cwd=tmp_path)
    assert done.returncode == 64 and b'usage: securemail restore' in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize('needed, count', [(1, 3), (4, 3), (3, 17), (0, 0), ('x', 3)])
def test_backup_says_how_it_is_used(backup, tmp_path, needed, count):
    done = tool('backup', '-c', backup.district.config, '--needed', needed, '--shares', count, '--out', tmp_path)
    assert done.returncode == 64 and list(tmp_path.iterdir()) == []


def test_a_backup_that_fails_leaves_nothing(backup, tmp_path):
    (tmp_path / 'share-1-2-of-3.html').write_text('precious')
    done = tool('backup', '-c', backup.district.config, '--needed', 2, '--shares', 3, '--out', tmp_path)
    assert done.returncode == 1 and b'share-1-2-of-3.html' in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ['share-1-2-of-3.html']
    assert tool('backup', '-c', backup.district.config, '--needed', 2, '--shares', 3, '--out', tmp_path, '--serial', 9).returncode == 1


def picture(page, folder):
    """What a printer would print, roughly; 16 shares are the longest text."""
    subprocess.run(['chromium', '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
                    '--disable-background-networking', '--disable-component-update', '--disable-sync',
                    f'--user-data-dir={folder}/chromium', '--window-size=900,1500', '--force-device-scale-factor=2',
                    f'--screenshot={folder}/page.png', f'file://{page}'], check=True, capture_output=True, timeout=120)
    return folder / 'page.png'


@pytest.mark.parametrize('count', [5, 16])
def test_the_printed_code_is_the_share(tmp_path, count):
    backup = Backup(tmp_path / 'made', 'a-district-with-a-rather-long-name.agency.commonwealth.example', 3, count)
    done = subprocess.run(['zbarimg', '--raw', '-q', '--nodbus', picture(backup.pages[1], tmp_path)], capture_output=True, timeout=60)
    text = backup.texts[1].read_text()
    assert done.stdout.decode() == text + '\n', 'zbarimg ends what it read with a line end'
    # The same text stands on the page for those who type, and nothing is loaded or run.
    page = backup.pages[1].read_text()
    assert re.search(r'<pre>(.*?)</pre>', page, re.S)[1] == text
    assert '<script' not in page and 'http' not in page.replace('http-equiv', '')

"""The walls between the rooms, and the habits of the tree: what the compiler does not check."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get('SECUREMAIL_BUILD', ROOT / 'build'))

# A foreign header → the only folders that may include it.
FENCED = {
    r'sqlite3\.h': ['lib/store/'],
    r'gmime/': ['lib/mail/'],
    r'microhttpd\.h': ['lib/http/'],
    r'ini\.h': ['lib/config/'],
    r'blst(_aux)?\.h': ['lib/ibe/', 'lib/master/', 'bench/', 'tests/'],
    r'sodium\.h': ['lib/base/', 'lib/sign/', 'lib/ibe/', 'lib/master/', 'lib/envelope/', 'lib/smtp/', 'accounts/',
                   'portal/', 'lib/http/', 'cli/', 'bench/', 'tests/'],
    r'openssl/': ['lib/ibe/', 'lib/master/', 'lib/envelope/', 'lib/smtp/', 'lib/base/', 'bench/', 'tests/',
                  'keyserver/', 'accounts/'],
    r'seccomp\.h|linux/landlock\.h': ['lib/base/'],
    r'zxcvbn\.h': ['accounts/'],
    r'idn2\.h|uninorm\.h': ['lib/ibe/'],
}

# What a program's card forbids, as symbols that must not occur in it, defined or wanted.
FORBIDDEN = {
    'gateway/securemail-gateway': ['master_', 'sqlite3_', 'MHD_', 'store_', 'wire_', 'execve', 'execvp', 'system'],
    'portal/securemail-portal': ['master_', 'sqlite3_', 'store_', 'policy_', 'execve', 'execvp', 'system'],
    'accounts/securemail-accounts': ['master_', 'g_mime_', 'MHD_', 'envelope_', 'carrier_', 'policy_', 'execve', 'execvp', 'system'],
    'keyserver/securemail-keyserver': ['sqlite3_', 'g_mime_', 'MHD_', 'store_', 'smtp_', 'policy_', 'execve', 'execvp', 'system',
                                       'getaddrinfo'],
    'cli/securemail': ['master_', 'sqlite3_', 'MHD_'],
}


def tracked(*patterns):
    found = subprocess.run(['git', 'ls-files', '-co', '--exclude-standard', *patterns], cwd=ROOT, text=True,
                           capture_output=True, check=True).stdout.split()
    return sorted(name for name in found if (ROOT / name).exists())


def test_foreign_headers_stay_in_their_rooms():
    wrong = []
    for name in tracked('*.c', '*.h'):
        for header in re.findall(r'^#include <([^>]+)>', (ROOT / name).read_text(), re.M):
            wrong += [f'{name}: {header}' for pattern, rooms in FENCED.items()
                      if re.match(pattern, header) and not name.startswith(tuple(rooms))]
    assert not wrong


def test_foreign_mail_is_taken_apart_in_cells_alone():
    """Whoever includes the room mail's header: the room itself, the viewer, and the inspector (decision 11)."""
    who = {str(pathlib.Path(name).parent) for name in tracked('*.c', '*.h') if '#include "view.h"' in (ROOT / name).read_text()}
    assert who == {'lib/mail', 'lib/inspect', 'portal'}
    inspect = (ROOT / 'lib/inspect/inspect.c').read_text()
    assert inspect.index('room_enter_cell(') < inspect.index('return inspect_mail('), 'first the cell, then the letter'
    callers = [name for name in tracked('*.c') if 'inspect_mail(' in (ROOT / name).read_text()]
    assert callers == ['lib/inspect/fuzz_inspect.c', 'lib/inspect/inspect.c', 'lib/inspect/inspect_mail.c']


def test_includes_do_not_climb_or_reach_into_private_headers():
    wrong = []
    for name in tracked('*.c', '*.h'):
        for header in re.findall(r'^#include "([^"]+)"', (ROOT / name).read_text(), re.M):
            private = header.endswith('_private.h') and not (ROOT / name).with_name(header).exists()
            if '/' in header or private:
                wrong.append(f'{name}: {header}')
    assert not wrong


@pytest.mark.parametrize('program', FORBIDDEN)
def test_programs_lack_what_their_cards_forbid(program):
    symbols = []
    for options in ([], ['-D']):
        listing = subprocess.run(['nm', *options, BUILD / program], text=True, capture_output=True)
        symbols += [line.split()[-1].split('@')[0] for line in listing.stdout.splitlines() if line.split()]
    assert len(symbols) > 50, 'the program has no symbols to look at'
    found = [s for s in symbols for f in FORBIDDEN[program] if s == f or (f.endswith('_') and s.startswith(f))]
    assert not found


@pytest.mark.parametrize('program', FORBIDDEN)
def test_programs_are_hardened(program):
    header = subprocess.run(['readelf', '-hldW', BUILD / program], text=True, capture_output=True, check=True).stdout
    assert 'DYN (' in header, 'position independent'
    assert 'BIND_NOW' in header or 'NOW' in header
    assert 'GNU_RELRO' in header
    assert re.search(r'GNU_STACK.*RW\s', header), 'no executable stack'


def test_pitfall_13_the_curve_library_hashes_nothing_but_points():
    """Every hash of ours is made by suite.c on libsodium; blst's SHA-256 stays inside hashing to the curve."""
    for name in tracked('lib/ibe/*.c', 'lib/master/*.c'):
        text = (ROOT / name).read_text()
        assert 'blst_sha256' not in text and 'blst_expand_message' not in text, name
        if 'test_' not in name and name != 'lib/ibe/suite.c':
            assert not re.search(r'crypto_hash_|EVP_Digest|SHA256\(', text), name


def test_every_room_has_its_card():
    rooms = sorted({str(pathlib.Path(name).parent) for name in tracked('*.c')}
                   - {'bench'} - {n for n in map(str, (ROOT / 'tests').rglob('*'))})
    for room in rooms:
        if room.startswith('tests'):
            continue
        card = (ROOT / room / 'README.md').read_text()
        for word in ('Purpose', 'Holds', 'May use', 'Must never', 'Trusts', 'Read first'):
            assert word in card, f'{room}: no {word}'


def test_every_file_says_its_place():
    for name in tracked('*.c', '*.h'):
        first = (ROOT / name).read_text()[:200]
        assert first.startswith('/* SPDX-License-Identifier: Apache-2.0'), name


def test_every_test_and_fuzz_target_is_built():
    for name in tracked('test_*.c', '*/test_*.c', '*/fuzz_*.c'):
        path = ROOT / name
        if path.name == 'fuzz_replay.c':
            continue
        text = ''.join((folder / 'meson.build').read_text() for folder in (path.parent, path.parent.parent)
                       if (folder / 'meson.build').exists())
        # A meson file may make the name from a list of words: the whole of it, or what follows the first one or two.
        words = path.stem.split('_')
        names = ['_'.join(words[i:]) for i in range(min(3, len(words)))]
        assert any(name in text for name in (path.name, *(f"'{name}'" for name in names if name))), \
            f'{path} is in no meson.build'


def test_every_fuzz_target_has_a_corpus():
    for name in tracked('*/fuzz_*.c'):
        target = pathlib.Path(name).stem.removeprefix('fuzz_')
        if target != 'replay':
            assert any((ROOT / 'tests/corpus' / target).iterdir()), target


def test_sizes():
    done = subprocess.run([ROOT / 'tools/check-sizes'], text=True, capture_output=True)
    assert done.returncode == 0, done.stdout


def test_manual_pages_are_well_formed():
    pages = tracked('docs/man/*')
    assert pages
    for page in pages:
        done = subprocess.run(['mandoc', '-T', 'lint', '-W', 'warning', ROOT / page], text=True, capture_output=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_program_has_a_manual_page():
    for program in [pathlib.Path(p).name for p in FORBIDDEN]:
        assert tracked(f'docs/man/{program}.*'), program


def test_every_setting_is_in_the_manual():
    """The table in the code is the truth; the manual page is made from it."""
    made = subprocess.run([BUILD / 'cli/securemail', 'settings', '--manual'], text=True, capture_output=True,
                          check=True).stdout
    assert made.strip() in (ROOT / 'docs/man/securemail.conf.5').read_text()


def test_log_events_are_documented():
    text = (ROOT / 'docs/guide/log-events.md').read_text()
    documented = set(re.findall(r'^\| `([a-z-]+)`', text, re.M))
    logged = set()
    for name in tracked('*.c'):
        if pathlib.Path(name).name.startswith('test_'):
            continue
        logged |= set(re.findall(r'\blog_(?:error|warn|info|debug)\(\s*"([a-z-]+)"', (ROOT / name).read_text()))
    assert logged, 'nothing is logged?'
    assert logged - documented == set(), 'not documented'
    assert documented - logged == set(), 'documented, but never logged'


def test_nothing_names_a_machine():
    for name in tracked():
        path = ROOT / name
        if path.suffix in ('.png',) or 'corpus' in path.parts or 'vectors' in path.parts:
            continue
        text = path.read_text(errors='replace')
        assert str(ROOT) + '/' not in text, name
        assert '"resolved"' not in text or path.suffix != '.json', name


def test_links_in_documents_lead_somewhere():
    for name in tracked('*.md'):
        for target in re.findall(r'\]\(([^)#\s]+)', (ROOT / name).read_text()):
            if not re.match(r'[a-z]+:', target):
                assert (ROOT / name).parent.joinpath(target).exists(), f'{name}: {target}'


def test_shell_scripts_parse():
    for name in tracked('tools/*', '.ci/run'):
        path = ROOT / name
        if path.read_text().startswith('#!/bin/sh'):
            assert shutil.which('sh')
            subprocess.run(['sh', '-n', path], check=True)


def test_continuous_integration_runs_the_test_command_of_the_readme():
    assert (ROOT / '.ci/run').read_text().rstrip().endswith('exec make test')
    readme = (ROOT / 'README.md').read_text()
    first = readme.split('```')[1]
    assert re.findall(r'^make \w+', first, re.M) == ['make demo', 'make test']

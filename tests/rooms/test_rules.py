# SPDX-License-Identifier: Apache-2.0
"""Every rule of docs/spec is named by a test, and no test names a rule that is not there.

A test names a rule in its text (`E-17`), in a function's name (`e17_…`, `S_4_…`, `test_G_8_…`), or in the name of a vector
(`refused_I-3_infinity.txt`, `E-07_mac_long.txt`). A range (`I-5 to I-8`) proves none of its rules, and the comment at
a file's head, which says what the file is about, does not either; neither may speak of a rule that is not there."""
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
LETTERS = 'AIPMSGECWKLV'
RANGE = re.compile(rf'\b[{LETTERS}]-\d+ ?(?:to|and up to|…|–|\.\.+|-) ?[{LETTERS}]-\d+')
HEAD = re.compile(r'\A(?:\s*(?:#(?!include|define|if)[^\n]*\n|/\*.*?\*/|//[^\n]*\n|""".*?"""))+', re.S)
DEFINED = re.compile(rf'^(?:\| |\* |\*\*)([{LETTERS}])-(\d+)(?: |\.\*\*)', re.M)  # a row, an item, a paragraph
IN_TEXT = re.compile(rf'(?<![\w-])([{LETTERS}])-0*(\d+)(?![\w.])|(?<![\w-])([{LETTERS}])-0*(\d+)(?=\.(?:\s|$))')
IN_FUNCTION = re.compile(rf'\b(?:test_)?([{LETTERS}{LETTERS.lower()}])_?(\d+)_[a-z]|_and_([{LETTERS}])_(\d+)_')
IN_VECTOR = re.compile(rf'(?:^|_)([{LETTERS}])-0*(\d+)_')


def tracked():
    return subprocess.run(['git', 'ls-files'], cwd=ROOT, text=True, capture_output=True, check=True).stdout.splitlines()


def rules(pattern, text):
    for match in pattern.finditer(text):
        letter, number = [group for group in match.groups() if group]
        yield f'{letter.upper()}-{int(number)}'


def is_test(path):
    return re.match(r'test_|ctime', path.name) and path.suffix in ('.c', '.py', '.mjs') and path.name != 'test_rules.py'


def proven_by(text):
    """The rules that a test's text proves: those it names singly, behind its head."""
    text = RANGE.sub('', HEAD.sub('', text))
    return {*rules(IN_TEXT, text), *rules(IN_FUNCTION, text)}


def mentioned_in(text):
    return {*rules(IN_TEXT, text), *rules(IN_FUNCTION, text)}


def named(names_in=proven_by):
    found = {}
    for path in map(pathlib.Path, tracked()):
        names = set()
        if is_test(path):
            names = names_in((ROOT / path).read_text())
        elif path.is_relative_to('tests/vectors') and path.name != 'README.md':
            names = set(rules(IN_VECTOR, path.name))
        for name in names:
            found.setdefault(name, path)
    return found


def defined():
    rows = [rule for path in sorted((ROOT / 'docs/spec').glob('*.md')) for rule in rules(DEFINED, path.read_text())]
    assert len(rows) == len(set(rows)), 'a rule is defined twice'
    return set(rows)


def test_rules_are_numbered_without_gaps():
    rows = defined()
    for letter in LETTERS:
        numbers = sorted(int(rule[2:]) for rule in rows if rule[0] == letter)
        assert numbers == list(range(1, len(numbers) + 1)), letter


def test_every_rule_is_named_by_a_test():
    assert sorted(defined() - set(named())) == []


def test_no_test_names_a_rule_that_is_not_there():
    assert {rule: str(path) for rule, path in named(mentioned_in).items() if rule not in defined()} == {}


def test_no_code_nor_specification_names_a_rule_that_is_not_there():
    """A range names its two ends."""
    known = defined()
    assert {str(path): lost for path in map(pathlib.Path, tracked())
            if path.suffix in ('.c', '.h', '.js', '.mjs') or path.is_relative_to('docs/spec') or path.parts[0] == 'tests' and path.suffix == '.md'
            if (lost := mentioned_in((ROOT / path).read_text()) - known)} == {}


def test_heads_and_ranges_prove_nothing():
    head = '# SPDX-License-Identifier: Apache-2.0\n"""What E-1 says."""\n'
    assert proven_by(head + 'x = 1  # E-2\n') == {'E-2'}
    assert proven_by('/* SPDX */\n/* E-1. */\n#include "a.h"\n/* E-3 to E-9, E-13…E-17, E-22–E-26 */ f("E-2");\n') == {'E-2'}
    assert mentioned_in(head) == {'E-1'}


def test_every_version_in_the_code_is_in_the_registry():
    """The tags, names and numbers that a successor must change."""
    registry = (ROOT / 'docs/spec/README.md').read_text()
    pattern = re.compile(r'SECUREMAIL-V\d\d-(?:BFKEM|HYBRID|[A-Z]{3,})|"(securemail-[a-z-]*v\d+)|"(securemail-(?:master|share): \d|securemail-key-log(?:-head)? \d)|(securemail/ibe\d)')
    found = {match[1] or match[2] or match[3] or match[0]
             for path in map(pathlib.Path, tracked()) if path.suffix in ('.c', '.h') and not is_test(path)
             for match in pattern.finditer((ROOT / path).read_text())}
    assert len(found) >= 13, found
    assert {name for name in found if name not in registry} == set()

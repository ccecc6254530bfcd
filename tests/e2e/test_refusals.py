# SPDX-License-Identifier: Apache-2.0
"""Messages that are refused: each time the right status, a page that says what happened and what to do, and nothing stored."""
import base64
import re

import pytest

import carriers
import letters
import system

PROGRAMS = ('keyserver', 'accounts', 'portal')  # nobody needs the gateway to read
ALICE, BOB, CAROL = 'alice@mailbox.example', 'bob@mailbox.example', 'carol@mailbox.example'
LETTER = letters.plain(ALICE)
LONG_AGO = '2026-03-02T12:00:00Z'


def register(world, address, page):
    reader = world.reader(address)
    return reader, reader.confirm(reader.register(carriers.press(reader.client, page, world.folder)))


def refused(page, status, heading, advice):
    """A page for a person: what happened, and what to do."""
    assert page.status == status, page.text
    assert heading in page.text and advice in page.text, page.text
    assert 'What you can do' in page.text and 'Help desk: help@agency.example' in page.text


@pytest.fixture
def nothing_stored(world):
    """The spool is after the test what it was before: at the very moment of the answer."""
    before = sorted(world.spooled())
    yield
    assert sorted(world.spooled()) == before


@pytest.fixture(scope='module')
def sealed(world):
    return world.system.seal(LETTER, ALICE)


@pytest.fixture(scope='module')
def other(make_world):
    """Another organisation, which nobody here knows: its keys are there, its programs don't run."""
    return make_world(programs=())


def configured(world, name, settings):
    """A copy of the configuration with other settings, for sealing by hand."""
    path = world.folder / name
    path.write_text(system.with_settings(world.system.config.read_text(), settings))
    return path


# --- handed in by the button, or as a file -----------------------------------------------------------------------------

NOT_GENUINE = (422, 'This message is not genuine, or it was changed', 'do not trust the mail it came with')
DAMAGED = (422, 'This message is damaged or not complete', 'Save the attachment to your device first')
INCOMPLETE = (422, 'This message is incomplete', 'Save the attachment to your device first')
NOT_SIGNED = (422, 'This message is not signed', 'do not trust the mail it came with')
NO_MESSAGE = (422, 'This file is not a secure message', 'Choose the attachment itself')


def change(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def in_payload(age, signature):
    return change(age, len(age) - 40), signature


def in_stanza(age, signature):
    """One character of the sealed key, replaced by another of the same alphabet: still well formed."""
    start = age.index(b'\n', age.index(b'-> securemail/ibe1')) + 100
    return age[:start] + (b'A' if age[start:start + 1] != b'A' else b'B') + age[start + 1:], signature


def to_somebody_else(age, signature):
    """The identity, rewritten to another address of the same length."""
    found = re.search(rb'-> securemail/ibe1 (\S+)', age)
    identity = base64.b64decode(found[1] + b'=' * (-len(found[1]) % 4))
    assert b'alice@' in identity
    return age.replace(found[1], base64.b64encode(identity.replace(b'alice@', b'mally@')).rstrip(b'=')), signature


def in_mac(age, signature):
    at = age.index(b'\n--- ') + 10
    return age[:at] + (b'A' if age[at:at + 1] != b'A' else b'B') + age[at + 1:], signature


def in_signature(age, signature):
    lines = signature.splitlines()
    lines[1] = lines[1][:40] + ('A' if lines[1][40] != 'A' else 'B') + lines[1][41:]
    return age, '\n'.join(lines) + '\n'


def in_expiry(age, signature):
    """The comment that promises how long the message can be opened is signed too."""
    return age, re.sub(r'expires=\d+', 'expires=4000000000', signature)


CHANGES = [(in_payload, NOT_GENUINE), (in_stanza, NOT_GENUINE), (to_somebody_else, NOT_GENUINE), (in_mac, NOT_GENUINE),
           (in_signature, NOT_GENUINE), (in_expiry, NOT_GENUINE),
           (lambda age, signature: (age[:-30], signature), NOT_GENUINE),
           (lambda age, signature: (age + b'more', signature), NOT_GENUINE),
           (lambda age, signature: (b'age-encryption.org/v9' + age[21:], signature), DAMAGED),
           (lambda age, signature: (age, ''), NOT_SIGNED),
           (lambda age, signature: (age, 'untrusted comment: signature\nAAAA\n'), NOT_GENUINE)]


@pytest.mark.parametrize('change_it, expected', CHANGES, ids=[
    'payload', 'stanza', 'identity', 'mac', 'signature', 'expiry', 'cut', 'extended', 'version', 'unsigned', 'no-signature'])
@pytest.mark.parametrize('way', ['button', 'file'])
def test_a_changed_message_is_refused(world, visitor, sealed, change_it, expected, way, nothing_stored):
    age, signature = carriers.take_apart(sealed)
    page = carriers.put_together(sealed, *change_it(age, signature))
    assert page != sealed
    if way == 'button':
        answer = carriers.press(visitor, page, world.folder)
    else:
        answer = carriers.upload(visitor, world.system.url, page)
    refused(answer, *expected)


def test_the_same_page_put_together_unchanged_is_taken(world, visitor, sealed):
    """Control: it is the change that is refused, not the tool that made it."""
    page = carriers.put_together(sealed, *carriers.take_apart(sealed))
    assert carriers.press(visitor, page, world.folder).status == 200
    assert len(world.spooled()) == 1
    for path in world.spooled():
        path.unlink()


@pytest.mark.parametrize('last, expected', [(b'AGE ENCRYPTED FILE-----', INCOMPLETE), (b'END AGE', INCOMPLETE), (b'name="signature"', INCOMPLETE),
                                            (b'trusted comment', INCOMPLETE), (b'<h2>', NO_MESSAGE)],
                         ids=['message', 'end', 'behind', 'signature', 'head'])
def test_a_page_that_was_cut_on_its_way_is_called_incomplete(world, visitor, sealed, last, expected, nothing_stored):
    cut = sealed[:sealed.index(last) + len(last)]
    refused(carriers.upload(visitor, world.system.url, cut), *expected)


@pytest.mark.parametrize('content', [b'%PDF-1.4 a report', b'<html><body>a page</body></html>', bytes(range(256)) * 300],
                         ids=['pdf', 'page', 'binary'])
def test_another_file_is_called_that(world, visitor, content, nothing_stored):
    refused(carriers.upload(visitor, world.system.url, content), *NO_MESSAGE)


@pytest.mark.parametrize('value, expected', [
    ('', DAMAGED), (None, (400, 'There was no message', 'Choose the saved attachment'))], ids=['emptied', 'left-out'])
def test_a_button_whose_message_was_taken_away(world, visitor, sealed, value, expected, nothing_stored):
    """As by a program between browser and portal that thinks the field too long."""
    path = world.folder / 'SecureMessage.html'
    path.write_bytes(sealed)
    page = visitor.open_file(path)
    refused(visitor.submit(page, page.form('message'), {'message': value, 'signature': value}, origin='null'), *expected)


def test_a_message_sealed_here_but_signed_by_somebody_else_is_refused(world, visitor, other, nothing_stored):
    """Sealing needs only public parameters: whoever can read them can seal. The signature tells."""
    config = configured(world, 'forger.conf', {'gateway': {'signing-key': other.system.folder / 'etc/signing.key'}})
    refused(carriers.press(visitor, world.system.seal(LETTER, ALICE, config=config), world.folder), *NOT_GENUINE)


def test_a_message_of_another_organisation_is_refused(world, visitor, other, nothing_stored):
    page = other.system.seal(LETTER, ALICE).replace(other.system.url.encode(), world.system.url.encode())
    refused(carriers.press(visitor, page, world.folder), *NOT_GENUINE)


def test_an_expired_message_is_refused_with_its_day(world, visitor, nothing_stored):
    answer = carriers.press(visitor, world.system.seal(LETTER, ALICE, time=LONG_AGO), world.folder)
    refused(answer, 410, 'This message can’t be opened any more', 'Ask its sender to send it again')
    assert 'It could be opened until' in answer.text and '2026' in answer.text


# --- opened ----------------------------------------------------------------------------------------------------------

def test_expiry_holds_whatever_the_envelope_promises(world):
    """Sealed long ago by a gateway that was set to another lifetime: the keyserver goes by its own."""
    config = configured(world, 'generous.conf', {'district': {'lifetime': '3650 days'}})
    _, page = register(world, BOB, world.system.seal(LETTER, BOB, time=LONG_AGO, config=config))
    refused(page, 410, 'This message can’t be opened any more', 'Ask its sender to send it again')


def test_a_wrong_password_opens_nothing_and_says_so(world):
    reader, page = register(world, ALICE, world.system.seal(LETTER, ALICE))
    reader.sign_out(reader.read(page, LETTER))
    page = carriers.press(reader.client, world.system.seal(LETTER, ALICE), world.folder)
    for password in ('not the password', ''):
        answer = reader.client.submit(page, page.form('password'), {'password': password})
        assert answer.status in (403, 422) and 'Please check' in answer.title
        assert re.search('Address or password is not right|Type your password', answer.text)
        assert 'session' not in reader.client.cookies
    reader.read(reader.sign_in(answer), LETTER)


def test_an_unknown_address_looks_like_a_wrong_password(world, visitor):
    """Whoever asks learns nothing about who has an account."""
    seen = []
    for address in (ALICE, 'nobody@mailbox.example'):
        page = visitor.get(world.system.url + '/sign-in')
        page = visitor.submit(page, page.form('address'), {'address': address})
        answer = visitor.submit(page, page.form('password'), {'password': 'a guess of mine'})
        seen.append((page.status, page.text.replace(address, ''), answer.status, answer.text.replace(address, '')))
    assert seen[0] == seen[1] and seen[0][2] == 403


def test_signed_in_as_another_address(world):
    """The page says whom the message is for, shows nothing of it, and leads to signing in as that one."""
    reader, page = register(world, CAROL, world.system.seal(letters.plain(CAROL), CAROL))
    assert page.status == 200
    letter = letters.plain(ALICE, 'a word for Alice')
    answer = carriers.press(reader.client, world.system.seal(letter, ALICE), world.folder)
    assert answer.status == 403 and 'This message is addressed to another address' in answer.text
    assert ALICE in answer.text and CAROL in answer.text and 'tell the help desk' in answer.text
    for part in ('', '/body', '/message.eml', '/part/1/view', '/part/1/download'):
        again = reader.client.get(answer.url + part)
        assert again.status == 403 and b'a word for Alice' not in again.body
    form = next(form for form in answer.forms if 'message' in form.names())
    page = reader.client.submit(answer, form)
    assert 'Sign in' in page.text and ALICE in [field[1] for field in page.form('password').fields]
    reader.reader = ALICE
    reader.read(reader.sign_in(page), letter)


def test_a_message_of_a_district_whose_key_is_not_here(world, other):
    """Signed by our key, but sealed with parameters of others: the keyserver has no key for it."""
    other_config = other.system.config.read_text()
    authority = re.search(r'^authority = (.*)$', other_config, re.M)[1]
    config = configured(world, 'strange.conf', {'district': {'parameters': other.system.folder / 'etc/public/parameters',
                                                             'authority': authority}})
    _, page = register(world, 'dave@mailbox.example', world.system.seal(LETTER, 'dave@mailbox.example', config=config))
    refused(page, 422, 'This message can’t be opened', 'Ask')

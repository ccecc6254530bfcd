# SPDX-License-Identifier: Apache-2.0
"""A program that is missing: the gateway goes on sealing, the portal says "try again in a moment" and keeps what was handed in."""
import carriers
import letters
import story

PROGRAMS = ('gateway',)  # alone, at first
ALICE, BOB = 'alice@mailbox.example', 'bob@mailbox.example'


def busy(page):
    assert page.status == 503 and 'Please try again in a moment' in page.text and 'Nothing is lost' in page.text, page.text
    assert page.headers['retry-after'].isdigit()


def test_the_gateway_seals_while_everything_else_is_down_and_the_message_opens_later(world):
    letter = letters.plain(BOB)
    reader = world.reader(BOB)
    path = reader.deliver(letter)
    world.system.start('keyserver', 'accounts', 'portal')
    page = reader.confirm(reader.register(reader.press(path)))
    reader.sign_out(reader.read(page, letter))


def test_without_keyserver_the_upload_is_kept_and_opens_after_its_return(world):
    reader, letter = world.reader(ALICE), letters.plain(ALICE)
    first = letters.with_picture_and_pdf(ALICE)
    page = reader.confirm(reader.register(reader.press(reader.deliver(first))))
    path = reader.deliver(letter)

    assert world.system.stop('keyserver') == [0]
    kept = world.spooled()
    answer = reader.press(path)
    busy(answer)
    assert len(world.spooled()) == len(kept) + 1
    # What was opened before is still open: its key is in the portal's memory.
    assert story.whole_mail(reader.client, reader.client.get(page.url)) == first

    world.system.start('keyserver')
    reader.read(reader.client.get(answer.url), letter)
    assert len(world.spooled()) == len(kept) + 1, 'nothing had to be handed in again'


def test_without_accounts_the_upload_is_kept_and_opens_after_its_return(world):
    reader, letter = world.reader('carol@mailbox.example'), letters.plain('carol@mailbox.example')
    path = reader.deliver(letter)
    assert world.system.stop('accounts') == [0]
    answer = reader.press(path)
    busy(answer)
    # What needs no account is there.
    assert reader.client.get(world.system.url + '/help').status == 200
    assert reader.client.get(world.system.url + '/').status == 200
    # Letters still go in and come out sealed.
    carrier = reader.deliver(letters.plain(ALICE))
    assert carriers.take_apart(carrier.read_bytes())

    world.system.start('accounts')
    page = reader.client.get(answer.url)
    reader.read(reader.confirm(reader.register(page)), letter)


def test_a_form_sent_while_accounts_is_away_keeps_what_was_typed(world):
    reader = world.reader('dave@mailbox.example')
    letter = letters.plain('dave@mailbox.example')
    page = reader.press(reader.deliver(letter))
    world.system.stop('accounts')
    form = page.form('terms')
    answer = reader.client.submit(page, form, {'name': 'Dave Distinct', 'password': story.PASSWORD, 'again': story.PASSWORD,
                                               'question': '2', 'answer': 'Rex', 'terms': 'yes'})
    assert answer.status == 503 and 'try again in a moment' in answer.text
    assert [value for name, value, _ in answer.form('terms').fields if name == 'name'] == ['Dave Distinct']
    world.system.start('accounts')
    reader.read(reader.confirm(reader.register(answer)), letter)


def test_a_session_survives_a_restart_of_accounts_and_of_the_portal(world):
    """The portal forgets what it kept (it is only a copy), says so, and opens it again without asking for the password."""
    reader, letter = world.reader('erin@mailbox.example'), letters.plain('erin@mailbox.example')
    path = reader.deliver(letter)
    page = reader.confirm(reader.register(reader.press(path)))
    assert world.system.stop('accounts') == [0]
    world.system.start('accounts')
    reader.read(reader.client.get(page.url), letter)

    assert world.system.stop('portal') == [0]
    world.system.start('portal')
    gone = reader.client.get(page.url)
    assert gone.status == 410 and 'safe in your mailbox' in gone.text and 'Open the attachment again' in gone.text
    assert world.spooled() == []
    reader.sign_out(reader.read(reader.press(path), letter))

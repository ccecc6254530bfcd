# SPDX-License-Identifier: Apache-2.0
"""A random word stands in each letter. After the whole story it is found nowhere but where its reader saw it."""
import base64
import email.message
import email.policy
import quopri
import secrets
import urllib.parse
import zlib

import letters
import story

RULES = '[policy "colleagues"]\nrecipient-domain = agency.example\naction = pass\n'
SENDER = 'dana.whitfield@agency.example'


def spellings(word):
    """The word as a file may hold it: plain, in base64 at each of the three offsets, in quoted-printable, UTF-16, hex, reversed."""
    yield from (word, word.hex().encode(), word.hex().upper().encode(), word.decode().encode('utf-16-le'), word[::-1],
                quopri.encodestring(word))
    for offset in range(3):
        text = base64.b64encode(b'\0' * offset + word)
        # The first and last characters depend on what stands around.
        yield text[4 if offset else 0:-4]


def holders(folder, words):
    """The files of a folder that hold one of the words, looked into as they are and, where they are compressed, inside."""
    found = []
    for path in folder.rglob('*'):
        if not path.is_file():
            continue
        content = path.read_bytes()
        try:
            content += zlib.decompressobj(47).decompress(content)
        except zlib.error:
            pass
        if any(spelling in content for word in words for spelling in spellings(word)) or \
                any(word in path.name.encode() for word in words):
            found.append(path)
    return found


def letter_with(words, to):
    """The words in the subject's place, the body, a formatted body, an attachment and its name."""
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message['From'], message['To'] = SENDER, to
    message['Subject'] = f'Secure: {words["header"]}'
    message['X-Word'] = words['hidden']
    message.set_content(f'{words["text"]}\n')
    message.add_alternative(f'<p>{words["formatted"]}<img src="cid:a@b.example">', subtype='html')
    message.get_payload()[1].add_related(letters.picture() + words['picture'].encode(), 'image', 'png', cid='<a@b.example>')
    message.add_attachment(words['attachment'].encode() * 10, 'text', 'plain', filename=f'{words["name"]}.txt')
    return message.as_bytes()


def some_words():
    return {place: 'w' + secrets.token_hex(12) for place in
            ('header', 'hidden', 'text', 'formatted', 'picture', 'attachment', 'name')}


def read_everything(reader, page):
    """All that a reader can look at; returns everything he was shown."""
    seen = [page.body, story.whole_mail(reader.client, page)]
    body = reader.client.get(urllib.parse.urljoin(page.url, next(f for f in page.frames if f.endswith('/body'))))
    seen.append(body.body)
    seen += [reader.client.get(urllib.parse.urljoin(body.url, image)).body for image in body.frames if image]
    for words in ('Plain text', 'View', 'Download'):
        seen.append(reader.client.get(page.link(words)).body)
    return b'\n'.join(seen)


def test_no_word_of_a_letter_is_found_but_on_its_readers_page(world):
    words = some_words()
    letter = letter_with(words, 'alice@mailbox.example')
    reader = world.reader('alice@mailbox.example')
    page = reader.confirm(reader.register(reader.press(reader.deliver(letter))))
    seen = read_everything(reader, page)
    for place, word in words.items():
        assert word.encode() in seen, f'the reader saw the word of the {place}'
    # The subject stays readable in the mail that carries the letter: the notice says what it is about. Nothing else does.
    secret = [word.encode() for place, word in words.items() if place != 'header']
    running = holders(world.folder, secret)
    reader.sign_out(page)
    assert running == [] and holders(world.folder, secret) == []
    # The subject is in the carrier mail (that is where it shows), and in no file of ours: spool, databases, logs.
    assert {path.relative_to(world.folder).parts[0] for path in holders(world.folder, [words['header'].encode()])} == {'mailboxes'}

    # What people typed to prove who they are is nowhere either.
    assert holders(world.folder, [story.PASSWORD.encode(), b'Miss Harding']) == []


def test_a_large_letter_that_goes_through_a_file_leaves_no_word(world):
    words = some_words()
    message = letter_with(words, 'alice@mailbox.example').replace(
        words['attachment'].encode(), words['attachment'].encode() + b'\r\n' + b'0123456789abcdef\r\n' * 500_000)
    reader = world.reader('alice@mailbox.example')
    page = reader.sign_in(reader.press(reader.deliver(message)))
    assert words['text'].encode() in reader.client.get(page.link('Plain text')).body
    secret = [word.encode() for place, word in words.items() if place != 'header']
    assert holders(world.folder, secret) == []
    reader.sign_out(page)


def test_a_letter_whose_connection_breaks_leaves_no_word(world):
    """The mail server still has the letter; we have nothing of it."""
    words = some_words()
    message = letter_with(words, 'x@mailbox.example')
    client = story.smtplib.LMTP('127.0.0.1', world.system.gateway_port)
    client.ehlo('mail.agency.example')
    client.mail(SENDER)
    client.rcpt('x@mailbox.example')
    client.docmd('DATA')
    client.send(message[:len(message) // 2])  # and then the line breaks
    client.close()
    assert holders(world.folder, [word.encode() for word in words.values()]) == []


def test_control_the_search_finds_what_goes_in_clear(world):
    """For a colleague, to whom a rule lets the letter pass, the same words are found: in his mailbox, and only there."""
    words = some_words()
    assert story.send(world.system, letter_with(words, 'colleague@agency.example'), ['colleague@agency.example']) == {}
    for place, word in words.items():
        found = holders(world.folder, [word.encode()])
        assert found and {path.relative_to(world.folder).parts[0] for path in found} == {'mailboxes'}, place

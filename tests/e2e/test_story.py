# SPDX-License-Identifier: Apache-2.0
"""The story of a letter, from the mail server to the reader's screen and disk, through all four programs.

Whatever the letter looks like, the message that a reader saves is byte for byte the letter that went in."""
import email.message
import email.policy
import email.utils
import html
import os
import re
import urllib.parse

import pytest

import carriers
import letters
import story

RULES = '[policy "colleagues"]\nrecipient-domain = agency.example\naction = pass\n'
SENDER = 'dana.whitfield@agency.example'


def head(to, subject='Secure: a letter', **more):
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message['From'], message['To'], message['Subject'] = f'Dana <{SENDER}>', to, subject
    message['Date'] = 'Tue, 24 Nov 2026 09:00:00 +0000'
    message['Message-ID'] = email.utils.make_msgid(domain='agency.example')
    for name, value in more.items():
        message[name] = value
    return message


def carried(world, letter, recipients, options=('BODY=8BITMIME',)):
    """Send a letter; recipient → the mail that was delivered to him."""
    before = len(world.mailboxes.mails())
    assert story.send(world.system, letter, recipients, options) == {}
    mails = world.mailboxes.mails()[before:]
    assert len(mails) == len(recipients)
    return {mail['Delivered-To']: mail for mail in mails}


def opened(world, mail, reader):
    """A new reader saves the attachment, registers, confirms: the page of the message."""
    return reader.confirm(reader.register(reader.press(story.carrier_of(mail, reader.folder))))


def frame_of(reader, page):
    """The formatted text, as the frame gets it."""
    return reader.client.get(urllib.parse.urljoin(page.url, next(f for f in page.frames if f.endswith('/body'))))


def test_the_story_of_two_letters(world):
    world.reader('alice@mailbox.example').play()


# --- letters of all kinds --------------------------------------------------------------------------------------------

def text_only(to):
    message = head(to)
    message.set_content('Only text.\n.\n..two dots\n\ttab and trailing blanks   \n')
    return message.as_bytes()


def html_only(to):
    message = head(to)
    message.set_content('<p>Only <b>formatted</b>', subtype='html')
    return message.as_bytes()


def eight_bit(to):
    return (f'From: Dana <{SENDER}>\r\nTo: {to}\r\nSubject: Secure: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMIME-Version: 1.0\r\n'
            'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGrüße, 你好, \u202eזה\r\n').encode()


def latin_1(to):
    return (f'From: Dana <{SENDER}>\r\nTo: {to}\r\nSubject: Secure: latin\r\nMIME-Version: 1.0\r\n'
            'Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\nSch\xf6ne Gr\xfc\xdfe\r\n').encode('latin-1')


def five_megabytes(to):
    message = head(to)
    message.set_content('A large one.\n')
    message.add_attachment(os.urandom(5 << 20), 'application', 'zip', filename='large.zip')
    return message.as_bytes()


def no_subject(to):
    return f'From: {SENDER}\r\nTo: {to}\r\n\r\nno subject\r\n'.encode()


def empty(to):
    return f'From: {SENDER}\r\nTo: {to}\r\nSubject: Secure: empty\r\n\r\n'.encode()


def odd_header(to):
    """Folded, doubled, unusual: nothing of it may be tidied."""
    return (f'X-Odd:\t one\r\n\ttwo\r\nFrom: {SENDER}\r\nTO : {to}\r\nsubject:Secure: odd\r\nReceived: from a by b\r\nReceived: x\r\n'
            'DKIM-Signature: v=1; b=abc\r\n def\r\n\r\nbody\r\n').encode()


def forwarded(to):
    message = head(to)
    message.set_content('See the letter inside.\n')
    message.add_attachment(head('x@y.example', 'inside'))
    return message.as_bytes()


@pytest.mark.parametrize('kind, shown', [
    (text_only, 'Only text.'), (html_only, 'Only formatted'), (eight_bit, 'Grüße, 你好'), (latin_1, 'Schöne Grüße'),
    (five_megabytes, 'A large one.'), (no_subject, 'no subject'), (empty, 'Secure: empty'), (odd_header, 'body'),
    (forwarded, 'See the letter inside.')], ids=lambda value: getattr(value, '__name__', ''))
def test_what_is_saved_is_what_went_in(world, kind, shown):
    address = f'{kind.__name__}@mailbox.example'
    letter = kind(address)
    reader = world.reader(address)
    page = opened(world, carried(world, letter, [address])[address], reader)
    assert story.whole_mail(reader.client, page) == letter
    text = frame_of(reader, page).text if kind is html_only else page.text
    assert shown in text, text


def test_a_large_attachment_is_whole(world):
    address = 'downloads@mailbox.example'
    content = os.urandom(5 << 20)
    message = head(address)
    message.set_content('Text.\n')
    message.add_attachment(content, 'application', 'octet-stream', filename='data "of" 2026/11.bin')
    reader = world.reader(address)
    page = opened(world, carried(world, message.as_bytes(), [address])[address], reader)
    download = reader.client.get(page.link('Download'))
    assert download.body == content
    assert download.headers['content-disposition'].startswith('attachment')


# --- several recipients ----------------------------------------------------------------------------------------------

def test_each_recipient_has_a_copy_of_his_own_and_nothing_tells_of_a_blind_one(world):
    first, second, blind = 'first@mailbox.example', 'second@mailbox.example', 'blind-one@elsewhere.example'
    message = head(first, Cc=second)
    message.set_content('To two, and one whom they need not know.\n')
    letter = message.as_bytes()
    mails = carried(world, letter, [first, second, blind])
    assert set(mails) == {first, second, blind}

    ages = {}
    for address, mail in mails.items():
        assert mail.get_all('Delivered-To') == [address]
        page = next(mail.iter_attachments()).get_payload(decode=True)
        ages[address], signature = carriers.take_apart(page)
        everything = b''.join([mail.as_bytes(), page, ages[address], signature.encode(),
                               *(part.get_payload(decode=True) or b'' for part in mail.walk() if not part.is_multipart())])
        assert (b'blind-one' in everything) == (address == blind)
        assert address.encode() in carriers.identity_of(ages[address])
    # Nothing but the length is common to two copies: neither sealed key nor ciphertext.
    bodies = [age.split(b'\n--- ')[1][44:] for age in ages.values()]
    stanzas = [age.split(b'\n')[2] for age in ages.values()]
    assert len(set(bodies)) == len(set(stanzas)) == 3 and len({len(body) for body in bodies}) == 1

    for address, mail in mails.items():
        reader = world.reader(address)
        page = opened(world, mail, reader)
        assert story.whole_mail(reader.client, page) == letter
        assert ('blind-one' in page.text) == (address == blind)


def test_a_colleague_gets_the_letter_as_it_is_and_the_other_a_sealed_one(world):
    inside, outside = 'colleague@agency.example', 'outside@mailbox.example'
    letter = text_only(f'{inside}, {outside}')
    mails = carried(world, letter, [inside, outside])
    assert mails[inside].get_content() == email.message_from_bytes(letter, policy=email.policy.default).get_content()
    assert b'Only text.' not in mails[outside].as_bytes()
    reader = world.reader(outside)
    assert story.whole_mail(reader.client, opened(world, mails[outside], reader)) == letter


def test_an_internationalised_address(world):
    """Sealed to its canonical form (docs/spec/address.md); the reader meets the same form everywhere."""
    typed, canonical = 'Jürgen@Bücher.example', 'jürgen@xn--bcher-kva.example'
    letter = (f'From: {SENDER}\r\nTo: {typed}\r\nSubject: Secure: für Jürgen\r\n\r\nGrüße\r\n').encode()
    mail, = carried(world, letter, [typed], ('BODY=8BITMIME', 'SMTPUTF8')).values()
    reader = world.reader(canonical)
    page = opened(world, mail, reader)
    assert page.status == 200 and canonical in page.text and 'für Jürgen' in page.text
    assert story.whole_mail(reader.client, page) == letter


# --- a hostile letter ------------------------------------------------------------------------------------------------

HOSTILE = '''<html><head><base href="https://evil.example/"><meta http-equiv="refresh" content="0;url=https://evil.example/">
<script>top.location='https://evil.example/'</script><link rel=stylesheet href="https://evil.example/a.css"></head>
<body onload="alert(1)"><img src="https://evil.example/pixel.gif"><iframe src="/sign-out"></iframe>
<form action="/sign-out" method=post><input name=password></form></body></html>'''


def test_a_hostile_letter_is_only_text(world):
    address = 'careful@mailbox.example'
    message = head(address, 'Secure: </title><script>alert(1)</script>')
    message.replace_header('From', f'"<b>x</b>" <{SENDER}>')
    message.set_content('plain')
    message.add_alternative(HOSTILE, subtype='html')
    message.add_attachment(b'<script>alert(1)</script>', 'text', 'html', filename='../../"><script>x</script>.html')
    letter = message.as_bytes()
    reader = world.reader(address)
    page = opened(world, carried(world, letter, [address])[address], reader)
    assert story.whole_mail(reader.client, page) == letter
    # The page of the message holds nothing of it but escaped text.
    assert b'<script' not in page.body and b'<b>x' not in page.body
    assert html.escape('</title><script>', quote=False).encode() in page.body
    frame = re.search(rb'<iframe [^>]*>', page.body)[0]
    assert b'sandbox=' in frame and b'allow-scripts' not in frame and b'allow-same-origin' not in frame
    # The frame's own policy holds when it is opened by itself, too.
    policy = frame_of(reader, page).headers['content-security-policy']
    assert "default-src 'none'" in policy and 'sandbox' in policy
    for word in ('allow-scripts', 'allow-same-origin', 'allow-forms', 'allow-top-navigation', 'http', '*'):
        assert word not in policy, policy
    # The file's name is a name, and a page among the attachments is saved, never shown.
    download = reader.client.get(page.link('Download'))
    disposition = download.headers['content-disposition']
    assert disposition.startswith('attachment') and not re.search(r'[/<>\\]|\.\.', disposition), disposition
    assert 'script' not in download.headers['content-type'] and 'html' not in download.headers['content-type']
    assert not any('view' in target for target, _ in page.links)

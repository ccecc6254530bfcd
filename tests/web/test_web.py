# SPDX-License-Identifier: Apache-2.0
"""The portal in a real browser: each script beside this file is one test, played by node with Chromium."""
import email
import email.policy
import json
import pathlib
import subprocess

import pytest

import letters
import story

HERE = pathlib.Path(__file__).parent
NOTE = 'only a note — with an é\n'.encode()


def letter_with_everything(to):
    message = email.message_from_bytes(letters.with_picture_and_pdf(to), policy=email.policy.SMTP)
    message.add_attachment(letters.picture(60, 60), 'image', 'png', filename='photo.png')
    message.add_attachment(NOTE, 'text', 'plain', filename='notes.txt')
    message.get_payload()[-1].set_param('charset', 'utf-8')
    return message.as_bytes()


def deliver(world, letter, address, path):
    """Send a letter through the gateway; the attachment of the mail that came out, saved."""
    path.mkdir(parents=True)
    before = len(world.mailboxes.mails())
    assert story.send(world.system, letter, [address]) == {}
    mail = world.mailboxes.mails()[before]
    (path / 'letter.eml').write_bytes(letter)
    return str(story.carrier_of(mail, path)), str(path / 'letter.eml')


def play(world, script, folder, **task):
    """Run a script; its report."""
    task = {'portal': world.system.url, 'mailboxes': str(world.mailboxes.folder), 'folder': str(folder), **task}
    done = subprocess.run(['node', HERE / script, json.dumps(task)], capture_output=True, text=True, timeout=180, cwd=HERE)
    assert done.returncode == 0, done.stderr + done.stdout
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def desk(world, request):
    """A folder of the reader's own."""
    folder = world.folder / 'desk' / request.node.name.replace('[', '-').rstrip(']')
    folder.mkdir(parents=True)
    return folder


def two_letters(world, desk, address):
    first, second = letter_with_everything(f'Alice Example <{address}>'), letters.plain(f'Alice Example <{address}>')
    carrier, path = deliver(world, first, address, desk / 'first')
    second_carrier, second_path = deliver(world, second, address, desk / 'second')
    attachments = {}
    for part in email.message_from_bytes(first, policy=email.policy.default).iter_attachments():
        attachments[part.get_filename()] = str(desk / part.get_filename())
        (desk / part.get_filename()).write_bytes(part.get_payload(decode=True))
    return {'address': address, 'subject': 'Your benefit statement', 'carrier': carrier, 'letter': path,
            'secondCarrier': second_carrier, 'second': second_path, 'attachments': attachments}


@pytest.mark.parametrize('scripts', [False, True], ids=['without-javascript', 'with-javascript'])
def test_the_whole_story(world, desk, scripts):
    address = f'reader-{"js" if scripts else "plain"}@mailbox.example'
    report = play(world, 'story.mjs', desk, scripts=scripts, **two_letters(world, desk, address))
    assert len(report['done']) >= 13


def test_every_page_is_accessible_and_narrow(world, desk):
    address = 'reader-pages@mailbox.example'
    task = two_letters(world, desk, address)
    others, _ = deliver(world, letters.plain('somebody-else@mailbox.example'), 'somebody-else@mailbox.example', desk / 'others')
    page = pathlib.Path(task['carrier']).read_bytes()
    (desk / 'broken.html').write_bytes(page[:len(page) // 2])
    report = play(world, 'pages.mjs', desk, othersCarrier=others, broken=str(desk / 'broken.html'), **task)
    assert len(report['done']) >= 20


@pytest.mark.parametrize('scripts', [False, True], ids=['without-javascript', 'with-javascript'])
def test_the_keyboard_is_enough(world, desk, scripts):
    address = f'keyboard-{"js" if scripts else "plain"}@mailbox.example'
    play(world, 'keyboard.mjs', desk, scripts=scripts, **two_letters(world, desk, address))


def test_mistakes_are_told_where_they_are(world, desk):
    play(world, 'mistakes.mjs', desk, **two_letters(world, desk, 'mistaken@mailbox.example'))


def test_a_hostile_letter(world, desk):
    address = 'hostile@mailbox.example'
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message['From'], message['To'] = '"<script>alert(0)</script>" <dana@agency.example>', address
    message['Subject'] = 'Secure: a hostile letter <script>alert(1)</script>'
    message.set_content('plain')
    message.add_alternative((HERE / 'hostile.html').read_text(), subtype='html')
    message.add_attachment('<script>alert(2)</script>', subtype='html', filename='"><script>alert(3)</script>.html')
    carrier, _ = deliver(world, message.as_bytes(), address, desk / 'letter')
    play(world, 'hostile.mjs', desk, carrier=carrier, address=address)


def test_the_second_reader_meets_every_vector_in_a_browser(world, desk):
    report = play(world, 'vectors.mjs', desk)
    assert len(report['done']) == 1


def html_of(mail, path):
    """The HTML part of a sealed mail, saved."""
    path.write_bytes(email.message_from_bytes(bytes(mail), policy=email.policy.default).get_body(('html',)).get_content().encode())
    return str(path)


SENDERS = {
    'plain': ('Dana Whitfield <dana@agency.example>', ['Dana Whitfield']),
    'marked': ('"<script>alert(0)</script><img src=x onerror=alert(1)>" <dana@agency.example>', ['<script>alert(0)</script>']),
    'long': ('Department-of-' + 'Transport' * 11 + ' <' + 'd' * 64 + '@' + 'agency.' * 20 + 'example>', ['TransportTransport']),
    'turned': ('=?utf-8?q?=E2=80=AEdloG_=D7=A9=D7=9C=D7=95=D7=9D?= <dana@agency.example>', ['שלום']),
}


# Words of each language: of the notice, and of the attachment's page.
LANGUAGES = {
    'en': ('mailbox.example', ['sent you a message', 'You can open it until', 'On a phone', 'Help:'], 'Read message',
           ['You have a secure message', 'Can be opened until', 'never asks for a password']),
    'es': ('correo.es', ['le ha enviado un mensaje', 'Puede abrirlo hasta el', 'En un teléfono', 'Ayuda:'], 'Leer el mensaje',
           ['Ha recibido un mensaje seguro', 'Puede abrirse hasta el', 'nunca pide una contraseña']),
    'pt': ('empresa.com.br', ['enviou-lhe uma mensagem', 'A mensagem pode ser aberta até', 'No celular', 'Ajuda:'], 'Ler a mensagem',
           ['Você recebeu uma mensagem segura', 'Pode ser aberta até', 'nunca pede senha']),
}
SETTINGS = {'gateway': {'languages': 'es:.es, pt:.br'}}


def notice(world, desk, name, language, sender, words):
    """A letter from this sender, sent, and what the mail around it says in this language."""
    domain, said, button, page_said = LANGUAGES[language]
    address = f'notice-{name}@{domain}'
    letter = f'From: {sender}\r\nTo: {address}\r\nSubject: [secure] Notice\r\n\r\nSee you.\r\n'.encode()
    before = len(world.mailboxes.mails())
    assert story.send(world.system, letter, [address]) == {}
    mail = world.mailboxes.mails()[before]
    values = [*words, address, 'Commonwealth of Example', world.system.url.split('//')[1]]
    (desk / name).mkdir()
    return {'name': name, 'language': language, 'button': button, 'html': html_of(mail, desk / f'{name}.html'),
            'page': str(story.carrier_of(mail, desk / name)), 'words': [*values, *said, 'SecureMessage.html', button],
            'pageWords': [*values, *page_said]}


def test_the_notice_is_readable_on_a_phone_and_on_a_desk(world, desk):
    notices = [notice(world, desk, f'{name}-{language}', language, sender, words)
               for language in LANGUAGES for name, (sender, words) in SENDERS.items()]
    report = play(world, 'notice.mjs', desk, notices=notices)
    assert len(report['done']) == 2 * 2 * len(notices)

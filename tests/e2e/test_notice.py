"""The mail around a sealed letter: in the language of each recipient's domain, in the words of an operator's files, and from the letter's writer."""
import os
import pathlib
import pwd
import re
import signal
import subprocess
import sys
import time
import unicodedata

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'lib'))

from gateway import BUILD, ROOT, SENDER, Gateway, canary, carrier, letter, parse  # noqa: E402

BUILT_IN = ROOT / 'lib/notice'
LANGUAGES = 'es:.es, pt:salud.es, pt:.br'
# Words that one language alone has, of the notice and of the attachment's page.
WORDS = {
    'en': ('sent you a secure message', 'You can open it until', 'On a phone', 'Read message'),
    'es': ('le ha enviado un mensaje seguro', 'Puede abrirlo hasta el', 'En un teléfono', 'Leer el mensaje'),
    'pt': ('enviou-lhe uma mensagem segura', 'A mensagem pode ser aberta até', 'No celular', 'Ler a mensagem'),
}
MONTHS = {'es': 'enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre'.split(),
          'pt': 'janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro'.split()}
DAY = {'en': r'\d{1,2} [A-Z][a-z]+ \d{4}', **{name: rf'\d{{1,2}} de (?:{"|".join(months)}) de \d{{4}}' for name, months in MONTHS.items()}}


def said(outer, kind):
    part = outer.get_body((kind,))
    assert part.get_content_charset() == 'utf-8' and part['Content-Transfer-Encoding'] == 'quoted-printable'
    text = part.get_content().replace('\r\n', '\n')
    assert '\ufffd' not in text and unicodedata.is_normalized('NFC', text) and not re.search(r'[\x00-\x08\x0b-\x1f\x7f-\x9f]', text)
    return text


def wrong_in(gateway, data, language, to):
    """What is missing in, or strange about, a sealed mail that is to be in this language."""
    outer = parse(data)
    assert all(not part.defects for part in outer.walk()) and max(data) < 128
    text, html, page = said(outer, 'plain'), said(outer, 'html'), carrier(data).decode('ascii')
    plain = ' '.join(text.split())
    until = re.search(DAY[language], text)
    wrong = [] if until and until[0] in html and until[0] in re.sub(r'&#(\d+);', lambda found: chr(int(found[1])), page).replace('\n', ' ') \
        else ['until']
    for words in WORDS[language][:3] + (WORDS[language][3],):
        wrong += [words] if words not in plain else []
    wrong += [f'{words} ({other})' for other, all_of_it in WORDS.items() if other != language for words in all_of_it
              if words in plain or words in html or f'>{words}</button>' in page]
    for value in ('Dana Whitfield', SENDER, to, 'Commonwealth of Example', f'127.0.0.1:{gateway.system.portal_port}',
                  'help@agency.example, 1-866-555-0100', 'SecureMessage.html'):
        wrong += [value] if value not in text or value not in html else []
    wrong += ['lang'] if f'<html lang="{language}">' not in html or f'<html lang="{language}">' not in page else []
    wrong += ['button'] if f'>{WORDS[language][3]}</button>' not in page else []
    return wrong


def test_each_recipient_reads_the_language_of_their_domain():
    people = {'bob@mailbox.example': 'en', 'ana@correo.es': 'es', 'luis@salud.es': 'pt', 'eva@x.salud.es': 'es', 'rui@empresa.com.br': 'pt'}
    with Gateway({'languages': LANGUAGES}) as gateway:
        word = canary()
        sent = letter(word, to=', '.join(people))
        assert all(answer.startswith('250') for answer in gateway.send(sent, list(people)))
        mails = {mail.recipients[0]: mail.data for mail in gateway.sink.mails}
        assert mails.keys() == people.keys()
        assert {to: wrong_in(gateway, data, people[to], to) for to, data in mails.items()} == {to: [] for to in people}
        for to in ('ana@correo.es', 'luis@salud.es'):
            assert gateway.open(mails[to]) == sent, 'the page opens in every language'


def test_a_language_for_everybody():
    with Gateway({'language': 'pt'}) as gateway:
        assert gateway.send(letter(canary()), ['bob@mailbox.example'])[0].startswith('250')
        assert wrong_in(gateway, gateway.sink.mails[0].data, 'pt', 'bob@mailbox.example') == []


def test_an_answer_goes_to_the_writer_and_into_the_thread():
    """Whatever the language: mail programs answer by these fields, and sort by them."""
    head = (b'Reply-To: =?utf-8?Q?Atenci=C3=B3n?= <desk@agency.example>\r\nIn-Reply-To: <a@b.example>\r\n'
            b'References: <a@b.example>\r\n <c@d.example>\r\nThread-Topic: =?utf-8?Q?Pensi=C3=B3n?=\r\nThread-Index: AdXy01==\r\n')
    with Gateway({'languages': LANGUAGES}) as gateway:
        sent = letter(canary(), to='ana@correo.es', subject='=?utf-8?Q?Su_pensi=C3=B3n?=', head=head)
        assert gateway.send(sent, ['ana@correo.es'])[0].startswith('250')
        inner, outer = parse(sent), parse(gateway.sink.mails[0].data)
        for name in ('From', 'Reply-To', 'Message-ID', 'In-Reply-To', 'References', 'Thread-Topic', 'Thread-Index', 'Subject'):
            assert outer.get_all(name) == [inner[name]], name
        assert outer['Reply-To'].addresses[0].display_name == 'Atención'


# --- an operator's words ---------------------------------------------------------------------------------------------

OWN = 'Estimado lector: {{sender}} le escribe. Ábralo en {{host}}\nantes del {{until}}. – {{organisation}}\n'
OWN_HTML = '<!doctype html>\n<html lang="es"><body><p>Ñandú: <bdi>{{sender}}</bdi>\n{{host}} {{until}}</p></body></html>\n'


class Own(Gateway):
    """A gateway whose notices are files of its operator's."""

    def __init__(self, settings=None):
        super().__init__()
        self.folder = self.system.folder / 'notices'
        self.folder.mkdir()
        for name in ('en.txt', 'en.html'):
            self.put(name, (BUILT_IN / name).read_text())
        self.put('es.txt', OWN)
        self.put('es.html', OWN_HTML)
        for key, value in {'notices': self.folder, 'languages': 'es:.es', **(settings or {})}.items():
            self.set(key, value)

    def put(self, name, text):
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(0o600)

    def reload(self, event):
        before = self.log.count(event)
        os.kill(self.system.processes[0].pid, signal.SIGHUP)
        deadline = time.monotonic() + 20
        while self.log.count(event) == before:
            assert time.monotonic() < deadline, self.log[-2000:]
            time.sleep(0.02)
        return [line for line in self.log.splitlines() if event in line][-1]

    def says(self, to='ana@correo.es', kind='plain'):
        before = len(self.sink.mails)
        assert self.send(letter(canary(), to=to), [to])[0].startswith('250')
        return said(parse(self.sink.mails[before].data), kind)


def test_own_words_are_said_and_changed_by_sighup():
    with Own() as gateway:
        day = DAY['es']
        pattern = (rf'Estimado lector: Dana Whitfield <{SENDER}> le escribe\. Ábralo en 127\.0\.0\.1:{gateway.system.portal_port}\n'
                   rf'antes del {day}\. – Commonwealth of Example\n')
        assert re.fullmatch(pattern, gateway.says().rstrip('\n') + '\n')
        assert f'Ñandú: <bdi>Dana Whitfield &lt;{SENDER}&gt;</bdi>' in gateway.says(kind='html')
        assert 'sent you a secure message' in gateway.says('bob@mailbox.example')
        gateway.put('es.txt', OWN.replace('Estimado lector', 'Estimada lectora'))
        assert 'Estimado lector' in gateway.says(), 'a file that was changed changes nothing by itself'
        gateway.reload('configuration-changed')
        assert 'Estimada lectora' in gateway.says()

        # A language that comes into use is read from a file that the gateway did not know before.
        gateway.put('fr.txt', 'De la part de {{sender_address}}: {{host}}, avant le {{until}}.\n')
        gateway.put('fr.html', '<html lang="fr"><p>{{sender_address}} {{host}} {{until}}</p></html>')
        gateway.set('languages', 'es:.es, fr:.fr')
        gateway.reload('configuration-changed')
        assert re.match(rf'De la part de {SENDER}: \S+, avant le \d{{4}}-\d\d-\d\d\.', gateway.says('zoe@ville.fr'))


MISTAKES = [
    ('es.txt', OWN.replace('{{until}}', '{{untill}}'), r'es\.txt:2:11: there is no such mark: \{\{untill\}\}'),
    ('es.txt', OWN.replace('{{host}}', 'el portal'), r'es\.txt:3:1: \{\{host\}\} is missing'),
    ('es.txt', OWN.replace('{{sender}}', '{{sender_name}}'), r'es\.txt:3:1: \{\{sender_address\}\} is missing'),
    ('es.txt', OWN.encode('latin-1', 'replace'), r'es\.txt:1:41: this is not UTF-8'),
    ('es.txt', OWN + 'x' * 16384, r'es\.txt: larger than 16384 bytes'),
    ('es.html', OWN_HTML.replace('<p>', '<p><script>alert(1)</script>'), r'es\.html:2:26: there is no such tag here: script'),
    ('es.html', OWN_HTML.replace('<p>', '<p><img src="https://x.example/y">'), r'es\.html:2:26: there is no such tag here: img'),
    ('es.html', OWN_HTML.replace('<p>', '<p style="background:url(//x.example)">'), r'es\.html:2:47: a style'),
    ('es.html', OWN_HTML.replace('lang="es"', 'lang="en"'), r'es\.html:2:13: this is not the language'),
    ('es.html', None, r'es\.html: No such file'),
]


def damage(gateway, name, text):
    if text is None:
        (gateway.folder / name).unlink()
    else:
        gateway.put(name, text)


@pytest.mark.parametrize('name, text, where', MISTAKES)
def test_a_mistake_never_starts(name, text, where):
    gateway = Own()
    try:
        damage(gateway, name, text)
        with pytest.raises(RuntimeError):
            gateway.start()
        assert re.search(rf'not-started.*{where}', gateway.log), gateway.log
        done = subprocess.run([BUILD / 'cli/securemail', 'check', '-c', gateway.system.config], capture_output=True, text=True)
        assert done.returncode == 1 and re.search(rf'^WRONG  notices: .*{where}', done.stdout, re.M), done.stdout
    finally:
        gateway.__exit__()


def test_a_mistake_never_loads():
    with Own() as gateway:
        for name, text, where in MISTAKES:
            kept = (gateway.folder / name).read_bytes()
            damage(gateway, name, text)
            line = gateway.reload('configuration-refused')
            assert re.search(where, line), line
            assert 'Estimado lector' in gateway.says() and 'Ñandú' in gateway.says(kind='html'), 'the words before'
            gateway.put(name, kept)
        gateway.set('languages', 'es:.es, es:.ES')
        assert 'given before' in gateway.reload('configuration-refused')
        gateway.set('languages', 'es:.es')
        gateway.reload('configuration-changed')


def test_the_notices_may_be_roots_alone():
    """The gateway is another user, who may not read the folder: the helper opens its files."""
    gateway = Own({'user': 'nobody', 'languages': 'es:.es'})
    try:
        folder = gateway.system.folder
        os.chmod(folder, 0o711)
        gateway.folder.chmod(0o700)
        nobody = pwd.getpwnam('nobody')
        os.chown(folder / 'data', nobody.pw_uid, nobody.pw_gid)
        gateway.start()
        gateway.put('es.txt', OWN.replace('Estimado lector', 'Estimada lectora'))
        gateway.reload('configuration-changed')
        assert 'Estimada lectora' in gateway.says()
    finally:
        gateway.__exit__()

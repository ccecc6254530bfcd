"""The portal with its real neighbours, driven by a browser without a window: everything a reader can do, and what he is told
when something is wrong. Messages are made by `securemail seal`, so that they can be old, damaged or somebody else's."""
import base64
import datetime
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import urllib.parse

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / 'demo'), str(ROOT / 'tests/lib')]

import browser  # noqa: E402
import catcher  # noqa: E402
import district as districts  # noqa: E402
import letters  # noqa: E402
import system as systems  # noqa: E402

BUILD = pathlib.Path(os.environ.get('SECUREMAIL_BUILD', ROOT / 'build'))
ALICE, BOB = 'alice@mailbox.example', 'bob@mailbox.example'
PASSWORD = 'seven green kettles whisper'
CANARY = 'canary-61803398'


class Portal:
    """Accounts, keyserver and portal, and a mailbox."""

    def __init__(self, folder):
        self.catcher = catcher.Catcher(folder / 'mail')
        self.system = systems.System(BUILD, f'127.0.0.1:{self.catcher.smtp_port}', folder=folder / 'system', settings={
            'accounts': {'argon2-memory': '1M', 'argon2-passes': 1}, 'portal': {'max-upload': '40M'}})
        self.system.start('keyserver')
        self.system.start('accounts')
        self.system.start('portal')
        self.url = self.system.url
        self.folder = folder

    def seal(self, letter, to, *more):
        return self.system.tool('seal', '-c', str(self.system.config), '--to', to, *more, input=letter).stdout

    def spooled(self):
        return sorted((self.system.folder / 'spool').iterdir())

    def program(self, name):
        return next(p for p in self.system.processes if str(p.args[0]).endswith(f'securemail-{name}'))


@pytest.fixture(scope='module')
def portal(tmp_path_factory):
    portal = Portal(tmp_path_factory.mktemp('portal'))
    yield portal
    assert portal.system.stop() == [0, 0, 0], portal.system.log.read_text()
    portal.catcher.close()


def saved(folder, html):
    path = folder / 'SecureMessage.html'
    path.write_bytes(html)
    return browser.Browser.open_file(path)


def press(client, portal, html):
    page = saved(portal.folder, html)
    return client.submit(page, page.form('message', 'signature'), origin='null')


def upload(client, portal, html, name='SecureMessage.html'):
    page = client.get(portal.url + '/upload')
    return client.submit(page, page.form('attachment'), files={'attachment': (name, html)})


def registration(page, **changed):
    form = page.form('name', 'password', 'again', 'question', 'answer', 'terms')
    values = {'name': 'Alice Example', 'password': PASSWORD, 'again': PASSWORD, 'question': '3', 'answer': 'Miss Harding',
              'terms': 'yes'}
    values.update(changed)
    return form, values


def confirmation_link(portal, address):
    mail = portal.catcher.wait(lambda m: 'confirm your e-mail' in str(m['Subject']) and address in str(m['To']))
    return re.search(rf'{re.escape(portal.url)}/confirm/\S+', mail.get_content())[0]


def confirm(client, link, **values):
    page = client.get(link)
    form = next(f for f in page.forms if '/confirm/' in f.action and not f.action.endswith('/deny'))
    return client.submit(page, form, values)


def sign_out(client, page):
    return client.submit(page, next(f for f in page.forms if f.action == '/sign-out'))


@pytest.fixture(scope='module')
def members(portal):
    """Alice and Bob have accounts."""
    for address in (ALICE, BOB):
        client = browser.Browser()
        page = press(client, portal, portal.seal(letters.plain(), address))
        page = client.submit(page, *registration(page))
        assert address in page.text and page.status == 200
        page = confirm(client, confirmation_link(portal, address))
        assert page.status == 200 and 'Your appointment' in page.text
    return ALICE, BOB


def signed_in(portal, address, html):
    client = browser.Browser()
    page = press(client, portal, html)
    page = client.submit(page, page.form('password'), {'password': PASSWORD})
    return client, page


# --- reading -----------------------------------------------------------------------------------------------


def test_the_message_comes_out_as_it_went_in(portal, members):
    letter = letters.with_picture_and_pdf(f'<{ALICE}>', CANARY)
    client, page = signed_in(portal, ALICE, portal.seal(letter, ALICE))
    assert page.status == 200 and 'Secure: Your benefit statement' in page.text
    assert 'benefit' not in page.title, 'titles stay in the browser’s history'
    assert 'dana.whitfield@agency.example' in page.text
    whole = client.get(page.link('Save the whole message'))
    assert whole.body == letter
    assert whole.headers['content-type'] == 'message/rfc822'
    assert whole.headers['content-disposition'].startswith('attachment; ')

    frame = client.get(urllib.parse.urljoin(page.url, next(f for f in page.frames if f.endswith('/body'))))
    policy = frame.headers['content-security-policy']
    assert policy.startswith('sandbox allow-popups allow-popups-to-escape-sandbox; default-src \'none\';')
    assert 'script' not in policy and CANARY.encode() in frame.body
    picture = urllib.parse.urljoin(page.url, next(f for f in frame.frames if '/picture/' in f))
    shown = browser.Browser().get(picture)  # a sandboxed frame sends no cookies
    assert shown.body == letters.picture() and shown.headers['content-type'] == 'image/png'
    assert shown.headers['cross-origin-resource-policy'] == 'cross-origin'

    plain = client.get(page.url + '?show=text')
    assert CANARY in plain.text and not any(f.endswith('/body') for f in plain.frames)

    view = client.get(page.link('View'))
    assert view.headers['content-type'] == 'application/pdf' and view.body.startswith(b'%PDF-')
    assert view.headers['content-security-policy'].startswith('sandbox; default-src \'none\'')
    download = client.get(page.link('Download'))
    assert download.body == view.body and 'statement.pdf' in download.headers['content-disposition']

    # After signing out nothing is shown any more: neither page nor picture.
    page_url = page.url
    assert 'signed out' in sign_out(client, page).text
    for url in (page_url, page_url + '/body', page_url + '/message.eml'):
        assert CANARY.encode() not in client.get(url).body
    assert browser.Browser().get(picture).status == 404


def test_another_persons_message_is_refused(portal, members):
    client, page = signed_in(portal, BOB, portal.seal(letters.plain(), BOB))
    assert page.status == 200
    page = press(client, portal, portal.seal(letters.plain(word=CANARY), ALICE))
    assert page.status == 403 and ALICE in page.text and BOB in page.text and CANARY not in page.text
    for tail in ('/body', '/message.eml', '/part/1/view', '/part/1/download'):
        refused = client.get(page.url + tail)
        assert refused.status == 403 and CANARY.encode() not in refused.body
    # The way out is one press of a button: sign in as the other one, and come back.
    form = next(f for f in page.forms if 'message' in f.names())
    page = client.submit(page, form)
    page = client.submit(page, page.form('password'), {'password': PASSWORD})
    assert page.status == 200 and CANARY in page.text


def test_a_large_message(portal, members):
    letter = letters.plain() + (base64.b64encode(os.urandom(57)) + b'\r\n') * 330_000  # 25 MB
    client, page = signed_in(portal, ALICE, portal.seal(letter, ALICE))
    assert page.status == 200
    started = time.monotonic()
    assert client.get(page.link('Save the whole message')).body == letter
    assert time.monotonic() - started < 10
    status = pathlib.Path(f'/proc/{portal.program("portal").pid}/status').read_text()
    assert int(re.search(r'VmHWM:\s+(\d+)', status)[1]) < 64 * 1024, 'the portal itself holds no message'


def test_a_saved_attachment_can_be_uploaded(portal, members):
    letter = letters.plain(word=CANARY)
    client = browser.Browser()
    page = upload(client, portal, portal.seal(letter, ALICE))
    page = client.submit(page, page.form('password'), {'password': PASSWORD})
    assert CANARY in page.text
    # And signed in already, it is shown at once.
    assert CANARY in upload(client, portal, portal.seal(letter, ALICE)).text


# --- what is refused ---------------------------------------------------------------------------------------


def field_of(html, name):
    return re.search(rf'name="{name}"[^>]*?value="([^"]*)"'.encode(), html)[1]


def changed(html, name, change):
    value = field_of(html, name)
    return html.replace(value, change(value))


def swap(value, at):
    """Another letter of the base64 at this place."""
    return value[:at] + (b'A' if value[at:at + 1] != b'A' else b'B') + value[at + 1:]


def day(days):
    return (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=days)).strftime('%Y-%m-%d')


def refusals(portal):
    html = portal.seal(letters.plain(word=CANARY), ALICE)
    other = portal.seal(letters.plain(word='other'), ALICE)
    message, signature = field_of(html, 'message'), field_of(html, 'signature')
    return {
        'truncated': (html.replace(message, message[:len(message) // 2]), 422, 'damaged or not complete'),
        'tampered': (changed(html, 'message', lambda m: swap(m, len(m) - 200)), 422, 'not genuine, or it was changed'),
        'forged': (html.replace(signature, field_of(other, 'signature')), 422, 'not genuine, or it was changed'),
        'unsigned': (html.replace(signature, b''), 422, 'not signed'),
        'expired': (portal.seal(letters.plain(word=CANARY), ALICE, '--time', day(120)), 410, 'any more'),
        'empty': (html.replace(message, b''), 422, 'stored'),
    }


@pytest.mark.parametrize('kind', ['truncated', 'tampered', 'forged', 'unsigned', 'expired', 'empty'])
def test_a_bad_message_is_refused_and_not_stored(portal, members, kind):
    before = portal.spooled()
    html, status, words = refusals(portal)[kind]
    for hand_in in (press, upload):
        page = hand_in(browser.Browser(), portal, html)
        assert page.status == status, page.text
        assert words in page.text and 'What you can do' in page.text
        assert CANARY not in page.text
        assert portal.spooled() == before


def test_a_message_of_another_gateway_is_refused(portal, members, tmp_path):
    stranger = systems.System(BUILD, '127.0.0.1:25', folder=tmp_path / 'stranger')
    html = stranger.tool('seal', '-c', str(stranger.config), '--to', ALICE, input=letters.plain()).stdout
    html = html.replace(stranger.url.encode(), portal.url.encode())
    page = press(browser.Browser(), portal, html)
    assert page.status == 422 and 'not genuine' in page.text


def test_other_files_are_refused_with_a_sentence(portal):
    client = browser.Browser()
    page = upload(client, portal, b'<html><p>Hello</html>')
    assert page.status == 422 and 'not a secure message' in page.text
    page = upload(client, portal, b'', name='')
    assert page.status == 400 and 'Choose the saved attachment first' in page.text


def test_a_message_that_expires_in_the_keyserver_is_refused_after_signing_in(portal, members):
    """A seal may promise more than the keyserver holds: the keyserver decides."""
    html = portal.seal(letters.plain(word=CANARY), ALICE, '--time', day(-30))  # of a week that has not come
    client = browser.Browser()
    page = press(client, portal, html)
    assert page.status == 200, page.text
    page = client.submit(page, page.form('password'), {'password': PASSWORD})
    assert page.status == 403 and 'can’t be opened yet' in page.text and CANARY not in page.text


# --- people ------------------------------------------------------------------------------------------------


def test_registration_keeps_what_was_typed(portal):
    client = browser.Browser()
    page = press(client, portal, portal.seal(letters.plain(), 'carol@mailbox.example'))
    for changes, words in (({'again': 'something else'}, 'passwords differ'),
                           ({'password': 'password1', 'again': 'password1'}, 'easy to guess'),
                           ({'terms': None}, 'Agree to the terms')):
        form, values = registration(page, **changes)
        page = client.submit(page, form, values)
        assert page.status == 422 and words in page.text
        fields = {name: value for name, value, _ in page.forms[0].fields}
        assert (fields['name'], fields['question'], fields['answer']) == ('Alice Example', '3', 'Miss Harding')
        assert not fields['password'] and not fields['again'] and PASSWORD.encode() not in page.body


def test_the_mailed_link_is_worth_nothing_alone(portal):
    address = 'dora@mailbox.example'
    client = browser.Browser()
    page = press(client, portal, portal.seal(letters.plain(), address))
    client.submit(page, *registration(page))
    link = confirmation_link(portal, address)
    scanner = browser.Browser()
    for _ in range(3):
        assert scanner.get(link).status == 200
    page = confirm(scanner, link, password='a wrong guess')
    assert page.status == 403 and 'not the password' in page.text
    page = confirm(scanner, link, password=PASSWORD)  # another browser, but the right password
    assert 'Your appointment' in page.text
    page = confirm_page = client.get(link)
    assert confirm_page.status == 410 and 'not good any more' in page.text


def test_it_was_not_me(portal):
    address = 'erin@mailbox.example'
    client = browser.Browser()
    page = press(client, portal, portal.seal(letters.plain(), address))
    client.submit(page, *registration(page))
    link = confirmation_link(portal, address)
    owner = browser.Browser()
    page = owner.get(link)
    page = owner.submit(page, next(f for f in page.forms if f.action.endswith('/deny')))
    assert page.status == 200 and 'removed' in page.text
    assert confirm_status(client, link) == 410


def confirm_status(client, link):
    return client.get(link).status


def test_signing_in_at_the_website(portal, members):
    client = browser.Browser()
    page = client.get(portal.url + '/sign-in')
    page = client.submit(page, page.form('address'), {'address': '  Alice@Mailbox.Example '})
    page = client.submit(page, page.form('password'), {'password': 'wrong'})
    assert page.status == 403 and 'Address or password is not right' in page.text
    page = client.submit(page, page.form('password'), {'password': PASSWORD})
    assert page.status == 200 and f'Signed in as {ALICE}' in page.text
    assert 'signed out' in sign_out(client, page).text


def without_tokens(body):
    return re.sub(rb'value="[A-Za-z0-9_-]{43}"', b'', body)


def test_nobody_learns_who_has_an_account(portal, members):
    answers = []
    for address in (ALICE, 'nobody@mailbox.example'):
        client = browser.Browser()
        page = client.get(portal.url + '/sign-in')
        page = client.submit(page, page.form('address'), {'address': address})
        first = without_tokens(page.body).replace(address.encode(), b'')
        page = client.submit(page, page.form('password'), {'password': 'wrong password'})
        answers.append((first, page.status, without_tokens(page.body).replace(address.encode(), b'')))
    assert answers[0] == answers[1]


# --- the web -----------------------------------------------------------------------------------------------


def test_every_answer_is_protected(portal, members):
    client, page = signed_in(portal, ALICE, portal.seal(letters.with_picture_and_pdf(), ALICE))
    urls = [portal.url + path for path in ('/', '/help', '/terms', '/sign-in', '/upload', '/nowhere', '/style.css',
                                          '/.well-known/securemail-parameters', '/%41')]
    for url in urls + [page.url, page.url + '/body', page.url + '/message.eml', page.link('View'), page.link('Download')]:
        headers = client.get(url).headers
        assert "default-src 'none'" in headers['content-security-policy']
        assert 'script-src' not in headers['content-security-policy']
        assert headers['x-content-type-options'] == 'nosniff'
        assert headers['referrer-policy'] == 'no-referrer'
        assert headers['cache-control'] in ('no-store', 'public, max-age=3600')
        assert headers['cross-origin-opener-policy'] == 'same-origin'
    assert client.get(portal.url + '/.well-known/securemail-parameters').body == \
        (portal.system.folder / 'etc/public/parameters').read_bytes()


def test_a_form_counts_for_the_browser_it_was_made_for(portal):
    page = browser.Browser().get(portal.url + '/sign-in')
    other = browser.Browser()
    other.get(portal.url + '/sign-in')
    refused = other.submit(page, page.form('address'), {'address': ALICE})
    assert refused.status == 403 and 'open for too long' in refused.text
    mine = browser.Browser()
    page = mine.get(portal.url + '/sign-in')
    assert mine.submit(page, page.form('address'), {'address': ALICE}, origin='https://evil.example').status == 403


def test_too_large_is_said_before_it_is_sent(portal):
    import http.client
    connection = http.client.HTTPConnection('127.0.0.1', portal.system.portal_port, timeout=10)
    connection.putrequest('POST', '/open')
    connection.putheader('Content-Type', 'multipart/form-data; boundary=x')
    connection.putheader('Content-Length', str(1 << 30))
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 413 and b'too large' in answer.read()


def test_an_absent_service_is_told_and_nothing_is_lost(portal, members):
    client = browser.Browser()
    html = portal.seal(letters.plain(word=CANARY), ALICE)
    accounts = portal.program('accounts')
    accounts.send_signal(signal.SIGTERM)
    assert accounts.wait(20) == 0
    portal.system.processes.remove(accounts)
    page = press(client, portal, html)
    assert page.status == 503 and 'try again in a moment' in page.text.lower()
    assert client.get(portal.url + '/').status == 200
    portal.system.start('accounts')
    page = client.get(page.url)  # the message was kept
    page = client.submit(page, page.form('password'), {'password': PASSWORD})
    assert CANARY in page.text

    keyserver = portal.program('keyserver')
    keyserver.send_signal(signal.SIGTERM)
    assert keyserver.wait(20) == 0
    portal.system.processes.remove(keyserver)
    page = press(client, portal, portal.seal(letters.plain(word=CANARY), ALICE))
    assert page.status == 503
    portal.system.start('keyserver')
    assert CANARY in client.get(page.url).text


def test_behind_a_web_server_it_listens_on_a_unix_socket_only(tmp_path):
    district = districts.District(tmp_path)
    district.change('portal', 'secure-cookies', 'yes')
    done = subprocess.run([BUILD / 'portal/securemail-portal', '-c', district.config], stderr=subprocess.PIPE, text=True, timeout=20)
    assert done.returncode == 1 and 'portal not-started why=' in done.stderr and '[portal] listen = 127.0.0.1:8080' in done.stderr


def test_no_word_of_any_message_is_anywhere(portal, members):
    """Runs last: what the tests above read was nowhere but on their pages."""
    for path in portal.system.folder.rglob('*'):
        if path.is_file():
            content = path.read_bytes()
            assert CANARY.encode() not in content and PASSWORD.encode() not in content, path

# SPDX-License-Identifier: Apache-2.0
"""Requests that are refused: forms that no page of ours made, addresses and methods that don't exist, links that were used.
And what protects every answer, also these."""
import http.client
import re
import urllib.parse

import pytest

import browser
import carriers
import letters
import story

PROGRAMS = ('keyserver', 'accounts', 'portal')
ALICE, BOB, CAROL = 'alice@mailbox.example', 'bob@mailbox.example', 'carol@mailbox.example'


class People:
    """Alice has read her message and is signed in; Bob has registered and got his link; Carol is asked to register."""

    def __init__(self, world):
        self.world = world
        self.alice, self.bob, self.carol = (world.reader(address) for address in (ALICE, BOB, CAROL))
        self.letters = {reader.reader: letters.plain(reader.reader) for reader in (self.alice, self.bob, self.carol)}
        self.message = self.alice.confirm(self.alice.register(self.press(self.alice)))
        self.link = self.bob.register(self.press(self.bob))
        self.registration = self.press(self.carol)

    def press(self, reader):
        page = self.world.system.seal(self.letters[reader.reader], reader.reader)
        return carriers.press(reader.client, page, self.world.folder)

    def clients(self):
        return [self.alice.client, self.bob.client, self.carol.client]


@pytest.fixture(scope='module')
def people(world):
    return People(world)


def form_to(page, end):
    return next(form for form in page.forms if form.action.endswith(end))


def every_form(people):
    """name → (client, page, form, values): each form of the portal but the attachment's own, filled in as it should be."""
    bob, carol, alice = people.bob.client, people.carol.client, people.alice.client
    url = people.world.system.url
    link, sign_in, upload = bob.get(people.link), carol.get(url + '/sign-in'), carol.get(url + '/upload')
    register = people.registration.form('terms')
    password = carol.submit(sign_in, sign_in.form('address'), {'address': ALICE})
    return {
        'register': (carol, people.registration, register, {
            'name': 'Carol', 'password': story.PASSWORD, 'again': story.PASSWORD, 'question': '1', 'answer': 'x', 'terms': 'yes'}),
        'confirm': (bob, link, next(form for form in link.forms if '/confirm/' in form.action), {}),
        'deny': (bob, link, form_to(link, '/deny'), {}),
        'sign-in': (carol, sign_in, sign_in.form('address'), {'address': ALICE}),
        'password': (carol, password, password.form('password'), {'password': story.PASSWORD}),
        'sign-out': (alice, people.message, form_to(people.message, '/sign-out'), {}),
        'upload': (carol, upload, upload.form('attachment'), {}),
    }


FORMS = ('register', 'confirm', 'deny', 'sign-in', 'password', 'sign-out', 'upload')


def send(client, page, form, values, origin=None, extra=None):
    """As Browser.submit, with headers that only an attacker's page would cause."""
    if form.multipart:
        return client.submit(page, form, values, origin=origin, files={'attachment': ('SecureMessage.html', b'x')})
    pairs = {name: value for name, value, kind in form.fields if value is not None}
    pairs.update({name: value for name, value in values.items() if value is not None})
    pairs = {name: value for name, value in pairs.items() if values.get(name, '') is not None}
    headers = {'Content-Type': 'application/x-www-form-urlencoded', **(extra or {})}
    if origin:
        headers['Origin'] = origin
    target = urllib.parse.urljoin(page.url, form.action)
    return client._follow('POST', target, urllib.parse.urlencode(pairs).encode(), headers)


def attacks(client, page, form, values, other_token):
    """Each way to send a form that no page of ours made for this browser and this purpose."""
    yield 'without a token', send(client, page, form, {**values, 'token': None})
    yield 'empty token', send(client, page, form, {**values, 'token': ''})
    yield 'token of another form', send(client, page, form, {**values, 'token': other_token})
    yield 'token cut', send(client, page, form, {**values, 'token': dict((f[0], f[1]) for f in form.fields)['token'][:-1]})
    yield 'foreign origin', send(client, page, form, values, origin='https://evil.example')
    yield 'look-alike origin', send(client, page, form, values, origin=page.url.split('/read')[0] + '.evil.example')
    if not form.multipart:
        yield 'other site', send(client, page, form, values, extra={'Sec-Fetch-Site': 'cross-site'})
        yield 'sister site', send(client, page, form, values, extra={'Sec-Fetch-Site': 'same-site'})
    stranger = browser.Browser()
    yield 'browser without the cookie', send(stranger, page, form, values)


@pytest.mark.parametrize('name', FORMS)
def test_a_form_that_no_page_of_ours_made_is_refused(people, name):
    forms = every_form(people)
    assert set(forms) == set(FORMS)
    client, page, form, values = forms[name]
    # One of the same browser, if it has another.
    other = next((forms[other] for other in FORMS if forms[other][0] is client and other != name), forms['upload'])
    token = next(field[1] for field in other[2].fields if field[0] == 'token')
    before = people.world.mailboxes.mails()
    for what, answer in attacks(client, page, form, values, token):
        assert answer.status == 403, (name, what, answer.status, answer.text[:300])
        assert re.search('open for too long|from another site|signed out', answer.text), (what, answer.text)
    # Nothing was changed by any of them.
    assert people.world.mailboxes.mails() == before
    assert people.alice.client.get(people.message.url).status == 200
    assert people.bob.client.get(people.link).status == 200


def test_every_form_of_the_portal_is_tried():
    """The table of routes names no POST that is not among the forms above (or the attachment's own, whose proof is its signature)."""
    import conftest
    source = (conftest.ROOT / 'portal/routes.c').read_text()
    posts = set(re.findall(r'\{POST, "([^"]+)"', source))
    assert posts == {'/open', '/upload', '/read/*/register', '/confirm/*', '/confirm/*/deny', '/sign-in', '/sign-in/password',
                     '/sign-out'}


# --- the link of the confirmation mail -------------------------------------------------------------------------------

def test_looking_at_the_link_changes_nothing_and_the_button_counts_once(world, people):
    """Mail scanners fetch links, also with HEAD, some also send empty forms."""
    parts = urllib.parse.urlsplit(people.link)
    for method in ('HEAD', 'GET', 'HEAD', 'GET', 'POST', 'PUT', 'OPTIONS'):
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
        connection.request(method, parts.path, headers={'Content-Length': '0'} if method in ('POST', 'PUT') else {})
        answer = connection.getresponse()
        body = answer.read()
        expected = {'HEAD': (200,), 'GET': (200,), 'POST': (400, 403), 'PUT': (405,), 'OPTIONS': (405,)}[method]
        assert answer.status in expected, (method, answer.status)
        assert method != 'HEAD' or body == b''
        connection.close()

    # Somebody who has only the link is asked for the password, and a guess is no proof.
    stranger = browser.Browser()
    page = stranger.get(people.link)
    form = page.form('password')
    page = stranger.submit(page, form, {'password': 'a guess of mine'})
    assert page.status == 403 and 'not the password' in page.text

    # The registering browser needs no more than the button, once.
    client = people.bob.client
    page = client.get(people.link)
    form = next(form for form in page.forms if not form.action.endswith('/deny'))
    assert 'password' not in form.names()
    opened = client.submit(page, form)
    people.bob.read(opened, people.letters[BOB])
    for again in (client.submit(page, form), client.get(people.link), stranger.get(people.link)):
        assert again.status == 410 and 'This link is not good any more' in again.text
    assert client.get(opened.url).status == 200  # and Bob is still signed in


@pytest.mark.parametrize('token', ['x', 'A' * 43, 'A' * 44, 'A' * 400, '%41' * 43, '..', "'%20or%201=1"])
def test_a_made_up_link_is_refused(world, visitor, token):
    assert visitor.get(f'{world.system.url}/confirm/{token}').status in (404, 410)


# --- addresses and methods -------------------------------------------------------------------------------------------

@pytest.mark.parametrize('path', [
    '/nowhere', '/read', '/read/', '/read/1/2/3', '/index.html', '/style.css/', '//', '/../etc/passwd', '/.git/config', '/%2e%2e/x',
    '/read/%00', '/robots.txt/x', '/sign-in/', '/STYLE.CSS', '/' + 'a' * 500, '/ü'])
def test_an_unknown_address_is_404(world, visitor, path):
    page = visitor.get(world.system.url + urllib.parse.quote(path, safe='/%'))
    assert page.status == 404 and 'There is no such page' in page.text


@pytest.mark.parametrize('path', ['/read/' + '0' * 32, '/read/' + 'f' * 32 + '/body', '/read/x', '/read/../x/register'])
def test_a_message_that_is_not_here_says_where_to_find_it(world, visitor, path):
    page = visitor.get(world.system.url + path)
    assert page.status in (404, 410)
    assert page.status == 404 or 'safe in your mailbox' in page.text


@pytest.mark.parametrize('method, path', [
    ('POST', '/'), ('POST', '/help'), ('POST', '/style.css'), ('POST', '/signed-out'), ('GET', '/open'), ('GET', '/sign-out'),
    ('PUT', '/'), ('DELETE', '/sign-in'), ('PATCH', '/'), ('OPTIONS', '/'), ('TRACE', '/'), ('PROPFIND', '/'), ('get', '/')])
def test_a_wrong_method_is_405(world, method, path):
    connection = http.client.HTTPConnection('127.0.0.1', world.system.portal_port, timeout=20)
    connection.request(method, path)
    answer = connection.getresponse()
    headers = {name.lower(): value for name, value in answer.getheaders()}
    page = browser.Page(world.system.url + path, answer.status, headers, answer.read())
    assert answer.status == 405, page.text
    assert 'can’t be used that way' in page.text
    protected(page)
    connection.close()


# --- what protects every answer --------------------------------------------------------------------------------------

def protected(page):
    headers = page.headers
    policy = dict((part.strip().split(' ', 1) + [''])[:2] for part in headers['content-security-policy'].split(';'))
    assert policy['default-src'] == "'none'" and policy['base-uri'] == "'none'" and 'frame-ancestors' in policy, page.url
    assert 'script-src' not in policy and 'unsafe-eval' not in str(policy) and '*' not in str(policy), page.url
    assert headers['x-content-type-options'] == 'nosniff', page.url
    assert headers['referrer-policy'] == 'no-referrer', page.url
    assert headers['cross-origin-opener-policy'] == 'same-origin', page.url
    assert headers['cross-origin-resource-policy'] in ('same-origin', 'cross-origin'), page.url
    open_to_all = urllib.parse.urlsplit(page.url).path in ('/logo.svg', '/favicon.ico') or '/picture/' in page.url
    assert headers['cross-origin-resource-policy'] == 'same-origin' or open_to_all, page.url
    assert 'camera=()' in headers['permissions-policy'] and headers['x-robots-tag'] == 'noindex, nofollow', page.url
    assert headers['x-dns-prefetch-control'] == 'off', page.url
    assert 'access-control-allow-origin' not in headers and 'server' not in headers and 'x-powered-by' not in headers, page.url
    lasting = page.status == 200 and urllib.parse.urlsplit(page.url).path in (
        '/style.css', '/logo.svg', '/seal.svg', '/favicon.ico', '/robots.txt', '/.well-known/securemail-parameters')
    assert headers['cache-control'] == ('public, max-age=3600' if lasting else 'no-store'), page.url
    for cookie in re.split(r', (?=[\w-]+=)', headers.get('set-cookie', '')):
        assert not cookie or ('HttpOnly' in cookie and 'SameSite=' in cookie and 'Path=/' in cookie and 'Domain' not in cookie)


def test_every_answer_so_far_was_protected(world, people):
    """All that these readers and attackers have seen: pages, redirections, refusals, files; and a message with everything."""
    letter = letters.with_picture_and_pdf(ALICE)
    page = carriers.press(people.alice.client, world.system.seal(letter, ALICE), world.folder)
    people.alice.parts(people.alice.read(page, letter), letter)
    for target, _ in page.links:
        people.alice.client.get(urllib.parse.urljoin(page.url, target))
    for path in ('/style.css', '/logo.svg', '/seal.svg', '/favicon.ico', '/robots.txt', '/terms', '/nowhere',
                 '/.well-known/securemail-parameters'):
        people.alice.client.get(world.system.url + path)
    people.alice.sign_out(page)
    seen = [page for client in people.clients() for page in client.seen]
    assert {200, 303, 403, 404, 410} <= {page.status for page in seen} and len(seen) > 60
    for page in seen:
        protected(page)

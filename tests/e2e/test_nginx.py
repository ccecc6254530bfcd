# SPDX-License-Identifier: Apache-2.0
"""The portal as it stands in real life: on a Unix socket, with nginx, TLS and secure cookies in front of it."""
import http.client
import os
import pwd
import re
import socket
import subprocess
import sys
import time

import pytest

import browser
import carriers
import conftest
import front
import letters
import story
import system

ALICE = 'alice@mailbox.example'


@pytest.fixture(scope='module')
def place(make_world):
    """SecureMail behind nginx."""
    port, plain_port = system.free_port(), system.free_port()
    world = make_world(url=f'https://127.0.0.1:{port}')
    world.front = front.Front(world.folder / 'nginx', port, plain_port, world.system.folder / 'run/portal.sock').start()
    yield world
    world.front.stop()


def reader_of(place, address):
    return place.reader(address, client=browser.Browser(place.front.tls))


def test_the_story_over_https(place):
    reader = reader_of(place, ALICE)
    reader.play()
    for page in reader.client.seen:
        assert page.url.startswith('https://')
        assert page.headers['strict-transport-security'] == 'max-age=31536000', page.url
        assert page.headers['server'] == 'nginx', 'without a version'
        for cookie in re.split(r', (?=__|[a-z]+=)', page.headers.get('set-cookie', '')):
            if cookie:
                assert cookie.startswith('__Host-') and '; Secure' in cookie and '; HttpOnly' in cookie and '; Path=/' in cookie
                assert 'Domain' not in cookie and 'SameSite=Lax' in cookie
    assert any('__Host-' in page.headers.get('set-cookie', '') for page in reader.client.seen)


def test_the_story_in_chromium(place):
    """With HTTP/2, and all that a browser asks of a secure site."""
    sys.path.insert(0, str(conftest.ROOT / 'tests/web'))
    import test_web
    desk = place.folder / 'desk'
    desk.mkdir()
    test_web.play(place, 'story.mjs', desk, scripts=True, certificate='own',
                  **test_web.two_letters(place, desk, 'chromium@mailbox.example'))


def test_http_2_is_spoken_and_old_tls_is_not(place):
    offered = subprocess.run(['openssl', 's_client', '-connect', f'127.0.0.1:{place.front.port}', '-alpn', 'h2,http/1.1'],
                             input=b'', capture_output=True, timeout=20).stdout.decode(errors='replace')
    assert 'ALPN protocol: h2' in offered and 'TLSv1.3' in offered
    for old in ('-tls1', '-tls1_1'):
        refused = subprocess.run(['openssl', 's_client', '-connect', f'127.0.0.1:{place.front.port}', old, '-cipher',
                                  'ALL:@SECLEVEL=0'], input=b'', capture_output=True, timeout=20)
        assert refused.returncode != 0 and b'Cipher is (NONE)' in refused.stdout


def test_plain_http_leads_to_https_and_names_no_secret(place):
    connection = http.client.HTTPConnection('127.0.0.1', place.front.plain_port, timeout=10)
    connection.request('GET', '/confirm/secret')
    answer = connection.getresponse()
    assert answer.status == 301 and answer.getheader('location') == 'https://127.0.0.1/'


def test_the_clients_word_about_itself_does_not_count(place):
    page = place.system.seal(letters.plain(ALICE), ALICE)
    client = browser.Browser(place.front.tls)
    carrier = place.folder / 'SecureMessage.html'
    carrier.write_bytes(page)
    shown = client.open_file(carrier)
    original = client._request
    client._request = lambda method, url, body, headers: original(method, url, body, {
        **headers, 'X-Forwarded-For': '192.0.2.66', 'X-Real-IP': '192.0.2.66', 'Forwarded': 'for=192.0.2.66'})
    assert client.submit(shown, shown.form('message'), origin='null').status == 200
    log = place.system.log.read_text()
    assert 'message-kept' in log.splitlines()[-1] and 'source=127.0.0.1' in log.splitlines()[-1]
    assert '192.0.2.66' not in log


HEAD = 'Host: 127.0.0.1\r\nConnection: close\r\n'
FORM = 'Content-Type: application/x-www-form-urlencoded\r\n'
SMUGGLING = {
    'two lengths': f'POST /sign-in HTTP/1.1\r\n{HEAD}{FORM}Content-Length: 3\r\nContent-Length: 30\r\n\r\na=b',
    'length and chunks': f'POST /sign-in HTTP/1.1\r\n{HEAD}{FORM}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'unknown coding': f'POST /sign-in HTTP/1.1\r\n{HEAD}{FORM}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    'misspelt coding': f'POST /sign-in HTTP/1.1\r\n{HEAD}{FORM}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
    'coding in HTTP/1.0': f'POST /sign-in HTTP/1.0\r\n{HEAD}{FORM}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'negative length': f'POST /sign-in HTTP/1.1\r\n{HEAD}{FORM}Content-Length: -1\r\n\r\n',
    'length with a sign': f'POST /sign-in HTTP/1.1\r\n{HEAD}{FORM}Content-Length: +3\r\n\r\na=b',
    'two hosts': f'GET / HTTP/1.1\r\n{HEAD}Host: evil.example\r\n\r\n',
    'no host': 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n',
    'blank before colon': f'GET / HTTP/1.1\r\n{HEAD}X-A : b\r\n\r\n',
    'name with a blank': f'GET / HTTP/1.1\r\n{HEAD}X A: b\r\n\r\n',
    'NUL in a value': f'GET / HTTP/1.1\r\n{HEAD}X-A: b\0c\r\n\r\n',
    'bare CR in a value': f'GET / HTTP/1.1\r\n{HEAD}X-A: b\rTransfer-Encoding: chunked\r\n\r\n',
    'NUL in the path': f'GET /\0 HTTP/1.1\r\n{HEAD}\r\n',
    'header without end': f'GET / HTTP/1.1\r\n{HEAD}X-A: {"b" * 100000}\r\n\r\n',
    'path without end': f'GET /{"b" * 20000} HTTP/1.1\r\n{HEAD}\r\n',
    'chunk size that is none': f'POST /sign-in HTTP/1.1\r\n{HEAD}{FORM}Transfer-Encoding: chunked\r\n\r\nzz\r\na=b\r\n0\r\n\r\n',
}


@pytest.mark.parametrize('name', SMUGGLING)
def test_a_request_that_two_servers_may_read_differently_is_refused(place, name):
    """None of them reaches the portal as something else; a second request behind it is never answered."""
    behind = b'GET /robots.txt HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n'
    answer = place.front.talk(SMUGGLING[name].encode('latin-1') + behind)
    statuses = re.findall(rb'HTTP/1\.1 (\d+)', answer)
    assert len(statuses) == 1 and statuses[0] in (b'400', b'411', b'414', b'501'), (name, statuses)
    assert b'Disallow' not in answer


@pytest.mark.parametrize('collects, found', [(False, False), (True, True)], ids=['as shipped', 'control'])
def test_nothing_of_a_message_lies_in_nginxs_folders(place, collects, found):
    """While a large upload is half sent and while a large attachment is half read. Control: a front that collects has files."""
    large = letters.email.message.EmailMessage(policy=letters.email.policy.SMTP)
    large['From'], large['To'], large['Subject'] = letters.SENDER, ALICE, 'Secure: large'
    large.set_content('text')
    content = os.urandom(6 << 20)
    large.add_attachment(content, 'application', 'octet-stream', filename='large.bin')
    sealed = place.system.seal(large.as_bytes(), ALICE)
    changes = [(r'proxy_request_buffering off;', ''), (r'proxy_max_temp_file_size 0;', '')] if collects else []
    port = system.free_port()
    other = front.Front(place.folder / f'nginx-{collects}', port, system.free_port(), place.system.folder / 'run/portal.sock', changes)
    other.start()
    try:
        url = f'https://127.0.0.1:{port}'
        reader = place.reader(ALICE, client=browser.Browser(other.tls))
        page = carriers.press(reader.client, sealed.replace(place.system.url.encode(), url.encode()), place.folder)
        # The form of the password page belongs to the site's own address; the session's cookie counts for every port.
        page = reader.client.submit(page, page.form('password'), {'password': story.PASSWORD}, origin=place.system.url)
        seen = half_sent(other, sealed) + half_read(other, reader.client, page.link('Download'), content)
        assert bool(seen) == found, seen
    finally:
        other.stop()


def half_sent(site, sealed):
    """Files in the folders while most of an upload is on its way."""
    with socket.create_connection(('127.0.0.1', site.port)) as raw, site.tls.wrap_socket(raw, server_hostname='127.0.0.1') as secure:
        secure.sendall(f'POST /open HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=x\r\n'
                       f'Content-Length: {len(sealed) + 1000}\r\n\r\n'.encode())
        age, _ = carriers.take_apart(sealed)
        secure.sendall(b'--x\r\nContent-Disposition: form-data; name="message"\r\n\r\n' + carriers.armor(age)[:len(sealed) * 9 // 10])
        return look_for(site)


def half_read(site, client, link, content):
    """Files in the folders while an attachment is read slowly."""
    path = browser.urllib.parse.urlsplit(link).path
    cookies = '; '.join(f'{name}={value}' for name, value in client.cookies.items())
    with socket.create_connection(('127.0.0.1', site.port)) as raw, site.tls.wrap_socket(raw, server_hostname='127.0.0.1') as secure:
        secure.sendall(f'GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookies}\r\nConnection: close\r\n\r\n'.encode())
        answer = secure.recv(65536)
        assert b' 200 ' in answer[:20], answer[:300]
        found = look_for(site)
        while piece := secure.recv(1 << 20):
            answer += piece
    assert answer.endswith(content), 'it comes whole all the same'
    return found


def look_for(site, seconds=1.5):
    """Any file that shows up meanwhile."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := site.temporary():
            return found
        time.sleep(0.02)
    return []


def test_the_logs_name_no_secret(place):
    reader = reader_of(place, 'logged@mailbox.example')
    letter = letters.with_picture_and_pdf('logged@mailbox.example')
    page = reader.confirm(link := reader.register(reader.press(reader.deliver(letter))))
    reader.parts(reader.read(page, letter), letter)
    body = reader.client.get(page.url + '/body')
    picture = next(f for f in body.frames if f)
    browser.Browser(place.front.tls).get(browser.urllib.parse.urljoin(page.url, picture))
    reader.sign_out(page)
    access = (place.front.folder / 'securemail.log').read_text()
    assert '/confirm/-' in access and '/picture/-' in access
    logs = ''.join(path.read_text(errors='replace') for path in [*place.front.folder.glob('*.log'), place.system.log])
    assert link.rsplit('/', 1)[1] not in logs and picture.split('/')[-2] not in logs


def test_too_large_and_too_often_are_told_on_a_page(place):
    answer = place.front.talk(f'POST /open HTTP/1.1\r\n{HEAD}Content-Type: multipart/form-data; boundary=x\r\n'
                              f'Content-Length: {90 << 20}\r\n\r\n'.encode())
    assert b' 413 ' in answer[:20] and b'larger than this service takes' in answer and b'Strict-Transport-Security' in answer

    # Of many forms at once the first ones are answered by the portal, the later ones held back: with a page, and not for readers of pages.
    answers = []
    for _ in range(60):
        answer = place.front.talk(f'POST /sign-in HTTP/1.1\r\n{HEAD}{FORM}Content-Length: 3\r\n\r\na=b'.encode())
        answers.append(re.match(rb'HTTP/1\.1 (\d+)', answer)[1])
        if answers[-1] == b'429':
            break
    assert answers[0] in (b'403', b'429') and answers[-1] == b'429', answers
    assert b'Too many attempts' in answer and b'Retry-After: 60' in answer
    assert browser.Browser(place.front.tls).get(place.system.url + '/help').status == 200


def test_without_the_portal_there_is_a_page(place):
    place.system.stop()
    page = browser.Browser(place.front.tls).get(place.system.url + '/')
    assert page.status == 503 and 'Please try again in a moment' in page.text and 'Nothing is lost' in page.text
    assert page.headers['retry-after'] == '10' and page.headers['cache-control'] == 'no-store'
    assert page.headers['strict-transport-security'] == 'max-age=31536000'


def test_the_web_server_gets_in_by_the_group_of_the_portals_user(make_world):
    """Started as root the portal becomes another user, and gives him its socket first; only he and his group may connect."""
    as_root = os.getuid() == 0
    user = pwd.getpwnam('nobody') if as_root else pwd.getpwuid(os.getuid())
    world = make_world((), url='https://127.0.0.1:1', settings={'portal': {'user': user.pw_name if as_root else None}})
    for folder in (world.folder.parent, world.folder, world.system.folder, world.system.folder / 'etc'):
        folder.chmod(0o755)
    os.chown(world.system.folder / 'spool', user.pw_uid, user.pw_gid)
    world.system.start('portal')
    found = (world.system.folder / 'run/portal.sock').stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (user.pw_uid, user.pw_gid, 0o660)

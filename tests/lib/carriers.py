# SPDX-License-Identifier: Apache-2.0
"""Taking a carrier page apart and putting it together with other contents, read from docs/spec/envelope.md alone."""
import base64
import html
import re

import browser

BEGIN, END = '-----BEGIN AGE ENCRYPTED FILE-----', '-----END AGE ENCRYPTED FILE-----'
VALUE = r'(<input type="hidden"\s+name="{}"\s+value=")([^"]*)(")'


def take_apart(page):
    """(the age file, the signature's text)"""
    text = page.decode('ascii')
    armor = html.unescape(re.search(VALUE.format('message'), text)[2])
    assert armor.strip().startswith(BEGIN) and armor.strip().endswith(END)
    age = base64.b64decode(armor.strip()[len(BEGIN):-len(END)], validate=False)
    return age, html.unescape(re.search(VALUE.format('signature'), text)[2])


def identity_of(age):
    """The identity's bytes, out of our stanza."""
    found = re.search(rb'^-> securemail/ibe1 (\S+)$', age, re.M)[1]
    return base64.b64decode(found + b'=' * (-len(found) % 4))


def armor(age):
    text = base64.b64encode(age).decode()
    return '\n'.join([BEGIN, *(text[i:i + 64] for i in range(0, len(text), 64)), END, '']).encode()


def put_together(page, age=None, signature=None):
    """The page with another message or signature; a signature '' takes its field out."""
    text = page.decode('ascii')
    if age is not None:
        text = re.sub(VALUE.format('message'), lambda m: m[1] + armor(age).decode() + m[3], text)
    if signature == '':
        text = re.sub(r'<input type="hidden"\s+name="signature"[^>]*>', '', text)
    elif signature is not None:
        text = re.sub(VALUE.format('signature'), lambda m: m[1] + html.escape(signature) + m[3], text)
    return text.encode()


def press(client, page, folder):
    """Save the page, open it from disk, press its button."""
    path = folder / 'SecureMessage.html'
    path.write_bytes(page)
    shown = browser.Browser.open_file(path)
    return client.submit(shown, shown.form('message'), origin='null')


def upload(client, url, content, name='SecureMessage.html'):
    """Choose a saved file on the portal's page for that."""
    page = client.get(url + '/upload')
    return client.submit(page, page.form('attachment'), files={'attachment': (name, content)})

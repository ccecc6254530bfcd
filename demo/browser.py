"""A browser without a window or JavaScript: follows links, fills in forms, keeps cookies.

It knows HTML, HTTP and nothing of SecureMail: what it submits is what the page offers, so a page that a person could
not use fails here too."""
import html.parser
import http.client
import http.cookies
import urllib.parse
import uuid


class Form:
    def __init__(self, attributes):
        self.action = attributes.get('action', '')
        self.method = attributes.get('method', 'get').lower()
        self.multipart = attributes.get('enctype') == 'multipart/form-data'
        self.fields = []  # [name, value, kind]
        self.choices = {}  # of a select: name → values
        self.required = set()

    def names(self):
        return [name for name, _, _ in self.fields]


class Page(html.parser.HTMLParser):
    """The parts of a page that a person acts on."""

    def __init__(self, url, status, headers, body):
        super().__init__()
        self.url, self.status, self.headers, self.body = url, status, headers, body
        self.forms, self.links, self.frames, self.text, self.title = [], [], [], '', ''
        self.labels = {}
        self._form = self._link = self._select = self._area = None
        self._in_title = False
        if headers.get('content-type', '').startswith('text/html'):
            self.feed(body.decode('utf-8'))
            self.text = ' '.join(self.text.split())

    def handle_starttag(self, tag, pairs):
        attributes = dict(pairs)
        if tag == 'form':
            self._form = Form(attributes)
            self.forms.append(self._form)
        elif tag == 'a' and 'href' in attributes:
            self._link = [attributes['href'], '']
            self.links.append(self._link)
        elif tag in ('iframe', 'img'):
            self.frames.append(attributes.get('src', ''))
        elif tag == 'title':
            self._in_title = True
        elif self._form and attributes.get('name'):
            self._field(tag, attributes)
        elif tag == 'option' and self._select:
            value = attributes.get('value', '')
            self._form.choices[self._select].append(value)
            if 'selected' in attributes:
                self._set(self._select, value)

    def _field(self, tag, attributes):
        kind = attributes.get('type', 'text') if tag == 'input' else tag
        name, value = attributes['name'], attributes.get('value', '')
        if kind in ('checkbox', 'radio'):
            self._form.choices.setdefault(name, []).append(attributes.get('value', 'on'))
            value = attributes.get('value', 'on') if 'checked' in attributes else None
        elif kind == 'select':
            self._select = name
            self._form.choices[name] = []
        self._form.fields.append([name, value, kind])
        if 'required' in attributes:
            self._form.required.add(name)
        if tag == 'textarea':
            self._area = self._form.fields[-1]

    def _set(self, name, value):
        for field in self._form.fields:
            if field[0] == name:
                field[1] = value

    def handle_endtag(self, tag):
        if tag == 'form':
            self._form = None
        elif tag == 'a':
            self._link = None
        elif tag == 'select':
            self._select = None
        elif tag == 'textarea':
            self._area = None
        elif tag == 'title':
            self._in_title = False

    def handle_data(self, data):
        if self._in_title:
            self.title += data
        elif self._area is not None:
            self._area[1] += data
        else:
            self.text += data + ' '
        if self._link is not None:
            self._link[1] += data

    def link(self, words):
        """Where the first link with these words leads."""
        for target, text in self.links:
            if words.lower() in ' '.join(text.split()).lower():
                return urllib.parse.urljoin(self.url, target)
        raise LookupError(f'no link “{words}” on {self.url}: {self.text[:400]}')

    def form(self, *names):
        """The first form that has all these fields."""
        for form in self.forms:
            if set(names) <= set(form.names()):
                return form
        raise LookupError(f'no form with {names} on {self.url} ({self.status}): {self.text[:400]}')


class Browser:
    def __init__(self, tls=None):
        self.tls = tls  # an ssl.SSLContext; without it the system's certificates count
        self.cookies = {}
        self.seen = []  # every answer, redirections too

    def get(self, url, headers=None):
        return self._follow('GET', url, None, headers or {})

    def submit(self, page, form, values=None, button=None, origin=None, files=None):
        """Fill in and send a form of a page. A value None leaves a field out; files: name → (file name, bytes)."""
        pairs = [(name, value) for name, value, kind in form.fields
                 if kind not in ('submit', 'button', 'file') and value is not None and name not in (values or {})]
        unknown = set(values or {}) - set(form.names())
        if unknown:
            raise LookupError(f'the form has no {unknown}')
        pairs += [(name, value) for name, value in (values or {}).items() if value is not None]
        pairs += [(name, value) for name, value, kind in form.fields if kind == 'submit' and name == button]
        url = urllib.parse.urljoin(page.url, form.action)
        if origin is None:
            parts = urllib.parse.urlsplit(page.url)
            origin = f'{parts.scheme}://{parts.netloc}' if parts.scheme.startswith('http') else 'null'
        if form.multipart or files:
            boundary = uuid.uuid4().hex
            body = b''.join(
                f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode()
                + '\r\n'.join(value.splitlines()).encode() + b'\r\n' for name, value in pairs)
            body += b''.join(
                f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{file[0]}"\r\n'
                'Content-Type: text/html\r\n\r\n'.encode() + file[1] + b'\r\n' for name, file in (files or {}).items())
            body += f'--{boundary}--\r\n'.encode()
            kind = f'multipart/form-data; boundary={boundary}'
        else:
            body = urllib.parse.urlencode(pairs).encode()
            kind = 'application/x-www-form-urlencoded'
        return self._follow(form.method.upper(), url, body, {'Content-Type': kind, 'Origin': origin})

    def _follow(self, method, url, body, headers):
        for _ in range(10):
            page = self._request(method, url, body, headers)
            if page.status not in (301, 302, 303, 307, 308):
                return page
            url = urllib.parse.urljoin(url, page.headers['location'])
            if page.status in (301, 302, 303):
                method, body, headers = 'GET', None, {}
        raise RuntimeError('redirected in circles')

    def _request(self, method, url, body, headers):
        parts = urllib.parse.urlsplit(url)
        if parts.scheme == 'https':
            connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=60, context=self.tls)
        else:
            connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
        headers = dict(headers)
        if self.cookies:
            headers['Cookie'] = '; '.join(f'{name}={value}' for name, value in self.cookies.items())
        target = (parts.path or '/') + ('?' + parts.query if parts.query else '')
        connection.request(method, target, body, headers)
        response = connection.getresponse()
        content = response.read()
        for line in response.headers.get_all('Set-Cookie') or []:
            for name, morsel in http.cookies.SimpleCookie(line).items():
                if morsel['max-age'] == '0' or not morsel.value:
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value
        connection.close()
        self.seen.append(Page(url, response.status, {k.lower(): v for k, v in response.headers.items()}, content))
        return self.seen[-1]

    @staticmethod
    def open_file(path):
        """A page from disk, as when an attachment was saved and opened."""
        return Page(f'file://{path}', 200, {'content-type': 'text/html; charset=utf-8'}, path.read_bytes())

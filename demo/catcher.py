"""A mail catcher: takes every mail by SMTP, keeps it in a Maildir, shows it on one web page.

It stands for the rest of the world in the demonstration: the next hop of the gateway and the mailbox of each
recipient. Nothing is ever sent on. (docs/decisions/0003-mail-catcher.md says why it is our own.)
"""
import email
import email.policy
import html
import http.server
import mailbox
import pathlib
import re
import socketserver
import threading
import urllib.parse

LINE_MAX = 4096
MAIL_MAX = 64 << 20

STYLE = '''
:root { color-scheme: light dark; --line: #8884; --accent: #1a5276 }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.4rem } a { color: LinkText } table { border-collapse: collapse; width: 100% }
td, th { text-align: left; padding: .5rem; border-bottom: 1px solid var(--line); vertical-align: top }
pre { white-space: pre-wrap; border: 1px solid var(--line); padding: 1rem; overflow-wrap: anywhere }
iframe { width: 100%; height: 34rem; border: 1px solid var(--line); background: #fff }
.attachment { display: inline-block; padding: .5rem 1rem; border: 1px solid var(--line); border-radius: .3rem }
'''


class SmtpHandler(socketserver.StreamRequestHandler):
    """Enough of RFC 5321 for one well-behaved gateway; answers 250 once the mail is in the Maildir."""

    def say(self, line):
        self.wfile.write(line.encode() + b'\r\n')

    def handle(self):
        self.say('220 catcher.invalid ESMTP demonstration')
        sender, recipients = None, []
        while line := self.rfile.readline(LINE_MAX):
            verb = line[:4].upper().decode('ascii', 'replace')
            if verb in ('EHLO', 'LHLO'):
                for text in ('250-catcher.invalid', '250-PIPELINING', '250-8BITMIME',
                             '250-SMTPUTF8', f'250-SIZE {MAIL_MAX}', '250 ENHANCEDSTATUSCODES'):
                    self.say(text)
            elif verb == 'HELO':
                self.say('250 catcher.invalid')
            elif verb == 'MAIL':
                sender, recipients = self.path(line), []
                self.say('250 2.1.0 ok')
            elif verb == 'RCPT':
                recipients.append(self.path(line))
                self.say('250 2.1.5 ok')
            elif verb == 'DATA' and recipients:
                self.say('354 go on')
                self.keep(sender, recipients)
                sender, recipients = None, []
            elif verb in ('RSET', 'NOOP'):
                sender, recipients = None, []
                self.say('250 2.0.0 ok')
            elif verb == 'QUIT':
                self.say('221 2.0.0 bye')
                return
            else:
                self.say('503 5.5.1 not now')

    @staticmethod
    def path(line):
        found = re.search(rb'<([^>]*)>', line)
        return found.group(1).decode('utf-8', 'replace') if found else ''

    def keep(self, sender, recipients):
        lines, size = [], 0
        while (line := self.rfile.readline()) not in (b'.\r\n', b''):
            line = line[1:] if line.startswith(b'.') else line
            size += len(line)
            if size <= MAIL_MAX:
                lines.append(line)
        if not line or size > MAIL_MAX:
            return self.say('552 5.3.4 too large')
        # The envelope goes in front, as a final delivery does it (RFC 5321 §4.4), one line a recipient.
        head = [f'Return-Path: <{sender}>'] + [f'Delivered-To: {to}' for to in recipients]
        self.server.catcher.add('\r\n'.join(head).encode() + b'\r\n' + b''.join(lines))
        self.say('250 2.0.0 kept')


class PageHandler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        routes = ((r'/', self.list), (r'/mail/(\d+)', self.mail), (r'/mail/(\d+)/html', self.body),
                  (r'/mail/(\d+)/attachment/(\d+)', self.attachment),
                  (r'/mail/(\d+)/source', self.source))
        for pattern, handler in routes:
            if found := re.fullmatch(pattern, urllib.parse.urlsplit(self.path).path):
                try:
                    return handler(*(int(n) for n in found.groups()))
                except IndexError:
                    break
        self.answer('<h1>There is no such page</h1>', status=404)

    def answer(self, content, kind='text/html; charset=utf-8', status=200, headers=()):
        if isinstance(content, str):
            content = (f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Mailboxes</title>'
                       f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style>'
                       f'{content}').encode()
        self.send_response(status)
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', str(len(content)))
        self.send_header('Cache-Control', 'no-store')
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def list(self):
        rows = ''.join(
            f'<tr><td><a href="/mail/{n}">{html.escape(str(m["Subject"] or "(no subject)"))}</a>'
            f'<td>{html.escape(str(m["From"]))}<td>{html.escape(", ".join(m.get_all("Delivered-To")))}'
            for n, m in reversed(list(enumerate(self.server.catcher.mails()))))
        self.answer('<h1>Mailboxes of the demonstration</h1><p>Every mail that left the gateway or the '
                    'accounts service, newest first. Reload to see new ones.</p><table><tr><th>Subject'
                    f'<th>From<th>Delivered to{rows}</table>')

    def mail(self, number):
        message = self.server.catcher.mails()[number]
        text = message.get_body(('plain',))
        shown = html.escape(text.get_content() if text else '')
        shown = re.sub(r'https?://[^\s&<>"]+', lambda m: f'<a href="{m[0]}">{m[0]}</a>', shown)
        parts = [f'<p><a href="/">All mails</a> · <a href="/mail/{number}/source">Source</a>',
                 f'<h1>{html.escape(str(message["Subject"]))}</h1>']
        parts += [f'<p>{name}: {html.escape(str(message[name]))}' for name in ('From', 'To', 'Date')]
        for index, part in enumerate(message.iter_attachments()):
            name = html.escape(part.get_filename() or 'attachment')
            parts.append(f'<p><a class="attachment" target="_blank" rel="noopener" '
                         f'href="/mail/{number}/attachment/{index}">{name}</a>')
        if message.get_body(('html',)):
            parts.append(f'<iframe sandbox title="The mail" src="/mail/{number}/html"></iframe>'
                         '<h2>The same as plain text</h2>')
        self.answer(''.join(parts) + f'<pre>{shown}</pre>')

    def body(self, number):
        self.answer(self.server.catcher.mails()[number].get_body(('html',)).get_content().encode(),
                    headers=[('Content-Security-Policy', "sandbox; default-src 'none'; style-src 'unsafe-inline'")])

    def attachment(self, number, index):
        part = list(self.server.catcher.mails()[number].iter_attachments())[index]
        self.answer(part.get_payload(decode=True), kind=part.get_content_type())

    def source(self, number):
        self.answer(self.server.catcher.mails()[number].as_bytes(), kind='text/plain; charset=utf-8')

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64


class Catcher:
    """An SMTP and a web server on free loopback ports; `folder` becomes a Maildir."""

    def __init__(self, folder, web_port=0):
        self.folder = pathlib.Path(folder)
        self.box = mailbox.Maildir(self.folder, create=True)
        self.kept = []
        self.changed = threading.Condition()
        self.servers = [Server(('127.0.0.1', 0), SmtpHandler),
                        Server(('127.0.0.1', web_port), PageHandler)]
        self.smtp_port, self.web_port = (server.server_address[1] for server in self.servers)
        for server in self.servers:
            server.catcher = self
            threading.Thread(target=server.serve_forever, daemon=True).start()

    def add(self, mail):
        with self.changed:
            self.box.add(mail)
            self.kept.append(email.message_from_bytes(mail, policy=email.policy.default))
            self.changed.notify_all()

    def mails(self):
        with self.changed:
            return list(self.kept)

    def wait(self, wanted, after=0, seconds=30):
        """The first mail behind the first `after` for which wanted(mail) is true, once it has come; None after `seconds`."""
        with self.changed:
            self.changed.wait_for(lambda: any(map(wanted, self.mails()[after:])), seconds)
            return next(filter(wanted, self.mails()[after:]), None)

    def close(self):
        for server in self.servers:
            server.shutdown()
            server.server_close()

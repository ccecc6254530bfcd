#!/usr/bin/python3
"""A content filter that encrypts with OpenPGP, for bench_throughput.py: LMTP in, PGP/MIME (RFC 3156) out to the next hop by SMTP.

It does what such filters do, by GnuPG through its library gpgme (python3-gpg), with a connection to the next hop for each connection
that comes in, and a thread for each. It lives as long as the benchmark: filters that are started for each letter are slower."""
import email.message
import email.parser
import email.policy
import pathlib
import smtplib
import socketserver
import subprocess
import sys
import threading

import gpg

RECIPIENT = 'bob@mailbox.example'


def make_key(home):
    subprocess.run(['gpg', '--homedir', home, '--batch', '--quiet', '--pinentry-mode', 'loopback', '--passphrase', '',
                    '--quick-gen-key', RECIPIENT, 'future-default', 'default', 'never'], check=True, capture_output=True)


class Encryptor(threading.local):
    """A context and a key for each thread: gpgme's contexts are not to be shared."""

    def __init__(self, home):
        self.context = gpg.Context(armor=True, home_dir=str(home))
        self.keys = list(self.context.keylist(RECIPIENT))

    def encrypt(self, data):
        return self.context.encrypt(data, recipients=self.keys, sign=False, always_trust=True, compress=False)[0]


def wrap(letter, encryptor):
    """The letter with its body encrypted; the fields for the way stay outside."""
    parsed = email.parser.BytesParser(policy=email.policy.SMTP).parsebytes(letter)
    inner = email.message.EmailMessage(policy=email.policy.SMTP)
    inner['Content-Type'] = parsed.get('Content-Type', 'text/plain')
    inner.set_payload(parsed.get_payload())
    outer = email.message.EmailMessage(policy=email.policy.SMTP)
    for name, value in parsed.items():
        if not name.lower().startswith('content-'):
            outer[name] = value
    outer['Content-Type'] = 'multipart/encrypted; protocol="application/pgp-encrypted"'
    for kind, content in (('pgp-encrypted', 'Version: 1\r\n'), ('octet-stream', encryptor.encrypt(inner.as_bytes()).decode())):
        part = email.message.EmailMessage(policy=email.policy.SMTP)
        part['Content-Type'] = f'application/{kind}'
        part.set_payload(content)
        outer.attach(part)
    return outer.as_bytes()


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b'\r\n')

    def handle(self):
        self.say('220 filter LMTP')
        hop = smtplib.SMTP('127.0.0.1', self.server.relay)
        hop.ehlo()
        sender, recipients = '', []
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b'LHLO':
                self.say('250-filter\r\n250-PIPELINING\r\n250 8BITMIME')
            elif verb == b'MAIL':
                sender, recipients = path(line), []
                self.say('250 ok')
            elif verb == b'RCPT':
                recipients.append(path(line))
                self.say('250 ok')
            elif verb == b'DATA':
                self.say('354 go on')
                letter = b''.join(iter(self.line, b'.\r\n'))
                for recipient in recipients:
                    hop.sendmail(sender, [recipient], wrap(letter, self.server.encryptor))
                    self.say('250 sent')
            elif verb == b'QUIT':
                self.say('221 bye')
                break
            else:
                self.say('250 ok')
        hop.quit()

    def line(self):
        line = self.rfile.readline()
        if not line:
            raise ConnectionError
        return line if line == b'.\r\n' else line.removeprefix(b'.')


def path(line):
    return line[line.index(b'<') + 1:line.index(b'>')].decode()


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


def main():
    port, relay, home = int(sys.argv[1]), int(sys.argv[2]), pathlib.Path(sys.argv[3])
    make_key(home)
    with Server(('127.0.0.1', port), Session) as server:
        server.relay, server.encryptor = relay, Encryptor(home)
        print('ready', flush=True)
        server.serve_forever()


if __name__ == '__main__':
    main()

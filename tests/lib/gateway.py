"""What the tests of the gateway share: a gateway with a sink behind it, letters with a word to look for, sealed mails opened."""
import email
import email.policy
import os
import pathlib
import re
import secrets
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / 'demo'), str(ROOT / 'tests/lib')]

import lmtp  # noqa: E402
import sealed  # noqa: E402
import sink  # noqa: E402
import system  # noqa: E402

BUILD = pathlib.Path(os.environ.get('SECUREMAIL_BUILD', ROOT / 'build'))
SENDER = 'dana@agency.example'
HELPER = 'file-helper'  # a process of the gateway (lib/base/file_helper.h)
RULES = '''
[policy "tagged"]
subject-tag = Secure:, [secure]
action = seal

[policy "colleagues"]
recipient-domain = agency.example
action = pass

[policy "never"]
recipient-domain = rival.example
action = refuse

[policies]
default = seal
'''


def canary():
    return 'canary' + secrets.token_hex(8)


def letter(word, to='bob@mailbox.example', subject='Your statement', head=b'', body=b''):
    return (f'Received: from desk-17.inside.agency.example (desk-17 [10.1.2.3]) by mail; Tue, 24 Nov 2026 01:00:00 +0000\r\n'
            f'From: Dana Whitfield <{SENDER}>\r\nTo: {to}\r\nSubject: {subject}\r\n'
            f'Date: Tue, 24 Nov 2026 01:00:00 +0000\r\nMessage-ID: <{secrets.token_hex(8)}@agency.example>\r\n').encode() + \
        head + b'\r\n' + word.encode() + b'\r\n' + body


class Gateway:
    """A gateway alone: no accounts, no keyserver, no portal."""

    def __init__(self, settings=None, rules=RULES, relay=None, init=()):
        self.sink = sink.Sink()
        self.system = system.System(BUILD, relay or f'127.0.0.1:{self.sink.port}', {'gateway': settings or {}}, rules=rules, init=init)

    def start(self):
        self.system.start('gateway')
        return self

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.system.remove()
        self.sink.close()

    def set(self, key, value):
        """Change a setting of the gateway before it is started."""
        config = self.system.config
        config.write_text(system.with_settings(config.read_text(), {'gateway': {key: value}}))

    def connect(self):
        return lmtp.Lmtp(self.system.gateway_port)

    def send(self, content, recipients, sender=SENDER, **options):
        with self.connect() as client:
            return client.send(sender, recipients, content, **options)

    @property
    def log(self):
        return self.system.log.read_text(errors='replace')

    def workers(self, count=1, seconds=10):
        """The workers' process numbers, once there are so many: the master listens before it has started them."""
        deadline = time.monotonic() + seconds
        while len(found := self.children(lambda name: name != HELPER)) < count:
            assert time.monotonic() < deadline, f'{len(found)} workers, not {count}'
            time.sleep(0.02)
        return found

    def helper(self):
        """The process that opens the files of the configuration."""
        return self.children(lambda name: name == HELPER)[0]

    def children(self, wanted):
        master = self.system.processes[0].pid
        return [int(pid) for pid in pathlib.Path(f'/proc/{master}/task/{master}/children').read_text().split() if wanted(name_of(pid))]

    def open(self, data):
        return opened(self.system, carrier(data))


def name_of(pid):
    """A process's own name; '' if it has just ended."""
    try:
        return pathlib.Path(f'/proc/{pid}/comm').read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ''


def parse(data):
    return email.message_from_bytes(data, policy=email.policy.default)


def carrier(data):
    """The attachment of a sealed mail."""
    found = [part for part in parse(data).iter_attachments() if part.get_filename() == 'SecureMessage.html']
    assert len(found) == 1
    return found[0].get_payload(decode=True)


def apart(data):
    """A sealed mail's message, taken apart (the mail's line ends are not the page's)."""
    return sealed.Sealed(carrier(data).replace(b'\r\n', b'\n'))


def opened(made, html):
    """The letter in a carrier, by the second implementation."""
    signer = re.search(r'^signer = (\S+)', made.config.read_text(), re.M)[1]
    done = subprocess.run(['node', ROOT / 'tests/lib/open_letter.mjs', made.folder / 'etc/master/1', signer], input=html,
                          capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def places_of(word, *folders):
    """Files below these folders that hold the word."""
    needle = word.encode()
    return [path for folder in folders for path in pathlib.Path(folder).rglob('*')
            if path.is_file() and needle in path.read_bytes()]

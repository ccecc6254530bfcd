"""A private Postfix in a temporary folder, on free loopback ports, with the lines of dist/postfix.

    smtp client → Postfix → content_filter → gateway → Postfix → relayhost (a sink)
"""
import json
import pathlib
import pwd
import re
import shutil
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]

MAIN = '''
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.agency.example
mydestination =
mynetworks = 127.0.0.0/8
local_recipient_maps =
alias_maps =
relayhost = [127.0.0.1]:{sink}
smtp_dns_support_level = disabled
smtpd_relay_restrictions = permit_mynetworks, reject
smtputf8_enable = yes
notify_classes =
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
'''

MASTER = '''
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
showq unix n - n - - showq
'''


TLS = '''
tlsmgr unix - - n 1000? 1 tlsmgr
'''


class Postfix:
    def __init__(self, port, reinjection, sink, gateway, settings='', doors='', variant=''):
        """`gateway`: "127.0.0.1:PORT", or the path of its Unix socket; None: somebody else's mail server, without our
        lines. `settings`, `doors`: more lines of main.cf and master.cf. `variant`: which of the files in dist/postfix."""
        self.port, self.reinjection, self.sink = port, reinjection, sink
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='postfix-'))
        self.folder.chmod(0o755)
        self.etc = self.folder / 'etc'
        self.log = self.folder / 'log'
        user = pwd.getpwnam('postfix')
        for name in ('etc', 'queue', 'data'):
            (self.folder / name).mkdir()
        shutil.chown(self.folder / 'data', user.pw_uid)
        if gateway is None:
            (self.etc / 'main.cf').write_text(MAIN.format(folder=self.folder, sink=sink) + settings)
            (self.etc / 'master.cf').write_text(MASTER.format(port=port) + TLS + doors)
            return
        unix = variant or ('.unix' if gateway.startswith('/') else '')
        (self.etc / 'main.cf').write_text(MAIN.format(folder=self.folder, sink=sink) + self.dist('main.cf' + unix, gateway)
                                          + settings)
        (self.etc / 'master.cf').write_text(MASTER.format(port=port) + self.dist('master.cf' + unix, gateway) + doors)

    def dist(self, name, gateway):
        """The lines as we publish them, with this test's doors in the places of the usual ones."""
        text = (ROOT / 'dist/postfix' / name).read_text()
        lines = [line for line in text.splitlines() if re.match(r'[^#\s]', line)]
        assert len(lines) <= 4, 'at most four lines'
        places = {'127.0.0.1:10025': gateway, '/run/securemail/gateway.sock': gateway,
                  '127.0.0.1:10026': f'127.0.0.1:{self.reinjection}', '[gateway.example.org]:10025': gateway,
                  'hash:/etc/postfix/securemail': f'hash:{self.etc}/securemail',
                  'content_filter=smtp: ': f'content_filter=smtp:[127.0.0.1]:{self.sink} '}
        for usual, ours in places.items():
            text = text.replace(usual, ours)
        return text + '\n'

    def command(self, *words, check=True):
        return subprocess.run([words[0], '-c', self.etc, *words[1:]], check=check, capture_output=True, text=True)

    def start(self):
        self.command('postfix', 'start')
        deadline = time.monotonic() + 20
        while 'daemon started' not in (self.log.read_text() if self.log.exists() else ''):
            assert time.monotonic() < deadline, 'Postfix does not start'
            time.sleep(0.05)
        return self

    def stop(self):
        self.command('postfix', 'stop', check=False)

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def flush(self):
        self.command('postqueue', '-f')

    def queue(self):
        """What waits: one dictionary a letter (postqueue -j)."""
        return [json.loads(line) for line in self.command('postqueue', '-j').stdout.splitlines()]

    def wait_queue(self, wanted, seconds=30):
        """Wait until wanted(queue) is true; returns the queue."""
        deadline = time.monotonic() + seconds
        while not wanted(found := self.queue()):
            assert time.monotonic() < deadline, f'{found}\n{self.log.read_text()[-4000:]}'
            time.sleep(0.1)
        return found

"""SIGHUP: the gateway reads its configuration again. A mistake never loads, and nobody who is connected notices."""
import os
import pathlib
import pwd
import re
import signal
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'lib'))

from gateway import SENDER, Gateway, canary, letter  # noqa: E402

STAFF = '[policy "staff"]\nrecipient-group = {group}\naction = pass\n'
REFUSE = '[policy "closed"]\nrecipient-domain = mailbox.example\naction = refuse "Ask the desk first"\n'
DEFAULT = '[policies]\ndefault = seal\n'


class Reloading(Gateway):
    def write(self, rules):
        """Replace the rules, as an editor does: a new file."""
        config = self.system.config
        first = re.split(r'^\[polic', config.read_text(), maxsplit=1, flags=re.M)[0]
        fresh = config.with_suffix('.new')
        fresh.write_text(first + rules)
        fresh.chmod(0o600)
        fresh.replace(config)

    def reload(self, event):
        """Send SIGHUP, and wait for what the log says to it."""
        before = self.log.count(event)
        os.kill(self.system.processes[0].pid, signal.SIGHUP)
        deadline = time.monotonic() + 20
        while self.log.count(event) == before:
            assert time.monotonic() < deadline, f'{event} is not in\n{self.log[-2000:]}'
            time.sleep(0.02)
        return [line for line in self.log.splitlines() if event in line][-1]

    def fate(self, to='bob@mailbox.example'):
        """sealed, clear or refused."""
        word = canary()
        before = len(self.sink.mails)
        answers = self.send(letter(word, to=to), [to])
        if not answers[0].startswith('250'):
            return 'refused'
        assert len(self.sink.mails) == before + 1
        return 'clear' if word.encode() in self.sink.mails[-1].data else 'sealed'


@pytest.fixture
def gateway():
    with Reloading(rules=DEFAULT) as gateway:
        yield gateway


def test_new_rules_are_taken_with_their_files(gateway):
    group = gateway.system.folder / 'etc/staff'
    group.write_text('bob@mailbox.example\n')
    group.chmod(0o600)
    assert gateway.fate() == 'sealed'
    gateway.write(STAFF.format(group=group) + DEFAULT)
    assert gateway.fate() == 'sealed', 'a file that was changed changes nothing by itself'
    assert 'rules=1' in gateway.reload('configuration-changed')
    assert gateway.fate() == 'clear'

    # A file that a rule names is read again, too.
    group.write_text('carol@mailbox.example\n')
    gateway.reload('configuration-changed')
    assert gateway.fate() == 'sealed' and gateway.fate('carol@mailbox.example') == 'clear'


@pytest.mark.parametrize('rules, where', [
    ('[policy "x"]\nrecipient-domain = mailbox.example\naction = ignore\n' + DEFAULT, r':\d+:10: '),
    ('[policy "x"]\nrecipient = bob@mailbox.example\naction = pass\nrecipients = carol@x.example\n' + DEFAULT, r':\d+:'),
    ('[policy "x"]\nrecipient-group = /nowhere/staff\naction = pass\n' + DEFAULT, 'nowhere/staff'),
    ('[policy "x"]\nrecipient-domain = mailbox.example\naction = tls\ntls-to = mx.x.example:25\ntls-ca = /nowhere/ca\n' + DEFAULT,
     'nowhere/ca'),
    ('[gateway]\nletters-per-worker = 7\n' + DEFAULT, r'letters-per-worker.*restart'),
    ('[gateway]\nlisten = 127.0.0.1:1\n' + DEFAULT, r'listen.*restart'),
    ('no line of it\n', r':\d+'),
])
def test_a_mistake_never_loads(gateway, rules, where):
    gateway.write(REFUSE + DEFAULT)
    gateway.reload('configuration-changed')
    gateway.write(rules)
    line = gateway.reload('configuration-refused')
    assert re.search(where, line), line
    assert gateway.fate() == 'refused', 'the rules before'
    # Nor does a worker that is forked later know it.
    for worker in gateway.workers():
        os.kill(worker, signal.SIGKILL)
    assert gateway.workers() and gateway.fate() == 'refused'


def test_a_configuration_that_is_gone_changes_nothing(gateway):
    gateway.system.config.rename(gateway.system.config.with_suffix('.away'))
    assert 'No such file' in gateway.reload('configuration-refused')
    assert gateway.fate() == 'sealed'


def test_a_letter_that_has_begun_ends_by_the_rules_it_began_with(gateway):
    word = canary()
    with gateway.connect() as client:
        for line in ('LHLO desk', f'MAIL FROM:<{SENDER}>', 'RCPT TO:<bob@mailbox.example>', 'DATA'):
            client.say(line)
        gateway.write(REFUSE + DEFAULT)
        gateway.reload('configuration-changed')
        client.socket.sendall(letter(word) + b'.\r\n')
        assert client.read().startswith('250')
    assert gateway.open(gateway.sink.mails[-1].data).find(word.encode()) > 0
    assert gateway.fate() == 'refused', 'the next one'


def test_letters_go_through_many_reloads(gateway):
    """Rules change again and again below a stream of letters: each is sealed, once."""
    rules = ('[policy "one"]\nrecipient-domain = a.example\naction = seal\n', '')
    words = [canary() for _ in range(20)]
    for i, word in enumerate(words):
        if i % 2 == 0:
            gateway.write(rules[i // 2 % 2] + DEFAULT)
            os.kill(gateway.system.processes[0].pid, signal.SIGHUP)
        assert gateway.send(letter(word), ['bob@mailbox.example'])[0].startswith('250')
    mails = gateway.sink.mails
    assert len(mails) == len(words)
    assert not any(word.encode() in mail.data for word, mail in zip(words, mails))
    for i in range(0, len(words), 5):
        assert words[i].encode() in gateway.open(mails[i].data)


def test_whoever_reads_letters_may_not_read_the_configuration(gateway):
    """The workers have not the master's door to the helper; the helper has no other, and no locked memory: no secret."""
    def sockets(process):
        return {str(link.readlink()) for link in pathlib.Path(f'/proc/{process}/fd').iterdir() if 'socket:' in str(link.readlink())}
    helper, master = gateway.helper(), gateway.system.processes[0].pid
    assert len(sockets(helper)) == 1
    for worker in gateway.workers():
        assert len(sockets(master) - sockets(worker)) == 1, 'the door to the helper'
    status = pathlib.Path(f'/proc/{helper}/status').read_text()
    assert re.search(r'^VmLck:\s+0 kB', status, re.M) and re.search(r'^Seccomp:\s+2', status, re.M)
    assert re.search(r'^Cap(Prm|Eff):\s+0+$', status, re.M) and re.search(r'^NoNewPrivs:\s+1', status, re.M)


def test_the_configuration_may_be_roots_alone():
    """The gateway is another user, that can read neither the file nor what it names; it is read again all the same."""
    gateway = Reloading(rules=DEFAULT, settings={'user': 'nobody'})
    try:
        nobody = pwd.getpwnam('nobody')
        folder = gateway.system.folder
        os.chmod(folder, 0o711)
        os.chown(folder / 'data', nobody.pw_uid, nobody.pw_gid)
        gateway.system.config.chmod(0o600)
        gateway.start()
        assert pathlib.Path(f'/proc/{gateway.system.processes[0].pid}').stat().st_uid in (0, nobody.pw_uid)
        gateway.write(REFUSE + DEFAULT)
        gateway.reload('configuration-changed')
        assert gateway.fate() == 'refused'
    finally:
        gateway.__exit__()

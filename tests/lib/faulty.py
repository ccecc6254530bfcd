# SPDX-License-Identifier: Apache-2.0
"""A gateway in which the n-th call of a kind fails while a letter is in hand (fault.c), letters for people of every fate, and what
must hold whatever happens: never in clear, never lost."""
import contextlib
import mmap
import os
import pathlib
import secrets
import struct
import subprocess
import threading

import gateway
import lmtp
import sink

WHAT = {'fails': 0, 'short': 1, 'end': 2, 'signal': 3, 'parent': 4}
SEALED = ['bob@mailbox.example', 'nurse@ward.example']  # by the default; because of what the letter holds
CLEAR, REFUSED = 'erin@agency.example', 'mallory@rival.example'
EVERYBODY = [SEALED[0], CLEAR, REFUSED, SEALED[1]]
USUAL = ['250', '250', '550', '250']
RULES = '''
[policy "never"]
recipient-domain = rival.example
action = refuse

[policy "colleagues"]
recipient-domain = agency.example
action = pass

[policy "numbers"]
recipient-domain = ward.example
text-pattern = us-ssn
action = seal
outer-subject = A sealed message

[policy "ward"]
recipient-domain = ward.example
action = pass

[policy "mailboxes"]
recipient-domain = mailbox.example
action = seal
outer-subject = A sealed message

[policies]
default = seal
'''


class Seen:
    """Every byte that came to the next hop, by transaction; in place of Sink.seen, to which each connection's thread adds lines."""

    def __init__(self):
        self.transactions, self.current = [], {}

    def __iadd__(self, line):
        if line.upper().startswith(b'MAIL FROM:'):
            self.current[threading.get_ident()] = [[], bytearray()]
            self.transactions.append(self.current[threading.get_ident()])
        recipients, data = self.current.setdefault(threading.get_ident(), [[], bytearray()])
        if line.upper().startswith(b'RCPT TO:<'):
            recipients.append(line[9:].split(b'>')[0].decode())
        data += line
        return self

    def whom(self, word):
        """Everybody to whom the word went in clear; '' for bytes that are nobody's."""
        lists = [recipients or [''] for recipients, data in [*self.transactions, *self.current.values()] if word in data]
        return {recipient for each in lists for recipient in each}


class Fault:
    """What is to happen, in the file that all processes of the gateway share."""

    def __init__(self, folder):
        self.library, path = folder / 'fault.so', folder / 'plan'
        subprocess.run(['cc', '-std=c11', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC', '-o', self.library,
                        pathlib.Path(__file__).with_name('fault.c')], check=True)
        path.write_bytes(bytes(4096))
        with open(path, 'r+b') as file:
            self.map = mmap.mmap(file.fileno(), 4096)
        self.environment = {'LD_PRELOAD': str(self.library), 'FAULT': str(path)}

    def arm(self, n, call, what, value=0, in_child=False):
        self.map[:4] = bytes(4)
        self.map[4:56] = struct.pack('<5i32s', WHAT[what], value, in_child, 0, 0, call.encode())
        self.map[:4] = struct.pack('<i', n)

    def end(self):
        """Did it happen?"""
        self.map[:4] = bytes(4)
        return struct.unpack('<i', self.map[20:24])[0] == 1


class Faulty(gateway.Gateway):
    def __init__(self, folder, settings):
        super().__init__(settings, rules=RULES)
        self.fault = Fault(folder)
        self.sink.seen = Seen()

    def start(self):
        before = dict(os.environ)
        os.environ |= self.fault.environment
        try:
            return super().start()
        finally:
            os.environ.clear()
            os.environ.update(before)

    def fresh(self, body=b''):
        """A letter with a word of its own in its subject and its body, and the next hop's memory emptied."""
        self.sink.mails.clear()
        self.sink.seen = Seen()
        word = 'canary' + secrets.token_hex(8)
        return word.encode(), gateway.letter(word, ', '.join(EVERYBODY), subject=word, body=b'Your number: 123-45-6789\r\n' + body)

    def hand_over(self, content):
        """What each recipient was answered, as far as it came: '' for nothing. TimeoutError: it hangs."""
        answers = dict.fromkeys(EVERYBODY, '')
        self.begun = False
        try:
            with contextlib.closing(lmtp.Lmtp(self.system.gateway_port, seconds=30)) as client:
                assert client.say(f'MAIL FROM:<{gateway.SENDER}>').startswith('250')
                taken = [recipient for recipient in EVERYBODY if client.say(f'RCPT TO:<{recipient}>').startswith('250')]
                assert client.say('DATA').startswith('354')
                self.begun = True
                client.socket.sendall(content + b'.\r\n')
                for recipient in taken:
                    answers[recipient] = client.read()
        except TimeoutError:
            raise
        except (OSError, AssertionError):
            pass
        return answers

    def goes_through(self):
        """A letter in which nothing fails, for one: the gateway has recovered."""
        word, content = self.fresh()
        answer, = self.send(content, SEALED[:1])
        assert answer.startswith('250') and self.sink.mails[-1].recipients == SEALED[:1], answer
        assert not self.sink.seen.whom(word)

    def check(self, answers, word, content, thorough=False):
        """What must hold whatever happened; gives how many mails came of which nobody was told: they will come again."""
        told = {recipient: answer[:3] for recipient, answer in answers.items()}
        assert all(code[:1] in ('', '2', '4', '5') for code in told.values()), told
        assert self.sink.seen.whom(word) <= {CLEAR}, f'in clear to {self.sink.seen.whom(word)}: {told}'
        assert not told[REFUSED].startswith('2'), told
        mails = list(self.sink.mails)
        for recipient in SEALED + [CLEAR]:
            mine = [mail for mail in mails if mail.recipients == [recipient]]
            assert len(mine) <= 1, f'{recipient} has it {len(mine)} times: {told}'
            assert mine or not told[recipient].startswith('2'), f'{recipient} lost it: {told}'
            for mail in mine:
                if recipient == CLEAR:
                    assert mail.data == content, 'altered'
                elif thorough:
                    assert self.open(mail.data) == content, 'altered'
                else:
                    assert gateway.carrier(mail.data).rstrip().endswith(b'</html>'), 'cut'
        assert {mail.recipients[0] for mail in mails} <= {*SEALED, CLEAR}
        return len(mails) - sum(code == '250' for code in told.values())



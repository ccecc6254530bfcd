"""An LMTP client (RFC 2033) for tests: a reply for each recipient, and commands of any form."""
import re
import socket


class Lmtp:
    def __init__(self, where, seconds=120):
        """`where`: a port on loopback, or the path of a Unix socket."""
        unix = not isinstance(where, int)
        self.socket = socket.socket(socket.AF_UNIX if unix else socket.AF_INET)
        self.socket.settimeout(seconds)
        self.socket.connect(str(where) if unix else ('127.0.0.1', where))
        self.stream = self.socket.makefile('rb')
        self.greeting = self.read()
        self.extensions = self.say('LHLO mail.agency.example').splitlines()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.stream.close()
        self.socket.close()

    def read(self):
        """One whole reply; '' if the connection is gone."""
        lines = []
        while line := self.stream.readline().decode():
            lines.append(line.rstrip('\r\n'))
            if re.match(r'\d{3} ', line):
                break
        return '\n'.join(lines)

    def say(self, line):
        self.socket.sendall((line if isinstance(line, bytes) else line.encode()) + b'\r\n')
        return self.read()

    def send(self, sender, recipients, letter, parameters='', ident=None):
        """Hand a letter over. The reply for each recipient: at RCPT if refused there, else after the letter."""
        if ident:
            assert self.say(f'XFORWARD IDENT={ident}').startswith('250')
        answer = self.say(f'MAIL FROM:<{sender}>{" " + parameters if parameters else ""}')
        if not answer.startswith('250'):
            return [answer] * len(recipients)
        answers = [self.say(f'RCPT TO:<{recipient}>') for recipient in recipients]
        if not any(answer.startswith('250') for answer in answers):
            self.say('RSET')
            return answers
        answer = self.say('DATA')
        assert answer.startswith('354'), answer
        stuffed = re.sub(rb'(\A|\r\n)\.', rb'\1..', letter)
        self.socket.sendall(stuffed + (b'' if stuffed.endswith(b'\r\n') else b'\r\n') + b'.\r\n')
        return [self.read() if answer.startswith('250') else answer for answer in answers]

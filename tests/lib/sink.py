"""An SMTP server that does what a test tells it: the next hop of the gateway, and the world behind Postfix.

    sink = Sink()                                 takes every mail; sink.mails
    sink.reply('RCPT', lambda argument: '550 5.1.1 nobody' if 'carol' in argument else None)
    sink.reply('END', '451 4.3.0 not now')        a fixed answer; None again: as usual
    sink.reply('DATA', CLOSE)                     hangs up there

Stages: CONNECT, EHLO, MAIL, RCPT, DATA, LETTER (at the first bytes of the letter), END (at the final dot).
"""
import re
import socket
import threading

CLOSE = object()   # hang up
SILENT = object()  # say nothing until the client gives up


class Mail:
    def __init__(self, sender, recipients, data, arguments):
        self.sender, self.recipients, self.data, self.arguments = sender, recipients, data, arguments


class _Gone(Exception):
    pass


class Sink:
    def __init__(self, port=0, extensions=('PIPELINING', '8BITMIME', 'SMTPUTF8', 'SIZE 104857600', 'ENHANCEDSTATUSCODES')):
        self.extensions = extensions
        self.mails = []
        self.seen = bytearray()  # every byte that ever came in, of letters that were not finished too
        self.replies = {}
        self.changed = threading.Condition()
        self.open = set()
        self.connections = 0
        self.listener = socket.create_server(('127.0.0.1', port), backlog=512)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def reply(self, stage, answer):
        self.replies[stage] = answer

    def wait(self, count, seconds=30):
        """The mails, once there are so many."""
        with self.changed:
            self.changed.wait_for(lambda: len(self.mails) >= count, seconds)
            return list(self.mails)

    def hang_up(self):
        """On everybody who is connected."""
        for connection in list(self.open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.close()
        self.hang_up()

    # --- one connection ---

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        self.open.add(connection)
        self.connections += 1
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            with connection, connection.makefile('rb') as stream:
                self._dialogue(connection, stream)
        except (_Gone, OSError, ValueError):
            pass
        finally:
            self.open.discard(connection)

    def _answer(self, connection, stage, argument, usual):
        """Say the scripted answer or the usual one; True if it was the usual."""
        scripted = self.replies.get(stage)
        if callable(scripted):
            scripted = scripted(argument)
        if scripted is CLOSE:
            raise _Gone
        if scripted is SILENT:
            connection.settimeout(60)
            while connection.recv(65536):
                pass
            raise _Gone
        if scripted is None and usual is None:
            return True
        text = usual if scripted is None else scripted
        connection.sendall(text if isinstance(text, bytes) else text.encode() + b'\r\n')
        return scripted is None or text[:1] in ('2', b'2')

    def _dialogue(self, connection, stream):
        self._answer(connection, 'CONNECT', '', '220 sink.invalid ESMTP')
        sender, recipients, arguments = None, [], []
        while line := stream.readline(8192):
            self.seen += line
            text = line.decode('utf-8', 'replace').strip()
            verb = text[:4].upper()
            if verb in ('EHLO', 'LHLO'):
                lines = ['sink.invalid', *self.extensions]
                self._answer(connection, 'EHLO', text, '\r\n'.join(
                    f'250{"-" if i + 1 < len(lines) else " "}{word}' for i, word in enumerate(lines)))
            elif verb == 'MAIL':
                if self._answer(connection, 'MAIL', text, '250 2.1.0 ok'):
                    sender, recipients, arguments = self._path(text), [], [text]
            elif verb == 'RCPT':
                if self._answer(connection, 'RCPT', text, '250 2.1.5 ok'):
                    recipients.append(self._path(text))
                    arguments.append(text)
            elif verb == 'DATA':
                if not recipients:
                    connection.sendall(b'554 5.5.1 no valid recipients\r\n')
                elif self._letter(connection, stream, sender, recipients, arguments):
                    sender, recipients, arguments = None, [], []
            elif verb in ('RSET', 'NOOP', 'XFOR'):
                if verb == 'RSET':
                    sender, recipients, arguments = None, [], []
                connection.sendall(b'250 2.0.0 ok\r\n')
            elif verb == 'QUIT':
                connection.sendall(b'221 2.0.0 bye\r\n')
                return
            else:
                connection.sendall(b'500 5.5.2 what?\r\n')

    @staticmethod
    def _path(text):
        found = re.search(r'<([^>]*)>', text)
        return found[1] if found else ''

    def _letter(self, connection, stream, sender, recipients, arguments):
        scripted = self.replies.get('DATA')
        if not self._answer(connection, 'DATA', '', '354 go on') and not str(scripted).startswith('354'):
            return False
        self._answer(connection, 'LETTER', '', None)
        data = bytearray()
        while (line := stream.readline()) != b'.\r\n':
            if not line:
                raise _Gone
            self.seen += line
            data += line[1:] if line.startswith(b'.') else line
        mail = Mail(sender, recipients, bytes(data), arguments)
        if self._answer(connection, 'END', '', None):
            # Kept before it is answered for, as a mail server does.
            with self.changed:
                self.mails.append(mail)
                self.changed.notify_all()
            connection.sendall(b'250 2.0.0 kept\r\n')
        return True

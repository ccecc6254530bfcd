"""Many at once: nothing is lost, nothing doubled, nothing in clear, memory is bounded, and whoever can't be served hears it."""
import concurrent.futures
import contextlib
import pathlib
import re
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'lib'))

from gateway import SENDER, Gateway, canary, letter  # noqa: E402

MEMORY = 40 << 10  # of a process, in kilobytes resident


def peaks(gateway):
    """The most memory that each process had, in kilobytes."""
    return [int(re.search(r'VmHWM:\s+(\d+) kB', pathlib.Path(f'/proc/{pid}/status').read_text())[1])
            for pid in (gateway.system.processes[0].pid, *gateway.workers())]


def test_two_hundred_connections_at_once():
    """Two workers serve them one after the other; each connection has its greeting in the end, and its letter sealed."""
    words = [canary() for _ in range(200)]
    with Gateway() as gateway, contextlib.ExitStack() as doors:
        # All connected before the first letter is sent.
        sockets = [doors.enter_context(socket.create_connection(('127.0.0.1', gateway.system.gateway_port))) for _ in words]

        def send(number):
            stream = sockets[number].makefile('rwb')
            answers = [stream.readline()]
            for line in (b'LHLO desk', b'MAIL FROM:<' + SENDER.encode() + b'>', f'RCPT TO:<r{number}@mailbox.example>'.encode(), b'DATA',
                         letter(words[number], f'r{number}@mailbox.example') + b'.', b'QUIT'):
                stream.write(line + b'\r\n')
                stream.flush()
                while (answer := stream.readline())[3:4] == b'-':
                    pass
                answers.append(answer)
            sockets[number].close()
            return [answer[:3] for answer in answers]
        with concurrent.futures.ThreadPoolExecutor(len(words)) as pool:
            answers = list(pool.map(send, range(len(words))))
        assert answers == [[b'220', b'250', b'250', b'250', b'354', b'250', b'221']] * len(words)
        mails = gateway.sink.mails
        assert sorted(mail.recipients[0] for mail in mails) == sorted(f'r{n}@mailbox.example' for n in range(len(words)))
        everything = b''.join(mail.data for mail in mails)
        assert not any(word.encode() in everything for word in words)
        assert max(peaks(gateway)) < MEMORY and 'overloaded' not in gateway.log


def test_a_letter_for_a_thousand():
    word = canary()
    recipients = [f'reader-{n}@mailbox.example' for n in range(1000)]
    with Gateway() as gateway:
        answers = gateway.send(letter(word, body=b'y' * 70 + b'\r\n'), recipients)
        assert [answer[:3] for answer in answers] == ['250'] * 1000
        assert [mail.recipients for mail in gateway.sink.mails] == [[recipient] for recipient in recipients]
        assert word.encode() not in b''.join(mail.data for mail in gateway.sink.mails)
        for number in (0, 499, 999):  # and each is for the one it went to
            assert word.encode() in gateway.open(gateway.sink.mails[number].data)
        assert max(peaks(gateway)) < MEMORY
        # One more is refused by itself, and comes again (RFC 5321 §4.5.3.1.10).
        assert gateway.send(letter(word), [*recipients, 'one-more@mailbox.example'])[-1].startswith('452')


def test_large_letters_in_parallel():
    words = [canary() for _ in range(4)]
    line = b'y' * 76 + b'\r\n'
    body = line * ((50 << 20) // len(line) - 10)
    with Gateway(settings={'workers': 4}) as gateway:
        with concurrent.futures.ThreadPoolExecutor(len(words)) as pool:
            answers = list(pool.map(lambda word: gateway.send(letter(word, body=body), ['bob@mailbox.example'])[0][:3], words))
        assert answers == ['250'] * len(words) and len(gateway.sink.mails) == len(words)
        sizes = [len(mail.data) for mail in gateway.sink.mails]
        assert max(sizes) - min(sizes) < 2000 and min(sizes) > len(body) * 4 // 3
        opened = gateway.open(gateway.sink.mails[-1].data)
        assert opened.endswith(body) and any(word.encode() in opened for word in words)
        assert max(peaks(gateway)) < MEMORY


def test_who_can_not_be_served_hears_421_and_is_served_later():
    """Two connections drip, and hold both workers: those behind them are not kept without a greeting."""
    with Gateway(settings={'patience': '1 second'}) as gateway, contextlib.ExitStack() as doors:
        holders = [doors.enter_context(gateway.connect()) for _ in range(2)]
        for holder in holders:
            holder.socket.sendall(b'NO')
        waiting = [doors.enter_context(socket.create_connection(('127.0.0.1', gateway.system.gateway_port), timeout=30)) for _ in range(50)]
        doors.enter_context(unix := socket.socket(socket.AF_UNIX))
        unix.settimeout(30)
        unix.connect(str(gateway.system.folder / 'run/gateway.sock'))
        for one in (*waiting, unix):
            heard = b''
            while data := one.recv(1000):
                heard += data
            assert heard == b'421 4.3.2 gateway.agency.example is busy, try again later\r\n'
        deadline = time.monotonic() + 10  # those sent away hear it before the log does
        while sum(map(int, re.findall(r'overloaded connections=(\d+)', gateway.log))) < 51 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert sum(map(int, re.findall(r'overloaded connections=(\d+)', gateway.log))) == 51
        assert holders[0].say(b'OP').startswith('250'), 'who is being served is not disturbed'
        for holder in holders:
            holder.close()
        word = canary()
        assert gateway.send(letter(word), ['bob@mailbox.example'])[0].startswith('250')
        assert word.encode() in gateway.open(gateway.sink.mails[0].data)


def test_nobody_is_sent_away_while_the_others_turn_comes():
    """One worker, and a queue that is always there for longer than the patience, but moves."""
    with Gateway(settings={'patience': '1 second', 'workers': 1}) as gateway:
        gateway.sink.reply('END', lambda _: time.sleep(0.2))

        def send(number):
            return gateway.send(letter(canary()), [f'r{number}@mailbox.example'])[0][:3]
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            assert list(pool.map(send, range(16))) == ['250'] * 16
        assert 'overloaded' not in gateway.log

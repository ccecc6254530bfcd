#!/usr/bin/python3
"""The demonstration: everything on loopback, two letters sent, a person (or --once: a headless client) reads them."""
import argparse
import pathlib
import signal
import sys
import threading
import time

import catcher
import letters
import story
import system


def invite(running, box):
    print(f'''
  SecureMail is running, on this machine alone. Two letters to alice@mailbox.example went in,
  and came out sealed.

  1. Open the mailbox:            http://127.0.0.1:{box.web_port}/
  2. Open “Secure: Your benefit statement”, click its attachment SecureMessage.html
     and press “Read message”. It leads to the portal, {running.url}
  3. Register (any name; a good password). The confirmation arrives in the same mailbox:
     follow its link, press the button, and the message opens.
  4. Save the PDF, sign out. Then open the second letter: now the password is enough.

  Send more:   swaks --server 127.0.0.1:{running.gateway_port} --protocol LMTP --from dana.whitfield@agency.example \\
                     --to alice@mailbox.example --header "Subject: Secure: hello"
  Logs:        {running.log}

  Ctrl-C ends everything and leaves nothing behind.
''', flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--build', default='build')
    parser.add_argument('--once', action='store_true', help='play the whole story without a person, and say how it went')
    parser.add_argument('--port', type=int, help='port of the portal')
    arguments = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(0))
    running = box = None
    started = time.monotonic()
    try:
        folder = system.tempfile.mkdtemp(prefix='securemail-demo-')
        box = catcher.Catcher(pathlib.Path(folder) / 'mailboxes')
        running = system.System(arguments.build, f'127.0.0.1:{box.smtp_port}', folder=folder, portal=arguments.port)
        running.start()
        if arguments.once:
            print('The story of two letters:', flush=True)
            story.Story(running, box).play()
            codes = running.stop()
            story.expect(codes == [0], f'the programs ended in order: {codes}')
            print(f'  {time.monotonic() - started:6.2f} s  everything ended in order. It all works.')
            return 0
        for letter in (letters.with_picture_and_pdf(), letters.plain()):
            story.expect(not story.send(running, letter, ['alice@mailbox.example']), 'the gateway took the letter')
        invite(running, box)
        while running.processes[0].poll() is None:
            threading.Event().wait(0.5)
        print('SecureMail ended by itself:', running.log.read_text(errors='replace')[-2000:], file=sys.stderr)
        return 1
    except story.Failure as failure:
        print(f'FAILED: {failure}\n\nThe log:\n{running.log.read_text(errors="replace")[-4000:]}', file=sys.stderr)
        return 1
    except (OSError, RuntimeError, system.subprocess.CalledProcessError) as error:
        print(f'FAILED: {error}\n{(getattr(error, "stderr", None) or b"").decode(errors="replace")}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('\nEnding.')
        return 0
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if running:
            running.remove()
        if box:
            box.close()
        system.shutil.rmtree(folder, ignore_errors=True)


if __name__ == '__main__':
    sys.exit(main())

# SPDX-License-Identifier: Apache-2.0
"""A private nginx on loopback with dist/nginx/securemail.conf, changed only where a site must change it."""
import os
import pathlib
import re
import socket
import ssl
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEMPORARY = ('client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi')


def make_certificate(folder):
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
                    '-keyout', folder / 'key.pem', '-out', folder / 'chain.pem', '-subj', '/CN=127.0.0.1',
                    '-addext', 'subjectAltName=IP:127.0.0.1'], check=True, capture_output=True)


class Front:
    """`changes`: more pairs (regular expression, replacement) for the configuration; each must fit."""

    def __init__(self, folder, port, plain_port, portal_socket, changes=()):
        self.folder, self.port, self.plain_port = pathlib.Path(folder), port, plain_port
        for name in TEMPORARY:
            (self.folder / 'tmp' / name).mkdir(parents=True)
        make_certificate(self.folder)
        self.tls = ssl.create_default_context(cafile=self.folder / 'chain.pem')
        text = (ROOT / 'dist/nginx/securemail.conf').read_text()
        for pattern, value in ((r'listen 443 ', f'listen 127.0.0.1:{port} '), (r' +listen \[::\]:443 .*\n', ''),
                               (r'listen 80;', f'listen 127.0.0.1:{plain_port};'), (r' +listen \[::\]:80;\n', ''),
                               (r'secure\.example\.org', '127.0.0.1'), (r'/run/securemail/portal\.sock', str(portal_socket)),
                               (r'/etc/ssl/securemail/', f'{self.folder}/'), (r'/var/log/nginx/', f'{self.folder}/'), *changes):
            text, count = re.subn(pattern, value, text)
            assert count, f'dist/nginx/securemail.conf has no {pattern}'
        (self.folder / 'securemail.conf').write_text(text)
        (self.folder / 'nginx.conf').write_text(f'''
daemon off;
worker_processes 1;
{'user root;' if os.getuid() == 0 else ''}
pid {self.folder}/pid;
error_log {self.folder}/error.log;
events {{ worker_connections 256; }}
http {{
    {' '.join(f'{name}_temp_path {self.folder}/tmp/{name};' for name in TEMPORARY)}
    include {self.folder}/securemail.conf;
}}
''')
        self.process = None

    def start(self):
        command = ['nginx', '-c', self.folder / 'nginx.conf', '-p', self.folder, '-e', self.folder / 'error.log']
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(('127.0.0.1', self.port)) == 0:
                    return self
            time.sleep(0.02)
        raise RuntimeError((self.folder / 'error.log').read_text())

    def stop(self):
        self.process.terminate()
        assert self.process.wait(20) == 0

    def temporary(self):
        """Files in nginx's temporary folders, also those that are open but have no name any more."""
        found = [path for path in (self.folder / 'tmp').rglob('*') if path.is_file()]
        children = subprocess.run(['ps', '-o', 'pid=', '--ppid', str(self.process.pid)], capture_output=True, text=True).stdout
        for pid in children.split():
            for link in pathlib.Path(f'/proc/{pid}/fd').iterdir():
                try:
                    target = os.readlink(link)
                except OSError:
                    continue
                if target.startswith(str(self.folder / 'tmp')):
                    found.append(pathlib.Path(target))
        return found

    def talk(self, data, seconds=10):
        """Raw bytes over TLS; what comes back until the other side closes."""
        with socket.create_connection(('127.0.0.1', self.port), timeout=seconds) as connection, \
                self.tls.wrap_socket(connection, server_hostname='127.0.0.1') as secure:
            secure.sendall(data)
            answer = b''
            try:
                while piece := secure.recv(65536):
                    answer += piece
            except (TimeoutError, ConnectionError, ssl.SSLError):
                pass
            return answer

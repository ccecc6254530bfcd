"""Every program has locked its door before the first foreign byte, and each lock is tried from outside."""
import contextlib
import os
import pathlib
import re
import resource
import signal
import socket
import subprocess
import time

import conftest

PROGRAMS_WITH_DOORS = ('gateway', 'portal', 'accounts', 'keyserver')
# Between two requests these hold secrets, in locked memory; accounts, the file helper and the portal's spawner hold none.
HOLDERS = ('keyserver', 'gateway', 'portal')


def status_of(process):
    return dict(re.findall(r'^(\w+):\s+(.*)$', pathlib.Path(f'/proc/{process}/status').read_text(), re.M))


def processes(world):
    """Process number → name of the program, of all that `securemail run` started, with their children."""
    found = {}
    for line in conftest.processes_of(world.system.folder):
        number, _, words = line.partition(' ')
        program = pathlib.Path(words.split()[0]).name
        if pathlib.Path(f'/proc/{number}/comm').read_text().strip() == 'file-helper':
            program = 'securemail-file-helper'
        if program.startswith('securemail-'):
            found[number] = program.removeprefix('securemail-')
    return found


def locked(process):
    """Kilobytes of memory that are locked."""
    return int(status_of(process)['VmLck'].split()[0])


def wait_until(true, what, seconds=20):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, what()
        time.sleep(0.02)


def test_each_process_of_each_program_is_locked_in(world):
    """Also the gateway's workers and the portal's spawner, which are children."""
    def at_work():  # a gateway listens before its workers do, and each of those locks its key first
        gateways = [number for number, program in processes(world).items() if program == 'gateway']
        return len(gateways) == 3 and all(map(locked, gateways))
    wait_until(at_work, lambda: processes(world))
    found = processes(world)
    assert set(found.values()) == {*PROGRAMS_WITH_DOORS, 'file-helper'}
    assert list(found.values()).count('portal') == 2
    for number, program in found.items():
        status = status_of(number)
        where = f'{program} {number}'
        assert status['NoNewPrivs'] == '1', where
        assert status['Seccomp'] == '2', where
        assert int(status['CapEff'], 16) == int(status['CapPrm'], 16) == 0, where
        limits = pathlib.Path(f'/proc/{number}/limits').read_text()
        assert re.search(r'^Max core file size\s+0\s+0', limits, re.M), where
        spawner = program == 'portal' and found.get(status['PPid']) == 'portal'
        if program in HOLDERS and not spawner:  # others may keep a locked page for the next secret
            assert locked(number) > 0, where


@contextlib.contextmanager
def memory_to_lock(size):
    """What is started meanwhile may lock so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (size, hard if hard == resource.RLIM_INFINITY else max(size, hard)))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (soft, hard))


def test_memory_that_can_not_be_locked_is_said_once(make_world):
    """Each program says it, at its start, and serves; with a limit of two megabytes none does."""
    for size, wanted in ((0, set(PROGRAMS_WITH_DOORS)), (2 << 20, set())):
        with memory_to_lock(size):
            world = make_world(programs=PROGRAMS_WITH_DOORS)
        log = world.system.log
        wait_until(lambda: len(re.findall(r'^\w+ started ', log.read_text(), re.M)) == len(PROGRAMS_WITH_DOORS), log.read_text)
        said = re.findall(r'^(\w+) memory-not-locked effect=.*LimitMEMLOCK', log.read_text(), re.M)
        assert sorted(said) == sorted(wanted)


def ends_by_a_fault(process):
    """Whether the kernel says that a core was written when the process ended by SIGSEGV."""
    os.kill(process.pid, signal.SIGSEGV)
    _, how = os.waitpid(process.pid, 0)
    process.returncode = how
    assert os.WTERMSIG(how) == signal.SIGSEGV
    return os.WCOREDUMP(how)


def test_a_fault_leaves_no_core(make_world, tmp_path):
    """Even where cores are allowed: the programs' own limit, and that they are not dumpable, forbid it."""
    limits = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    try:
        control = subprocess.Popen(['sleep', '60'], cwd=tmp_path)
        assert ends_by_a_fault(control), 'else this test could not fail'
        world = make_world(programs=('keyserver', 'accounts', 'portal', 'gateway'))
        for process in list(world.system.processes):
            assert not ends_by_a_fault(process), process.program
            world.system.processes.remove(process)
        cores = [path for path in world.folder.rglob('core*') if path.is_file()]
        assert not cores
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, limits)


def test_the_keyserver_has_no_socket_of_the_network(world):
    number = next(number for number, program in processes(world).items() if program == 'keyserver')
    sockets = {link.readlink().name for link in pathlib.Path(f'/proc/{number}/fd').iterdir() if 'socket:' in str(link.readlink())}
    inodes = {re.search(r'\d+', name)[0] for name in sockets}
    for table in ('tcp', 'tcp6', 'udp', 'udp6'):
        for line in pathlib.Path(f'/proc/net/{table}').read_text().splitlines()[1:]:
            assert line.split()[9] not in inodes, table
    assert inodes, 'it listens somewhere'


def test_a_program_that_can_not_lock_its_door_serves_nobody(make_world):
    """A user that does not exist is the simplest lock that fails: no program goes on without it."""
    for program in PROGRAMS_WITH_DOORS:
        world = make_world(programs=(), settings={program: {'user': 'no-such-user-here'}})
        process = conftest.system.subprocess.run(
            [world.system.build / program / f'securemail-{program}', '-c', world.system.config], capture_output=True, text=True,
            timeout=30)
        assert process.returncode != 0, program
        assert 'no-such-user-here' in process.stderr, program
        if program == 'gateway':
            with socket.socket() as probe:
                assert probe.connect_ex(('127.0.0.1', world.system.gateway_port)) != 0

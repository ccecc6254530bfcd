/* SPDX-License-Identifier: Apache-2.0
 * For tests of programs: preloaded into one, the n-th call of a kind fails while a letter is in
 * hand, that is from the accepting of a connection to its closing. Calls of the libraries are
 * counted too; those that the C library makes within itself are not, but where it asks for memory.
 *
 * The test writes what is to happen into the file FAULT, which all processes of the program share;
 * it may change at any time, and tells whether it has happened. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOMENT_MS 50L
#define EACH (-1)

/* What happens at the call. */
enum what {
    FAIL,   /* it answers that it failed, with `value` as errno */
    SHORT,  /* one byte is read or written of those asked for */
    END,    /* it answers 0: what is read has ended */
    SIGNAL, /* the process gets the signal `value`, and the call goes on */
    PARENT, /* the process's parent does, and has a moment to see to it */
};

/* As faulty.py packs it: numbers of 32 bits, then a name. */
struct plan {
    _Atomic int32_t n; /* 0: nothing happens; EACH: it happens at each call */
    int32_t what, value;
    int32_t in_child; /* 0: in whoever has the letter; 1: in a child of that process */
    _Atomic int32_t count, fired;
    char call[32];
};

static struct plan *plan;
static pid_t holder; /* who accepted a connection; 0: nobody. Children inherit it */
static int connection = -1;
static pid_t (*real_fork)(void); /* the C library's, which sees to its locks */

__attribute__((constructor)) static void map_plan(void)
{
    const char *path = getenv("FAULT");
    long fd = path == NULL ? -1L : syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
    if (fd < 0)
        return;
    void *p = (void *)syscall(SYS_mmap, NULL, sizeof *plan, (long)(PROT_READ | PROT_WRITE),
                              (long)MAP_SHARED, fd, 0L);
    (void)syscall(SYS_close, fd);
    *(void **)&real_fork = dlsym(RTLD_NEXT, "fork");
    plan = p == MAP_FAILED ? NULL : p;
}

/* Is it one of the calls in question, by whom it is? */
static bool counts(const char *call)
{
    return plan != NULL && holder != 0 && atomic_load(&plan->n) != 0 &&
           strcmp(plan->call, call) == 0 && (getpid() != holder) == (plan->in_child != 0);
}

/* Is it this one? A signal is sent here, and the call is one like others then. */
static bool due(const char *call)
{
    if (!counts(call))
        return false;
    int n = atomic_load(&plan->n), count = atomic_fetch_add(&plan->count, 1) + 1;
    if (n != EACH && n != count)
        return false;
    int saved = errno;
    atomic_store(&plan->fired, 1);
    if (plan->what == SIGNAL)
        (void)kill(getpid(), plan->value);
    if (plan->what == PARENT) {
        (void)kill(getppid(), plan->value);
        (void)syscall(SYS_poll, NULL, 0L, MOMENT_MS);
    }
    errno = saved;
    return plan->what < SIGNAL;
}

static long failed(void)
{
    if (plan->what == END)
        return 0;
    errno = plan->value;
    return -1;
}

/* --- calls that do it or not ------------------------------------------------------------------ */

#define CALL(type, name, number, parameters, ...)                                                  \
    type name parameters                                                                           \
    {                                                                                              \
        return (type)(due(#name) ? failed() : syscall(number, __VA_ARGS__));                       \
    }

CALL(int, poll, SYS_poll, (struct pollfd * p, nfds_t n, int ms), p, n, ms)
CALL(int, socket, SYS_socket, (int family, int type, int protocol), family, type, protocol)
CALL(int, connect, SYS_connect, (int fd, const struct sockaddr *to, socklen_t n), fd, to, n)
CALL(int, getsockopt, SYS_getsockopt, (int fd, int level, int name, void *p, socklen_t *n), fd,
     level, name, p, n)
CALL(int, setsockopt, SYS_setsockopt, (int fd, int level, int name, const void *p, socklen_t n), fd,
     level, name, p, n)
CALL(int, pipe2, SYS_pipe2, (int ends[2], int flags), ends, flags)
CALL(int, close_range, SYS_close_range, (unsigned from, unsigned to, int flags), from, to, flags)
CALL(off_t, lseek64, SYS_lseek, (int fd, off_t at, int from), fd, at, from)
CALL(ssize_t, getrandom, SYS_getrandom, (void *p, size_t n, unsigned flags), p, n, flags)
CALL(pid_t, waitpid, SYS_wait4, (pid_t pid, int *end, int flags), pid, end, flags, NULL)
CALL(int, mprotect, SYS_mprotect, (void *p, size_t n, int rights), p, n, rights)
CALL(int, mlock, SYS_mlock, (const void *p, size_t n), p, n)
CALL(int, madvise, SYS_madvise, (void *p, size_t n, int advice), p, n, advice)
CALL(int, open64, SYS_open, (const char *path, int flags, ...), path, flags, 0600)

/* --- calls that may do a part of it ------------------------------------------------------------
 */

#define PART(name, number, parameters, fd, p, ...)                                                 \
    ssize_t name parameters                                                                        \
    {                                                                                              \
        if (due(#name)) {                                                                          \
            if (plan->what != SHORT)                                                               \
                return failed();                                                                   \
            n = n < 1 ? n : 1;                                                                     \
        }                                                                                          \
        return syscall(number, fd, p, n, __VA_ARGS__);                                             \
    }

PART(read, SYS_read, (int fd, void *p, size_t n), fd, p, NULL)
PART(write, SYS_write, (int fd, const void *p, size_t n), fd, p, NULL)
PART(pread64, SYS_pread64, (int fd, void *p, size_t n, off_t at), fd, p, at)
PART(pwrite64, SYS_pwrite64, (int fd, const void *p, size_t n, off_t at), fd, p, at)
PART(send, SYS_sendto, (int fd, const void *p, size_t n, int flags), fd, p, flags, NULL, 0L)
PART(recv, SYS_recvfrom, (int fd, void *p, size_t n, int flags), fd, p, flags, NULL, NULL)

/* --- others ------------------------------------------------------------------------------------
 */

pid_t fork(void)
{
    return due("fork") ? (pid_t)failed() : real_fork();
}

void *mmap64(void *at, size_t n, int rights, int flags, int fd, off_t from)
{
    if (!due("mmap64"))
        return (void *)syscall(SYS_mmap, at, n, rights, flags, fd, from);
    (void)failed();
    return MAP_FAILED;
}

void *mmap(void *at, size_t n, int rights, int flags, int fd, off_t from)
{
    return mmap64(at, n, rights, flags, fd, from);
}

/* --- memory ------------------------------------------------------------------------------------
 */

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t count, size_t n);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t boundary, size_t n);

static bool no_memory(void)
{
    bool none = due("memory");
    if (none)
        errno = ENOMEM;
    return none;
}

void *malloc(size_t n)
{
    return no_memory() ? NULL : __libc_malloc(n);
}

void *calloc(size_t count, size_t n)
{
    return no_memory() ? NULL : __libc_calloc(count, n);
}

void *realloc(void *p, size_t n)
{
    return no_memory() ? NULL : __libc_realloc(p, n);
}

void *aligned_alloc(size_t boundary, size_t n)
{
    return no_memory() ? NULL : __libc_memalign(boundary, n);
}

/* --- from when to when -------------------------------------------------------------------------
 */

int accept4(int listener, struct sockaddr *peer, socklen_t *n, int flags)
{
    int fd = (int)syscall(SYS_accept4, listener, peer, n, flags);
    if (fd >= 0) {
        holder = getpid();
        connection = fd;
    }
    return fd;
}

int close(int fd)
{
    if (fd == connection && getpid() == holder) {
        holder = 0;
        connection = -1;
    }
    return (int)syscall(SYS_close, fd);
}

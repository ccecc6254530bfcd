/* SPDX-License-Identifier: Apache-2.0
 * cli: passphrases. */
#include "passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include "io.h"
#include "random.h"

#define MEMORY (UINT64_C(256) << 20)
#define PASSES 3

/* One line from the terminal, byte by byte into guarded memory. */
static enum status read_line(int fd, const char *prompt, struct secret *line, size_t *n_out)
{
    size_t n = 0;
    if (dprintf(fd, "%s", prompt) < 0)
        return ST_FAIL;
    for (;;) {
        uint8_t byte;
        ssize_t got = read(fd, &byte, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0 || n == line->n)
            return ST_FAIL;
        if (byte == '\n')
            break;
        line->p[n++] = byte;
    }
    (void)dprintf(fd, "\n");
    *n_out = n;
    return ST_OK;
}

static enum status ask_twice(int fd, struct secret **passphrase_out, struct why *why)
{
    size_t n = 0, again_n = 0;
    struct secret *first = secret_new(MASTER_PASSPHRASE_MAX),
                  *again = secret_new(MASTER_PASSPHRASE_MAX);
    enum status status = read_line(fd, "Passphrase for the master secret: ", first, &n);
    if (status == ST_OK)
        status = read_line(fd, "Once more: ", again, &again_n);
    if (status != ST_OK)
        why_set(why, status, "no passphrase could be read from the terminal");
    else if (n == 0 || !secret_equal(bytes_first(secret_bytes(first), n),
                                     bytes_first(secret_bytes(again), again_n)))
        status = why_set(why, ST_BAD, "the two passphrases are not the same");
    else
        *passphrase_out = secret_copy(bytes_first(secret_bytes(first), n));
    secret_free(first);
    secret_free(again);
    return status;
}

static enum status ask_terminal(struct secret **passphrase_out, struct why *why)
{
    struct termios shown, hidden;
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 || tcgetattr(fd, &shown) != 0) {
        io_close(&fd);
        return why_set(why, ST_FAIL, "there is no terminal to ask for the passphrase at");
    }
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    (void)tcsetattr(fd, TCSAFLUSH, &hidden);
    enum status status = ask_twice(fd, passphrase_out, why);
    (void)tcsetattr(fd, TCSAFLUSH, &shown);
    io_close(&fd);
    return status;
}

enum status passphrase_new(const char *path, struct secret **passphrase_out, struct why *why)
{
    struct secret *passphrase = NULL;
    enum status status = strcmp(path, "-") == 0 ? ask_terminal(&passphrase, why)
                                                : master_read_passphrase(path, &passphrase, why);
    if (status == ST_OK && passphrase->n < PASSPHRASE_MIN)
        status = why_set(why, ST_BAD, "a passphrase of at least %d characters is needed",
                         PASSPHRASE_MIN);
    if (status == ST_OK) {
        *passphrase_out = passphrase;
        passphrase = NULL;
    }
    secret_free(passphrase);
    return status;
}

struct master_lock passphrase_lock(const struct secret *passphrase)
{
    struct master_lock lock = {.passphrase = passphrase, .memory = MEMORY, .passes = PASSES};
    random_fill(lock.salt, sizeof lock.salt);
    random_fill(lock.nonce, sizeof lock.nonce);
    return lock;
}

/* SPDX-License-Identifier: Apache-2.0
 * inspect: a child for each letter that the rules ask about. */
#include "inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inspect_private.h"
#include "io.h"
#include "room.h"
#include "view.h"

/* What the child says: whether it got to the end, and what it found. */
struct answer {
    uint8_t status; /* enum status */
    uint8_t found[POLICY_CONTENT_MAX / 8];
};

void inspect_prepare(void)
{
    view_prepare();
}

/* --- the child -------------------------------------------------------------------------------- */

/* The whole letter into memory of the kernel's own making, as it was stored. */
static enum status gather(const struct inspect_source *source, struct bytes *letter_out)
{
    size_t n = 0, size = (size_t)source->size;
    struct bytes piece;
    enum status status;
    uint8_t *p = mmap(NULL, size + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return ST_FAIL;
    while ((status = source->next(source->context, &piece)) == ST_OK) {
        if (piece.n > size - n)
            return ST_FAIL;
        memcpy(p + n, piece.p, piece.n);
        n += piece.n;
    }
    *letter_out = (struct bytes){p, n};
    return status == ST_NONE && n == size ? ST_OK : ST_FAIL;
}

/* Nothing stays open but the way of the answer. */
static bool close_others(int answer)
{
    unsigned fd = (unsigned)answer;
    return (fd == 0 || close_range(0, fd - 1, 0) == 0) && close_range(fd + 1, ~0U, 0) == 0;
}

static enum status look(const struct policy *policy, const struct inspect_source *source,
                        const struct inspect_limits *limits, int fd, struct policy_content *content)
{
    struct bytes letter;
    struct why why;
    enum status status = gather(source, &letter);
    if (status != ST_OK)
        return status;
    if (source->forget != NULL)
        source->forget(source->context);
    size_t letters = 2 * (size_t)source->size; /* this one, and what is decoded of it */
    size_t memory = limits->memory > SIZE_MAX - letters ? SIZE_MAX : limits->memory + letters;
    if (!close_others(fd) || room_enter_cell(memory, limits->seconds, &why) != ST_OK)
        return ST_FAIL;
    /* From here on the letter is looked at. */
    return inspect_mail(policy, letter, content);
}

static void serve(const struct policy *policy, const struct inspect_source *source,
                  const struct inspect_limits *limits, int fd)
{
    struct policy_content content = {.known = false};
    struct answer answer = {.status = ST_FAIL};
    answer.status = (uint8_t)look(policy, source, limits, fd, &content);
    memcpy(answer.found, content.found, sizeof answer.found);
    struct bytes bytes = {(const uint8_t *)&answer, sizeof answer};
    _exit(io_write_all(fd, bytes, io_deadline(1000)) == ST_OK ? 0 : 1);
}

/* --- its parent ------------------------------------------------------------------------------- */

/* Its end, whatever it does. */
static int reap(pid_t child)
{
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

static void hear(int fd, pid_t child, const struct inspect_limits *limits,
                 struct policy_content *content, struct why *why)
{
    struct answer answer;
    enum status status = io_read_all(fd, &answer, sizeof answer,
                                     io_deadline((int64_t)limits->seconds * 1000 + 1000));
    if (status != ST_OK)
        (void)kill(child, SIGKILL);
    int end = reap(child);
    if (status != ST_OK) {
        why_set(why, ST_FAIL, "the inspector ended by signal %d", WTERMSIG(end));
        return;
    }
    if (answer.status != ST_OK) {
        why_set(why, ST_LIMIT, "%s",
                answer.status == ST_LIMIT ? "more in it than can be looked at"
                                          : "it can't be read");
        return;
    }
    memcpy(content->found, answer.found, sizeof content->found);
    content->known = true;
}

void inspect(const struct policy *policy, const struct inspect_source *source,
             const struct inspect_limits *limits, struct policy_content *content_out,
             struct why *why)
{
    int ends[2];
    *content_out = (struct policy_content){.known = false};
    if (source->size > SIZE_MAX / 4 || pipe2(ends, O_CLOEXEC) != 0) {
        why_set(why, ST_FAIL, "no pipe");
        return;
    }
    pid_t child = fork();
    if (child == 0)
        serve(policy, source, limits, ends[1]);
    io_close(&ends[1]);
    if (child < 0)
        why_set(why, ST_FAIL, "no process: %s", strerror(errno));
    else
        hear(ends[0], child, limits, content_out, why);
    io_close(&ends[0]);
}

/* SPDX-License-Identifier: Apache-2.0
 * keyserver: appending to the key log. */
#include "key_log.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io.h"
#include "memory.h"

struct key_log {
    int fd;
    struct key_head head; /* what a new file begins with */

    pthread_mutex_t writing; /* guards what follows */
    uint64_t records;
    uint8_t chain[KEY_CHAIN_SIZE];
    uint64_t bytes;   /* where the next line goes */
    uint64_t torn;    /* bytes of an unfinished record behind that */
    uint64_t written; /* lines appended by us */
    bool broken;      /* what the file holds is in doubt */

    pthread_mutex_t syncing; /* guards what follows; never taken while holding `writing` */
    uint64_t synced;         /* of the lines appended by us */
};

/* --- writing ---------------------------------------------------------------------------------- */

static bool write_all(int fd, struct bytes line)
{
    while (line.n > 0) {
        ssize_t n = write(fd, line.p, line.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        line = bytes_from(line, (size_t)n);
    }
    return true;
}

/* Append a line whose chain is `chain`. The caller holds `writing`. A piece of a line must not
 * stay: the next one would be glued to it. */
static enum status append_line(struct key_log *log, struct bytes line,
                               const uint8_t chain[KEY_CHAIN_SIZE])
{
    struct stat now;
    if (fstat(log->fd, &now) != 0 || (uint64_t)now.st_size != log->bytes) {
        log->broken = true; /* somebody else has written or cut */
        return ST_TEMP;
    }
    if (!write_all(log->fd, line)) {
        log->broken = ftruncate(log->fd, (off_t)log->bytes) != 0;
        return ST_TEMP;
    }
    log->bytes += line.n;
    log->written++;
    memcpy(log->chain, chain, KEY_CHAIN_SIZE);
    return ST_OK;
}

static enum status write_record(struct key_log *log, const struct key_record *wanted,
                                uint64_t *written_out)
{
    struct buffer line;
    uint8_t chain[KEY_CHAIN_SIZE];
    struct key_record record = *wanted;
    enum status status = ST_TEMP;
    buffer_init(&line, KEY_LINE_MAX);

    pthread_mutex_lock(&log->writing);
    if (!log->broken && log->torn == 0) {
        record.number = log->records + 1;
        memcpy(chain, log->chain, sizeof chain);
        status = key_record_write(&record, chain, &line);
        if (status == ST_OK)
            status = append_line(log, buffer_bytes(&line), chain);
        if (status == ST_OK) {
            log->records++;
            *written_out = log->written;
        }
    }
    pthread_mutex_unlock(&log->writing);
    buffer_done(&line);
    return status;
}

/* Where the log stands: taken while nobody writes. */
struct stand {
    uint64_t written, records;
    uint8_t chain[KEY_CHAIN_SIZE];
    bool broken;
};

static struct stand stand_of(struct key_log *log)
{
    pthread_mutex_lock(&log->writing);
    struct stand stand = {
        .written = log->written, .records = log->records, .broken = log->broken || log->torn > 0};
    memcpy(stand.chain, log->chain, sizeof stand.chain);
    pthread_mutex_unlock(&log->writing);
    return stand;
}

/* Everything up to that on the disk. The caller holds `syncing`. */
static enum status sync_to(struct key_log *log, const struct stand *stand)
{
    if (stand->broken)
        return ST_TEMP;
    if (log->synced >= stand->written)
        return ST_OK;
    if (fdatasync(log->fd) == 0) {
        log->synced = stand->written;
        return ST_OK;
    }
    /* A second try might succeed without having written anything. */
    pthread_mutex_lock(&log->writing);
    log->broken = true;
    pthread_mutex_unlock(&log->writing);
    return ST_TEMP;
}

/* Wait until the first `wanted` of our lines are on the disk. While one thread waits for the disk,
 * others write; the next one to wait does it for all of them. */
static enum status sync_lines(struct key_log *log, uint64_t wanted)
{
    enum status status = ST_OK;
    pthread_mutex_lock(&log->syncing);
    if (log->synced < wanted) {
        struct stand stand = stand_of(log);
        status = sync_to(log, &stand);
    }
    pthread_mutex_unlock(&log->syncing);
    return status;
}

enum status key_log_last(struct key_log *log, uint64_t *number_out,
                         uint8_t chain_out[KEY_CHAIN_SIZE])
{
    pthread_mutex_lock(&log->syncing);
    struct stand stand = stand_of(log);
    enum status status = sync_to(log, &stand);
    pthread_mutex_unlock(&log->syncing);
    if (status == ST_OK) {
        *number_out = stand.records;
        memcpy(chain_out, stand.chain, KEY_CHAIN_SIZE);
    }
    return status;
}

enum status key_log_append(struct key_log *log, const struct key_record *record)
{
    uint64_t written;
    enum status status = write_record(log, record, &written);
    if (status == ST_OK)
        status = sync_lines(log, written);
    return status;
}

bool key_log_broken(struct key_log *log)
{
    pthread_mutex_lock(&log->writing);
    bool broken = log->broken;
    pthread_mutex_unlock(&log->writing);
    return broken;
}

/* --- opening ---------------------------------------------------------------------------------- */

static enum status write_head(struct key_log *log, struct why *why)
{
    struct buffer line;
    uint8_t chain[KEY_CHAIN_SIZE] = {0};
    buffer_init(&line, KEY_LINE_MAX);
    enum status status = key_head_write(&log->head, chain, &line);
    if (status == ST_OK)
        status = append_line(log, buffer_bytes(&line), chain);
    if (status == ST_OK && fsync(log->fd) != 0)
        status = ST_FAIL;
    buffer_done(&line);
    return status == ST_OK ? ST_OK : why_set(why, ST_FAIL, "the head can't be written");
}

/* A new file's name lasts once its directory is on the disk. */
static enum status sync_directory(const char *path, struct why *why)
{
    char *copy = memory_text(path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum status status = fd >= 0 && fsync(fd) == 0
                             ? ST_OK
                             : why_set(why, ST_FAIL, "its directory: %s", strerror(errno));
    io_close(&fd);
    free(copy);
    return status;
}

static enum status open_file(const char *path, int *fd_out, struct why *why)
{
    struct stat found;
    int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
    if (fd < 0)
        return why_set(why, ST_FAIL, "%s", strerror(errno));
    enum status status = ST_OK;
    if (fstat(fd, &found) != 0 || !S_ISREG(found.st_mode))
        status = why_set(why, ST_FAIL, "not a file");
    else if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        status = why_set(why, ST_DENIED, "another keyserver writes to it");
    if (status == ST_OK)
        *fd_out = fd;
    else
        close(fd);
    return status;
}

enum status key_log_open(const char *path, const struct key_head *head, struct key_log **log_out,
                         struct key_check *found_out, struct why *why)
{
    struct key_check found;
    struct why reason = {""};
    struct key_log *log = memory_new(1, sizeof *log);
    log->fd = -1;
    log->head = *head;
    pthread_mutex_init(&log->writing, NULL);
    pthread_mutex_init(&log->syncing, NULL);

    enum status status = open_file(path, &log->fd, &reason);
    if (status == ST_OK)
        status = key_check(log->fd, NULL, &found, &reason);
    if (status != ST_OK)
        goto out;
    if (found.lines > 0 && strcmp(found.head.district, head->district) != 0) {
        status = why_set(&reason, ST_BAD, "this is the log of district %s", found.head.district);
        goto out;
    }
    log->records = found.records;
    log->bytes = found.bytes;
    log->torn = found.torn_bytes;
    memcpy(log->chain, found.chain, sizeof log->chain);
    if (found.lines == 0 && found.torn_bytes == 0)
        status = write_head(log, &reason);
    if (status == ST_OK && found.lines == 0)
        status = sync_directory(path, &reason);
    if (status != ST_OK)
        goto out;
    memcpy(found.chain, log->chain, sizeof found.chain); /* perhaps of a new head */
    *found_out = found;
    *log_out = log;
    log = NULL;
out:
    if (status != ST_OK)
        why_set(why, status, "%s: %s", path, reason.text);
    key_log_close(log);
    return status;
}

enum status key_log_mend(struct key_log *log, int64_t now, struct why *why)
{
    const struct key_record torn = {.time = now, .result = KEY_TORN, .period_start = -1};
    if (ftruncate(log->fd, (off_t)log->bytes) != 0)
        return why_set(why, ST_FAIL, "the unfinished record can't be cut off: %s", strerror(errno));
    log->torn = 0;
    if (log->bytes == 0)
        return write_head(log, why);
    enum status status = key_log_append(log, &torn);
    return status == ST_OK ? ST_OK : why_set(why, ST_FAIL, "the key log can't be written");
}

void key_log_close(struct key_log *log)
{
    if (log == NULL)
        return;
    io_close(&log->fd);
    pthread_mutex_destroy(&log->writing);
    pthread_mutex_destroy(&log->syncing);
    free(log);
}

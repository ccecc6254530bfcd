/* SPDX-License-Identifier: Apache-2.0
 * portal: sealed messages between the attachment's button and their reader. */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "encode.h"
#include "io.h"
#include "memory.h"
#include "random.h"
#include "spool.h"

#define ID_BYTES ((SPOOL_ID_SIZE - 1) / 2)
#define WRITE_TIMEOUT_MS 30000

/* A file of ours: first a writer has it, then it is a message. */
struct entry {
    struct spool_message message;
    char source[SPOOL_SOURCE_SIZE];
    uint64_t size;
    int64_t received; /* 0: still being written */
    struct entry *next;
};

struct spool {
    struct spool_settings settings;
    int directory;
    pthread_mutex_t lock; /* over everything below */
    struct entry *entries;
    size_t entries_n;
    uint64_t bytes;
};

struct spool_writer {
    struct spool *spool;
    struct entry *entry;
    int fd;
};

/* --- the directory --------------------------------------------------------------------------- */

static bool is_id(const char *name)
{
    uint8_t id[ID_BYTES];

    return strlen(name) == SPOOL_ID_SIZE - 1 &&
           hex_decode(bytes_text(name), id, sizeof(id)) == ST_OK;
}

/* Remove our files, and nothing else that may be there. */
static enum status empty_directory(int directory)
{
    int copy = dup(directory);
    DIR *list = copy < 0 ? NULL : fdopendir(copy);
    const struct dirent *file;

    if (list == NULL) {
        io_close(&copy);
        return ST_FAIL;
    }
    while ((file = readdir(list)) != NULL)
        if (is_id(file->d_name))
            (void)unlinkat(directory, file->d_name, 0);
    closedir(list);
    return ST_OK;
}

enum status spool_new(const struct spool_settings *settings, struct spool **spool_out,
                      struct why *why)
{
    int directory = open(settings->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct spool *spool;

    if (directory < 0 || empty_directory(directory) != ST_OK) {
        io_close(&directory);
        return why_set(why, ST_FAIL, "%s: %m", settings->directory);
    }
    spool = memory_new(1, sizeof(*spool));
    spool->settings = *settings;
    spool->directory = directory;
    pthread_mutex_init(&spool->lock, NULL);
    *spool_out = spool;
    return ST_OK;
}

/* --- the list of files; the lock is held ----------------------------------------------------- */

static struct entry *find(const struct spool *spool, const char *id)
{
    struct entry *entry = spool->entries;

    while (entry != NULL && strcmp(entry->message.id, id) != 0)
        entry = entry->next;
    return entry;
}

static uint64_t bytes_from_source(const struct spool *spool, const char *source)
{
    uint64_t bytes = 0;

    for (const struct entry *entry = spool->entries; entry != NULL; entry = entry->next)
        if (strcmp(entry->source, source) == 0)
            bytes += entry->size;
    return bytes;
}

static size_t messages_from_source(const struct spool *spool, const char *source)
{
    size_t n = 0;

    for (const struct entry *entry = spool->entries; entry != NULL; entry = entry->next)
        n += strcmp(entry->source, source) == 0;
    return n;
}

/* The same message, kept before from the same source; or NULL. */
static struct entry *find_repeated(const struct spool *spool, const struct entry *new)
{
    struct entry *entry = spool->entries;

    while (entry != NULL &&
           (entry == new || entry->received == 0 || strcmp(entry->source, new->source) != 0 ||
            memcmp(entry->message.envelope.id, new->message.envelope.id, ENVELOPE_ID_SIZE) != 0))
        entry = entry->next;
    return entry;
}

static bool room_for_one(const struct spool *spool, const char *source)
{
    return spool->entries_n < spool->settings.messages_max &&
           messages_from_source(spool, source) < spool->settings.source_messages_max;
}

static bool room_for(const struct spool *spool, const char *source, uint64_t n)
{
    return spool->bytes + n <= spool->settings.bytes_max &&
           bytes_from_source(spool, source) + n <= spool->settings.source_max;
}

/* Take the entry at *link off the list, with its file. */
static void remove_entry(struct spool *spool, struct entry **link)
{
    struct entry *entry = *link;

    (void)unlinkat(spool->directory, entry->message.id, 0);
    *link = entry->next;
    spool->bytes -= entry->size;
    spool->entries_n--;
    free(entry);
}

static void remove_this(struct spool *spool, const struct entry *entry)
{
    struct entry **link = &spool->entries;

    while (*link != entry)
        link = &(*link)->next;
    remove_entry(spool, link);
}

static void remove_older(struct spool *spool, int64_t oldest)
{
    struct entry **link = &spool->entries;

    while (*link != NULL) {
        if ((*link)->received != 0 && (*link)->received < oldest)
            remove_entry(spool, link);
        else
            link = &(*link)->next;
    }
}

void spool_sweep(struct spool *spool, int64_t now)
{
    pthread_mutex_lock(&spool->lock);
    remove_older(spool, now - spool->settings.keep);
    pthread_mutex_unlock(&spool->lock);
}

void spool_free(struct spool *spool)
{
    if (spool == NULL)
        return;
    while (spool->entries != NULL)
        remove_entry(spool, &spool->entries);
    pthread_mutex_destroy(&spool->lock);
    io_close(&spool->directory);
    free(spool);
}

/* --- taking a message in --------------------------------------------------------------------- */

enum status spool_begin(struct spool *spool, const char *source, struct spool_writer **writer_out)
{
    enum status status = ST_OK;
    uint8_t id[ID_BYTES];
    struct entry *entry = memory_new(1, sizeof(*entry));
    int fd;

    random_fill(id, sizeof(id));
    hex_encode(entry->message.id, BYTES_ARRAY(id));
    (void)snprintf(entry->source, sizeof(entry->source), "%s", source);

    pthread_mutex_lock(&spool->lock);
    if (!room_for_one(spool, entry->source) || !room_for(spool, entry->source, 1)) {
        status = ST_LIMIT;
    } else {
        entry->next = spool->entries;
        spool->entries = entry;
        spool->entries_n++;
    }
    pthread_mutex_unlock(&spool->lock);
    if (status != ST_OK) {
        free(entry);
        return status;
    }

    fd = openat(spool->directory, entry->message.id,
                O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    *writer_out = memory_new(1, sizeof(**writer_out));
    **writer_out = (struct spool_writer){spool, entry, fd};
    if (fd >= 0)
        return ST_OK;
    spool_drop(*writer_out);
    *writer_out = NULL;
    return ST_TEMP;
}

enum status spool_add(struct spool_writer *writer, struct bytes bytes)
{
    struct spool *spool = writer->spool;
    bool room;

    /* The room is taken before the bytes are written: writers side by side can't pass the bound
     * together. */
    pthread_mutex_lock(&spool->lock);
    room = room_for(spool, writer->entry->source, bytes.n);
    if (room) {
        writer->entry->size += bytes.n;
        spool->bytes += bytes.n;
    }
    pthread_mutex_unlock(&spool->lock);
    return room ? io_write_all(writer->fd, bytes, io_deadline(WRITE_TIMEOUT_MS)) : ST_LIMIT;
}

void spool_keep(struct spool_writer *writer, const struct envelope *envelope,
                const struct envelope_seal *seal, int64_t now, char id_out[SPOOL_ID_SIZE])
{
    struct entry *entry = writer->entry, *repeated;

    pthread_mutex_lock(&writer->spool->lock);
    entry->message.envelope = *envelope;
    entry->message.seal = *seal;
    repeated = find_repeated(writer->spool, entry);
    if (repeated != NULL) {
        remove_this(writer->spool, entry);
        entry = repeated;
    }
    entry->received = now;
    memcpy(id_out, entry->message.id, SPOOL_ID_SIZE);
    pthread_mutex_unlock(&writer->spool->lock);
    io_close(&writer->fd);
    free(writer);
}

void spool_drop(struct spool_writer *writer)
{
    if (writer == NULL)
        return;
    pthread_mutex_lock(&writer->spool->lock);
    remove_this(writer->spool, writer->entry);
    pthread_mutex_unlock(&writer->spool->lock);
    io_close(&writer->fd);
    free(writer);
}

/* --- reading it ------------------------------------------------------------------------------ */

enum status spool_find(struct spool *spool, const char *id, int64_t now,
                       struct spool_message *message_out)
{
    const struct entry *entry;
    bool there;

    pthread_mutex_lock(&spool->lock);
    entry = find(spool, id);
    there = entry != NULL && entry->received != 0 && entry->received + spool->settings.keep >= now;
    if (there)
        *message_out = entry->message;
    pthread_mutex_unlock(&spool->lock);
    return there ? ST_OK : ST_NONE;
}

enum status spool_file(struct spool *spool, const char *id, int *fd_out)
{
    int fd;

    if (!is_id(id))
        return ST_NONE;
    fd = openat(spool->directory, id, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return ST_NONE;
    *fd_out = fd;
    return ST_OK;
}

/* SPDX-License-Identifier: Apache-2.0
 * portal: sealed messages between the attachment's button and their reader. A message is a file in
 * the spool directory, still sealed as it came, mode 0600, named by a random 128-bit id; what its
 * header and signature said is kept in memory. It is there for a limited time and then gone; after
 * a restart all are gone, and the reader presses the button again.
 *
 * Bounds keep one source from filling the disk or the list: bytes and messages, in all and from one
 * source. A message that a source hands in again is kept once. Any number of threads may use a
 * spool at once. Times are seconds since 1970. */
#ifndef SECUREMAIL_SPOOL_H
#define SECUREMAIL_SPOOL_H

#include "envelope.h"

#define SPOOL_ID_SIZE 33     /* 32 hexadecimal digits and a NUL */
#define SPOOL_SOURCE_SIZE 64 /* an address of the network, as text */

struct spool_settings {
    const char *directory; /* exists, ours alone */
    int64_t keep;          /* seconds a message stays */
    uint64_t bytes_max;    /* of all files */
    uint64_t source_max;   /* of all files from one source */
    size_t messages_max;
    size_t source_messages_max; /* from one source */
};

struct spool_message {
    char id[SPOOL_ID_SIZE];
    struct envelope envelope;
    struct envelope_seal seal;
};

struct spool;

/* Open the directory and remove what an earlier process left there. `settings` is copied. ST_FAIL
 * with a reason. */
enum status spool_new(const struct spool_settings *settings, struct spool **spool_out,
                      struct why *why) MUST_CHECK;
/* Removes all files. */
void spool_free(struct spool *spool);

/* --- taking a message in --------------------------------------------------------------------- */

struct spool_writer; /* a file that grows */

/* ST_LIMIT if the spool or this source's share is full; ST_TEMP if the disk does not work. */
enum status spool_begin(struct spool *spool, const char *source,
                        struct spool_writer **writer_out) MUST_CHECK;
enum status spool_add(struct spool_writer *writer, struct bytes bytes) MUST_CHECK;
/* Keep it as a message. If its source has handed in the same one before (by the envelope's id),
 * that one stays instead, under its id, and its time begins anew. Frees the writer. */
void spool_keep(struct spool_writer *writer, const struct envelope *envelope,
                const struct envelope_seal *seal, int64_t now, char id_out[SPOOL_ID_SIZE]);
/* Throw it away. NULL is fine. */
void spool_drop(struct spool_writer *writer);

/* --- reading it ------------------------------------------------------------------------------ */

/* ST_NONE if there is no such message (any text may be asked for), or its time is over. */
enum status spool_find(struct spool *spool, const char *id, int64_t now,
                       struct spool_message *message_out) MUST_CHECK;
/* Its file, open for reading; the caller closes. ST_NONE if it is gone. */
enum status spool_file(struct spool *spool, const char *id, int *fd_out) MUST_CHECK;

/* Remove what is too old; to be called once in a while. */
void spool_sweep(struct spool *spool, int64_t now);

#endif

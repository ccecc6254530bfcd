/* SPDX-License-Identifier: Apache-2.0
 * base: small whole files: parameters, keys, configuration. */
#ifndef SECUREMAIL_FILE_H
#define SECUREMAIL_FILE_H

#include <sys/types.h>

#include "buffer.h"
#include "secret.h"

/* Append the file's content to `content`; ST_NONE if there is no such file, ST_LIMIT if it is
 * larger than the buffer takes, ST_DENIED or ST_FAIL otherwise. */
enum status file_read(const char *path, struct buffer *content, struct why *why) MUST_CHECK;
/* A key file of at most `max` bytes: a regular file, not a link, owned by us or root, no rights for
 * others nor write for the group; else ST_DENIED. ST_NONE if there is none, ST_BAD if it is empty,
 * ST_LIMIT if it is larger. The caller frees *secret_out. */
enum status file_read_secret(const char *path, size_t max, struct secret **secret_out,
                             struct why *why) MUST_CHECK;
/* Create with `mode`, write, fsync, and give it its name; ST_DENIED if the name exists (nothing is
 * ever overwritten by this function), ST_TEMP if the disk is full. */
enum status file_create(const char *path, mode_t mode, struct bytes content,
                        struct why *why) MUST_CHECK;
/* As file_create, but takes the place of an older file in one step. */
enum status file_replace(const char *path, mode_t mode, struct bytes content,
                         struct why *why) MUST_CHECK;
/* Make one directory level with `mode`; an existing directory is fine. */
enum status file_directory(const char *path, mode_t mode, struct why *why) MUST_CHECK;

#endif

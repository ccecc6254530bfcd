/* SPDX-License-Identifier: Apache-2.0
 * keyserver (tests): samples. */
#include "test_key_sample.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "file.h"

const struct key_head sample_head = {"mail.example", NOW};

struct key_record sample_first(void)
{
    struct key_record record = {.number = 1,
                                .time = NOW + 5,
                                .result = KEY_OPENED,
                                .serial = 1,
                                .period_start = 1795046400, /* 2026-11-19 */
                                .address = "alice@example.org",
                                .account = 7};
    memset(record.message, 0xab, sizeof record.message);
    return record;
}

struct key_record sample_second(void)
{
    struct key_record record = {.number = 2,
                                .time = NOW + 6,
                                .result = KEY_UNKNOWN_DISTRICT,
                                .serial = 9,
                                .period_start = -1,
                                .account = 7};
    memset(record.message, 0xcd, sizeof record.message);
    return record;
}

int sample_set_up(void **state)
{
    static struct place place;
    place = (struct place){.directory = "/tmp/test_key_log.XXXXXX"};
    if (mkdtemp(place.directory) == NULL)
        return -1;
    snprintf(place.path, sizeof place.path, "%s/key.log", place.directory);
    *state = &place;
    return 0;
}

int sample_tear_down(void **state)
{
    struct place *place = *state;
    unlink(place->path);
    return rmdir(place->directory);
}

void sample_write(const struct place *place, const char *text)
{
    struct why why;
    assert_int_equal(file_replace(place->path, 0600, bytes_text(text), &why), ST_OK);
}

void sample_assert(const struct place *place, const char *text)
{
    struct buffer content;
    struct why why;
    buffer_init(&content, 1 << 20);
    assert_int_equal(file_read(place->path, &content, &why), ST_OK);
    assert_string_equal(buffer_text(&content), text);
    buffer_done(&content);
}

enum status sample_check(const struct place *place, struct key_check *found, struct why *why)
{
    int fd = open(place->path, O_RDONLY);
    enum status status = key_check(fd, NULL, found, why);
    close(fd);
    return status;
}

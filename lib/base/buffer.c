/* SPDX-License-Identifier: Apache-2.0
 * base: the growing buffer. */
#include "buffer.h"

#include <assert.h>
#include <stdarg.h>

#include "memory.h"
#include "secret.h"

void buffer_init(struct buffer *buffer, size_t max)
{
    assert(max < SIZE_MAX / 4); /* sizes can't overflow, here or when doubled */
    *buffer = (struct buffer){.max = max};
}

void buffer_done(struct buffer *buffer)
{
    if (buffer->p != NULL)
        secret_wipe(buffer->p, buffer->space);
    free(buffer->p);
    *buffer = (struct buffer){.max = buffer->max};
}

void buffer_clear(struct buffer *buffer)
{
    if (buffer->n > 0)
        secret_wipe(buffer->p, buffer->n);
    buffer->n = 0;
    buffer->overflow = false;
}

/* Grow by doubling, so that appending stays linear; the old place is wiped. One byte more than
 * asked is kept for buffer_text. */
static void grow(struct buffer *buffer, size_t needed)
{
    size_t space = buffer->space < 256 ? 256 : buffer->space;
    while (space < needed + 1)
        space *= 2;
    if (space > buffer->max + 1)
        space = buffer->max + 1;
    uint8_t *p = memory_new(space, 1);
    if (buffer->p != NULL) {
        memcpy(p, buffer->p, buffer->n);
        secret_wipe(buffer->p, buffer->space);
        free(buffer->p);
    }
    buffer->p = p;
    buffer->space = space;
}

uint8_t *buffer_space(struct buffer *buffer, size_t n)
{
    if (buffer->overflow || n > buffer->max - buffer->n) {
        buffer->overflow = true;
        return NULL;
    }
    if (buffer->p == NULL || buffer->n + n + 1 > buffer->space)
        grow(buffer, buffer->n + n);
    return buffer->p + buffer->n;
}

enum status buffer_add(struct buffer *buffer, struct bytes bytes)
{
    uint8_t *to = buffer_space(buffer, bytes.n);
    if (to == NULL)
        return ST_LIMIT;
    if (bytes.n > 0)
        memcpy(to, bytes.p, bytes.n);
    buffer->n += bytes.n;
    return ST_OK;
}

enum status buffer_add_byte(struct buffer *buffer, uint8_t byte)
{
    return buffer_add(buffer, (struct bytes){&byte, 1});
}

enum status buffer_add_text(struct buffer *buffer, const char *text)
{
    return buffer_add(buffer, bytes_text(text));
}

enum status buffer_add_format(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    assert(n >= 0);
    uint8_t *to = buffer_space(buffer, (size_t)n);
    if (to == NULL)
        return ST_LIMIT;
    va_start(arguments, format);
    vsnprintf((char *)to, (size_t)n + 1, format, arguments);
    va_end(arguments);
    buffer->n += (size_t)n;
    return ST_OK;
}

void buffer_drop(struct buffer *buffer, size_t n)
{
    if (n >= buffer->n) {
        bool overflow = buffer->overflow;
        buffer_clear(buffer);
        buffer->overflow = overflow;
        return;
    }
    memmove(buffer->p, buffer->p + n, buffer->n - n);
    secret_wipe(buffer->p + buffer->n - n, n);
    buffer->n -= n;
}

enum status buffer_check(const struct buffer *buffer)
{
    return buffer->overflow ? ST_LIMIT : ST_OK;
}

struct bytes buffer_bytes(const struct buffer *buffer)
{
    return (struct bytes){buffer->p, buffer->n};
}

const char *buffer_text(struct buffer *buffer)
{
    if (buffer->p == NULL)
        return "";
    buffer->p[buffer->n] = '\0';
    return (const char *)buffer->p;
}

/* SPDX-License-Identifier: Apache-2.0
 * http: application/x-www-form-urlencoded that arrives in pieces: name=value&name=value, with + for
 * a blank and %HH for any byte. Stricter than browsers need: a "%" without two digits is refused.
 */
#include "form_private.h"

#include "memory.h"

#define PIECE 4096 /* decoded bytes handed on together */

struct urlencoded {
    bool in_value;      /* behind the "=" */
    bool begun;         /* something of this field was seen */
    unsigned escape;    /* digits still missing behind a "%" */
    uint8_t high;       /* the first of them, as a number */
    struct buffer text; /* the name, or a piece of the value, decoded */
};

struct urlencoded *urlencoded_new(void)
{
    struct urlencoded *parser = memory_new(1, sizeof(*parser));

    buffer_init(&parser->text, PIECE);
    return parser;
}

void urlencoded_free(struct urlencoded *parser)
{
    if (parser == NULL)
        return;
    buffer_done(&parser->text);
    free(parser);
}

/* The name is complete: the field begins. */
static enum status begin(struct urlencoded *parser, struct form *form)
{
    enum status status = form_begin(form, buffer_bytes(&parser->text), BYTES_NONE, BYTES_NONE);

    buffer_clear(&parser->text);
    parser->in_value = true;
    return status;
}

static enum status hand_on(struct urlencoded *parser, struct form *form)
{
    enum status status = ST_OK;

    if (parser->text.n > 0)
        status = form_data(form, buffer_bytes(&parser->text));
    buffer_clear(&parser->text);
    return status;
}

/* A field ends, at "&" or at the end; one without "=" is a name with an empty value. */
static enum status finish(struct urlencoded *parser, struct form *form)
{
    enum status status = ST_OK;

    if (!parser->begun)
        return ST_OK;
    if (!parser->in_value)
        status = begin(parser, form);
    if (status == ST_OK)
        status = hand_on(parser, form);
    if (status == ST_OK)
        status = form_finish(form);
    parser->in_value = false;
    parser->begun = false;
    return status;
}

static enum status keep(struct urlencoded *parser, struct form *form, uint8_t byte)
{
    enum status status = ST_OK;

    if (!parser->in_value && parser->text.n == FORM_NAME_MAX)
        return ST_BAD;
    if (parser->text.n == PIECE)
        status = hand_on(parser, form);
    return status == ST_OK ? buffer_add_byte(&parser->text, byte) : status;
}

static int digit(uint8_t byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    if (byte >= 'a' && byte <= 'f')
        return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F')
        return byte - 'A' + 10;
    return -1;
}

static enum status read_escape(struct urlencoded *parser, struct form *form, uint8_t byte)
{
    int value = digit(byte);

    if (value < 0)
        return ST_BAD;
    if (--parser->escape == 1) {
        parser->high = (uint8_t)value;
        return ST_OK;
    }
    return keep(parser, form, (uint8_t)(parser->high << 4 | value));
}

static enum status read_byte(struct urlencoded *parser, struct form *form, uint8_t byte)
{
    if (parser->escape > 0)
        return read_escape(parser, form, byte);
    if (byte == '&')
        return finish(parser, form);
    parser->begun = true;
    switch (byte) {
    case '=':
        return parser->in_value ? keep(parser, form, byte) : begin(parser, form);
    case '%':
        parser->escape = 2;
        return ST_OK;
    case '+':
        return keep(parser, form, ' ');
    default:
        return keep(parser, form, byte);
    }
}

enum status urlencoded_read(struct urlencoded *parser, struct form *form, struct bytes bytes)
{
    enum status status = ST_OK;

    for (size_t i = 0; i < bytes.n && status == ST_OK; i++)
        status = read_byte(parser, form, bytes.p[i]);
    return status;
}

enum status urlencoded_end(struct urlencoded *parser, struct form *form)
{
    return parser->escape > 0 ? ST_BAD : finish(parser, form);
}

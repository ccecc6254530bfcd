/* SPDX-License-Identifier: Apache-2.0
 * http: multipart/form-data (RFC 7578) that arrives in pieces.
 *
 *     --boundary CRLF  header CRLF  header CRLF  CRLF  value
 *     CRLF --boundary CRLF  …
 *     CRLF --boundary -- CRLF
 *
 * A delimiter is CRLF -- boundary. It has one CR, at its beginning, so a match that breaks off can
 * begin again only at the byte where it broke: a count of matched bytes is all that has to be kept
 * between pieces. */
#include "form_private.h"

#include "media_type.h"
#include "memory.h"

#define HEADERS_MAX 4096 /* bytes of one part's header block */
#define DELIMITER_MAX (4 + 70)

enum state {
    AT_START,   /* in the first delimiter, which has no CRLF before it */
    IN_HEADERS, /* up to the empty line */
    IN_VALUE,
    AT_DELIMITER, /* behind a delimiter: CRLF, or -- */
    AT_END,       /* behind the last one: nothing, or CRLF */
};

struct multipart {
    enum state state;
    uint8_t delimiter[DELIMITER_MAX];
    size_t delimiter_n;
    size_t matched;  /* bytes of the delimiter, or of what may follow it, that were seen */
    uint8_t tail[2]; /* the two bytes behind a delimiter */
    struct buffer headers;
};

struct multipart *multipart_new(struct bytes boundary)
{
    struct multipart *parser = memory_new(1, sizeof(*parser));

    memcpy(parser->delimiter, "\r\n--", 4);
    memcpy(parser->delimiter + 4, boundary.p, boundary.n);
    parser->delimiter_n = 4 + boundary.n;
    parser->matched = 2; /* as if the CRLF had been there */
    buffer_init(&parser->headers, HEADERS_MAX);
    return parser;
}

void multipart_free(struct multipart *parser)
{
    if (parser == NULL)
        return;
    buffer_done(&parser->headers);
    free(parser);
}

/* --- a part's header ------------------------------------------------------------------------- */

/* The WHATWG encoding of a name writes quote, CR and LF as %22, %0D and %0A, and nothing else that
 * way. A name with a line end in it is refused later, as is any control character. */
static void decode_name(char *text)
{
    static const struct {
        const char *code;
        char byte;
    } codes[] = {{"%22", '"'}, {"%0D", '\r'}, {"%0A", '\n'}};
    char *out = text;

    while (*text != '\0') {
        char byte = *text;
        size_t n = 1;

        for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
            if (strncmp(text, codes[i].code, 3) == 0) {
                byte = codes[i].byte;
                n = 3;
            }
        }
        *out++ = byte;
        text += n;
    }
    *out = '\0';
}

/* The header lines that count here. Each may be there once. */
struct part_header {
    struct bytes disposition, type, encoding;
};

static enum status keep_line(struct part_header *header, struct bytes line)
{
    const struct {
        const char *name;
        struct bytes *value;
    } known[] = {{"Content-Disposition", &header->disposition},
                 {"Content-Type", &header->type},
                 {"Content-Transfer-Encoding", &header->encoding}};
    size_t colon = bytes_index(line, ':');
    struct bytes name = bytes_first(line, colon);

    /* No colon, or a folded line. */
    if (colon == 0 || colon == line.n || line.p[0] == ' ' || line.p[0] == '\t')
        return ST_BAD;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (!bytes_equal_nocase(name, bytes_text(known[i].name)))
            continue;
        if (known[i].value->p != NULL)
            return ST_BAD;
        *known[i].value = bytes_trim(bytes_from(line, colon + 1));
    }
    return ST_OK;
}

/* RFC 7578 §4.7: values come as they are; nothing decodes base64 here. */
static bool encoding_plain(struct bytes encoding)
{
    return encoding.n == 0 || media_type_is(encoding, "7bit") || media_type_is(encoding, "8bit") ||
           media_type_is(encoding, "binary");
}

static enum status begin_part(struct multipart *parser, struct form *form)
{
    char name[FORM_NAME_MAX * 3 + 1], filename[HEADERS_MAX];
    struct part_header header = {BYTES_NONE, BYTES_NONE, BYTES_NONE};
    struct bytes rest = buffer_bytes(&parser->headers), line, file = BYTES_NONE;
    enum status status;

    while (bytes_line(&rest, &line))
        if (keep_line(&header, line) != ST_OK)
            return ST_BAD;
    if (!media_type_is(header.disposition, "form-data") || !encoding_plain(header.encoding))
        return ST_BAD;
    if (media_type_parameter(header.disposition, "name", name, sizeof(name)) != ST_OK)
        return ST_BAD;
    decode_name(name);

    status = media_type_parameter(header.disposition, "filename", filename, sizeof(filename));
    if (status == ST_BAD)
        return ST_BAD;
    if (status == ST_OK) {
        decode_name(filename);
        file = bytes_text(filename);
    }
    return form_begin(form, bytes_text(name), file, header.type);
}

/* --- the states ------------------------------------------------------------------------------ */

/* Each takes the bytes it can off *rest. */

static enum status read_start(struct multipart *parser, struct bytes *rest)
{
    while (rest->n > 0 && parser->matched < parser->delimiter_n) {
        if (rest->p[0] != parser->delimiter[parser->matched++])
            return ST_BAD;
        *rest = bytes_from(*rest, 1);
    }
    if (parser->matched == parser->delimiter_n) {
        parser->state = AT_DELIMITER;
        parser->matched = 0;
    }
    return ST_OK;
}

static enum status read_headers(struct multipart *parser, struct form *form, struct bytes *rest)
{
    struct buffer *headers = &parser->headers;

    while (rest->n > 0) {
        uint8_t byte = rest->p[0];

        /* Line ends are CRLF, nothing else. */
        if (headers->n > 0 && (byte == '\n') != (headers->p[headers->n - 1] == '\r'))
            return ST_BAD;
        if (buffer_add_byte(headers, byte) != ST_OK)
            return ST_LIMIT;
        *rest = bytes_from(*rest, 1);
        if (headers->n < 4 || memcmp(headers->p + headers->n - 4, "\r\n\r\n", 4) != 0)
            continue;

        headers->n -= 2; /* the empty line */
        parser->state = IN_VALUE;
        parser->matched = 0;
        return begin_part(parser, form);
    }
    return ST_OK;
}

/* The delimiter may go on, or break off: then what matched was part of the value. */
static enum status match_delimiter(struct multipart *parser, struct form *form, struct bytes *rest)
{
    struct bytes held = {parser->delimiter, parser->matched};

    if (rest->p[0] != parser->delimiter[parser->matched]) {
        parser->matched = 0;
        return form_data(form, held);
    }
    *rest = bytes_from(*rest, 1);
    if (++parser->matched < parser->delimiter_n)
        return ST_OK;
    parser->state = AT_DELIMITER;
    parser->matched = 0;
    return form_finish(form);
}

/* How many of these bytes can't belong to a delimiter: all before the first place where one stands,
 * or where one may begin and the bytes end. */
static size_t value_bytes(const struct multipart *parser, struct bytes bytes)
{
    size_t at = bytes_index(bytes, '\r');

    while (at < bytes.n) {
        struct bytes rest = bytes_from(bytes, at);
        size_t n = rest.n < parser->delimiter_n ? rest.n : parser->delimiter_n;

        if (memcmp(rest.p, parser->delimiter, n) == 0)
            return at;
        at += 1 + bytes_index(bytes_from(rest, 1), '\r');
    }
    return bytes.n;
}

static enum status read_value(struct multipart *parser, struct form *form, struct bytes *rest)
{
    struct bytes value;

    if (parser->matched > 0)
        return match_delimiter(parser, form, rest);
    value = bytes_first(*rest, value_bytes(parser, *rest));
    *rest = bytes_from(*rest, value.n);
    if (rest->n > 0) {
        parser->matched = 1;
        *rest = bytes_from(*rest, 1);
    }
    return value.n > 0 ? form_data(form, value) : ST_OK;
}

static enum status read_delimiter_end(struct multipart *parser, struct bytes *rest)
{
    parser->tail[parser->matched++] = rest->p[0];
    *rest = bytes_from(*rest, 1);
    if (parser->matched < 2)
        return ST_OK;
    parser->matched = 0;
    if (memcmp(parser->tail, "--", 2) == 0) {
        parser->state = AT_END;
        return ST_OK;
    }
    if (memcmp(parser->tail, "\r\n", 2) != 0)
        return ST_BAD;
    parser->state = IN_HEADERS;
    buffer_clear(&parser->headers);
    return ST_OK;
}

static enum status read_end(struct multipart *parser, struct bytes *rest)
{
    static const uint8_t line_end[2] = "\r\n";

    while (rest->n > 0) {
        if (parser->matched == 2 || rest->p[0] != line_end[parser->matched])
            return ST_BAD;
        parser->matched++;
        *rest = bytes_from(*rest, 1);
    }
    return ST_OK;
}

enum status multipart_read(struct multipart *parser, struct form *form, struct bytes bytes)
{
    enum status status = ST_OK;

    while (bytes.n > 0 && status == ST_OK) {
        switch (parser->state) {
        case AT_START:
            status = read_start(parser, &bytes);
            break;
        case IN_HEADERS:
            status = read_headers(parser, form, &bytes);
            break;
        case IN_VALUE:
            status = read_value(parser, form, &bytes);
            break;
        case AT_DELIMITER:
            status = read_delimiter_end(parser, &bytes);
            break;
        case AT_END:
            status = read_end(parser, &bytes);
            break;
        }
    }
    return status;
}

enum status multipart_end(const struct multipart *parser)
{
    return parser->state == AT_END && parser->matched != 1 ? ST_OK : ST_BAD;
}

/* SPDX-License-Identifier: Apache-2.0
 * envelope: age's ASCII armor, written and read in pieces. */
#include "armor_private.h"

#include "carrier.h"
#include "encode.h"
#include "hashed_private.h"

/* --- writing ---------------------------------------------------------------------------------- */

void armor_begin(struct armor_writer *writer, struct buffer *text_out)
{
    writer->waiting_n = 0;
    buffer_add_text(text_out, ARMOR_BEGIN "\n");
}

/* Lines of full 48 bytes; the room for all of them is made at once. */
static void add_lines(struct bytes file, struct buffer *text_out)
{
    size_t lines = file.n / ARMOR_LINE_BYTES;
    char *text = (char *)buffer_space(text_out, lines * (ARMOR_COLUMNS + 1));
    if (text == NULL)
        return;
    for (size_t i = 0; i < lines; i++) {
        struct bytes line = {file.p + i * ARMOR_LINE_BYTES, ARMOR_LINE_BYTES};
        text += base64_encode(text, line, PADDED);
        *text++ = '\n';
    }
    text_out->n += lines * (ARMOR_COLUMNS + 1);
}

/* Put aside what does not fill a line. */
static struct bytes wait_for_more(struct armor_writer *writer, struct bytes file)
{
    struct bytes part = bytes_first(file, ARMOR_LINE_BYTES - writer->waiting_n);
    if (part.n > 0)
        memcpy(writer->waiting + writer->waiting_n, part.p, part.n);
    writer->waiting_n += part.n;
    return bytes_from(file, part.n);
}

void armor_add(struct armor_writer *writer, struct bytes file, struct buffer *text_out)
{
    /* First fill the line that was begun. */
    if (writer->waiting_n > 0)
        file = wait_for_more(writer, file);
    if (writer->waiting_n == ARMOR_LINE_BYTES) {
        add_lines(BYTES_ARRAY(writer->waiting), text_out);
        writer->waiting_n = 0;
    }
    if (file.n == 0)
        return;

    size_t whole = file.n - file.n % ARMOR_LINE_BYTES;
    add_lines(bytes_first(file, whole), text_out);
    wait_for_more(writer, bytes_from(file, whole));
}

void armor_end(struct armor_writer *writer, struct buffer *text_out)
{
    struct bytes rest = {writer->waiting, writer->waiting_n};
    if (rest.n > 0) {
        char *text = (char *)buffer_space(text_out, ARMOR_COLUMNS);
        if (text != NULL)
            text_out->n += base64_encode(text, rest, PADDED);
        buffer_add_byte(text_out, '\n');
    }
    buffer_add_text(text_out, ARMOR_END "\n");
}

/* --- reading ---------------------------------------------------------------------------------- */

#define BLANKS_MAX 1024 /* around the armor (E-22, E-26) */

/* What may come next: blank space or BEGIN; a line or END; only END; blank space. */
enum armor_state { BEFORE, BODY, ENDING, AFTER, BROKEN };

struct armor_reader {
    struct sign_hash hash;
    enum armor_state state;
    const char *why; /* what broke it */
    size_t blanks;
    size_t line_n;
    char
        line[ARMOR_COLUMNS + 2]; /* a line that came in part; one more than the longest, and a CR */
};

struct armor_reader *armor_reader_new(void)
{
    struct armor_reader *reader = hashed_new(sizeof *reader);
    sign_hash_init(&reader->hash);
    return reader;
}

void armor_reader_free(struct armor_reader *reader)
{
    free(reader);
}

static enum status broken(struct armor_reader *reader, const char *why)
{
    reader->state = BROKEN;
    reader->why = why;
    return ST_BAD;
}

const char *armor_reader_why(const struct armor_reader *reader)
{
    return reader->why;
}

/* What stands where only blank space may. */
static enum status not_blank(struct armor_reader *reader)
{
    return broken(reader, reader->state == BEFORE ? "E-22: no BEGIN line where the armor begins"
                                                  : "E-26: more behind the END line");
}

/* No line of base64, nor one that may stand here. */
static enum status no_line(struct armor_reader *reader)
{
    if (reader->state == BEFORE || reader->state == AFTER)
        return not_blank(reader);
    return broken(reader, reader->state == BODY ? "E-23: a line is not canonical base64"
                                                : "E-24: a line behind the last one");
}

/* A line of base64. It is the last if it is not full. */
static enum status decode_line(struct armor_reader *reader, struct bytes line,
                               struct buffer *file_out)
{
    size_t n = 0;
    uint8_t *bytes = buffer_space(file_out, ARMOR_LINE_BYTES);
    if (bytes == NULL)
        return ST_LIMIT;
    if (line.n == 0 || line.n > ARMOR_COLUMNS ||
        base64_decode(line, PADDED, bytes, ARMOR_LINE_BYTES, &n) != ST_OK)
        return no_line(reader);
    sign_hash_add(&reader->hash, (struct bytes){bytes, n});
    file_out->n += n;
    if (n < ARMOR_LINE_BYTES)
        reader->state = ENDING;
    return ST_OK;
}

/* A whole line, its end taken off. */
static enum status take_line(struct armor_reader *reader, struct bytes line,
                             struct buffer *file_out)
{
    if (line.n > 0 && line.p[line.n - 1] == '\r')
        line.n--;
    if (reader->state == BEFORE && bytes_equal(line, BYTES_LITERAL(ARMOR_BEGIN))) {
        reader->state = BODY;
        return ST_OK;
    }
    if (reader->state == BEFORE)
        return no_line(reader);
    if (bytes_equal(line, BYTES_LITERAL(ARMOR_END))) {
        reader->state = AFTER;
        reader->blanks = 0;
        return ST_OK;
    }
    if (bytes_starts(line, BYTES_LITERAL("-----")))
        return broken(reader, "E-25: another line than the END line");
    return reader->state == BODY ? decode_line(reader, line, file_out) : no_line(reader);
}

/* Full lines that lie whole in what came: most of a message goes this way. All are decoded, then
 * all are hashed. Whatever is no such line is left for take_part, which judges it. */
static enum status take_full_lines(struct armor_reader *reader, struct bytes *text,
                                   struct buffer *file_out)
{
    size_t lines_max = text->n / (ARMOR_COLUMNS + 1), n = 0;
    uint8_t *bytes = buffer_space(file_out, lines_max * ARMOR_LINE_BYTES);
    if (bytes == NULL)
        return ST_LIMIT;
    while (text->n > ARMOR_COLUMNS + 1) {
        size_t got = 0, end = ARMOR_COLUMNS + (text->p[ARMOR_COLUMNS] == '\r');
        struct bytes line = bytes_first(*text, ARMOR_COLUMNS);
        if (text->p[end] != '\n' ||
            base64_decode(line, UNPADDED, bytes + n, ARMOR_LINE_BYTES, &got) != ST_OK)
            break;
        n += got;
        *text = bytes_from(*text, end + 1);
    }
    sign_hash_add(&reader->hash, (struct bytes){bytes, n});
    file_out->n += n;
    return ST_OK;
}

/* Blank space outside the armor; how much of it is bounded. */
static enum status take_blanks(struct armor_reader *reader, struct bytes *text)
{
    while (text->n > 0 && memchr(" \t\r\n", text->p[0], 4) != NULL) {
        *text = bytes_from(*text, 1);
        if (++reader->blanks > BLANKS_MAX)
            return not_blank(reader);
    }
    return reader->state == AFTER && text->n > 0 ? not_blank(reader) : ST_OK;
}

/* A line that may have begun in an earlier piece and may end in a later one. */
static enum status take_part(struct armor_reader *reader, struct bytes *text,
                             struct buffer *file_out)
{
    size_t n = bytes_index(*text, '\n');
    bool ends = n < text->n;
    if (n > sizeof reader->line - reader->line_n)
        return no_line(reader);
    if (n > 0)
        memcpy(reader->line + reader->line_n, text->p, n);
    reader->line_n += n;
    *text = bytes_from(*text, n + ends);
    if (!ends)
        return ST_OK;
    struct bytes line = {(const uint8_t *)reader->line, reader->line_n};
    reader->line_n = 0;
    return take_line(reader, line, file_out);
}

enum status armor_reader_add(struct armor_reader *reader, struct bytes text,
                             struct buffer *file_out)
{
    enum status status = reader->state == BROKEN ? ST_BAD : ST_OK;
    while (status == ST_OK && text.n > 0) {
        bool line_begins = reader->line_n == 0;
        if (line_begins && (reader->state == BEFORE || reader->state == AFTER))
            status = take_blanks(reader, &text);
        else if (line_begins && reader->state == BODY)
            status = take_full_lines(reader, &text, file_out);
        if (status == ST_OK && text.n > 0)
            status = take_part(reader, &text, file_out);
    }
    return status;
}

enum status armor_reader_end(struct armor_reader *reader, uint8_t hash_out[SIGN_HASH_SIZE])
{
    /* The END line may lack its line end. */
    struct bytes line = {(const uint8_t *)reader->line, reader->line_n};
    if (line.n > 0 && line.p[line.n - 1] == '\r')
        line.n--;
    bool ended = (reader->state == BODY || reader->state == ENDING) &&
                 bytes_equal(line, BYTES_LITERAL(ARMOR_END));
    if (reader->state == BROKEN)
        return ST_BAD;
    if (reader->state == BEFORE)
        return no_line(reader);
    if (reader->state != AFTER && !ended)
        return broken(reader, "E-25: no END line");
    sign_hash_end(&reader->hash, hash_out);
    reader->state = BROKEN;
    return ST_OK;
}

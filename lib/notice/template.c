/* SPDX-License-Identifier: Apache-2.0
 * notice: a template's marks, and whether it is one. */
#include "notice_private.h"
#include "utf8.h"

#define DETAIL_MAX 40 /* bytes of a mistake that are shown */

static const struct {
    const char *name;
    enum place place;
} places[] = {
    {"sender", PLACE_SENDER},
    {"sender_name", PLACE_SENDER_NAME},
    {"sender_address", PLACE_SENDER_ADDRESS},
    {"recipient", PLACE_RECIPIENT},
    {"organisation", PLACE_ORGANISATION},
    {"portal", PLACE_PORTAL},
    {"host", PLACE_HOST},
    {"until", PLACE_UNTIL},
    {"help", PLACE_HELP},
};

static enum place place_of(struct bytes name)
{
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (bytes_equal(name, bytes_text(places[i].name)))
            return places[i].place;
    return PLACE_NONE;
}

bool template_next(struct bytes *rest, struct template_step *step_out)
{
    if (rest->n == 0)
        return false;
    size_t begin = bytes_find(*rest, BYTES_LITERAL("{{"));
    *step_out = (struct template_step){.before = bytes_first(*rest, begin)};
    *rest = bytes_from(*rest, begin);
    size_t end = bytes_find(*rest, BYTES_LITERAL("}}"));
    step_out->mark = bytes_first(*rest, end + 2);
    if (end < rest->n)
        step_out->place = place_of(bytes_trim(bytes_from(bytes_first(*rest, end), 2)));
    *rest = bytes_from(*rest, step_out->mark.n);
    return true;
}

/* --- mistakes --------------------------------------------------------------------------------- */

enum status template_mistake(const struct template *t, size_t at, const char *what,
                             struct bytes detail)
{
    struct bytes before = bytes_first(t->text, at);
    unsigned line = 1, column = 1;
    for (size_t i = 0; i < before.n; i++) {
        column = before.p[i] == '\n' ? 1 : column + 1;
        line += before.p[i] == '\n';
    }
    detail = bytes_first(detail, DETAIL_MAX);
    return why_set(t->why, ST_BAD, "%s:%u:%u: %s%s%.*s", t->name, line, column, what,
                   detail.n > 0 ? ": " : "", (int)detail.n,
                   detail.n > 0 ? (const char *)detail.p : "");
}

/* Line ends and tabs are all the control characters that a template may hold. */
static enum status check_characters(const struct template *t)
{
    struct bytes rest = t->text;
    while (rest.n > 0) {
        size_t at = t->text.n - rest.n;
        bool character = false;
        for (size_t n = 1; n <= 4 && !character; n++)
            character = bytes_utf8(bytes_first(rest, n));
        if (!character)
            return template_mistake(t, at, "this is not UTF-8", BYTES_NONE);
        uint32_t c = utf8_next(&rest);
        if (utf8_misleading(c) && c != '\n' && c != '\t')
            return template_mistake(t, at, "a control character", BYTES_NONE);
    }
    return ST_OK;
}

/* A brace by itself is a mark that somebody mistyped. */
static enum status check_braces(const struct template *t, struct bytes part)
{
    for (size_t i = 0; i < part.n; i++)
        if (part.p[i] == '{' || part.p[i] == '}')
            return template_mistake(t, (size_t)(part.p - t->text.p) + i,
                                    "a brace that belongs to no {{name}}", BYTES_NONE);
    return ST_OK;
}

static enum status check_places(const struct template *t, unsigned *found_out)
{
    struct bytes rest = t->text;
    struct template_step step;
    unsigned found = 0;
    for (size_t count = 0; template_next(&rest, &step); count++) {
        size_t at = (size_t)(step.mark.p - t->text.p);
        if (check_braces(t, step.before) != ST_OK)
            return ST_BAD;
        if (step.mark.n > 0 && step.place == PLACE_NONE)
            return template_mistake(t, at, "there is no such mark", step.mark);
        if (count >= NOTICE_PLACES_MAX && step.mark.n > 0)
            return template_mistake(t, at, "too many marks", BYTES_NONE);
        found |= 1u << step.place;
    }
    *found_out = found;
    return ST_OK;
}

/* Without these a reader could be led to anybody's portal, or would come too late. */
static enum status check_needed(const struct template *t, unsigned found)
{
    static const struct {
        unsigned any;
        const char *what;
    } needed[] = {
        {1u << PLACE_SENDER | 1u << PLACE_SENDER_ADDRESS, "{{sender_address}} is missing"},
        {1u << PLACE_HOST, "{{host}} is missing"},
        {1u << PLACE_UNTIL, "{{until}} is missing"},
    };
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if ((found & needed[i].any) == 0)
            return template_mistake(t, t->text.n, needed[i].what, BYTES_NONE);
    return ST_OK;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* What an editor adds, and nobody sees, is taken off. */
static enum status normalise(struct bytes file, struct buffer *text_out)
{
    const struct bytes mark = BYTES_LITERAL("\xef\xbb\xbf");
    struct bytes rest = bytes_starts(file, mark) ? bytes_from(file, mark.n) : file;
    while (rest.n > 0) {
        size_t end = bytes_find(rest, BYTES_LITERAL("\r\n"));
        (void)buffer_add(text_out, bytes_first(rest, end));
        if (end < rest.n)
            (void)buffer_add_byte(text_out, '\n');
        rest = bytes_from(rest, end + 2);
    }
    return buffer_check(text_out);
}

enum status template_read(const struct template *file, struct buffer *text_out)
{
    unsigned found = 0;
    if (normalise(file->text, text_out) != ST_OK)
        return why_set(file->why, ST_LIMIT, "%s: larger than %d bytes", file->name,
                       NOTICE_FILE_MAX);
    struct template t = *file;
    t.text = buffer_bytes(text_out);
    enum status status = check_characters(&t);
    if (status == ST_OK)
        status = check_places(&t, &found);
    if (status == ST_OK && t.language != NULL)
        status = markup_check(&t);
    if (status == ST_OK)
        status = check_needed(&t, found);
    return status;
}

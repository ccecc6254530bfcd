/* SPDX-License-Identifier: Apache-2.0
 * notice: the HTML of a template. It is a list of what may be there, not of what may not: what lays
 * text out. So nothing in it runs, is fetched, can be followed or filled in, and what it looks like
 * here is what a mail program makes of it: tags are in lower case and closed in turn, values stand
 * in double quotes, and values of ours in text alone. */
#include <ctype.h>

#include "notice_private.h"

#define DEPTH_MAX 32

struct markup {
    const struct template *t;
    size_t at;
    struct bytes open[DEPTH_MAX]; /* names of tags that are to be closed */
    size_t depth;
    bool named; /* <html lang="…"> was there */
};

static enum status mistake(const struct markup *m, size_t at, const char *what, struct bytes detail)
{
    return template_mistake(m->t, at, what, detail);
}

static bool among(struct bytes name, const char *const *names)
{
    for (; *names != NULL; names++)
        if (bytes_equal(name, bytes_text(*names)))
            return true;
    return false;
}

static bool is_tag(struct bytes name)
{
    static const char *const tags[] = {"html",  "head",  "meta", "title", "body", "div",    "p",
                                       "h1",    "h2",    "h3",   "ol",    "ul",   "li",     "span",
                                       "b",     "i",     "em",   "br",    "hr",   "strong", "bdi",
                                       "table", "tbody", "tr",   "th",    "td",   NULL};
    return among(name, tags);
}

static bool is_void(struct bytes name)
{
    static const char *const tags[] = {"meta", "br", "hr", NULL};
    return among(name, tags);
}

static bool is_attribute(struct bytes name)
{
    static const char *const attributes[] = {"lang",    "dir",  "style", "charset", "name",
                                             "content", "role", "width", "align",   NULL};
    return among(name, attributes);
}

/* --- characters ------------------------------------------------------------------------------- */

static int next(const struct markup *m)
{
    return m->at < m->t->text.n ? m->t->text.p[m->at] : -1;
}

static bool take(struct markup *m, int c)
{
    bool there = next(m) == c;
    m->at += there;
    return there;
}

static void skip_blanks(struct markup *m)
{
    while (next(m) == ' ' || next(m) == '\n' || next(m) == '\t')
        m->at++;
}

/* Letters and digits, up to what is none. */
static struct bytes take_name(struct markup *m)
{
    struct bytes rest = bytes_from(m->t->text, m->at);
    size_t n = 0;
    while (n < rest.n && (isalnum(rest.p[n]) || rest.p[n] == '-'))
        n++;
    m->at += n;
    return bytes_first(rest, n);
}

/* --- attributes ------------------------------------------------------------------------------- */

/* What CSS fetches it names by a function, or by a rule beginning with @; \ and & could write
 * either otherwise (CSS Syntax 3 §4.3.7, HTML §13.2.5.36). */
static enum status check_style(const struct markup *m, size_t at, struct bytes style)
{
    for (size_t i = 0; i < style.n; i++)
        if (strchr("(@\\&", style.p[i]) != NULL)
            return mistake(m, at + i, "a style with ( @ \\ or & could fetch something", BYTES_NONE);
    return ST_OK;
}

static enum status check_value(struct markup *m, struct bytes tag, struct bytes name,
                               struct bytes value)
{
    size_t at = m->at - value.n - 1;
    if (bytes_find(value, BYTES_LITERAL("{{")) < value.n)
        return mistake(m, at, "a mark stands in text, not in a tag", BYTES_NONE);
    if (bytes_equal(name, BYTES_LITERAL("style")))
        return check_style(m, at, value);
    if (!bytes_equal(tag, BYTES_LITERAL("html")) || !bytes_equal(name, BYTES_LITERAL("lang")))
        return ST_OK;
    m->named = true;
    return bytes_equal(value, bytes_text(m->t->language))
               ? ST_OK
               : mistake(m, at, "this is not the language of the file’s name", value);
}

/* name="value" */
static enum status check_attribute(struct markup *m, struct bytes tag)
{
    size_t at = m->at;
    struct bytes name = take_name(m);
    if (!is_attribute(name))
        return mistake(m, at, "a tag has no such attribute here", name);
    if (!take(m, '=') || !take(m, '"'))
        return mistake(m, m->at, "an attribute’s value stands in double quotes", name);
    struct bytes rest = bytes_from(m->t->text, m->at);
    struct bytes value = bytes_first(rest, bytes_index(rest, '"'));
    if (value.n == rest.n)
        return mistake(m, at, "this attribute does not end", name);
    m->at += value.n + 1;
    return check_value(m, tag, name, value);
}

/* --- tags ------------------------------------------------------------------------------------- */

static enum status check_open(struct markup *m, size_t begin)
{
    struct bytes tag = take_name(m);
    if (!is_tag(tag))
        return mistake(m, begin, "there is no such tag here", tag);
    if (m->depth > 0 && bytes_equal(m->open[m->depth - 1], BYTES_LITERAL("title")))
        return mistake(m, begin, "a title is text alone", tag);
    for (;;) {
        size_t before = m->at;
        skip_blanks(m);
        if (take(m, '>'))
            break;
        if (m->at == before)
            return mistake(m, m->at, "this tag does not end here", tag);
        if (check_attribute(m, tag) != ST_OK)
            return ST_BAD;
    }
    if (is_void(tag))
        return ST_OK;
    if (m->depth == DEPTH_MAX)
        return mistake(m, begin, "tags are nested too deeply", BYTES_NONE);
    m->open[m->depth++] = tag;
    return ST_OK;
}

static enum status check_close(struct markup *m, size_t begin)
{
    struct bytes tag = take_name(m);
    if (m->depth == 0 || !bytes_equal(tag, m->open[m->depth - 1]) || !take(m, '>'))
        return mistake(m, begin, m->depth == 0 ? "this closes nothing" : "due here is the end of",
                       m->depth == 0 ? tag : m->open[m->depth - 1]);
    m->depth--;
    return ST_OK;
}

static enum status check_tag(struct markup *m)
{
    size_t begin = m->at++;
    return take(m, '/') ? check_close(m, begin) : check_open(m, begin);
}

enum status markup_check(const struct template *html)
{
    const struct bytes doctype = BYTES_LITERAL("<!doctype html>");
    struct markup m = {.t = html};
    enum status status = ST_OK;
    if (bytes_starts_nocase(html->text, doctype))
        m.at = doctype.n;
    while (status == ST_OK && m.at < html->text.n) {
        m.at += bytes_index(bytes_from(html->text, m.at), '<');
        if (m.at < html->text.n)
            status = check_tag(&m);
    }
    if (status == ST_OK && m.depth > 0)
        status = mistake(&m, m.at, "not closed", m.open[m.depth - 1]);
    if (status == ST_OK && !m.named)
        status = mistake(&m, m.at, "there is no <html lang=\"…\">", BYTES_NONE);
    return status;
}

/* SPDX-License-Identifier: Apache-2.0
 * notice: the notices in use, and which one is for whom. */
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>

#include "address.h"
#include "built_in.h"
#include "file.h"
#include "memory.h"
#include "notice_private.h"

struct reader {
    char domain[ADDRESS_MAX + 1]; /* or ".domain" for those below it */
    const struct notice *notice;
};

/* Arrays with room for the default's and one for each of [gateway] languages. */
struct notices {
    struct notice *all;
    size_t count;
    const struct notice *fallback;
    struct reader *readers;
    size_t reader_count;
};

static const struct {
    const char *language;
    struct bytes text, html;
} built_in[] = {
    {"en", {en_txt, sizeof en_txt}, {en_html, sizeof en_html}},
    {"es", {es_txt, sizeof es_txt}, {es_html, sizeof es_html}},
    {"pt", {pt_txt, sizeof pt_txt}, {pt_html, sizeof pt_html}},
};

/* --- languages -------------------------------------------------------------------------------- */

/* "en", "pt-BR": the start of a file's name, so nothing else. */
static bool is_language(struct bytes tag)
{
    size_t part = 0;
    for (size_t i = 0; i < tag.n; i++) {
        bool dash = tag.p[i] == '-';
        bool first = bytes_index(bytes_first(tag, i), '-') == i;
        if (dash ? part < 2 : first ? !islower(tag.p[i]) || part == 3 : !isalnum(tag.p[i]))
            return false;
        part = dash ? 0 : part + 1;
    }
    return part >= 2 && tag.n < NOTICE_LANGUAGE_SIZE;
}

/* "es:.es" → "es", ".es" */
static struct bytes language_of(const char *item, struct bytes *domain_out)
{
    struct bytes text = bytes_text(item);
    size_t colon = bytes_index(text, ':');
    *domain_out = bytes_trim(bytes_from(text, colon + 1));
    return bytes_trim(bytes_first(text, colon));
}

static enum status wrong(const struct config *config, const char *key, const char *value,
                         const char *reason, struct why *why)
{
    return why_set(why, ST_BAD, "%s: [gateway] %s: “%s”: %s", config_name(config), key, value,
                   reason);
}

/* --- files ------------------------------------------------------------------------------------ */

static enum status read_file(const char *path, const char *language, struct buffer *text_out,
                             struct why *why)
{
    struct buffer file;
    buffer_init(&file, NOTICE_FILE_MAX);
    enum status status = file_read(path, &file, why);
    if (status == ST_OK)
        status =
            template_read(&(struct template){path, buffer_bytes(&file), language, why}, text_out);
    buffer_done(&file);
    return status;
}

/* False if it is too long, so no file's. */
static bool name_file(const char *folder, struct bytes language, const char *ending,
                      char path_out[PATH_MAX])
{
    int n = snprintf(path_out, PATH_MAX, "%s/%.*s.%s", folder, (int)language.n,
                     (const char *)language.p, ending);
    return n > 0 && n < PATH_MAX;
}

static enum status read_folder(const char *folder, struct notice *notice, struct why *why)
{
    char path[PATH_MAX];
    struct bytes language = bytes_text(notice->language);
    if (!name_file(folder, language, "txt", path))
        return why_set(why, ST_BAD, "%s: too long", folder);
    enum status status = read_file(path, NULL, &notice->text, why);
    if (status == ST_OK && name_file(folder, language, "html", path))
        status = read_file(path, notice->language, &notice->html, why);
    return status;
}

static enum status read_built_in(struct notice *notice, struct why *why)
{
    for (size_t i = 0; i < sizeof built_in / sizeof built_in[0]; i++) {
        if (strcmp(built_in[i].language, notice->language) != 0)
            continue;
        enum status status = template_read(
            &(struct template){"built in", built_in[i].text, NULL, why}, &notice->text);
        return status != ST_OK ? status
                               : template_read(&(struct template){"built in", built_in[i].html,
                                                                  notice->language, why},
                                               &notice->html);
    }
    return why_set(why, ST_NONE,
                   "there is no notice in “%s”: en, es and pt are built in; others are read from "
                   "the folder that [gateway] notices names",
                   notice->language);
}

bool notices_names(const struct config *config, const char *path)
{
    const char *folder = config_text(config, "gateway", "notices");
    size_t count = config_count(config, "gateway", "languages");
    for (size_t i = 0; i <= count && folder[0] != '\0'; i++) {
        char file[PATH_MAX];
        struct bytes rest;
        struct bytes language =
            language_of(i < count ? config_item(config, "gateway", "languages", i)
                                  : config_text(config, "gateway", "language"),
                        &rest);
        if (is_language(language) &&
            ((name_file(folder, language, "txt", file) && strcmp(file, path) == 0) ||
             (name_file(folder, language, "html", file) && strcmp(file, path) == 0)))
            return true;
    }
    return false;
}

/* --- all of them ------------------------------------------------------------------------------ */

/* The notice in this language, read once. */
static enum status find(struct notices *notices, const struct config *config, struct bytes language,
                        const struct notice **notice_out, struct why *why)
{
    const char *folder = config_text(config, "gateway", "notices");
    for (size_t i = 0; i < notices->count; i++)
        if (bytes_equal(bytes_text(notices->all[i].language), language)) {
            *notice_out = &notices->all[i];
            return ST_OK;
        }
    struct notice *notice = &notices->all[notices->count++];
    (void)bytes_to_text(language, notice->language, sizeof notice->language);
    buffer_init(&notice->text, NOTICE_FILE_MAX);
    buffer_init(&notice->html, NOTICE_FILE_MAX);
    enum status status =
        folder[0] != '\0' ? read_folder(folder, notice, why) : read_built_in(notice, why);
    if (status == ST_OK)
        *notice_out = notice;
    return status;
}

static enum status read_default(struct notices *notices, const struct config *config,
                                struct why *why)
{
    const char *language = config_text(config, "gateway", "language");
    if (!is_language(bytes_text(language)))
        return wrong(config, "language", language, "write it as en or pt-BR", why);
    return find(notices, config, bytes_text(language), &notices->fallback, why);
}

static const struct reader *reader_of(const struct notices *notices, const char *domain)
{
    for (size_t i = 0; i < notices->reader_count; i++)
        if (strcmp(notices->readers[i].domain, domain) == 0)
            return &notices->readers[i];
    return NULL;
}

/* One item of [gateway] languages. */
static enum status read_item(struct notices *notices, const struct config *config, const char *item,
                             struct why *why)
{
    struct bytes domain;
    struct bytes language = language_of(item, &domain);
    struct reader reader = {.notice = NULL};
    if (!is_language(language) || address_parse_domains(domain, reader.domain, NULL) != ST_OK)
        return wrong(config, "languages", item, "write it as es:example.es or es:.es", why);
    if (reader_of(notices, reader.domain) != NULL)
        return wrong(config, "languages", item, "this domain was given before", why);
    enum status status = find(notices, config, language, &reader.notice, why);
    if (status == ST_OK)
        notices->readers[notices->reader_count++] = reader;
    return status;
}

enum status notices_read(const struct config *config, struct notices **notices_out, struct why *why)
{
    size_t count = config_count(config, "gateway", "languages");
    struct notices *notices = memory_new(1, sizeof *notices);
    notices->all = memory_new(count + 1, sizeof *notices->all);
    notices->readers = memory_new(count + 1, sizeof *notices->readers);
    enum status status = read_default(notices, config, why);
    for (size_t i = 0; i < count && status == ST_OK; i++)
        status = read_item(notices, config, config_item(config, "gateway", "languages", i), why);
    if (status == ST_OK) {
        *notices_out = notices;
        notices = NULL;
    }
    notices_free(notices);
    return status;
}

void notices_free(struct notices *notices)
{
    if (notices == NULL)
        return;
    for (size_t i = 0; i < notices->count; i++) {
        buffer_done(&notices->all[i].text);
        buffer_done(&notices->all[i].html);
    }
    free(notices->all);
    free(notices->readers);
    free(notices);
}

/* --- for whom --------------------------------------------------------------------------------- */

const struct notice *notices_for(const struct notices *notices, const char *address)
{
    const char *at = strrchr(address, '@');
    const struct reader *reader = at == NULL ? NULL : reader_of(notices, at + 1);
    for (const char *dot = at; dot != NULL && reader == NULL;) {
        dot = strchr(dot + 1, '.');
        reader = dot == NULL ? NULL : reader_of(notices, dot);
    }
    return reader == NULL ? notices->fallback : reader->notice;
}

const char *notice_language(const struct notice *notice)
{
    return notice->language;
}

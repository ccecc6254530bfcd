/* SPDX-License-Identifier: Apache-2.0
 * notice: tests of languages: who reads which, where its words come from, how its days are written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "file.h"
#include "notice.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PATH_SIZE 100

static char folder[] = "/tmp/test-notices-XXXXXX";

static const struct {
    const char *name, *content;
} files[] = {
    {"fr.txt", "Un message de {{sender}} sur {{host}} avant le {{until}}.\n"},
    {"fr.html", "<html lang=\"fr\"><p>{{sender}} {{host}} {{until}}</p></html>\n"},
    {"en.txt", "Ours: {{sender}} {{host}} {{until}}.\n"},
    {"en.html", "<html lang=\"en\"><p>{{sender}} {{host}} {{until}}</p></html>\n"},
    {"pt.txt", "{{sender}} {{host}}\n"},
    {"pt-BR.txt", "{{sender}} {{host}} {{until}}\n"},
};

static const char *path_of(const char *name)
{
    static char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int set_up(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    for (size_t i = 0; i < COUNT(files); i++)
        if (file_create(path_of(files[i].name), 0600, bytes_text(files[i].content), NULL) != ST_OK)
            return -1;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(files); i++)
        unlink(path_of(files[i].name));
    return rmdir(folder);
}

static struct config *settings(const char *lines)
{
    char text[1000];
    struct config *config = NULL;
    struct why why;
    snprintf(text, sizeof text, "[gateway]\n%s\n", lines);
    if (config_parse(bytes_text(text), "conf", &config, &why) != ST_OK)
        fail_msg("%s", why.text);
    return config;
}

static struct config *settings_with_folder(const char *lines)
{
    char text[500];
    snprintf(text, sizeof text, "notices = %s\n%s", folder, lines);
    return settings(text);
}

static struct notices *read_all(const struct config *config)
{
    struct notices *notices = NULL;
    struct why why;
    if (notices_read(config, &notices, &why) != ST_OK)
        fail_msg("%s", why.text);
    return notices;
}

/* --- who reads which -------------------------------------------------------------------------- */

static void the_longest_domain_chooses_the_language(void **state)
{
    static const struct {
        const char *address, *language;
    } table[] = {
        {"a@example.org", "en"},
        {"a@es", "en"},                /* ".es" is what is below it */
        {"a@example.es", "es"},        /* .es */
        {"a@mail.example.es", "es"},   /* .es */
        {"a@lisboa.es", "pt"},         /* itself */
        {"a@mail.lisboa.es", "es"},    /* a domain is not those below it */
        {"a@galicia.es", "es"},        /* "." is needed in front */
        {"a@x.galicia.es", "pt"},      /* .galicia.es is longer than .es */
        {"a@y.x.galicia.es", "pt"},    /* … */
        {"a@city.x.galicia.es", "en"}, /* itself */
        {"a@xn--bcher-kva.example", "pt"},
        {"a@otheres", "en"},
        {"no address", "en"},
    };
    (void)state;
    struct config *config = settings("languages = es:.es, pt:lisboa.es, pt:.Galicia.es\n"
                                     "languages = en : city.x.galicia.es, pt:b\xc3\xbc"
                                     "cher.example");
    struct notices *notices = read_all(config);
    config_free(config); /* nothing of it is needed any more */
    for (size_t i = 0; i < COUNT(table); i++)
        if (strcmp(notice_language(notices_for(notices, table[i].address)), table[i].language) != 0)
            fail_msg("%s: %s", table[i].address,
                     notice_language(notices_for(notices, table[i].address)));
    notices_free(notices);
}

static void without_a_domain_the_default_counts(void **state)
{
    (void)state;
    struct config *config = settings("language = pt");
    struct notices *notices = read_all(config);
    assert_string_equal(notice_language(notices_for(notices, "a@example.es")), "pt");
    notices_free(notices);
    config_free(config);
}

/* --- where the words come from ---------------------------------------------------------------- */

static void text_says(const struct notice *notice, const char *words)
{
    struct buffer text;
    buffer_init(&text, NOTICE_MAX);
    notice_text(notice, &(struct notice_settings){"o", "p", "h", "c"},
                &(struct notice_letter){"", "a@b", "r", "u"}, &text);
    if (strstr(buffer_text(&text), words) == NULL)
        fail_msg("“%s” is not in %s", words, buffer_text(&text));
    buffer_done(&text);
}

static void an_own_folder_takes_the_place_of_what_is_built_in(void **state)
{
    (void)state;
    struct config *config = settings_with_folder("languages = fr:.fr");
    struct notices *notices = read_all(config);
    text_says(notices_for(notices, "a@b.fr"), "Un message de a@b sur h avant le u.");
    text_says(notices_for(notices, "a@b.org"), "Ours: a@b h u.");
    notices_free(notices);
    config_free(config);
}

static void mistakes_name_the_place(void **state)
{
    static const struct {
        bool with_folder;
        const char *lines;
        enum status status;
        const char *reason;
    } table[] = {
        {false, "language = EN", ST_BAD, "conf: [gateway] language: “EN”"},
        {false, "language = e", ST_BAD, "“e”"},
        {false, "language = engl", ST_BAD, "“engl”"},
        {false, "language = en-", ST_BAD, "“en-”"},
        {false, "language = en-x", ST_BAD, "“en-x”"},
        {false, "language = e-US", ST_BAD, "“e-US”"},
        {false, "language = ../en", ST_BAD, "“../en”"},
        {false, "language = en/../en", ST_BAD, "“en/../en”"},
        {false, "language = en-a23456789-a23456789-a23456789-abcd", ST_BAD, "language"},
        {false, "language = fr", ST_NONE, "no notice in “fr”"},
        {false, "language = pt-BR", ST_NONE, "no notice in “pt-BR”"},
        {false, "languages = .es", ST_BAD, "conf: [gateway] languages: “.es”"},
        {false, "languages = es", ST_BAD, "“es”"},
        {false, "languages = es:", ST_BAD, "“es:”"},
        {false, "languages = es:a b", ST_BAD, "“es:a b”"},
        {false, "languages = es:bob@x.es", ST_BAD, "“es:bob@x.es”"},
        {false, "languages = es:x.es, pt:X.ES", ST_BAD, "“pt:X.ES”: this domain was given before"},
        {true, "language = es", ST_NONE, "/es.txt: No such file"},
        {true, "language = pt", ST_BAD, "/pt.txt:2:1: {{until}} is missing"},
        {true, "languages = pt-BR:.br", ST_NONE, "/pt-BR.html: No such file"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct config *config =
            table[i].with_folder ? settings_with_folder(table[i].lines) : settings(table[i].lines);
        struct notices *notices = NULL;
        struct why why = {""};
        enum status status = notices_read(config, &notices, &why);
        if (status != table[i].status || strstr(why.text, table[i].reason) == NULL)
            fail_msg("%s: %s, %s", table[i].lines, status_name(status), why.text);
        assert_null(notices);
        config_free(config);
    }
}

static void the_files_in_use_are_known_by_name(void **state)
{
    static const struct {
        const char *name;
        bool known;
    } table[] = {
        {"en.txt", true},  {"en.html", true}, {"fr.txt", true},         {"fr.html", true},
        {"pt.txt", false}, {"en", false},     {"../etc/shadow", false}, {"", false},
    };
    (void)state;
    struct config *config = settings_with_folder("languages = fr:.fr, ../etc/shadow:x.y");
    for (size_t i = 0; i < COUNT(table); i++)
        assert_int_equal(notices_names(config, path_of(table[i].name)), table[i].known);
    assert_false(notices_names(config, "/en.txt"));
    config_free(config);
    config = settings("language = en");
    assert_false(notices_names(config, "/en.txt"));
    config_free(config);
}

/* --- days ------------------------------------------------------------------------------------- */

/* The days are date(1)'s, their forms Intl.DateTimeFormat's (dateStyle long) of another
 * implementation of CLDR; tests/web/notice.mjs compares the two for the day of the test. */
static void dates_are_days(void **state)
{
    static const struct {
        const char *language;
        int64_t time;
        const char *expected;
    } table[] = {
        {"en", 1795484992, "24 November 2026"}, /* date -ud @1795484992: Tue Nov 24 01:49:52 */
        {"en", 951782400, "29 February 2000"},  /* date -ud @951782400: Tue Feb 29 00:00:00 */
        {"es", 951782399, "28 de febrero de 2000"},
        {"es-MX", 1795484992, "24 de noviembre de 2026"},
        {"pt", 1772323200, "1 de março de 2026"}, /* date -ud @1772323200: Sun Mar 1 00:00:00 */
        {"pt-BR", 951782400, "29 de fevereiro de 2000"},
        {"fr", 951782400, "2000-02-29"},
        {"est", 951782400, "2000-02-29"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        char text[NOTICE_DATE_SIZE];
        notice_date(table[i].language, table[i].time, text);
        assert_string_equal(text, table[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_longest_domain_chooses_the_language),
        cmocka_unit_test(without_a_domain_the_default_counts),
        cmocka_unit_test(an_own_folder_takes_the_place_of_what_is_built_in),
        cmocka_unit_test(mistakes_name_the_place),
        cmocka_unit_test(the_files_in_use_are_known_by_name),
        cmocka_unit_test(dates_are_days),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* SPDX-License-Identifier: Apache-2.0
 * inspect: what is found in mails, and what comes of an inspector that dies, hangs or can't look.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "inspect.h"
#include "inspect_private.h"

#ifndef INSPECT_MEMORY
#define INSPECT_MEMORY ((size_t)512 << 20)
#endif
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct inspect_limits limits = {INSPECT_MEMORY, 5};
static struct policy *policy;

/* Each rule asks one thing; the decision's name says what was found first. */
static const char rules[] = "[policy \"name\"]\nattachment-name = *.exe\naction = refuse\n"
                            "[policy \"type\"]\nattachment-type = image/*\naction = refuse\n"
                            "[policy \"card\"]\ntext-pattern = card-number\naction = seal\n"
                            "[policy \"word\"]\ntext-words = diagnosis\naction = seal\n"
                            "[policies]\ndefault = pass\n";

static int set_up(void **state)
{
    (void)state;
    struct config *config = NULL;
    struct why why;
    inspect_prepare();
    if (config_parse(BYTES_LITERAL(rules), "rules", &config, &why) != ST_OK ||
        policy_read(config, &policy, &why) != ST_OK)
        return -1;
    config_free(config);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    policy_free(policy);
    return 0;
}

/* A letter in memory, handed out byte by byte or at once. */
struct letter {
    struct bytes rest;
    size_t step;
};

static enum status next(void *context, struct bytes *piece_out)
{
    struct letter *letter = context;
    *piece_out = bytes_first(letter->rest, letter->step);
    letter->rest = bytes_from(letter->rest, piece_out->n);
    return piece_out->n > 0 ? ST_OK : ST_NONE;
}

static void look(struct bytes mail, struct policy_content *content, struct why *why)
{
    struct letter letter = {mail, 1000};
    const struct inspect_source source = {.next = next, .context = &letter, .size = mail.n};
    inspect(policy, &source, &limits, content, why);
}

static const char *decided(const struct policy_content *content)
{
    const struct policy_question question = {
        .sender = "", .recipient = "b@x.test", .content = content};
    return policy_rule(policy_decide(policy, &question));
}

static void what_is_in_a_mail_is_found(void **state)
{
    (void)state;
    static const struct {
        const char *mail, *rule;
    } table[] = {
        {"Subject: hello\r\n\r\nnothing\r\n", "default"},
        {"Subject: a Diagnosis\r\n\r\nnothing\r\n", "word"},
        {"Subject: =?utf-8?Q?Diagnos?= =?utf-8?Q?is?=\r\n\r\n\r\n", "word"},
        {"\r\nthe diagnosis\r\n", "word"},
        {"X: the diagnosis\r\n\r\n", "default"},
        {"Content-Transfer-Encoding: base64\r\n\r\ndGhlIGRpYWdub3Npcw==\r\n", "word"},
        {"Content-Transfer-Encoding: quoted-printable\r\n\r\nthe diag=\r\nnosis\r\n", "word"},
        {"Content-Type: text/plain; charset=utf-16\r\nContent-Transfer-Encoding: base64\r\n\r\n"
         "//5kAGkAYQBnAG4AbwBzAGkAcwA=\r\n",
         "word"},
        {"Content-Type: text/html\r\n\r\n<p>the di<b>agn</b>osis</p>", "word"},
        {"Content-Type: text/html\r\n\r\n<p>the diag</p><p>nosis</p>", "default"},
        {"Content-Type: text/html\r\n\r\n<p>di&#97;gnos&#x69;s</p>", "word"},
        {"Content-Type: text/html\r\n\r\n<p class=\"diagnosis\">x<!-- diagnosis -->", "default"},
        {"Content-Type: text/html\r\n\r\n<style>diagnosis</style><p>4111 1111&nbsp;1111 1111",
         "card"},
        {"Content-Type: application/octet-stream\r\n\r\ndiagnosis", "default"},
        {"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\ntext\r\n--x\r\n"
         "Content-Type: text/csv; name=list.csv\r\nContent-Disposition: attachment\r\n\r\n"
         "1,4111111111111111\r\n--x--\r\n",
         "card"},
        {"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\ntext\r\n--x\r\n"
         "Content-Type: application/x; name*=utf-8''run%2Eexe\r\n\r\nMZ\r\n--x--\r\n",
         "name"},
        {"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\ntext\r\n--x\r\n"
         "Content-Type: image/png\r\n\r\nx\r\n--x--\r\n",
         "type"},
        {"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: message/rfc822\r\n\r\n"
         "Subject: inner\r\n\r\na diagnosis\r\n--x--\r\n",
         "word"},
        {"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: message/rfc822\r\n\r\n"
         "Content-Disposition: attachment; filename=a.exe\r\nContent-Type: application/x\r\n\r\nMZ\r\n"
         "--x--\r\n",
         "name"},
        {"", "default"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        struct policy_content content;
        struct why why = {""};
        look(bytes_text(table[i].mail), &content, &why);
        if (!content.known)
            fail_msg("%s: %s", table[i].mail, why.text);
        if (strcmp(decided(&content), table[i].rule) != 0)
            fail_msg("%s: %s", table[i].mail, decided(&content));
    }
}

static void a_large_text_is_searched_to_its_end(void **state)
{
    (void)state;
    static char mail[6 << 20];
    struct policy_content content;
    struct why why = {""};
    memset(mail, 'x', sizeof mail);
    memcpy(mail, "\r\n\r\n", 4);
    for (size_t i = 70; i + 80 < sizeof mail; i += 70)
        memcpy(mail + i, "\r\n", 2);
    memcpy(mail + sizeof mail - 12, " diagnosis\r\n", 12);
    look((struct bytes){(const uint8_t *)mail, sizeof mail}, &content, &why);
    assert_true(content.known);
    assert_string_equal(decided(&content), "word");
}

static void mails_nested_beyond_the_bound_are_not_known(void **state)
{
    (void)state;
    struct buffer mail;
    struct policy_content content;
    struct why why = {""};
    buffer_init(&mail, 100000);
    for (unsigned i = 0; i <= INSPECT_DEPTH_MAX + 1; i++)
        buffer_add_text(&mail, "Content-Type: message/rfc822\r\n\r\n");
    buffer_add_text(&mail, "\r\nnothing\r\n");
    look(buffer_bytes(&mail), &content, &why);
    assert_false(content.known);
    assert_string_equal(why.text, "more in it than can be looked at");
    assert_string_equal(decided(&content), "name"); /* the first that protects */
    buffer_done(&mail);
}

/* --- an inspector that goes wrong ------------------------------------------------------------- */

static enum status die(void *context, struct bytes *piece_out)
{
    (void)context;
    (void)piece_out;
    abort();
}

static enum status hang(void *context, struct bytes *piece_out)
{
    (void)context;
    (void)piece_out;
    for (;;)
        pause();
    return ST_OK;
}

static enum status end(void *context, struct bytes *piece_out)
{
    (void)piece_out;
    _exit(*(int *)context);
}

static enum status go_wrong(void *context, struct bytes *piece_out)
{
    (void)context;
    (void)piece_out;
    return ST_TEMP;
}

static void whoever_can_not_look_has_not_found_nothing(void **state)
{
    (void)state;
    static const struct {
        enum status (*next)(void *context, struct bytes *piece_out);
        uint64_t size;
    } table[] = {{die, 10}, {hang, 10}, {end, 10}, {go_wrong, 10}, {next, 11}, {next, 9}};
    static const struct inspect_limits short_limits = {INSPECT_MEMORY, 1};
    for (size_t i = 0; i < COUNT(table); i++) {
        int code = 0;
        struct letter letter = {BYTES_LITERAL("\r\nnothing "), 1000};
        struct policy_content content = {.known = true};
        struct why why = {""};
        const struct inspect_source source = {
            .next = table[i].next,
            .context = table[i].next == end ? (void *)&code : (void *)&letter,
            .size = table[i].size,
        };
        inspect(policy, &source, &short_limits, &content, &why);
        assert_false(content.known);
        assert_true(why.text[0] != '\0');
        assert_string_equal(decided(&content), "name");
    }
}

/* --- HTML --------------------------------------------------------------------------------------
 */

static void html_becomes_its_words(void **state)
{
    (void)state;
    static const struct {
        const char *html, *text;
    } table[] = {
        {"a<br>b", "a b"},
        {"a<b>b</b>c", "abc"},
        {"a<span title='>'>b", "ab"},
        {"a&amp;b &lt;c&gt; &nbsp;d", "a&b <c>  d"},
        {"soft&shy;ly &#173;x&#8203;y", "softly xy"},
        {"&unknown; &#; &#xg; &", "&unknown; &#; &#xg; &"},
        {"&#99999999;&#0;x", "&#99999999;&#0;x"},
        {"a<!-- <b>x</b> -->b", "a b"},
        {"a<!-- never ends", "a "},
        {"<script>var x = '</b>';</script>y", "  y"},
        {"a<", "a "},
        {"a<b", "a"},
        {"", ""},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        struct buffer text;
        buffer_init(&text, 1000);
        assert_int_equal(inspect_strip(bytes_text(table[i].html), &text), ST_OK);
        assert_string_equal(buffer_text(&text), table[i].text);
        buffer_done(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_in_a_mail_is_found),
        cmocka_unit_test(a_large_text_is_searched_to_its_end),
        cmocka_unit_test(mails_nested_beyond_the_bound_are_not_known),
        cmocka_unit_test(whoever_can_not_look_has_not_found_nothing),
        cmocka_unit_test(html_becomes_its_words),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* SPDX-License-Identifier: Apache-2.0
 * gateway: any bytes as a letter, seen from outside: the carrier's header and notice must be mail,
 * whatever they are made from. The first byte of the input chooses SMTPUTF8 and the sender. */
#include <assert.h>

#include "wrap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Lines of at most 998 bytes, ended by CRLF, without another CR, LF or NUL. */
static void check_lines(struct bytes rest, bool utf8)
{
    while (rest.n > 0) {
        size_t length = bytes_find(rest, BYTES_LITERAL("\r\n"));
        struct bytes line = bytes_first(rest, length);
        assert(length < rest.n && length <= 998);
        for (size_t i = 0; i < length; i++)
            assert(line.p[i] >= ' ' && line.p[i] != 127 && (utf8 || line.p[i] < 128));
        rest = bytes_from(rest, length + 2);
    }
}

/* Each of these once: nothing in a letter can add a field or end the header. */
static void check_fields(struct bytes mail)
{
    static const char *const once[] = {"From", "Date", "Message-ID", "MIME-Version",
                                       "Content-Type"};
    static const char *const never[] = {"Bcc", "DKIM-Signature", "Content-Transfer-Encoding"};
    struct header *header = NULL;
    enum status status = header_read(mail, true, &header);
    if (status == ST_LIMIT) /* encoding made more of it than we read */
        return;
    assert(status == ST_OK);
    for (size_t i = 0; i < sizeof once / sizeof once[0]; i++)
        assert(header_count(header, once[i]) == 1);
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
        assert(header_count(header, never[i]) == 0);
    assert(bytes_starts(bytes_from(mail, header->n), BYTES_LITERAL("--mixed-")));
    header_free(header);
}

static const struct notice *notice_built_in(void)
{
    static struct notices *notices;
    struct config *config = NULL;
    if (notices == NULL) {
        assert(config_parse(BYTES_NONE, "fuzz", &config, NULL) == ST_OK);
        assert(notices_read(config, &notices, NULL) == ST_OK);
        config_free(config);
    }
    return notices_for(notices, "bob@example.org");
}

static void check_wrap(const struct look *look, bool utf8, const char *sender)
{
    static const struct notice_settings settings = {"Organisation", "https://portal.example",
                                                    "portal.example", "help"};
    struct buffer out;
    const struct notice_letter words = {look->from.name, look->from.address, "bob@example.org",
                                        "1 January 2027"};
    const struct wrap wrap = {.look = look,
                              .notice = notice_built_in(),
                              .settings = &settings,
                              .words = &words,
                              .sender = sender,
                              .host_name = "gateway.example",
                              .unique = "0123456789abcdef0123456789abcdef",
                              .now = 1795484992,
                              .utf8 = utf8};
    buffer_init(&out, WRAP_MAX);
    assert(wrap_begin(&wrap, &out) == ST_OK);
    check_lines(buffer_bytes(&out), utf8);
    check_fields(buffer_bytes(&out));
    buffer_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const struct smtp_body_settings settings = {.directory = "/tmp"};
    if (n < 1 || n > SMTP_BODY_PIECE)
        return 0;
    const char *sender = (data[0] & 1) != 0 ? "dana@agency.example" : "";
    struct smtp_body *body = smtp_body_new(&settings);
    struct look look;
    assert(smtp_body_add(body, (struct bytes){data + 1, n - 1}) == ST_OK);
    enum status status = look_at(&look, body, sender);
    assert(status == ST_OK || status == ST_LIMIT);
    if (status == ST_OK)
        check_wrap(&look, (data[0] & 2) != 0, sender);
    look_done(&look);
    smtp_body_free(body);
    return 0;
}

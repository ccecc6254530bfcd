/* SPDX-License-Identifier: Apache-2.0
 * gateway: writing the carrier mail's header and parts. */
#include "wrap.h"

#include <time.h>

#include "clock.h"
#include "header_write.h"

/* The optional fields that go outside: what mail programs show, thread and answer by, and what
 * keeps robots from answering. The first of each name counts. Everything else, above all Received
 * with its hosts and DKIM-Signature over a body that is not there, is inside the seal only. */
enum writing { WRITE_TEXT, WRITE_COPY, WRITE_ADDRESSES };

static const struct {
    const char *name;
    enum writing writing;
} optional[] = {
    {"Sender", WRITE_ADDRESSES},      {"Reply-To", WRITE_ADDRESSES},
    {"Cc", WRITE_ADDRESSES},          {"In-Reply-To", WRITE_COPY},
    {"References", WRITE_COPY},       {"Thread-Topic", WRITE_TEXT},
    {"Thread-Index", WRITE_COPY},     {"Importance", WRITE_COPY},
    {"Priority", WRITE_COPY},         {"X-Priority", WRITE_COPY},
    {"List-Id", WRITE_COPY},          {"List-Post", WRITE_COPY},
    {"List-Help", WRITE_COPY},        {"List-Owner", WRITE_COPY},
    {"List-Archive", WRITE_COPY},     {"List-Subscribe", WRITE_COPY},
    {"List-Unsubscribe", WRITE_COPY}, {"Auto-Submitted", WRITE_COPY},
    {"Precedence", WRITE_COPY},       {"List-Unsubscribe-Post", WRITE_COPY},
};

static bool is_ascii(struct bytes text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] >= 128)
            return false;
    return true;
}

/* A text in ASCII stays as it is, encoded words and all; raw bytes have to become words. */
static void write_text(struct buffer *out, struct bytes name, struct bytes value)
{
    struct buffer decoded;
    if (is_ascii(value)) {
        header_write_copy(out, name, value, false);
        return;
    }
    buffer_init(&decoded, 4 * value.n);
    if (header_decode(value, &decoded) != ST_OK)
        out->overflow = true;
    header_write_text(out, name, buffer_bytes(&decoded));
    buffer_done(&decoded);
}

/* The first field of this name that says anything, or NULL. */
static const struct header_field *find(const struct wrap *wrap, const char *name)
{
    const struct header_field *field = header_find(wrap->look->header, name);
    return field == NULL || bytes_trim(field->value).n == 0 ? NULL : field;
}

/* The subject that people see before they open it: the rule's, or the letter's without the tag. */
static void write_subject(const struct wrap *wrap, struct buffer *out)
{
    static const struct bytes name = BYTES_LITERAL("Subject");
    const struct header_field *field = find(wrap, "Subject");
    struct buffer subject;
    if (wrap->subject != NULL) {
        header_write_text(out, name, bytes_text(wrap->subject));
    } else if (field != NULL && wrap->tag.n > 0) {
        buffer_init(&subject, wrap->look->subject.n + 1);
        if (header_remove_tag(buffer_bytes(&wrap->look->subject), wrap->tag, &subject) != ST_OK)
            out->overflow = true;
        header_write_text(out, name, buffer_bytes(&subject));
        buffer_done(&subject);
    } else if (field != NULL) {
        write_text(out, name, field->value);
    }
}

static void write_optional(const struct wrap *wrap, struct buffer *out)
{
    for (size_t i = 0; i < sizeof optional / sizeof optional[0]; i++) {
        struct bytes name = bytes_text(optional[i].name);
        const struct header_field *field = find(wrap, optional[i].name);
        if (field == NULL)
            continue;
        if (optional[i].writing == WRITE_TEXT)
            write_text(out, name, field->value);
        else if (optional[i].writing == WRITE_COPY)
            header_write_copy(out, name, field->value, wrap->utf8);
        else
            header_write_addresses(out, name, field->value, wrap->utf8);
    }
}

/* --- fields that every mail has (RFC 5322 §3.6): the letter's own where they can be read, else
 * ours
 */

static void write_from(const struct wrap *wrap, struct buffer *out)
{
    static const struct bytes name = BYTES_LITERAL("From");
    const struct header_field *field = find(wrap, "From");
    struct header_mailbox mailbox;
    struct buffer from;
    if (field != NULL && header_mailbox(field->value, &mailbox) == ST_OK) {
        header_write_addresses(out, name, field->value, wrap->utf8);
        return;
    }
    buffer_init(&from, 1024);
    if (wrap->sender[0] != '\0')
        (void)buffer_add_format(&from, "<%s>", wrap->sender);
    else
        (void)buffer_add_format(&from, "Mail Delivery System <MAILER-DAEMON@%s>", wrap->host_name);
    header_write_addresses(out, name, buffer_bytes(&from), wrap->utf8);
    buffer_done(&from);
}

static void write_to(const struct wrap *wrap, struct buffer *out)
{
    const struct header_field *field = find(wrap, "To");
    if (field != NULL)
        header_write_addresses(out, BYTES_LITERAL("To"), field->value, wrap->utf8);
    else if (find(wrap, "Cc") == NULL)
        (void)buffer_add_text(out, "To: undisclosed-recipients:;\r\n");
}

/* "Tue, 24 Nov 2026 01:49" or without the day, and more behind it (RFC 5322 §3.3). */
static bool is_date(struct bytes value)
{
    char text[100];
    struct tm tm;
    struct buffer line;
    buffer_init(&line, sizeof text - 1);
    bool fits = header_unfold(value, &line) == ST_OK &&
                bytes_to_text(buffer_bytes(&line), text, sizeof text);
    buffer_done(&line);
    if (!fits)
        return false;
    const char *rest = strptime(text, "%a, %d %b %Y %H:%M", &tm);
    if (rest == NULL)
        rest = strptime(text, "%d %b %Y %H:%M", &tm);
    return rest != NULL && (*rest == ':' || *rest == ' ');
}

/* "<left@right>" (§3.6.4). */
static bool is_id(struct bytes value)
{
    struct bytes id = bytes_trim(value);
    return id.n > 4 && id.p[0] == '<' && id.p[id.n - 1] == '>' && bytes_index(id, '@') < id.n &&
           bytes_index(id, ' ') == id.n && bytes_index(id, '\r') == id.n;
}

static void write_date_and_id(const struct wrap *wrap, const char *now, struct buffer *out)
{
    const struct header_field *date = find(wrap, "Date"), *id = find(wrap, "Message-ID");
    if (date != NULL && is_date(date->value))
        header_write_copy(out, BYTES_LITERAL("Date"), date->value, false);
    else
        (void)buffer_add_format(out, "Date: %s\r\n", now);
    if (id != NULL && is_id(id->value))
        header_write_copy(out, BYTES_LITERAL("Message-ID"), id->value, wrap->utf8);
    else
        (void)buffer_add_format(out, "Message-ID: <%s@%s>\r\n", wrap->unique, wrap->host_name);
}

/* One line for our own hop, and an empty one for each before it: they are how a letter that goes in
 * circles is found, by us and by every mail server on its way. */
static void write_trace(const struct wrap *wrap, const char *date, struct buffer *out)
{
    (void)buffer_add_format(out, "Received: by %s with LMTP id %s;\r\n %s\r\n", wrap->host_name,
                            wrap->unique, date);
    for (size_t i = 0; i < wrap->look->received; i++)
        (void)buffer_add_format(out, "Received: (sealed inside); %s\r\n", date);
}

/* --- parts
 * ----------------------------------------------------------------------------------------
 */

static void write_parts(const struct wrap *wrap, struct buffer *out)
{
    const char *unique = wrap->unique;
    (void)buffer_add_format(out,
                            "MIME-Version: 1.0\r\n"
                            "Content-Type: multipart/mixed; boundary=\"mixed-%s\"\r\n\r\n"
                            "--mixed-%s\r\n"
                            "Content-Type: multipart/alternative;\r\n"
                            " boundary=\"alternative-%s\"\r\n\r\n"
                            "--alternative-%s\r\n"
                            "Content-Type: text/plain; charset=utf-8\r\n"
                            "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
                            unique, unique, unique, unique);
    notice_text(wrap->notice, wrap->settings, wrap->words, out);
    (void)buffer_add_format(out,
                            "\r\n--alternative-%s\r\n"
                            "Content-Type: text/html; charset=utf-8\r\n"
                            "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
                            unique);
    notice_html(wrap->notice, wrap->settings, wrap->words, out);
    (void)buffer_add_format(
        out,
        "\r\n--alternative-%s--\r\n\r\n"
        "--mixed-%s\r\n"
        "Content-Type: text/html; charset=us-ascii; name=\"SecureMessage.html\"\r\n"
        "Content-Disposition: attachment; filename=\"SecureMessage.html\"\r\n"
        "Content-Transfer-Encoding: 7bit\r\n\r\n",
        unique, unique);
}

enum status wrap_begin(const struct wrap *wrap, struct buffer *out)
{
    char date[CLOCK_TEXT_SIZE];
    clock_mail(wrap->now, date);
    write_trace(wrap, date, out);
    write_from(wrap, out);
    write_to(wrap, out);
    write_date_and_id(wrap, date, out);
    write_subject(wrap, out);
    write_optional(wrap, out);
    write_parts(wrap, out);
    return buffer_check(out);
}

enum status wrap_end(const char *unique, struct buffer *out)
{
    (void)buffer_add_format(out, "\r\n--mixed-%s--\r\n", unique);
    return buffer_check(out);
}

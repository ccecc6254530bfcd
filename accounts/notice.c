/* SPDX-License-Identifier: Apache-2.0
 * accounts: the text of its own mails. Sentences stand in one table, for translators later. */
#include "notice.h"

#include <ctype.h>

#include "clock.h"
#include "encode.h"

/* In each text: %1 organisation, %2 link, %3 address, %4 time, %5 help contact. Lines stay under 76
 * characters where they are ours. */
static const struct wording {
    const char *subject, *path, *text;
} wordings[] = {
    [NOTICE_CONFIRM] =
        {
            "SecureMail: please confirm your e-mail address",
            "/confirm/",
            "Hello %3,\n\n"
            "A registration for secure e-mail of %1\n"
            "was made with this address. To confirm that the address is yours,\n"
            "open the following link and press the button on the page:\n\n"
            "%2\n\n"
            "Note: if you cannot click the link, copy it and paste it into the\n"
            "address line of your browser. It works once, for seven days.\n\n"
            "If you did not register, you need not do anything: nobody can use\n"
            "the registration without your confirmation. You can also open the\n"
            "link and choose “It was not me”. If it happens again, please contact\n"
            "%5\n\n"
            "%1\n\n"
            "This request was received on %4 for: %3.\n",
        },
    [NOTICE_EXISTS] =
        {
            "SecureMail: you are registered already",
            "/sign-in",
            "Hello %3,\n\n"
            "Somebody, perhaps you, tried to register this address for secure\n"
            "e-mail of %1. It is registered already.\n"
            "Your account and your password are unchanged. To sign in, open\n\n"
            "%2\n\n"
            "If it was not you, you need not do anything. If it happens again,\n"
            "please contact\n"
            "%5\n\n"
            "%1\n\n"
            "This request was received on %4 for: %3.\n",
        },
};

#define ADDRESS_FIELD 300

/* A header field of ASCII letters, digits and the `punctuation` that its grammar allows, or of
 * encoded words (RFC 2047 §2: at most 75 characters each, so 42 bytes of UTF-8). */
static void add_text_field(struct buffer *out, const char *name, const char *text,
                           const char *punctuation, const char *after)
{
    bool ascii = true;
    struct bytes rest = bytes_text(text);
    for (size_t i = 0; i < rest.n; i++)
        ascii &= isalnum(rest.p[i]) || strchr(punctuation, rest.p[i]) != NULL;
    buffer_add_format(out, "%s: ", name);
    if (ascii)
        buffer_add_text(out, text);
    while (!ascii && rest.n > 0) {
        char encoded[64];
        size_t n = rest.n < 42 ? rest.n : 42;
        while (n < rest.n && n > 0 && (rest.p[n] & 0xc0) == 0x80)
            n--;
        encoded[base64_encode(encoded, bytes_first(rest, n), PADDED)] = '\0';
        rest = bytes_from(rest, n);
        buffer_add_format(out, "=?UTF-8?B?%s?=%s", encoded, rest.n > 0 ? "\r\n " : "");
    }
    buffer_add_format(out, "%s\r\n", after);
}

/* The text with its places filled in, and CRLF line ends. */
static void add_text(struct buffer *out, const char *text, const char *const places[5])
{
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '%' && p[1] >= '1' && p[1] <= '5')
            buffer_add_text(out, places[*++p - '1']);
        else if (*p == '\n')
            buffer_add_text(out, "\r\n");
        else
            buffer_add_byte(out, (uint8_t)*p);
    }
}

static bool one_line(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    return true;
}

enum status notice_write(const struct notice_settings *settings, const struct notice *notice,
                         struct buffer *mail_out)
{
    const struct wording *wording = &wordings[notice->kind];
    char date[CLOCK_TEXT_SIZE], link[512];
    const char *token = notice->token != NULL ? notice->token : "";
    if (!one_line(notice->to) || !one_line(token) || !one_line(settings->organisation) ||
        !one_line(settings->help) || !one_line(settings->from) ||
        strlen(settings->portal) + strlen(token) > 400)
        return ST_BAD;
    clock_mail(notice->time, date);
    snprintf(link, sizeof link, "%s%s%s", settings->portal, wording->path, token);

    /* An organisation's name may hold what a phrase may not, so it goes quoted or encoded. */
    char from[ADDRESS_FIELD];
    snprintf(from, sizeof from, "\r\n <%s>", settings->from);
    add_text_field(mail_out, "From", settings->organisation, " ", from);
    add_text_field(mail_out, "Subject", wording->subject, " :,.", "");
    buffer_add_format(
        mail_out,
        "To: <%s>\r\nDate: %s\r\nMessage-ID: <%016llx.%lld@%s>\r\nAuto-Submitted: auto-generated\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 8bit\r\n\r\n",
        notice->to, date, (unsigned long long)notice->unique, (long long)notice->time,
        settings->host_name);
    const char *const places[5] = {settings->organisation, link, notice->to, date, settings->help};
    add_text(mail_out, wording->text, places);
    return buffer_check(mail_out);
}

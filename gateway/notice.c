/* SPDX-License-Identifier: Apache-2.0
 * gateway: the notice. Its words stand in two templates; a place is %s sender, %r recipient, %o
 * organisation, %p portal, %h host, %d date, %c contact. */
#include "notice.h"

#include <time.h>

static const char text_template[] =
    "%s sent you a secure message.\n"
    "It is in the attachment SecureMessage.html, encrypted for\n"
    "%r.\n"
    "\n"
    "To read it:\n"
    "\n"
    "1. Open the attachment SecureMessage.html.\n"
    "2. Press the button “Read message”. Your browser opens %h.\n"
    "3. Register there the first time; later your password is enough.\n"
    "\n"
    "You can open it until %d.\n"
    "\n"
    "On a phone, or if the button does nothing: save the attachment, go to\n"
    "%p\n"
    "and choose the saved file there.\n"
    "\n"
    "To be sure that this mail is genuine, do not follow links in it. Type\n"
    "%h into your browser, and choose the saved attachment there.\n"
    "\n"
    "Help: %c\n"
    "\n"
    "%o\n";

static const char html_template[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n"
    "<head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
    "<title>Secure message</title></head>\n"
    "<body style=\"margin:0;padding:16px;background:#f2f4f7;color:#1b1f24;overflow-wrap:anywhere;"
    "font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif\">\n"
    "<div style=\"max-width:560px;margin:0 auto;background:#ffffff;border:1px solid #d5dae1;border-top:6px solid #14396a\">\n"
    "<div style=\"padding:20px 24px\">\n"
    "<p style=\"margin:0 0 16px;font-weight:600;color:#14396a\">%o</p>\n"
    "<h1 style=\"margin:0 0 12px;font-size:22px;line-height:1.3\">You have a secure message</h1>\n"
    "<p style=\"margin:0 0 16px\"><b><bdi>%s</bdi></b> sent you a message. It is in the attachment <b>SecureMessage.html</b>, "
    "encrypted for %r.</p>\n"
    "<h2 style=\"margin:0 0 8px;font-size:17px\">To read it</h2>\n"
    "<ol style=\"margin:0 0 16px;padding-left:24px\">\n"
    "<li>Open the attachment <b>SecureMessage.html</b>.</li>\n"
    "<li>Press the button &#8220;Read message&#8221;. Your browser opens <b>%h</b>.</li>\n"
    "<li>Register there the first time; later your password is enough.</li>\n"
    "</ol>\n"
    "<p style=\"margin:0 0 16px;padding:10px 14px;background:#eef3fa;border-left:4px solid #14396a\">"
    "You can open it until <b>%d</b>.</p>\n"
    "<p style=\"margin:0 0 16px\">On a phone, or if the button does nothing: save the attachment, go to %p "
    "and choose the saved file there.</p>\n"
    "<p style=\"margin:0 0 16px\">To be sure that this mail is genuine, do not follow links in it. Type <b>%h</b> into your browser, "
    "and choose the saved attachment there.</p>\n"
    "<p style=\"margin:0;color:#4a5360\">Help: %c</p>\n"
    "</div></div>\n"
    "</body></html>\n";

void notice_date(int64_t time, char text_out[NOTICE_DATE_SIZE])
{
    static const char *const months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
    struct tm tm = {0};
    time_t seconds = (time_t)time;
    gmtime_r(&seconds, &tm);
    (void)snprintf(text_out, NOTICE_DATE_SIZE, "%d %s %d", tm.tm_mday, months[tm.tm_mon % 12],
                   tm.tm_year + 1900);
}

/* --- quoted-printable
 * ----------------------------------------------------------------------------------- */

/* A line of encoded text that is being filled. */
struct line {
    struct buffer *out;
    size_t length;
};

#define LINE_LENGTH 75 /* and a “=” for a soft break */

/* One byte of text. A blank at the end of a line, and a dot or “From ” at its beginning, are what
 * mail servers change; encoding them costs nothing. */
static void put(struct line *line, uint8_t c, bool before_break)
{
    static const char digits[] = "0123456789ABCDEF";
    if (c == '\n') {
        (void)buffer_add_text(line->out, "\r\n");
        line->length = 0;
        return;
    }
    bool plain = c >= ' ' && c < 0x7f && c != '=' && !(c == ' ' && before_break) &&
                 !(line->length == 0 && (c == '.' || c == 'F'));
    const uint8_t encoded[3] = {plain ? c : '=', (uint8_t)digits[c >> 4], (uint8_t)digits[c & 15]};
    size_t n = plain ? 1 : 3;
    if (line->length + n > LINE_LENGTH) {
        (void)buffer_add_text(line->out, "=\r\n");
        line->length = 0;
    }
    (void)buffer_add(line->out, (struct bytes){encoded, n});
    line->length += n;
}

/* --- filling in
 * ----------------------------------------------------------------------------------------- */

static const char *place(char name, const struct notice_settings *settings,
                         const struct notice_letter *letter)
{
    switch (name) {
    case 's':
        return letter->sender;
    case 'r':
        return letter->recipient;
    case 'd':
        return letter->expires;
    case 'o':
        return settings->organisation;
    case 'p':
        return settings->portal;
    case 'h':
        return settings->host;
    case 'c':
        return settings->help;
    default:
        return "";
    }
}

static const char *entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    default:
        return NULL;
    }
}

static void put_text(struct line *line, const char *text)
{
    for (; *text != '\0'; text++)
        put(line, (uint8_t)*text, text[1] == '\0' || text[1] == '\n');
}

static void put_escaped(struct line *line, const char *text)
{
    for (; *text != '\0'; text++) {
        const char *escaped = entity(*text);
        if (escaped != NULL)
            put_text(line, escaped);
        else
            put(line, (uint8_t)*text, false);
    }
}

/* What stands in a place is never read as a template. */
static void fill(const char *template, bool html, const struct notice_settings *settings,
                 const struct notice_letter *letter, struct buffer *out)
{
    struct line line = {out, 0};
    for (const char *p = template; *p != '\0'; p++) {
        if (*p != '%') {
            put(&line, (uint8_t)*p, p[1] == '\n');
            continue;
        }
        const char *text = place(*++p, settings, letter);
        if (html)
            put_escaped(&line, text);
        else
            put_text(&line, text);
    }
}

void notice_text(const struct notice_settings *settings, const struct notice_letter *letter,
                 struct buffer *out)
{
    fill(text_template, false, settings, letter, out);
}

void notice_html(const struct notice_settings *settings, const struct notice_letter *letter,
                 struct buffer *out)
{
    fill(html_template, true, settings, letter, out);
}

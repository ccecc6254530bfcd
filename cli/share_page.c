/* SPDX-License-Identifier: Apache-2.0
 * cli: the printed share. One page, without script or anything from outside; it prints on A4 and on
 * Letter paper. */
#include "share_page.h"

#include <qrencode.h>

#include "html.h"

#define QUIET 4 /* modules of white around a code (ISO/IEC 18004 §6.3.8) */

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
    "'unsafe-inline'\">\n<style>\n"
    "@page { margin: 14mm }\n"
    "body { font: 11pt/1.4 system-ui, sans-serif; max-width: 178mm; margin: 0 auto; color: #000; "
    "background: #fff }\n"
    "h1 { font-size: 18pt; margin: 0 0 1mm } p, ol { margin: 2mm 0 } ol { padding-left: 6mm }\n"
    "dl { display: grid; grid-template-columns: 32mm 1fr; margin: 3mm 0; row-gap: 1mm }\n"
    "dt { color: #444 } dd { margin: 0; overflow-wrap: anywhere }\n"
    ".hand { border-bottom: 1px solid #000; min-height: 6mm }\n"
    "svg { display: block; width: 108mm; margin: 3mm auto }\n"
    "pre { font: 6.5pt/1.3 monospace; white-space: pre-wrap; overflow-wrap: anywhere; margin: 3mm 0; "
    "border: 1px solid #777; padding: 2mm }\n"
    "</style>\n";

/* Dark modules as one path, run by run: a square of light ones would cost ten times as much. */
static void add_path(struct buffer *html, const QRcode *code)
{
    for (int row = 0; row < code->width; row++)
        for (int column = 0; column < code->width; column++) {
            int run = 0;
            while (column + run < code->width &&
                   (code->data[row * code->width + column + run] & 1) != 0)
                run++;
            if (run > 0)
                buffer_add_format(html, "M%d %dh%dv1h-%dz", column + QUIET, row + QUIET, run, run);
            column += run;
        }
}

/* The most error correction with which the text fits: 15 %, else 7 %. */
static enum status add_code(struct buffer *html, struct bytes text)
{
    QRinput *input = NULL;
    QRcode *code = NULL;
    for (QRecLevel level = QR_ECLEVEL_M; code == NULL; level = QR_ECLEVEL_L) {
        input = QRinput_new2(0, level);
        if (input != NULL && QRinput_append(input, QR_MODE_8, (int)text.n, text.p) == 0)
            code = QRcode_encodeInput(input);
        QRinput_free(input);
        if (level == QR_ECLEVEL_L)
            break;
    }
    if (code == NULL)
        return ST_LIMIT;
    int width = code->width + 2 * QUIET;
    buffer_add_format(html,
                      "<svg role=\"img\" aria-label=\"The share's text as a QR code\" "
                      "viewBox=\"0 0 %d %d\" shape-rendering=\"crispEdges\"><rect width=\"%d\" "
                      "height=\"%d\" fill=\"#fff\"/><path d=\"",
                      width, width, width, width);
    add_path(html, code);
    buffer_add_text(html, "\"/></svg>\n");
    QRcode_free(code);
    return ST_OK;
}

static void add_row(struct buffer *html, const char *name, const char *value)
{
    buffer_add_format(html, "<dt>%s</dt><dd>", name);
    html_text(html, value);
    buffer_add_text(html, "</dd>\n");
}

static void add_rows(struct buffer *html, const struct share_page *page)
{
    char serial[24], share[64], fingerprint[PARAMS_FINGERPRINT_TEXT_SIZE];
    snprintf(serial, sizeof serial, "%llu", (unsigned long long)page->params->serial);
    snprintf(share, sizeof share, "%u of %u; any %u are needed", page->number, page->count,
             page->needed);
    params_fingerprint_text(page->params, fingerprint);
    buffer_add_text(html, "<dl>\n");
    add_row(html, "District", page->params->district);
    add_row(html, "Serial", serial);
    add_row(html, "Share", share);
    add_row(html, "Fingerprint", fingerprint);
    buffer_add_text(html, "<dt>Kept by</dt><dd class=\"hand\"></dd>\n</dl>\n");
}

enum status share_page_write(const struct share_page *page, struct buffer *html_out)
{
    buffer_add_text(html_out, head);
    buffer_add_format(html_out, "<title>Share %u of %u</title>\n</head>\n<body>\n<main>\n",
                      page->number, page->count);
    buffer_add_format(html_out, "<h1>Share %u of %u of a SecureMail master secret</h1>\n",
                      page->number, page->count);
    buffer_add_format(
        html_out,
        "<p>Whoever has %u of these %u pages can read every message of the district. "
        "One alone says nothing. Keep it where nobody finds it by chance, apart from "
        "the others, and tell the district's operator if it is lost or was seen.</p>\n",
        page->needed, page->count);
    add_rows(html_out, page);
    enum status status = add_code(html_out, page->text);
    if (status != ST_OK)
        return status;
    buffer_add_text(html_out, "<p>To use it:</p>\n<ol>\n<li>Scan the code into a file, or type the "
                              "text below into one (each line has a name; what is broken here "
                              "without one goes on in the same line), named <code>");
    html_text(html_out, page->file_name);
    buffer_add_format(html_out,
                      "</code>.</li>\n<li>With %u such files: <code>securemail restore "
                      "--rehearse share-*.txt</code> says whether they are good, and "
                      "changes nothing.</li>\n<li><code>securemail restore --out FILE "
                      "--passphrase FILE share-*.txt</code> makes the master secret "
                      "again.</li>\n</ol>\n<pre>",
                      page->needed);
    html_text_bytes(html_out, page->text);
    buffer_add_text(html_out, "</pre>\n</main>\n</body>\n</html>\n");
    return buffer_check(html_out);
}

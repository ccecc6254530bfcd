/* SPDX-License-Identifier: Apache-2.0
 * mail: a whole mail, described and taken apart for a reader. Everything here that takes a mail
 * runs in a viewer's cell and nowhere else; view_write, view_parse and view_free run anywhere.
 *
 * A description is bounded whatever the mail is, and all its texts are UTF-8 that may stand on a
 * page: no control characters, no marks that turn the direction of text. (They still need
 * escaping.) Where a field stands twice in a header, the first counts. Formats: RFC 5322, 2045,
 * 2046, 2047, 2231, 2183, 2392, 3676, 6532. */
#ifndef SECUREMAIL_VIEW_H
#define SECUREMAIL_VIEW_H

#include "buffer.h"
#include "bytes.h"
#include "status.h"

#define VIEW_PARTS_MAX 1000   /* parts of one mail that are listed */
#define VIEW_TEXT_MAX 16384   /* bytes of one header text */
#define VIEW_NAME_MAX 255     /* bytes of a file name and of a content-id */
#define VIEW_TYPE_MAX 127     /* bytes of "type/subtype" (RFC 6838 §4.2) */
#define VIEW_BODY_MAX 8388608 /* decoded bytes of a part that is shown; any size can be saved */
#define VIEW_WIRE_MAX 1048576 /* bytes of a written description */

/* What a part is, for whoever decides whether a browser may show it. */
enum view_kind {
    VIEW_TEXT,    /* text/plain and other text but HTML: view_read_text */
    VIEW_HTML,    /* text/html: view_read_html, in a sandboxed frame */
    VIEW_PICTURE, /* PNG, JPEG, GIF, WebP, BMP: no SVG, which is a document with scripts */
    VIEW_PDF,     /* application/pdf */
    VIEW_MESSAGE, /* message/rfc822: another mail, one part here */
    VIEW_OTHER,   /* to be saved, not shown */
};

/* One leaf of the mail. */
struct view_part {
    unsigned number; /* 1, 2, …: its place in the mail */
    enum view_kind kind;
    bool attachment;  /* its sender calls it an attachment (RFC 2183) */
    bool in_body;     /* it is the text, the HTML, or a picture in the HTML: no need to list it */
    uint64_t size;    /* decoded bytes */
    char *type;       /* "image/png": lower case, well formed */
    char *name;       /* the file name as sent, or "" */
    char *safe_name;  /* to show and to save as: never empty, no path, no device */
    char *content_id; /* without angle brackets, or "" */
};

struct view {
    char *from, *to, *cc; /* "Name <address>, …" or "" */
    char *date;           /* as sent */
    char *subject;
    unsigned text;   /* number of the plain text part that is the mail's body, or 0 */
    unsigned html;   /* number of the HTML part that is the mail's body, or 0 */
    bool truncated;  /* something of this description was cut or left out */
    bool more_parts; /* the mail has more than VIEW_PARTS_MAX parts or nests them too deeply */
    size_t parts_n;
    struct view_part *parts; /* parts[i].number is i + 1 */
};

/* --- in the cell --- */

/* Load the MIME library and the converters of all charsets we read. Once per process, before the
 * cell is entered (it opens files) and before threads are made. */
void view_prepare(void);

/* Describe a mail. Any bytes at all give a description: what is no mail has no header and one text
 * part. The caller frees with view_free. */
enum status view_make(struct bytes mail, struct view **view_out) MUST_CHECK;

/* Type and safe name of a part, without reading the mail's other parts. ST_NONE: no such part. */
enum status view_name_part(struct bytes mail, unsigned number, char type_out[VIEW_TYPE_MAX + 1],
                           char name_out[VIEW_NAME_MAX + 1]) MUST_CHECK;

/* Where a part's decoded bytes go, piece by piece. Another status than ST_OK ends the reading. */
struct view_sink {
    enum status (*take)(struct bytes piece, void *context);
    void *context;
};

/* A part's bytes with their transfer encoding undone, of any size. ST_NONE: no such part. */
enum status view_read_part(struct bytes mail, unsigned number,
                           const struct view_sink *sink) MUST_CHECK;
/* A text part as UTF-8, from the charset it claims (or, where that is absent, unknown or wrong,
 * UTF-8 if it is that, else windows-1252). Line ends are LF; control characters but tab are gone;
 * format=flowed (RFC 3676) is joined to whole paragraphs. Appended to `text_out`. ST_NONE: no such
 * part, or no text; ST_LIMIT: larger than VIEW_BODY_MAX or than the buffer takes. */
enum status view_read_text(struct bytes mail, unsigned number, struct buffer *text_out) MUST_CHECK;
/* An HTML part as a UTF-8 document. `<meta charset="utf-8"><base target="_blank">` stands first
 * (behind a doctype). In src="cid:…", background="cid:…" and CSS url(cid:…) the reference to a
 * picture of this mail becomes picture_prefix and the picture's part number; the prefix holds URL
 * characters only. Links to other files, the mail's own meta, frames and embedded objects become
 * elements without a meaning, because browsers look up their hosts or connect to them before they
 * ask a policy. Nothing else is changed and nothing is made harmless: the frame that shows it must
 * be the wall. Errors as view_read_text. */
enum status view_read_html(struct bytes mail, unsigned number, const char *picture_prefix,
                           struct buffer *html_out) MUST_CHECK;

/* --- anywhere --- */

/* Append the description for the pipe between viewer and portal; at most VIEW_WIRE_MAX bytes. */
enum status view_write(const struct view *view, struct buffer *out) MUST_CHECK;
/* Read it back. The writer may be a viewer that a hostile mail has taken over, so everything
 * promised above is checked again, and safe names are made here. Bare ST_BAD. */
enum status view_parse(struct bytes wire, struct view **view_out) MUST_CHECK;
void view_free(struct view *view); /* NULL is fine; the texts are wiped */

/* A well-formed lower-case "type/subtype" (RFC 6838 §4.2) of at most VIEW_TYPE_MAX bytes? */
bool view_type_valid(struct bytes type);
/* What a type is. */
enum view_kind view_kind_of(const char *type);
/* The name to save a part as: from the last element of the name its sender gave, or "part-3.png" if
 * nothing is left of it. At most VIEW_NAME_MAX bytes. The caller frees. */
char *view_safe_name(const char *name, const char *type, unsigned number);

#endif

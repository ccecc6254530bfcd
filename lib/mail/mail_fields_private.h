/* SPDX-License-Identifier: Apache-2.0
 * mail: what header fields mean. This and mail_content.c are the only users of GMime: it gets one
 * field at a time, of at most MAIL_FIELD_MAX bytes, never a mail. Its parser of whole mails is not
 * used, because crafted mails crash or inflate it (nested groups, 200,000 parts); neither are its
 * writers. */
#ifndef SECUREMAIL_MAIL_FIELDS_PRIVATE_H
#define SECUREMAIL_MAIL_FIELDS_PRIVATE_H

#include "mail_charset_private.h"
#include "view.h"

#define MAIL_FIELD_MAX 16384  /* bytes of a field that is read; of a longer one, its beginning */
#define MAIL_BOUNDARY_MAX 200 /* bytes; RFC 2046 §5.1.1 allows 70 */

enum mail_encoding { MAIL_IDENTITY, MAIL_BASE64, MAIL_QUOTED_PRINTABLE, MAIL_UUENCODE };

/* The raw values of the fields that describe one entity; no bytes where a field is absent. */
struct mail_fields {
    struct bytes type, encoding, disposition, id;
};

/* What they say. */
struct mail_content {
    char type[VIEW_TYPE_MAX + 1];
    char charset[MAIL_CHARSET_MAX + 1];   /* "" if none */
    char boundary[MAIL_BOUNDARY_MAX + 1]; /* "" if none, or one too long */
    char start[VIEW_NAME_MAX + 1];        /* multipart/related: the content-id of the root, or "" */
    char name[VIEW_NAME_MAX + 1];         /* decoded and clean, or "" */
    char id[VIEW_NAME_MAX + 1];           /* without angle brackets, or "" */
    enum mail_encoding encoding;
    bool attachment;   /* any disposition but inline (RFC 2183 §2.8) */
    bool flowed;       /* text/plain; format=flowed */
    bool delete_space; /* … delsp=yes */
};

/* Load GMime; once per process. */
void mail_fields_prepare(void);

/* Read an entity's fields. `default_type` is what it is where it does not say (RFC 2046 §5.1.5). */
void mail_fields_read(const struct mail_fields *fields, const char *default_type,
                      struct mail_content *content_out);

/* A subject or date, decoded (RFC 2047, RFC 6532) and clean. The caller frees. */
char *mail_fields_text(struct bytes value, bool *cut_out);
/* An address list, "Name <address>, …", decoded and clean: what a name says can't pass for an
 * address beside it. The caller frees. */
char *mail_fields_addresses(struct bytes value, bool *cut_out);

#endif

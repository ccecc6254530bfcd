/* SPDX-License-Identifier: Apache-2.0
 * ibe: the canonical e-mail address (docs/spec/address.md). Two spellings of one mailbox meet in
 * one canonical form, two mailboxes never do. address_parse is the only function that makes one. */
#ifndef SECUREMAIL_ADDRESS_H
#define SECUREMAIL_ADDRESS_H

#include "bytes.h"
#include "status.h"

#define ADDRESS_MAX 254       /* octets (RFC 5321 §4.5.3.1.3, without the brackets) */
#define ADDRESS_INPUT_MAX 512 /* octets that are looked at; more is refused at once */
#define ADDRESS_LOCAL_MAX 64
#define ADDRESS_DOMAIN_MAX 253

struct address {
    /* "local@domain": local NFC and ASCII lower case, domain lower-case A-labels. */
    char text[ADDRESS_MAX + 1];
    size_t at; /* where the '@' is */
};

/* From what a mail server or a person wrote: no blanks, brackets, comments, quotes or routes.
 * ST_BAD, with the rule and a reason in `why`, for everything docs/spec/address.md refuses. */
enum status address_parse(struct bytes text, struct address *address_out,
                          struct why *why) MUST_CHECK;
/* The same for a domain alone; `domain_out` gets lower-case A-labels. */
enum status address_parse_domain(struct bytes text, char domain_out[ADDRESS_MAX + 1],
                                 struct why *why) MUST_CHECK;
/* The same for a domain, or, with a dot in front, all domains below it: ".gov", ".court.example".
 */
enum status address_parse_domains(struct bytes text, char domains_out[ADDRESS_MAX + 1],
                                  struct why *why) MUST_CHECK;

/* The part behind the '@'; lives as long as the address. */
const char *address_domain(const struct address *address);
bool address_equal(const struct address *a, const struct address *b);

#endif

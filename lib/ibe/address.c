/* SPDX-License-Identifier: Apache-2.0
 * ibe: making the canonical address. The rules A-1 to A-13 are those of docs/spec/address.md. */
#include "address.h"

#include <idn2.h>
#include <uninorm.h>
#include <unictype.h>
#include <unistr.h>

#define LABEL_MAX 63

/* --- local part ------------------------------------------------------------------------------ */

/* A local part while it is made; NFC can lengthen a text threefold. */
struct local {
    uint8_t text[3 * ADDRESS_INPUT_MAX];
    size_t n;
};

static enum status normalise(struct local *local)
{
    uint8_t normal[sizeof local->text];
    size_t n = sizeof normal;
    uint8_t *result = u8_normalize(UNINORM_NFC, local->text, local->n, normal, &n);
    if (result != normal) {
        free(result); /* it did not fit, or there was no memory */
        return ST_BAD;
    }
    memcpy(local->text, normal, n);
    local->n = n;
    return ST_OK;
}

static void lower_ascii(uint8_t *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (text[i] >= 'A' && text[i] <= 'Z')
            text[i] = (uint8_t)(text[i] + ('a' - 'A'));
}

/* Letters, digits and the specials that RFC 5322 §3.2.3 calls atext; and the dot between atoms. */
static bool atext_or_dot(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr(".!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* A-7: only what is visible and has a stable NFC. */
static bool visible(ucs4_t character)
{
    return !uc_is_general_category_withtable(character, UC_CATEGORY_MASK_C | UC_CATEGORY_MASK_Z);
}

static enum status check_local(const struct local *local, struct why *why)
{
    if (local->n == 0 || local->n > ADDRESS_LOCAL_MAX)
        return why_set(why, ST_BAD, "A-4: the local part is empty or longer than %d octets",
                       ADDRESS_LOCAL_MAX);
    for (size_t i = 0; i < local->n;) {
        ucs4_t character = 0;
        i += (size_t)u8_mbtouc(&character, local->text + i, local->n - i);
        if (character < 0x80 && !atext_or_dot((uint8_t)character))
            return why_set(why, ST_BAD, "A-5: character U+%04X in the local part", character);
        if (character >= 0x80 && !visible(character))
            return why_set(why, ST_BAD, "A-7: character U+%04X in the local part", character);
    }
    struct bytes text = {local->text, local->n};
    if (text.p[0] == '.' || text.p[text.n - 1] == '.' ||
        bytes_find(text, BYTES_LITERAL("..")) < text.n)
        return why_set(why, ST_BAD, "A-6: dots at the ends or in a row in the local part");
    return ST_OK;
}

/* NFC comes before the change of case (the NFC of U+212A is a capital K) and again after it
 * (h U+0331 composes, H U+0331 does not). */
static enum status canonical_local(struct bytes text, struct local *local_out, struct why *why)
{
    struct local local = {.n = text.n};
    if (text.n > 0)
        memcpy(local.text, text.p, text.n);
    if (normalise(&local) != ST_OK)
        return why_set(why, ST_BAD, "A-4: the local part does not normalise");
    lower_ascii(local.text, local.n);
    if (normalise(&local) != ST_OK)
        return why_set(why, ST_BAD, "A-4: the local part does not normalise");
    if (check_local(&local, why) != ST_OK)
        return ST_BAD;
    *local_out = local;
    return ST_OK;
}

/* --- domain ---------------------------------------------------------------------------------- */

static bool ldh(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

static enum status check_label(struct bytes label, struct why *why)
{
    if (label.n == 0 || label.n > LABEL_MAX)
        return why_set(why, ST_BAD, "A-9: a label of the domain is empty or longer than %d octets",
                       LABEL_MAX);
    for (size_t i = 0; i < label.n; i++)
        if (!ldh(label.p[i]))
            return why_set(why, ST_BAD, "A-10: character 0x%02x in the domain", label.p[i]);
    if (label.p[0] == '-' || label.p[label.n - 1] == '-')
        return why_set(why, ST_BAD, "A-11: a label of the domain begins or ends with a hyphen");
    return ST_OK;
}

static bool all_digits(struct bytes label)
{
    for (size_t i = 0; i < label.n; i++)
        if (label.p[i] < '0' || label.p[i] > '9')
            return false;
    return true;
}

/* A-9 to A-12, on whatever the IDNA library gave: it lets blanks and line ends through. */
static enum status check_domain(struct bytes domain, struct why *why)
{
    struct bytes rest = domain, label = BYTES_NONE;
    size_t labels = 0;
    for (bool more = true; more; labels++) {
        size_t dot = bytes_index(rest, '.');
        label = bytes_first(rest, dot);
        more = dot < rest.n;
        rest = bytes_from(rest, dot + 1);
        if (check_label(label, why) != ST_OK)
            return ST_BAD;
    }
    if (labels < 2 || all_digits(label) || domain.n > ADDRESS_DOMAIN_MAX)
        return why_set(why, ST_BAD,
                       "A-12: the domain has a single label, ends in a number, or is "
                       "longer than %d octets",
                       ADDRESS_DOMAIN_MAX);
    return ST_OK;
}

static enum status canonical_domain(struct bytes text, char domain_out[ADDRESS_MAX + 1],
                                    struct why *why)
{
    enum status status = ST_BAD;
    char input[ADDRESS_INPUT_MAX + 1];
    char *ascii = NULL;
    if (!bytes_to_text(text, input, sizeof input))
        return why_set(why, ST_BAD, "A-1: the domain is too long");

    int error = idn2_to_ascii_8z(input, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    if (error != IDN2_OK) {
        status = why_set(why, ST_BAD, "A-8: the domain does not convert: %s", idn2_strerror(error));
        goto out;
    }
    lower_ascii((uint8_t *)ascii, strlen(ascii));
    if (check_domain(bytes_text(ascii), why) != ST_OK)
        goto out;
    bytes_to_text(bytes_text(ascii), domain_out, ADDRESS_MAX + 1);
    status = ST_OK;
out:
    idn2_free(ascii);
    return status;
}

/* --- the whole ------------------------------------------------------------------------------- */

static enum status check_input(struct bytes text, struct why *why)
{
    if (text.n == 0 || text.n > ADDRESS_INPUT_MAX)
        return why_set(why, ST_BAD, "A-1: empty, or longer than %d octets", ADDRESS_INPUT_MAX);
    if (!bytes_utf8(text) || bytes_index(text, '\0') < text.n)
        return why_set(why, ST_BAD, "A-2: not UTF-8, or with a NUL");
    return ST_OK;
}

enum status address_parse(struct bytes text, struct address *address_out, struct why *why)
{
    struct address address = {0};
    struct local local;
    char domain[ADDRESS_MAX + 1];
    if (check_input(text, why) != ST_OK)
        return ST_BAD;
    size_t at = bytes_index(text, '@');
    struct bytes behind = bytes_from(text, at + 1);
    if (at == text.n || bytes_index(behind, '@') < behind.n)
        return why_set(why, ST_BAD, "A-3: not exactly one @");
    if (canonical_local(bytes_first(text, at), &local, why) != ST_OK ||
        canonical_domain(behind, domain, why) != ST_OK)
        return ST_BAD;

    size_t domain_n = strlen(domain);
    if (local.n + 1 + domain_n > ADDRESS_MAX)
        return why_set(why, ST_BAD, "A-13: longer than %d octets", ADDRESS_MAX);
    memcpy(address.text, local.text, local.n);
    address.text[local.n] = '@';
    memcpy(address.text + local.n + 1, domain, domain_n);
    address.at = local.n;
    *address_out = address;
    return ST_OK;
}

enum status address_parse_domain(struct bytes text, char domain_out[ADDRESS_MAX + 1],
                                 struct why *why)
{
    if (check_input(text, why) != ST_OK)
        return ST_BAD;
    return canonical_domain(text, domain_out, why);
}

enum status address_parse_domains(struct bytes text, char domains_out[ADDRESS_MAX + 1],
                                  struct why *why)
{
    uint8_t example[ADDRESS_INPUT_MAX] = {'x'};
    if (text.n == 0 || text.p[0] != '.')
        return address_parse_domain(text, domains_out, why);
    /* ".gov" is no domain, but "x.gov" is one below it. */
    if (text.n + 1 > sizeof example)
        return why_set(why, ST_BAD, "too long");
    memcpy(example + 1, text.p, text.n);
    enum status status =
        address_parse_domain((struct bytes){example, text.n + 1}, domains_out, why);
    if (status == ST_OK)
        memmove(domains_out, domains_out + 1, strlen(domains_out));
    return status;
}

const char *address_domain(const struct address *address)
{
    return address->text + address->at + 1;
}

bool address_equal(const struct address *a, const struct address *b)
{
    return a->at == b->at && bytes_equal(bytes_text(a->text), bytes_text(b->text));
}

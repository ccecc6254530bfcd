/* SPDX-License-Identifier: Apache-2.0
 * policy: what a rule can ask for. */
#include "conditions.h"

#include "header_text.h"

#define DOMAIN_MAX 253
#define TAG_MAX 64

/* --- recipient-domain: "example.org", or ".example.org" for everything below it ------------------
 */

static bool is_domain_character(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.';
}

static enum status domain_check(struct bytes value, struct why *why)
{
    size_t start = value.n > 0 && value.p[0] == '.';
    struct bytes domain = bytes_from(value, start);
    bool good = domain.n > 0 && domain.n <= DOMAIN_MAX && domain.p[0] != '.' &&
                domain.p[domain.n - 1] != '.' &&
                bytes_find(domain, BYTES_LITERAL("..")) == domain.n;
    for (size_t i = 0; i < domain.n && good; i++)
        good = is_domain_character(domain.p[i]);
    return good ? ST_OK
                : why_set(why, ST_BAD, "“%.*s” is not a domain (write international ones as xn--…)",
                          (int)bytes_first(value, 80).n, (const char *)value.p);
}

static bool domain_holds(struct bytes value, const struct policy_question *question)
{
    struct bytes name = bytes_text(question->recipient_domain);
    if (value.p[0] != '.')
        return bytes_equal_nocase(name, value);
    return name.n > value.n && bytes_equal_nocase(bytes_from(name, name.n - value.n), value);
}

/* --- subject-tag: "Secure:", "[secure]"
 * ----------------------------------------------------------- */

static enum status tag_check(struct bytes value, struct why *why)
{
    bool bracketed = value.n > 2 && value.p[0] == '[' && value.p[value.n - 1] == ']';
    bool colon = value.n > 1 && value.p[0] != '[' && value.p[value.n - 1] == ':';
    if (value.n <= TAG_MAX && (bracketed || colon))
        return ST_OK;
    return why_set(why, ST_BAD, "“%.*s” is not a subject tag: they look like Secure: or [secure]",
                   (int)bytes_first(value, 80).n, (const char *)value.p);
}

static bool tag_holds(struct bytes value, const struct policy_question *question)
{
    return header_tag(question->subject, value);
}

/* --- the table
 * ------------------------------------------------------------------------------------ */

static const struct condition conditions[] = {
    {"recipient-domain", domain_check, domain_holds},
    {"subject-tag", tag_check, tag_holds},
};

const struct condition *condition_find(const char *key)
{
    for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++)
        if (strcmp(conditions[i].key, key) == 0)
            return &conditions[i];
    return NULL;
}

/* SPDX-License-Identifier: Apache-2.0
 * policy: what a rule can ask for. Everything here looks at the envelope and the top header. */
#include "conditions.h"

#include <stdlib.h>

#include "header_text.h"
#include "memory.h"

#define TAG_MAX 64
#define FIELD_NAME_MAX 76

/* "“value” is what": the reason for a value that can't be one. */
static enum status refuse(struct bytes value, const char *what, struct why *why)
{
    return why_set(why, ST_BAD, "“%.*s” %s", (int)bytes_first(value, 80).n, (const char *)value.p,
                   what);
}

/* --- sender, recipient: an address, a domain, ".example.org" for all below it ------------------
 */

static const char *domain_of(const char *address)
{
    const char *at = strrchr(address, '@');
    return at == NULL ? "" : at + 1;
}

static enum status read_domain(struct condition_value *value, struct why *why)
{
    char domain[ADDRESS_MAX + 1];
    if (group_domain(value->text, domain, NULL) == ST_OK &&
        bytes_equal_nocase(bytes_text(domain), value->text))
        return ST_OK;
    return refuse(value->text, "is not a domain (write international ones as xn--…)", why);
}

static bool domain_holds(struct bytes value, const char *address)
{
    struct bytes name = bytes_text(domain_of(address));
    if (value.p[0] != '.')
        return bytes_equal_nocase(name, value);
    return name.n > value.n && bytes_equal_nocase(bytes_from(name, name.n - value.n), value);
}

static bool recipient_domain_holds(const struct condition_value *value,
                                   const struct policy_question *question)
{
    return domain_holds(value->text, question->recipient);
}

static bool sender_domain_holds(const struct condition_value *value,
                                const struct policy_question *question)
{
    return domain_holds(value->text, question->sender);
}

/* "<>" is the sender of bounces. */
static enum status read_address(struct condition_value *value, struct why *why)
{
    struct address address = {.text = ""};
    if (!bytes_equal(value->text, BYTES_LITERAL("<>")) &&
        address_parse(value->text, &address, NULL) != ST_OK)
        return refuse(value->text, "is not an address", why);
    value->address = memory_text(address.text);
    return ST_OK;
}

static bool recipient_holds(const struct condition_value *value,
                            const struct policy_question *question)
{
    return strcmp(value->address, question->recipient) == 0;
}

static bool sender_holds(const struct condition_value *value,
                         const struct policy_question *question)
{
    return strcmp(value->address, question->sender) == 0;
}

/* --- groups ------------------------------------------------------------------------------------
 */

static enum status read_group(struct condition_value *value, struct why *why)
{
    char path[CONFIG_LINE_MAX + 1];
    if (value->text.n == 0 || value->text.p[0] != '/' ||
        !bytes_to_text(value->text, path, sizeof path))
        return refuse(value->text, "is not an absolute path", why);
    return group_read(path, &value->group, why);
}

static bool recipient_group_holds(const struct condition_value *value,
                                  const struct policy_question *question)
{
    return group_holds(value->group, question->recipient);
}

static bool sender_group_holds(const struct condition_value *value,
                               const struct policy_question *question)
{
    return group_holds(value->group, question->sender);
}

/* --- subject-tag: "Secure:", "[secure]" --------------------------------------------------------
 */

static enum status read_tag(struct condition_value *value, struct why *why)
{
    struct bytes tag = value->text;
    bool bracketed = tag.n > 2 && tag.p[0] == '[' && tag.p[tag.n - 1] == ']';
    bool colon = tag.n > 1 && tag.p[0] != '[' && tag.p[tag.n - 1] == ':';
    if (tag.n <= TAG_MAX && (bracketed || colon))
        return ST_OK;
    return refuse(tag, "is not a subject tag: they look like Secure: or [secure]", why);
}

static bool tag_holds(const struct condition_value *value, const struct policy_question *question)
{
    return header_tag(question->subject, value->text);
}

/* --- header: "X-Seal", or "X-Seal: yes" for one whose value holds that --------------------------
 */

static enum status read_field(struct condition_value *value, struct why *why)
{
    struct bytes name = bytes_first(value->text, bytes_index(value->text, ':'));
    bool good = name.n > 0 && name.n <= FIELD_NAME_MAX;
    for (size_t i = 0; i < name.n && good; i++)
        good = name.p[i] > ' ' && name.p[i] < 127;
    return good ? ST_OK
                : refuse(value->text, "is not a header field: write Name, or Name: text", why);
}

static bool contains_nocase(struct bytes text, struct bytes wanted)
{
    for (size_t i = 0; i + wanted.n <= text.n; i++)
        if (bytes_equal_nocase(bytes_first(bytes_from(text, i), wanted.n), wanted))
            return true;
    return false;
}

/* A value that can't be decoded within bounds is looked at as it stands. */
static bool field_contains(const struct header_field *field, struct bytes wanted)
{
    struct buffer text;
    buffer_init(&text, 4 * HEADER_MAX);
    bool decoded = header_decode(field->value, &text) == ST_OK;
    bool holds = contains_nocase(decoded ? buffer_bytes(&text) : field->value, wanted);
    buffer_done(&text);
    return holds;
}

/* Any field of the name: a second one is no way around a rule. */
static bool any_field(const struct policy_question *question, struct bytes name,
                      struct bytes wanted)
{
    const struct header *header = question->header;
    for (size_t i = 0; header != NULL && i < header->count; i++)
        if (bytes_equal_nocase(header->fields[i].name, name) &&
            field_contains(&header->fields[i], wanted))
            return true;
    return false;
}

static bool field_holds(const struct condition_value *value, const struct policy_question *question)
{
    size_t colon = bytes_index(value->text, ':');
    return any_field(question, bytes_first(value->text, colon),
                     bytes_trim(bytes_from(value->text, colon + 1)));
}

/* --- sensitivity: what Outlook writes (RFC 4021 §2.1.55) ---------------------------------------
 */

static enum status read_sensitivity(struct condition_value *value, struct why *why)
{
    static const char *const words[] = {"personal", "private", "company-confidential"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (bytes_equal_nocase(value->text, bytes_text(words[i])))
            return ST_OK;
    return refuse(value->text, "is not personal, private or company-confidential", why);
}

static bool sensitivity_holds(const struct condition_value *value,
                              const struct policy_question *question)
{
    return any_field(question, BYTES_LITERAL("Sensitivity"), value->text);
}

/* --- larger-than: the letter as it came --------------------------------------------------------
 */

static enum status read_size(struct condition_value *value, struct why *why)
{
    char text[32];
    if (bytes_to_text(value->text, text, sizeof text) && config_size(text, &value->number) == ST_OK)
        return ST_OK;
    return refuse(value->text, "is not a size: write 500K, 10M or 2G", why);
}

static bool size_holds(const struct condition_value *value, const struct policy_question *question)
{
    return question->size > value->number;
}

/* --- the table ---------------------------------------------------------------------------------
 */

static const struct condition conditions[] = {
    {"header", read_field, field_holds},
    {"larger-than", read_size, size_holds},
    {"recipient", read_address, recipient_holds},
    {"recipient-domain", read_domain, recipient_domain_holds},
    {"recipient-group", read_group, recipient_group_holds},
    {"sender", read_address, sender_holds},
    {"sender-domain", read_domain, sender_domain_holds},
    {"sender-group", read_group, sender_group_holds},
    {"sensitivity", read_sensitivity, sensitivity_holds},
    {"subject-tag", read_tag, tag_holds},
};

const struct condition *condition_find(const char *key)
{
    for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++)
        if (strcmp(conditions[i].key, key) == 0)
            return &conditions[i];
    return NULL;
}

void condition_done(struct condition_value *value)
{
    group_free(value->group);
    free(value->address);
}

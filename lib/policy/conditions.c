/* SPDX-License-Identifier: Apache-2.0
 * policy: what a rule can ask for: first of the envelope and the top header, then of the content.
 */
#include "conditions.h"

#include <stdlib.h>

#include "header_text.h"
#include "memory.h"
#include "pattern.h"

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
    if (address_parse_domains(value->text, domain, NULL) == ST_OK &&
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

/* --- attachments: names with * and ?, types with a star for all of one kind ---------------------
 */

/* Case of ASCII letters does not matter. No recursion: only the last star can still take more. */
static bool glob(struct bytes pattern, struct bytes text)
{
    struct bytes behind_star = BYTES_NONE, retry = BYTES_NONE;
    bool starred = false;
    while (text.n > 0) {
        if (pattern.n > 0 && pattern.p[0] == '*') {
            starred = true;
            behind_star = pattern = bytes_from(pattern, 1);
            retry = text;
        } else if (pattern.n > 0 &&
                   (pattern.p[0] == '?' ||
                    bytes_equal_nocase(bytes_first(pattern, 1), bytes_first(text, 1)))) {
            pattern = bytes_from(pattern, 1);
            text = bytes_from(text, 1);
        } else if (starred) {
            pattern = behind_star;
            retry = text = bytes_from(retry, 1);
        } else {
            return false;
        }
    }
    while (pattern.n > 0 && pattern.p[0] == '*')
        pattern = bytes_from(pattern, 1);
    return pattern.n == 0;
}

static enum status read_glob(struct condition_value *value, struct why *why)
{
    return value->text.n > 0 ? ST_OK : refuse(value->text, "is not a file name", why);
}

static bool name_in_part(const struct condition_value *value, const char *name, const char *type)
{
    (void)type;
    return glob(value->text, bytes_text(name));
}

static enum status read_type(struct condition_value *value, struct why *why)
{
    size_t slash = bytes_index(value->text, '/');
    struct bytes sub = bytes_from(value->text, slash + 1);
    bool good = slash > 0 && sub.n > 0 && bytes_index(sub, '/') == sub.n &&
                bytes_index(value->text, ' ') == value->text.n;
    return good ? ST_OK
                : refuse(value->text, "is not a MIME type: write image/png or image/*", why);
}

static bool type_in_part(const struct condition_value *value, const char *name, const char *type)
{
    (void)name;
    return glob(value->text, bytes_text(type));
}

/* --- texts: words, and numbers of a known form --------------------------------------------------
 */

static enum status read_words(struct condition_value *value, struct why *why)
{
    struct why reason = {""};
    value->words = words_list_new();
    if (words_list_add(value->words, value->text, &reason) != ST_OK)
        return refuse(value->text, reason.text, why);
    words_list_end(value->words);
    return ST_OK;
}

static enum status read_word_file(struct condition_value *value, struct why *why)
{
    char path[CONFIG_LINE_MAX + 1];
    if (value->text.n == 0 || value->text.p[0] != '/' ||
        !bytes_to_text(value->text, path, sizeof path))
        return refuse(value->text, "is not an absolute path", why);
    value->words = words_list_new();
    enum status status = words_list_read(value->words, path, why);
    words_list_end(value->words);
    return status;
}

static bool words_in_text(const struct condition_value *value, const struct condition_text *text)
{
    return words_list_in(value->words, text->words);
}

static enum status read_pattern(struct condition_value *value, struct why *why)
{
    if (bytes_equal(value->text, BYTES_LITERAL("card-number")) ||
        bytes_equal(value->text, BYTES_LITERAL("us-ssn")))
        return ST_OK;
    return refuse(value->text, "is not card-number or us-ssn", why);
}

static bool pattern_in_text(const struct condition_value *value, const struct condition_text *text)
{
    return (value->text.p[0] == 'c' ? pattern_card : pattern_ssn)(text->text);
}

/* --- the table ---------------------------------------------------------------------------------
 */

static const struct condition conditions[] = {
    {"attachment-name", read_glob, NULL, name_in_part, NULL},
    {"attachment-type", read_type, NULL, type_in_part, NULL},
    {"header", read_field, field_holds, NULL, NULL},
    {"larger-than", read_size, size_holds, NULL, NULL},
    {"recipient", read_address, recipient_holds, NULL, NULL},
    {"recipient-domain", read_domain, recipient_domain_holds, NULL, NULL},
    {"recipient-group", read_group, recipient_group_holds, NULL, NULL},
    {"sender", read_address, sender_holds, NULL, NULL},
    {"sender-domain", read_domain, sender_domain_holds, NULL, NULL},
    {"sender-group", read_group, sender_group_holds, NULL, NULL},
    {"sensitivity", read_sensitivity, sensitivity_holds, NULL, NULL},
    {"subject-tag", read_tag, tag_holds, NULL, NULL},
    {"text-pattern", read_pattern, NULL, NULL, pattern_in_text},
    {"text-words", read_words, NULL, NULL, words_in_text},
    {"text-words-file", read_word_file, NULL, NULL, words_in_text},
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
    words_list_free(value->words);
    free(value->address);
}

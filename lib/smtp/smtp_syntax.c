/* SPDX-License-Identifier: Apache-2.0
 * smtp: reading the words of the dialogue: commands, paths, addresses, parameters, xtext. */
#include "smtp_syntax.h"

#include "encode.h"

/* --- commands ----------------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum smtp_verb verb;
} verbs[] = {
    {"HELO", SMTP_VERB_HELO},         {"EHLO", SMTP_VERB_EHLO},
    {"LHLO", SMTP_VERB_LHLO},         {"MAIL", SMTP_VERB_MAIL},
    {"RCPT", SMTP_VERB_RCPT},         {"DATA", SMTP_VERB_DATA},
    {"RSET", SMTP_VERB_RSET},         {"NOOP", SMTP_VERB_NOOP},
    {"QUIT", SMTP_VERB_QUIT},         {"VRFY", SMTP_VERB_VRFY},
    {"XFORWARD", SMTP_VERB_XFORWARD}, {"EXPN", SMTP_VERB_ABSENT},
    {"HELP", SMTP_VERB_ABSENT},       {"BDAT", SMTP_VERB_ABSENT},
    {"AUTH", SMTP_VERB_ABSENT},       {"STARTTLS", SMTP_VERB_ABSENT},
    {"ETRN", SMTP_VERB_ABSENT},       {"TURN", SMTP_VERB_ABSENT},
    {"GET", SMTP_VERB_FOREIGN},       {"POST", SMTP_VERB_FOREIGN},
    {"PUT", SMTP_VERB_FOREIGN},       {"HEAD", SMTP_VERB_FOREIGN},
    {"OPTIONS", SMTP_VERB_FOREIGN},   {"CONNECT", SMTP_VERB_FOREIGN},
};

enum smtp_verb smtp_syntax_verb(struct bytes line, struct bytes *rest_out)
{
    struct bytes word = bytes_first(line, bytes_index(line, ' '));
    *rest_out = bytes_trim(bytes_from(line, word.n));
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (bytes_equal_nocase(word, bytes_text(verbs[i].name)))
            return verbs[i].verb;
    return SMTP_VERB_UNKNOWN;
}

/* --- characters --------------------------------------------------------------------------- */

static bool is_letter_or_digit(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_graphic(uint8_t c) /* printable ASCII but the blank */
{
    return c > ' ' && c <= '~';
}

static bool is_one_of(uint8_t c, struct bytes set)
{
    return bytes_index(set, c) < set.n;
}

/* RFC 5322 §3.2.3's atext, and RFC 6531 §3.3's UTF-8, whose form is checked on the whole. */
static bool is_atom(uint8_t c)
{
    return is_letter_or_digit(c) || c >= 0x80 || is_one_of(c, BYTES_LITERAL("!#$%&'*+-/=?^_`{|}~"));
}

bool smtp_syntax_eight_bit(struct bytes text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] >= 0x80)
            return true;
    return false;
}

/* --- addresses ---------------------------------------------------------------------------- */

/* Length of the dot-string in front: atoms with single dots between them; 0 if there is none. */
static size_t dot_string_length(struct bytes text)
{
    size_t n = 0;
    bool after_atom = false;
    for (; n < text.n; n++) {
        bool dot = text.p[n] == '.';
        if (!dot && !is_atom(text.p[n]))
            break;
        if (dot && !after_atom)
            return 0;
        after_atom = !dot;
    }
    return after_atom ? n : 0;
}

/* Length of the quoted string in front with its quotes; 0 if there is none. Blanks and angle
 * brackets, which RFC 5321 would allow here, are not taken. */
static size_t quoted_string_length(struct bytes text)
{
    if (text.n == 0 || text.p[0] != '"')
        return 0;
    for (size_t i = 1; i < text.n; i++) {
        if (text.p[i] == '"')
            return i > 1 ? i + 1 : 0;
        if (text.p[i] == '\\' && ++i == text.n)
            return 0;
        uint8_t c = text.p[i];
        if ((c < 0x80 && !is_graphic(c)) || c == '<' || c == '>')
            return 0;
    }
    return 0;
}

/* "[192.0.2.1]", "[IPv6:2001:db8::1]": the form, not the numbers. */
static bool is_address_literal(struct bytes domain)
{
    if (domain.n < 3 || domain.p[0] != '[' || domain.p[domain.n - 1] != ']')
        return false;
    for (size_t i = 1; i + 1 < domain.n; i++)
        if (!is_letter_or_digit(domain.p[i]) && domain.p[i] != '.' && domain.p[i] != ':' &&
            domain.p[i] != '-')
            return false;
    return true;
}

/* Labels of 1 to 63 bytes. An underscore is no host name's, but stands in domains that get mail. */
static bool is_domain(struct bytes domain)
{
    if (domain.n == 0 || domain.n > 255)
        return false;
    size_t label = 0;
    for (size_t i = 0; i < domain.n; i++) {
        uint8_t c = domain.p[i];
        if (c == '.' && label == 0)
            return false;
        if (c != '.' && !is_letter_or_digit(c) && c < 0x80 && c != '-' && c != '_')
            return false;
        label = c == '.' ? 0 : label + 1;
        if (label > 63 && c < 0x80)
            return false;
    }
    return label > 0;
}

bool smtp_syntax_address(struct bytes address)
{
    if (address.n > SMTP_ADDRESS_MAX || !bytes_utf8(address))
        return false;
    bool quoted = address.n > 0 && address.p[0] == '"';
    size_t local = quoted ? quoted_string_length(address) : dot_string_length(address);
    if (local == 0 || local >= address.n || address.p[local] != '@')
        return false;
    struct bytes domain = bytes_from(address, local + 1);
    return is_address_literal(domain) || is_domain(domain);
}

/* Leave out "@relay,@relay:" in front (RFC 5321 §4.1.1.3 wants it recognised and ignored). */
static enum status skip_route(struct bytes *path)
{
    if (path->n == 0 || path->p[0] != '@')
        return ST_OK;
    size_t colon = bytes_index(*path, ':');
    if (colon == path->n)
        return ST_BAD;
    for (size_t i = 0; i < colon; i++)
        if (!is_letter_or_digit(path->p[i]) && !is_one_of(path->p[i], BYTES_LITERAL("@,.-_")))
            return ST_BAD;
    *path = bytes_from(*path, colon + 1);
    return path->n > 0 ? ST_OK : ST_BAD;
}

enum status smtp_syntax_path(struct bytes *rest, struct bytes keyword, struct bytes *address_out)
{
    /* Many clients put a blank behind the colon; it harms nobody. */
    if (!bytes_starts_nocase(*rest, keyword))
        return ST_BAD;
    struct bytes text = bytes_trim(bytes_from(*rest, keyword.n));
    if (text.n == 0 || text.p[0] != '<')
        return ST_BAD;

    /* No address holds a '>', so the first one is the end; a parameter is parted by a blank. */
    size_t close = bytes_index(text, '>');
    if (close == text.n || (close + 1 < text.n && text.p[close + 1] != ' '))
        return ST_BAD;
    struct bytes address = {text.p + 1, close - 1};
    if (skip_route(&address) != ST_OK)
        return ST_BAD;
    if (address.n > 0 && !bytes_equal_nocase(address, BYTES_LITERAL("postmaster")) &&
        !smtp_syntax_address(address))
        return ST_BAD;

    *rest = bytes_trim(bytes_from(text, close + 1));
    *address_out = address;
    return ST_OK;
}

bool smtp_syntax_host(struct bytes name)
{
    if (name.n == 0 || name.n > 255)
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (!is_graphic(name.p[i]))
            return false;
    return true;
}

/* --- parameters --------------------------------------------------------------------------- */

static bool is_keyword(struct bytes name)
{
    if (name.n == 0 || !is_letter_or_digit(name.p[0]))
        return false;
    for (size_t i = 1; i < name.n; i++)
        if (!is_letter_or_digit(name.p[i]) && name.p[i] != '-')
            return false;
    return true;
}

/* RFC 5321 §4.1.2, esmtp-value, with RFC 6531's UTF-8. */
static bool is_value(struct bytes value)
{
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] == '=' || (value.p[i] < 0x80 && !is_graphic(value.p[i])))
            return false;
    return value.n > 0 && bytes_utf8(value);
}

enum status smtp_syntax_parameter(struct bytes *rest, struct bytes *name_out,
                                  struct bytes *value_out)
{
    struct bytes text = bytes_trim(*rest);
    if (text.n == 0)
        return ST_NONE;
    struct bytes word = bytes_first(text, bytes_index(text, ' '));
    struct bytes name = bytes_first(word, bytes_index(word, '='));
    struct bytes value = BYTES_NONE;
    if (!is_keyword(name))
        return ST_BAD;
    if (name.n < word.n) {
        value = bytes_from(word, name.n + 1);
        if (!is_value(value))
            return ST_BAD;
    }
    *rest = bytes_from(text, word.n);
    *name_out = name;
    *value_out = value;
    return ST_OK;
}

bool smtp_syntax_notify(struct bytes value)
{
    static const char *const words[] = {"SUCCESS", "FAILURE", "DELAY"};
    if (bytes_equal_nocase(value, BYTES_LITERAL("NEVER")))
        return true;

    unsigned seen = 0;
    for (;;) {
        struct bytes word = bytes_first(value, bytes_index(value, ','));
        unsigned bit = 0;
        for (unsigned i = 0; i < 3; i++)
            if (bytes_equal_nocase(word, bytes_text(words[i])))
                bit = 1u << i;
        if (bit == 0 || (seen & bit) != 0)
            return false;
        seen |= bit;
        if (word.n == value.n)
            return true;
        value = bytes_from(value, word.n + 1);
    }
}

/* --- xtext -------------------------------------------------------------------------------- */

static bool is_hex(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
}

/* xtext, where `eight_bit` lets UTF-8 stand for itself too (RFC 6533 §3, utf-8-addr-unitext). */
static bool is_xtext(struct bytes value, bool eight_bit)
{
    for (size_t i = 0; i < value.n; i++) {
        uint8_t c = value.p[i];
        if (c == '=' || (c >= 0x80 ? !eight_bit : !is_graphic(c)))
            return false;
        if (c != '+')
            continue;
        if (value.n - i < 3 || !is_hex(value.p[i + 1]) || !is_hex(value.p[i + 2]))
            return false;
        i += 2;
    }
    return value.n > 0 && bytes_utf8(value);
}

bool smtp_syntax_xtext(struct bytes value)
{
    return is_xtext(value, false);
}

bool smtp_syntax_orcpt(struct bytes value)
{
    struct bytes type = bytes_first(value, bytes_index(value, ';'));
    return value.n <= 500 && is_keyword(type) && is_xtext(bytes_from(value, type.n + 1), true);
}

enum status smtp_syntax_xtext_decode(struct bytes value, struct buffer *out)
{
    if (!smtp_syntax_xtext(value))
        return ST_BAD;
    for (size_t i = 0; i < value.n; i++) {
        uint8_t c = value.p[i];
        if (c == '+') {
            /* hex_decode also takes lower case, which is_xtext refused already. */
            if (hex_decode((struct bytes){value.p + i + 1, 2}, &c, 1) != ST_OK)
                return ST_BAD;
            i += 2;
        }
        if (c < ' ' || c == 0x7f)
            return ST_BAD;
        if (buffer_add_byte(out, c) != ST_OK)
            return ST_LIMIT;
    }
    return ST_OK;
}

enum status smtp_syntax_xtext_encode(struct bytes text, struct buffer *out)
{
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        enum status status = is_graphic(c) && c != '+' && c != '='
                                 ? buffer_add_byte(out, c)
                                 : buffer_add_format(out, "+%02X", c);
        if (status != ST_OK)
            return status;
    }
    return ST_OK;
}

/* --- XFORWARD ----------------------------------------------------------------------------- */

static const char *const attribute_names[SMTP_XFORWARD_COUNT] = {
    [SMTP_XFORWARD_NAME] = "NAME",     [SMTP_XFORWARD_ADDR] = "ADDR",
    [SMTP_XFORWARD_PORT] = "PORT",     [SMTP_XFORWARD_PROTO] = "PROTO",
    [SMTP_XFORWARD_HELO] = "HELO",     [SMTP_XFORWARD_IDENT] = "IDENT",
    [SMTP_XFORWARD_SOURCE] = "SOURCE",
};

const char *smtp_syntax_xforward_name(enum smtp_xforward_attribute attribute)
{
    return attribute_names[attribute];
}

enum smtp_xforward_attribute smtp_syntax_xforward(struct bytes name)
{
    enum smtp_xforward_attribute attribute = 0;
    while (attribute < SMTP_XFORWARD_COUNT &&
           !bytes_equal_nocase(name, bytes_text(attribute_names[attribute])))
        attribute++;
    return attribute;
}

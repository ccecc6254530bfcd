/* SPDX-License-Identifier: Apache-2.0
 * policy: searching a text for words. The text is folded and cut into words once; each word is
 * looked for among the first words of all phrases, so that a long list costs little more than a
 * short one. */
#include "words.h"

#include <stdlib.h>
#include <unicase.h>
#include <unictype.h>
#include <unistr.h>

#include "buffer.h"
#include "file.h"
#include "memory.h"
#include "number.h"
#include "secret.h"

#define LIST_FILE_MAX (4 << 20)
#define PHRASE_WORDS_MAX 20
#define NOWHERE SIZE_MAX

/* --- words ------------------------------------------------------------------------------------ */

/* A folded text and where its words are. */
struct words {
    uint8_t *folded;
    size_t n;
    struct bytes *words;
    size_t count;
};

struct words_text {
    struct words words;
};

static bool is_word(ucs4_t c)
{
    return uc_is_alnum(c) || uc_is_general_category(c, UC_CATEGORY_M);
}

/* The next word behind *at; its end is put there. */
static struct bytes next_word(const struct words *words, size_t *at)
{
    size_t begin = *at, end;
    ucs4_t c = 0;
    while (begin < words->n) {
        int n = u8_mbtouc(&c, words->folded + begin, words->n - begin);
        if (is_word(c))
            break;
        begin += (size_t)n;
    }
    for (end = begin; end < words->n;) {
        int n = u8_mbtouc(&c, words->folded + end, words->n - end);
        if (!is_word(c))
            break;
        end += (size_t)n;
    }
    *at = end;
    return (struct bytes){words->folded + begin, end - begin};
}

static bool make_words(struct bytes text, struct words *words_out)
{
    struct words words = {.folded = NULL};
    size_t at = 0;
    words.folded = u8_casefold(text.p, text.n, NULL, UNINORM_NFC, NULL, &words.n);
    if (words.folded == NULL && text.n > 0)
        return false;
    while (next_word(&words, &at).n > 0)
        words.count++;
    words.words = memory_new(words.count + 1, sizeof *words.words);
    at = 0;
    for (size_t i = 0; i < words.count; i++)
        words.words[i] = next_word(&words, &at);
    *words_out = words;
    return true;
}

static void words_done(struct words *words)
{
    if (words->folded != NULL)
        secret_wipe(words->folded, words->n);
    free(words->folded);
    free(words->words);
}

struct words_text *words_text_new(struct bytes text)
{
    struct words_text *made = memory_new(1, sizeof *made);
    if (make_words(text, &made->words))
        return made;
    free(made);
    return NULL;
}

void words_text_free(struct words_text *text)
{
    if (text == NULL)
        return;
    words_done(&text->words);
    free(text);
}

/* --- a list ----------------------------------------------------------------------------------- */

/* A phrase alone, or one of two that must stand near each other: those are neighbours in the
 * list. */
struct phrase {
    struct words words;
    size_t apart;   /* words between them; 0: it stands alone */
    size_t partner; /* number of the other one */
    size_t number;  /* its own, when it was added */
};

struct words_list {
    struct phrase *phrases; /* sorted by their first words, once the list has ended */
    size_t count;
};

struct words_list *words_list_new(void)
{
    struct words_list *list = memory_new(1, sizeof *list);
    list->phrases = memory_new(2 * WORDS_TERMS_MAX, sizeof *list->phrases);
    return list;
}

void words_list_free(struct words_list *list)
{
    if (list == NULL)
        return;
    for (size_t i = 0; i < list->count; i++)
        words_done(&list->phrases[i].words);
    free(list->phrases);
    free(list);
}

static enum status add_phrase(struct words_list *list, struct bytes text, size_t apart,
                              size_t partner, struct why *why)
{
    struct phrase phrase = {.apart = apart, .partner = partner, .number = list->count};
    if (!bytes_utf8(text) || !make_words(text, &phrase.words))
        return why_set(why, ST_BAD, "it is not UTF-8");
    if (phrase.words.count == 0 || phrase.words.count > PHRASE_WORDS_MAX) {
        words_done(&phrase.words);
        return why_set(why, ST_BAD, "it has no word, or more than %d", PHRASE_WORDS_MAX);
    }
    list->phrases[list->count++] = phrase;
    return ST_OK;
}

/* "… within 10 words": the number, and what is before it. */
static bool take_within(struct bytes *term, uint64_t *apart_out)
{
    static const struct bytes within = BYTES_LITERAL(" within "), words = BYTES_LITERAL(" words");
    size_t at = bytes_find(*term, within);
    struct bytes number = bytes_from(*term, at + within.n);
    size_t end = bytes_find(number, words);
    if (at == term->n || end == number.n || end + words.n != number.n ||
        number_parse(bytes_first(number, end), 1, WORDS_APART_MAX, apart_out) != ST_OK)
        return false;
    *term = bytes_first(*term, at);
    return true;
}

enum status words_list_add(struct words_list *list, struct bytes term, struct why *why)
{
    static const struct bytes and = BYTES_LITERAL(" and ");
    uint64_t apart = 0;
    if (list->count + 2 > 2 * WORDS_TERMS_MAX)
        return why_set(why, ST_LIMIT, "more than %d terms", WORDS_TERMS_MAX);
    if (!take_within(&term, &apart))
        return add_phrase(list, term, 0, 0, why);
    size_t at = bytes_find(term, and);
    if (at == term.n)
        return why_set(why, ST_BAD, "write “this and that within 10 words”");
    size_t first = list->count;
    enum status status = add_phrase(list, bytes_first(term, at), (size_t)apart, first + 1, why);
    if (status == ST_OK)
        status = add_phrase(list, bytes_from(term, at + and.n), (size_t)apart, first, why);
    return status;
}

enum status words_list_read(struct words_list *list, const char *path, struct why *why)
{
    struct buffer file;
    struct bytes line = BYTES_NONE;
    buffer_init(&file, LIST_FILE_MAX);
    enum status status = file_read(path, &file, why);
    struct bytes rest = buffer_bytes(&file);
    for (unsigned number = 1; status == ST_OK && bytes_line(&rest, &line); number++) {
        struct why reason = {""};
        line = bytes_trim(line);
        if (line.n == 0 || line.p[0] == '#')
            continue;
        status = words_list_add(list, line, &reason);
        if (status != ST_OK)
            why_set(why, status, "%s:%u: %s", path, number, reason.text);
    }
    buffer_done(&file);
    return status;
}

static int compare_bytes(struct bytes a, struct bytes b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n == 0 ? 0 : memcmp(a.p, b.p, n);
    return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

static int compare(const void *a, const void *b)
{
    const struct phrase *x = a, *y = b;
    return compare_bytes(x->words.words[0], y->words.words[0]);
}

void words_list_end(struct words_list *list)
{
    qsort(list->phrases, list->count, sizeof *list->phrases, compare);
}

/* --- searching -------------------------------------------------------------------------------- */

/* The first phrase that begins with this word, or the list's end. */
static size_t first_with(const struct words_list *list, struct bytes word)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_bytes(list->phrases[middle].words.words[0], word) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool stands_at(const struct words *phrase, const struct words *text, size_t at)
{
    if (phrase->count > text->count - at)
        return false;
    for (size_t i = 0; i < phrase->count; i++)
        if (!bytes_equal(phrase->words[i], text->words[at + i]))
            return false;
    return true;
}

/* A phrase stands at word `at`: alone that is enough; else its partner must have stood near. `last`
 * has for each phrase, by number, where it stood last. */
static bool enough(const struct phrase *phrase, size_t at, size_t *last)
{
    size_t other = last[phrase->partner];
    last[phrase->number] = at;
    return phrase->apart == 0 || (other < at && at - other <= phrase->apart); /* NOWHERE is not */
}

bool words_list_in(const struct words_list *list, const struct words_text *text)
{
    const struct words *words = &text->words;
    size_t *last = memory_new(list->count + 1, sizeof *last);
    bool found = false;
    for (size_t i = 0; i < list->count; i++)
        last[i] = NOWHERE;
    for (size_t at = 0; at < words->count && !found; at++)
        for (size_t i = first_with(list, words->words[at]); i < list->count && !found; i++) {
            const struct phrase *phrase = &list->phrases[i];
            if (!bytes_equal(phrase->words.words[0], words->words[at]))
                break;
            if (stands_at(&phrase->words, words, at))
                found = enough(phrase, at, last);
        }
    free(last);
    return found;
}

/* SPDX-License-Identifier: Apache-2.0
 * mail: charsets by the C library's iconv. */
#include "mail_charset_private.h"

#include <errno.h>
#include <iconv.h>

#include "mail_text_private.h"

#define CONVERT_STEP 1024 /* bytes given to iconv at once */
#define CHARACTER_MAX 8   /* bytes of the longest character or shift sequence of any charset */

/* Labels that mails carry, and the superset that their writers really used, as browsers read them.
 * Labels not listed are offered to iconv as they are. */
static const struct {
    const char *label, *charset;
} synonyms[] = {
    {"iso-8859-1", "WINDOWS-1252"},
    {"iso8859-1", "WINDOWS-1252"},
    {"latin1", "WINDOWS-1252"},
    {"iso_8859-1", "WINDOWS-1252"},
    {"cp1252", "WINDOWS-1252"},
    {"x-cp1252", "WINDOWS-1252"},
    {"iso-8859-9", "WINDOWS-1254"},
    {"latin5", "WINDOWS-1254"},
    {"iso-8859-11", "CP874"},
    {"tis-620", "CP874"},
    {"windows-874", "CP874"},
    {"iso-8859-8-i", "ISO-8859-8"},
    {"gb2312", "GB18030"},
    {"gbk", "GB18030"},
    {"x-gbk", "GB18030"},
    {"cp936", "GB18030"},
    {"big5", "BIG5-HKSCS"},
    {"shift_jis", "CP932"},
    {"shift-jis", "CP932"},
    {"x-sjis", "CP932"},
    {"windows-31j", "CP932"},
    {"ks_c_5601-1987", "CP949"},
    {"euc-kr", "CP949"},
    {"korean", "CP949"},
    {"x-mac-roman", "MACINTOSH"},
    {"x-mac-cyrillic", "MAC-CYRILLIC"},
    {"unicode-1-1-utf-7", "UTF-7"},
    {"utf-16", "UTF-16"},
    {"iso-2022-jp-ms", "ISO-2022-JP"},
};

/* What the cell can convert: the browsers' list, plus what older mail programs sent. */
static const char *const converters[] = {
    "WINDOWS-1250", "WINDOWS-1251", "WINDOWS-1252", "WINDOWS-1253", "WINDOWS-1254", "WINDOWS-1255",
    "WINDOWS-1256", "WINDOWS-1257", "WINDOWS-1258", "ISO-8859-1",   "ISO-8859-2",   "ISO-8859-3",
    "ISO-8859-4",   "ISO-8859-5",   "ISO-8859-6",   "ISO-8859-7",   "ISO-8859-8",   "ISO-8859-9",
    "ISO-8859-10",  "ISO-8859-11",  "ISO-8859-13",  "ISO-8859-14",  "ISO-8859-15",  "ISO-8859-16",
    "KOI8-R",       "KOI8-U",       "CP437",        "CP850",        "CP852",        "CP866",
    "CP874",        "TIS-620",      "MACINTOSH",    "MAC-CYRILLIC", "GB2312",       "GBK",
    "GB18030",      "BIG5",         "BIG5-HKSCS",   "CP932",        "SHIFT_JIS",    "EUC-JP",
    "ISO-2022-JP",  "CP949",        "EUC-KR",       "ISO-2022-KR",  "EUC-TW",       "UTF-7",
    "UTF-16",       "UTF-16LE",     "UTF-16BE",     "UTF-32",
};

#define CONVERTERS_N (sizeof converters / sizeof converters[0])

void mail_charset_prepare(void)
{
    /* An open converter keeps its file loaded, so they stay open for the life of the process. One
     * that this system lacks is simply not known later. (GMime converts in both directions.) */
    static iconv_t kept[2 * CONVERTERS_N];
    if (kept[0] != NULL)
        return;
    for (size_t i = 0; i < CONVERTERS_N; i++) {
        kept[2 * i] = iconv_open("UTF-8", converters[i]);
        kept[2 * i + 1] = iconv_open(converters[i], "UTF-8");
    }
}

static const char *charset_of(const char *label)
{
    for (size_t i = 0; i < sizeof synonyms / sizeof synonyms[0]; i++) {
        if (bytes_equal_nocase(bytes_text(label), bytes_text(synonyms[i].label)))
            return synonyms[i].charset;
    }
    return label;
}

/* A name that iconv may see: no "//TRANSLIT", no path. */
static bool plain_label(const char *label)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "-_.:+()";
    return label[0] != '\0' && label[strspn(label, allowed)] == '\0' &&
           strlen(label) <= MAIL_CHARSET_MAX;
}

/* "", ASCII and UTF-8 under any of their names. */
static bool claims_utf8(const char *label)
{
    static const char *const names[] = {"",         "utf-8", "utf8",  "us-ascii",
                                        "us-ascii", "ascii", "cp367", "ansi_x3.4-1968"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (bytes_equal_nocase(bytes_text(label), bytes_text(names[i])))
            return true;
    }
    return false;
}

/* Convert what can be converted of one step, into `utf8_out`, and say how much of it that was. */
static enum status convert_step(iconv_t converter, struct bytes step, struct buffer *utf8_out,
                                size_t *used_out)
{
    char *in = (char *)(uintptr_t)step.p; /* iconv's prototype forgets that it only reads here */
    size_t in_n = step.n;
    char utf8[8 * CONVERT_STEP];
    char *to = utf8;
    size_t to_n = sizeof utf8;
    if (in_n > 0)
        (void)iconv(converter, &in, &in_n, &to, &to_n);
    else
        (void)iconv(converter, NULL, NULL, &to, &to_n); /* what a converter kept back */
    *used_out = step.n - in_n;
    return buffer_add(utf8_out, (struct bytes){(uint8_t *)utf8, sizeof utf8 - to_n});
}

static enum status convert(iconv_t converter, struct bytes text, struct buffer *utf8_out)
{
    enum status status = ST_OK;
    size_t used = 0;
    while (text.n > 0 && status == ST_OK) {
        struct bytes step = bytes_first(text, CONVERT_STEP);
        status = convert_step(converter, step, utf8_out, &used);
        text = bytes_from(text, used);

        /* It stopped: at a character that the next step completes, or at a byte that is none. */
        size_t left = step.n - used;
        if (left > 0 && (left > CHARACTER_MAX || left == text.n || used == 0)) {
            mail_text_add(utf8_out, MAIL_TEXT_REPLACEMENT);
            text = bytes_from(text, 1);
        }
    }
    if (status == ST_OK)
        status = convert_step(converter, BYTES_NONE, utf8_out, &used);
    return status == ST_OK ? buffer_check(utf8_out) : status;
}

enum status mail_charset_convert(struct bytes text, const char *label, struct buffer *utf8_out)
{
    static const struct bytes mark = BYTES_LITERAL("\xEF\xBB\xBF");
    if (bytes_starts(text, mark) && bytes_utf8(text)) {
        text = bytes_from(text, mark.n);
        label = "utf-8";
    }

    /* What is UTF-8 already needs no converter. */
    bool trusted = plain_label(label) && !claims_utf8(label);
    if (!trusted && bytes_utf8(text))
        return buffer_add(utf8_out, text);

    iconv_t converter = (iconv_t)-1;
    if (trusted)
        converter = iconv_open("UTF-8", charset_of(label));
    if (converter == (iconv_t)-1 && bytes_utf8(text))
        return buffer_add(utf8_out, text);
    if (converter == (iconv_t)-1)
        converter = iconv_open("UTF-8", "WINDOWS-1252");
    if (converter == (iconv_t)-1)
        return ST_FAIL;
    enum status status = convert(converter, text, utf8_out);
    (void)iconv_close(converter);
    return status;
}

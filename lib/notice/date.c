/* SPDX-License-Identifier: Apache-2.0
 * notice: a day as people write it, in the languages that are built in. The forms are those of the
 * Unicode Common Locale Data Repository ("d 'de' MMMM 'de' y"); for English that of en-GB, which
 * nobody can read the wrong way round. */
#include <time.h>

#include "notice_private.h"

struct names {
    const char *language;
    const char *between; /* what stands between day, month and year */
    const char *months[12];
};

static const struct names all[] = {
    {"en",
     " ",
     {"January", "February", "March", "April", "May", "June", "July", "August", "September",
      "October", "November", "December"}},
    {"es",
     " de ",
     {"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre",
      "octubre", "noviembre", "diciembre"}},
    {"pt",
     " de ",
     {"janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro",
      "outubro", "novembro", "dezembro"}},
};

/* "es" and "es-MX" have the same months. */
static const struct names *names_in(const char *language)
{
    struct bytes tag = bytes_text(language);
    struct bytes first = bytes_first(tag, bytes_index(tag, '-'));
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (bytes_equal(first, bytes_text(all[i].language)))
            return &all[i];
    return NULL;
}

void notice_date(const char *language, int64_t time, char text_out[NOTICE_DATE_SIZE])
{
    const struct names *names = names_in(language);
    struct tm tm = {0};
    time_t seconds = (time_t)time;
    gmtime_r(&seconds, &tm);
    if (names != NULL)
        (void)snprintf(text_out, NOTICE_DATE_SIZE, "%d%s%s%s%d", tm.tm_mday, names->between,
                       names->months[tm.tm_mon % 12], names->between, tm.tm_year + 1900);
    else
        (void)snprintf(text_out, NOTICE_DATE_SIZE, "%04d-%02d-%02d", tm.tm_year + 1900,
                       tm.tm_mon + 1, tm.tm_mday);
}

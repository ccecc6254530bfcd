/* SPDX-License-Identifier: Apache-2.0
 * gateway: the table. 4xx: the mail server keeps the letter and comes again; 5xx: it goes back to
 * its sender. The second column is of RFC 3463. There is no 2xx: those are the next hop's alone. */
#include "reply.h"

static const struct {
    int code;
    const char *enhanced, *text;
} table[REPLY_COUNT] = {
    [REPLY_UNTOUCHED] = {451, "4.3.0", "Nothing was sent, try again later"},
    [REPLY_POLICY] = {550, "5.7.1", "Refused by policy"},
    [REPLY_TLS] = {451, "4.7.5", "No trusted TLS to this domain now, nothing was sent"},
    [REPLY_ADDRESS] = {553, "5.1.3", "This address has no form that could be sealed to"},
    [REPLY_PARAMETERS] = {451, "4.3.5",
                          "The public parameters are not valid now, nothing was sent"},
    [REPLY_SEAL] = {451, "4.3.0", "Could not be sealed now, nothing was sent"},
    [REPLY_READ] = {452, "4.3.1", "Could not be read back, nothing was sent"},
    [REPLY_RELAY] = {451, "4.4.1", "The next hop does not answer, nothing was sent"},
    [REPLY_HEADER] = {554, "5.6.0", "The header is larger than 256 KiB or 2000 fields"},
    [REPLY_LOOP] = {554, "5.4.6", "Too many hops: this letter goes in circles"},
    [REPLY_POISON] = {554, "5.3.0", "This letter could not be processed, again and again"},
};

struct smtp_reply reply_make(enum reply_kind kind)
{
    return smtp_reply_make(table[kind].code, table[kind].enhanced, "%s", table[kind].text);
}

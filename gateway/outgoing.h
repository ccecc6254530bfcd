/* SPDX-License-Identifier: Apache-2.0
 * gateway: the one door to the next hop. Something goes out either sealed, as a parcel to its one
 * recipient, or in clear, to recipients for each of whom policy decided so: there is no third way
 * to make a struct outgoing, and nothing else here speaks to the relay. */
#ifndef SECUREMAIL_OUTGOING_H
#define SECUREMAIL_OUTGOING_H

#include "parcel.h"
#include "policy.h"
#include "relay.h"

struct outgoing;

/* A sealed copy for recipient number `recipient` of the letter. Letter and parcel outlive it. */
struct outgoing *outgoing_sealed(const struct smtp_transaction *letter, size_t recipient,
                                 struct parcel *parcel);

/* The letter as it is, but for the edit, to nobody yet. NULL: none; else it outlives this. `route`:
 * it goes that way by TLS; NULL: to the one next hop … */
struct outgoing *outgoing_clear(const struct smtp_transaction *letter, const struct look_edit *edit,
                                const struct policy_route *route);
/* … and to this recipient, because this decision says so: pass, or tls by that route. Ends the
 * process if it does not. */
void outgoing_add(struct outgoing *outgoing, size_t recipient,
                  const struct policy_decision *decision);

/* Send it. Writes a reply for each of its recipients, and no other, into `replies`, which has one
 * for each recipient of the letter. A 2xx is the next hop's own. ST_OK: the replies say all. Else a
 * reason is in `why`. Ends the process if the relay is not the way that the decisions named:
 * ST_TEMP the next hop, ST_FAIL sealing or reading back failed, ST_BAD an address is not fit to be
 * sent, ST_DENIED nobody was taken. */
enum status outgoing_send(struct outgoing *outgoing, struct relay *relay,
                          struct smtp_reply *replies, struct why *why) MUST_CHECK;

/* After outgoing_send: was there a connection to the next hop, verified where that is asked for? If
 * not, nothing of the letter has gone out. */
bool outgoing_reached(const struct outgoing *outgoing);
/* The connection's TLS ("TLSv1.3"), or "". */
const char *outgoing_tls(const struct outgoing *outgoing);

void outgoing_free(struct outgoing *outgoing); /* NULL is fine */

#endif

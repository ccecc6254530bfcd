/* SPDX-License-Identifier: Apache-2.0
 * gateway: a small table in shared memory. Only the master writes the accidents, so no lock is
 * needed that a dying worker could leave behind. */
#include "poison.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "memory.h"

#define ACCIDENTS                                                                                  \
    256              /* letters remembered; the oldest makes room: that costs one more accident    \
                      */
#define TOP_MAX 4096 /* bytes that stand for a letter without a queue id */

struct accident {
    _Atomic uint64_t letter;
    _Atomic unsigned count;
};

struct shared {
    struct accident accidents[ACCIDENTS];
    _Atomic uint64_t in_hand[]; /* by worker; 0: none */
};

struct poison {
    unsigned attempts;
    size_t next; /* the master's: where the next new accident goes */
    size_t size;
    struct shared *shared;
};

struct poison *poison_new(unsigned workers, unsigned attempts)
{
    struct poison *poison = memory_new(1, sizeof *poison);
    poison->attempts = attempts;
    poison->size = sizeof(struct shared) + workers * sizeof(uint64_t);
    poison->shared =
        mmap(NULL, poison->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (poison->shared == MAP_FAILED)
        abort();
    return poison;
}

void poison_free(struct poison *poison)
{
    if (poison == NULL)
        return;
    (void)munmap(poison->shared, poison->size);
    free(poison);
}

/* FNV-1a: letters come from our own mail server; nobody gains by a collision. */
static uint64_t hash(uint64_t from, struct bytes bytes)
{
    for (size_t i = 0; i < bytes.n; i++)
        from = (from ^ bytes.p[i]) * UINT64_C(0x100000001b3);
    return from;
}

static uint64_t name_of(const struct smtp_transaction *letter)
{
    const struct smtp_envelope *envelope = &letter->envelope;
    const char *ident =
        envelope->xforward == NULL ? NULL : envelope->xforward->value[SMTP_XFORWARD_IDENT];
    uint64_t size = smtp_body_size(letter->body);
    uint64_t name = hash(UINT64_C(0xcbf29ce484222325), bytes_text(envelope->sender));
    name = hash(name, (struct bytes){(const uint8_t *)&size, sizeof size});
    name = hash(name, ident != NULL ? bytes_text(ident)
                                    : bytes_first(smtp_body_top(letter->body), TOP_MAX));
    return name == 0 ? 1 : name;
}

static struct accident *find(struct poison *poison, uint64_t letter)
{
    for (size_t i = 0; i < ACCIDENTS; i++)
        if (atomic_load(&poison->shared->accidents[i].letter) == letter)
            return &poison->shared->accidents[i];
    return NULL;
}

enum status poison_begin(struct poison *poison, unsigned worker,
                         const struct smtp_transaction *letter)
{
    uint64_t name = name_of(letter);
    struct accident *accident = find(poison, name);
    if (accident != NULL && atomic_load(&accident->count) >= poison->attempts)
        return ST_LIMIT;
    atomic_store(&poison->shared->in_hand[worker], name);
    return ST_OK;
}

void poison_end(struct poison *poison, unsigned worker)
{
    atomic_store(&poison->shared->in_hand[worker], 0);
}

unsigned poison_blame(struct poison *poison, unsigned worker)
{
    uint64_t name = atomic_exchange(&poison->shared->in_hand[worker], 0);
    if (name == 0)
        return 0;
    struct accident *accident = find(poison, name);
    if (accident == NULL) {
        accident = &poison->shared->accidents[poison->next++ % ACCIDENTS];
        atomic_store(&accident->count, 0);
        atomic_store(&accident->letter, name);
    }
    return atomic_fetch_add(&accident->count, 1) + 1;
}

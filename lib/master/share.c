/* SPDX-License-Identifier: Apache-2.0
 * master: splitting and joining (docs/spec/shares.md §1 and §3). The files are share_file.c's. */
#include "share.h"

#include "gf256.h"
#include "master_private.h"
#include "share_private.h"

/* By Horner, from the last coefficient. */
void share_evaluate(const struct secret *seeds, const struct share_plan *plan, uint8_t x,
                    struct secret *y)
{
    memset(y->p, 0, y->n);
    for (unsigned degree = plan->needed - 1; degree > 0; degree--) {
        const uint8_t *coefficients = plan->random->p + (degree - 1) * MASTER_RANDOM_SIZE;
        for (size_t j = 0; j < MASTER_RANDOM_SIZE; j++)
            y->p[j] = gf256_multiply(y->p[j] ^ coefficients[j], x);
    }
    for (size_t j = 0; j < MASTER_RANDOM_SIZE; j++)
        y->p[j] ^= seeds->p[j];
}

static bool plan_good(const struct share_plan *plan)
{
    return plan->needed >= 2 && plan->needed <= plan->count && plan->count <= SHARE_COUNT_MAX &&
           plan->random->n == (plan->needed - 1) * MASTER_RANDOM_SIZE;
}

enum status share_split(const struct master *master, const struct share_plan *plan,
                        struct buffer files_out[])
{
    struct secret *values[SHARE_COUNT_MAX] = {NULL};
    enum status status = ST_OK;
    if (!plan_good(plan))
        return ST_BAD;
    for (unsigned i = 0; i < plan->count; i++) {
        values[i] = secret_new(MASTER_RANDOM_SIZE);
        share_evaluate(master->seeds, plan, (uint8_t)(i + 1), values[i]);
    }
    for (unsigned i = 0; i < plan->count && status == ST_OK; i++)
        status = share_write(master, plan, values, i + 1, &files_out[i]);
    for (unsigned i = 0; i < plan->count; i++)
        secret_free(values[i]);
    secret_burn_stack();
    return status;
}

/* Π m / (m + x) over the other shares' numbers m: how much of share x's value is in the secret. */
static uint8_t weight(struct share *const shares[], size_t count, size_t at)
{
    uint8_t product = 1, x = (uint8_t)shares[at]->number;
    for (size_t i = 0; i < count; i++) {
        uint8_t m = (uint8_t)shares[i]->number;
        if (i != at)
            product = gf256_multiply(product, gf256_multiply(m, gf256_inverse(m ^ x)));
    }
    return product;
}

void share_interpolate(struct share *const shares[], size_t count, struct secret *seeds)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t factor = weight(shares, count, i);
        for (size_t j = 0; j < MASTER_RANDOM_SIZE; j++)
            seeds->p[j] ^= gf256_multiply(shares[i]->value->p[j], factor);
    }
}

/* S-5, S-6. */
static enum status check_numbers(struct share *const shares[], size_t count, struct why *why)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++)
            if (shares[i]->number == shares[j]->number)
                return why_set(why, ST_BAD, "S-5: share %u is given twice", shares[i]->number);
    if (count == 0 || count < shares[0]->needed)
        return why_set(why, ST_BAD, "S-6: %zu of the %u shares that are needed", count,
                       count == 0 ? 2 : shares[0]->needed);
    return ST_OK;
}

enum status share_join(struct share *const shares[], size_t count, struct master **master_out,
                       struct why *why)
{
    struct master *master = NULL;
    enum status status = check_numbers(shares, count, why);
    if (status != ST_OK)
        return status;
    const struct share *first = shares[0];
    struct secret *seeds = secret_new(MASTER_RANDOM_SIZE);
    share_interpolate(shares, first->needed, seeds);
    if (master_new(&first->public.settings, seeds, &master) != ST_OK ||
        memcmp(master->params.fingerprint, first->public.fingerprint,
               sizeof first->public.fingerprint) != 0 ||
        memcmp(master_authority(master), &first->public.authority,
               sizeof first->public.authority) != 0)
        status = why_set(why, ST_BAD,
                         "S-8: these shares do not make the master secret of whose "
                         "backup they say they are");
    if (status == ST_OK) {
        *master_out = master;
        master = NULL;
    }
    master_free(master);
    secret_free(seeds);
    secret_burn_stack();
    return status;
}

/* How many of the shares have this one's common lines? */
static size_t agreeing(struct share *const shares[], size_t count, size_t with)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        n += bytes_equal(buffer_bytes(&shares[i]->common), buffer_bytes(&shares[with]->common));
    return n;
}

enum status share_compare(struct share *const shares[], size_t count, bool odd_out[])
{
    size_t most = 0, best = 0, odd = 0;
    for (size_t i = 0; i < count; i++) {
        size_t n = agreeing(shares, count, i);
        if (n > most) {
            most = n;
            best = i;
        }
    }
    for (size_t i = 0; i < count; i++) {
        odd_out[i] = 2 * most <= count || !bytes_equal(buffer_bytes(&shares[i]->common),
                                                       buffer_bytes(&shares[best]->common));
        odd += odd_out[i];
    }
    return odd == 0 ? ST_OK : ST_BAD;
}

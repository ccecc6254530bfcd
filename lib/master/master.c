/* SPDX-License-Identifier: Apache-2.0
 * master: everything that follows from the three seeds; extracting, and opening one key. */
#include "master.h"

#include "der.h"
#include "memory.h"
#include "master_private.h"
#include "mlkem.h"
#include "point.h"
#include "suite.h"

/* s = OS2IP( H512("…-S", seed) ) mod r, kept as blst's 32 bytes; Ppub = [s]P2. */
static enum status make_scalar(struct master *master)
{
    uint8_t wide[64];
    blst_scalar scalar = {{0}};
    blst_p2 point;
    suite_hash512(SUITE_TAG_MASTER,
                  (struct suite_parts){{{master->seeds->p + SEED_AT_BF, SEED_BF_SIZE}}}, wide);
    enum status status = point_scalar(wide, &scalar);
    if (status == ST_OK) {
        memcpy(master->scalar->p, scalar.b, sizeof scalar.b);
        blst_sk_to_pk_in_g2(&point, &scalar);
        blst_p2_compress(master->params.public_point, &point);
    }
    secret_wipe(wide, sizeof wide);
    secret_wipe(&scalar, sizeof scalar);
    return status;
}

/* The parameters get their fingerprint, and are proved good, by a turn through the file they will
 * become. */
static enum status finish_params(struct master *master)
{
    struct buffer file;
    buffer_init(&file, PARAMS_FILE_MAX);
    enum status status = params_write(&master->params, master->authority, &file);
    if (status == ST_OK)
        status = params_read(buffer_bytes(&file), master_authority(master), &master->params, NULL);
    buffer_done(&file);
    return status;
}

enum status master_new(const struct master_settings *settings, const struct secret *random,
                       struct master **master_out)
{
    enum status status = ST_BAD;
    struct master *master = memory_new(1, sizeof *master);
    struct params *params = &master->params;
    master->seeds = secret_new(MASTER_RANDOM_SIZE);
    master->scalar = secret_new(sizeof(blst_scalar));
    master->mlkem = secret_new(MLKEM_SECRET_SIZE);
    if (random->n != MASTER_RANDOM_SIZE ||
        !bytes_to_text(bytes_text(settings->district), params->district, sizeof params->district))
        goto out;
    params->serial = settings->serial;
    params->not_before = settings->not_before;
    params->not_after = settings->not_after;
    params->interval = settings->interval;

    memcpy(master->seeds->p, random->p, MASTER_RANDOM_SIZE);
    const uint8_t *seeds = master->seeds->p;
    status = make_scalar(master);
    if (status != ST_OK)
        goto out;
    mlkem_keypair(seeds + SEED_AT_MLKEM, params->mlkem, master->mlkem->p);
    master->authority = sign_key_new(seeds + SEED_AT_AUTHORITY, seeds + SEED_AT_AUTHORITY_ID);
    status = finish_params(master);
    if (status != ST_OK)
        goto out;
    *master_out = master;
    master = NULL;
out:
    secret_burn_stack();
    master_free(master);
    return status;
}

enum status master_next(const struct master *master, const struct secret *random, int64_t now,
                        struct master **master_out)
{
    const struct params *params = &master->params;
    const int64_t begin = identity_period(now, params->interval);
    const struct master_settings settings = {
        .district = params->district,
        .serial = params->serial + 1,
        .not_before = begin,
        .not_after = begin + (params->not_after - params->not_before),
        .interval = params->interval,
    };
    if (params->serial == IDENTITY_SERIAL_MAX)
        return ST_LIMIT;
    if (random->n != MASTER_RANDOM_SIZE)
        return ST_BAD;
    struct secret *seeds = secret_copy(secret_bytes(random));
    memcpy(seeds->p + SEED_AT_AUTHORITY, master->seeds->p + SEED_AT_AUTHORITY, SEED_AUTHORITY_SIZE);
    enum status status = master_new(&settings, seeds, master_out);
    secret_free(seeds);
    return status;
}

void master_free(struct master *master)
{
    if (master == NULL)
        return;
    sign_key_free(master->authority);
    secret_free(master->mlkem);
    secret_free(master->scalar);
    secret_free(master->seeds);
    free(master);
}

const struct params *master_params(const struct master *master)
{
    return &master->params;
}

const struct sign_public *master_authority(const struct master *master)
{
    return sign_key_public(master->authority);
}

enum status master_write_params(const struct master *master, int64_t now, int64_t validity,
                                struct buffer *file_out)
{
    struct params params = master->params;
    if (!params_valid(&params, now))
        return ST_NONE;
    int64_t period = identity_period(now, params.interval);
    if (period > params.not_before)
        params.not_before = period;
    if (validity < params.not_after - params.not_before)
        params.not_after = params.not_before + validity;
    return params_write(&params, master->authority, file_out);
}

enum status master_sign_head(const struct master *master, struct bytes line, const char *comment,
                             struct buffer *file_out)
{
    struct sign_hash hashing;
    uint8_t hash[SIGN_HASH_SIZE];
    if (!bytes_starts(line, BYTES_LITERAL("securemail-key-log-head 1 ")) ||
        bytes_index(line, '\n') != line.n - 1)
        return ST_BAD;
    sign_hash_init(&hashing);
    sign_hash_add(&hashing, line);
    sign_hash_end(&hashing, hash);
    buffer_add(file_out, line);
    return sign_make(master->authority, hash, "signed head of a SecureMail key log", comment,
                     file_out);
}

/* The identity's bytes, if it is one of ours. Nobody gets a key for bytes of his own choice: an
 * extracted key is a BLS signature on them. */
static enum status own_identity(const struct master *master, const struct identity *identity,
                                uint8_t bytes_out[IDENTITY_MAX], size_t *n_out)
{
    if (identity->serial != master->params.serial ||
        strncmp(identity->district, master->params.district, sizeof identity->district) != 0)
        return ST_BAD;
    return identity_encode(identity, bytes_out, n_out);
}

/* d = [s]Q. blst's name for this multiplication says "sign"; of its ways to multiply, it is the one
 * without any branch on the scalar. */
static enum status extract(const struct master *master, struct bytes identity,
                           struct secret *identity_key_out)
{
    blst_p1 point;
    blst_p1_affine affine;
    blst_scalar scalar;
    enum status status = point_of_identity(identity, &point);
    if (status != ST_OK)
        return status;
    memcpy(scalar.b, master->scalar->p, sizeof scalar.b);
    blst_sign_pk_in_g2(&point, &point, &scalar);
    blst_p1_to_affine(&affine, &point);
    blst_p1_affine_compress(identity_key_out->p, &affine);
    secret_wipe(&scalar, sizeof scalar);
    secret_wipe(&point, sizeof point);
    secret_wipe(&affine, sizeof affine);
    return ST_OK;
}

enum status master_extract(const struct master *master, const struct identity *identity,
                           struct secret **identity_key_out)
{
    uint8_t bytes[IDENTITY_MAX];
    size_t n = 0;
    struct secret *key = NULL;
    enum status status = own_identity(master, identity, bytes, &n);
    if (status != ST_OK)
        goto out;
    key = secret_new(IBE_IDENTITY_KEY_SIZE);
    status = extract(master, (struct bytes){bytes, n}, key);
    if (status != ST_OK)
        goto out;
    *identity_key_out = key;
    key = NULL;
out:
    secret_burn_stack();
    secret_free(key);
    return status;
}

enum status master_export(const struct master *master, const struct identity *identity,
                          struct secret **identity_key_out, struct secret **mlkem_out)
{
    enum status status = master_extract(master, identity, identity_key_out);
    if (status == ST_OK)
        *mlkem_out = secret_copy(secret_bytes(master->mlkem));
    return status;
}

enum status master_decapsulate(const struct master *master, const struct identity *identity,
                               const uint8_t ciphertext[IBE_CIPHERTEXT_SIZE],
                               struct secret *key_out)
{
    uint8_t bytes[IDENTITY_MAX];
    size_t n = 0;
    struct secret *key = NULL;
    enum status status = master_extract(master, identity, &key);
    if (status != ST_OK)
        goto out;
    status = own_identity(master, identity, bytes, &n);
    if (status != ST_OK)
        goto out;
    const struct ibe_opener opener = {&master->params, key, master->mlkem};
    status = ibe_decapsulate(&opener, (struct bytes){bytes, n}, ciphertext, key_out);
out:
    secret_free(key);
    return status;
}

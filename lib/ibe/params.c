/* SPDX-License-Identifier: Apache-2.0
 * ibe: the parameter file. The rules P-1 to P-8 are those of docs/spec/params.md. */
#include "params.h"

#include "der.h"
#include "encode.h"
#include "mlkem.h"
#include "point.h"
#include "suite.h"

#define VERSION 2 /* of RFC 5408's structure */
#define DER_MAX 2048
#define LINE_LENGTH 64
#define COMMENT_SIZE (IDENTITY_DISTRICT_MAX + 160)

static const char begin_line[] = "-----BEGIN SECUREMAIL PARAMETERS-----\n";
static const char end_line[] = "-----END SECUREMAIL PARAMETERS-----\n";

/* --- the DER --------------------------------------------------------------------------------- */

struct encoding {
    uint8_t space[DER_MAX];
    struct bytes der; /* lies in `space` */
};

/* The DER of docs/spec/params.md §2, or the same without the validity: what the fingerprint names.
 */
enum extent { WHOLE, WITHOUT_VALIDITY };

static enum status encode(const struct params *params, enum extent extent,
                          struct encoding *encoding)
{
    struct der_writer writer;
    der_begin(&writer, encoding->space, sizeof encoding->space);

    /* From the end to the front. */
    der_put(&writer, DER_OID, DER_OID_IDENTITY);
    size_t mark = der_mark(&writer);
    der_put_integer(&writer, params->interval);
    der_put(&writer, DER_OCTET_STRING, BYTES_ARRAY(params->mlkem));
    der_put(&writer, DER_OCTET_STRING, BYTES_ARRAY(params->public_point));
    der_wrap(&writer, DER_SEQUENCE, mark);
    der_wrap(&writer, DER_OCTET_STRING, mark);
    der_put(&writer, DER_OID, DER_OID_KEM);
    der_wrap(&writer, DER_SEQUENCE, mark);
    der_wrap(&writer, DER_SEQUENCE, mark);
    if (extent == WHOLE) {
        mark = der_mark(&writer);
        der_put_time(&writer, params->not_after);
        der_put_time(&writer, params->not_before);
        der_wrap(&writer, DER_SEQUENCE, mark);
    }
    der_put_integer(&writer, params->serial);
    der_put(&writer, DER_IA5_STRING, bytes_text(params->district));
    der_put_integer(&writer, VERSION);
    der_wrap(&writer, DER_SEQUENCE, 0);
    return der_end(&writer, &encoding->der);
}

static enum status take_fixed(struct bytes *rest, uint8_t *out, size_t n)
{
    struct bytes contents = BYTES_NONE;
    if (der_take(rest, DER_OCTET_STRING, &contents) != ST_OK || contents.n != n)
        return ST_BAD;
    memcpy(out, contents.p, n);
    return ST_OK;
}

/* The one algorithm: our identifier and its HybridParameters. */
static enum status decode_algorithm(struct bytes list, struct params *params)
{
    struct bytes entry = BYTES_NONE, data = BYTES_NONE, fields = BYTES_NONE;
    uint64_t interval = 0;
    if (der_take(&list, DER_SEQUENCE, &entry) != ST_OK || list.n != 0 ||
        der_take_oid(&entry, DER_OID_KEM) != ST_OK ||
        der_take(&entry, DER_OCTET_STRING, &data) != ST_OK || entry.n != 0 ||
        der_take(&data, DER_SEQUENCE, &fields) != ST_OK || data.n != 0 ||
        take_fixed(&fields, params->public_point, sizeof params->public_point) != ST_OK ||
        take_fixed(&fields, params->mlkem, sizeof params->mlkem) != ST_OK ||
        der_take_integer(&fields, 1, PARAMS_INTERVAL_MAX, &interval) != ST_OK || fields.n != 0)
        return ST_BAD;
    params->interval = (uint32_t)interval;
    return ST_OK;
}

static enum status decode(struct bytes der, struct params *params_out)
{
    struct params params = {0};
    struct bytes fields = BYTES_NONE, district = BYTES_NONE, validity = BYTES_NONE,
                 algorithms = BYTES_NONE;
    uint64_t version = 0;
    if (der_take(&der, DER_SEQUENCE, &fields) != ST_OK || der.n != 0 ||
        der_take_integer(&fields, VERSION, VERSION, &version) != ST_OK ||
        der_take(&fields, DER_IA5_STRING, &district) != ST_OK ||
        !identity_district_valid(district) ||
        der_take_integer(&fields, 1, IDENTITY_SERIAL_MAX, &params.serial) != ST_OK ||
        der_take(&fields, DER_SEQUENCE, &validity) != ST_OK ||
        der_take_time(&validity, &params.not_before) != ST_OK ||
        der_take_time(&validity, &params.not_after) != ST_OK || validity.n != 0 ||
        der_take(&fields, DER_SEQUENCE, &algorithms) != ST_OK ||
        decode_algorithm(algorithms, &params) != ST_OK ||
        der_take_oid(&fields, DER_OID_IDENTITY) != ST_OK || fields.n != 0 ||
        !bytes_to_text(district, params.district, sizeof params.district))
        return ST_BAD;
    *params_out = params;
    return ST_OK;
}

/* --- what the fields must be ----------------------------------------------------------------- */

static enum status check(const struct params *params, struct why *why)
{
    blst_p2_affine point;
    if (params->not_before > params->not_after)
        return why_set(why, ST_BAD, "P-5: valid until before valid from");
    if (point_read_g2(params->public_point, &point) != ST_OK)
        return why_set(why, ST_BAD, "P-6: the public point is not in its group");
    if (!mlkem_public_valid(params->mlkem))
        return why_set(why, ST_BAD, "P-7: the ML-KEM key has a coefficient out of range");
    return ST_OK;
}

/* Fields that a caller filled in. */
static bool encodable(const struct params *params)
{
    return memchr(params->district, '\0', sizeof params->district) != NULL &&
           identity_district_valid(bytes_text(params->district)) && params->serial >= 1 &&
           params->serial <= IDENTITY_SERIAL_MAX && params->interval >= 1 &&
           params->interval <= PARAMS_INTERVAL_MAX && params->not_before >= 0 &&
           params->not_after <= DER_TIME_MAX;
}

static enum status fingerprint(const struct params *params,
                               uint8_t fingerprint_out[PARAMS_FINGERPRINT_SIZE])
{
    struct encoding constant;
    enum status status = encode(params, WITHOUT_VALIDITY, &constant);
    if (status == ST_OK)
        suite_sha256((struct suite_parts){{constant.der}}, fingerprint_out);
    return status;
}

/* What the trusted comment says, for people; P-8. */
static void comment_text(const struct params *params, char text_out[COMMENT_SIZE])
{
    char digits[2 * PARAMS_FINGERPRINT_SIZE + 1];
    hex_encode(digits, BYTES_ARRAY(params->fingerprint));
    snprintf(text_out, COMMENT_SIZE, "securemail-params-v1 district=%s serial=%llu fingerprint=%s",
             params->district, (unsigned long long)params->serial, digits);
}

/* --- the file -------------------------------------------------------------------------------- */

static void hash_body(struct bytes body, uint8_t hash_out[SIGN_HASH_SIZE])
{
    struct sign_hash hash;
    sign_hash_init(&hash);
    sign_hash_add(&hash, body);
    sign_hash_end(&hash, hash_out);
}

/* BEGIN line, base64 in lines, END line. */
static void add_body(struct bytes der, struct buffer *file)
{
    char text[DER_MAX * 4 / 3 + 4];
    struct bytes rest = {(const uint8_t *)text, base64_encode(text, der, PADDED)};
    buffer_add_text(file, begin_line);
    for (; rest.n > 0; rest = bytes_from(rest, LINE_LENGTH)) {
        buffer_add(file, bytes_first(rest, LINE_LENGTH));
        buffer_add_text(file, "\n");
    }
    buffer_add_text(file, end_line);
}

enum status params_write(const struct params *params, const struct sign_key *authority,
                         struct buffer *file_out)
{
    struct encoding encoding;
    struct params named = *params;
    char comment[COMMENT_SIZE];
    uint8_t hash[SIGN_HASH_SIZE];
    if (!encodable(params) || check(params, NULL) != ST_OK ||
        encode(params, WHOLE, &encoding) != ST_OK ||
        fingerprint(params, named.fingerprint) != ST_OK)
        return ST_BAD;
    comment_text(&named, comment);

    size_t start = file_out->n;
    add_body(encoding.der, file_out);
    enum status status = buffer_check(file_out);
    if (status != ST_OK)
        return status;
    hash_body(bytes_from(buffer_bytes(file_out), start), hash);
    return sign_make(authority, hash, "signature of the district's authority", comment, file_out);
}

/* The body up to and with its END line, and the signature behind it. */
static enum status divide(struct bytes file, struct bytes *body_out, struct bytes *signature_out)
{
    if (!bytes_starts(file, bytes_text(begin_line)))
        return ST_BAD;
    size_t end = bytes_find(file, bytes_text(end_line));
    if (end == file.n || file.p[end - 1] != '\n')
        return ST_BAD;
    *body_out = bytes_first(file, end + strlen(end_line));
    *signature_out = bytes_from(file, end + strlen(end_line));
    return ST_OK;
}

/* The base64 between BEGIN and END, of one text for each DER: full lines, then one that may be
 * shorter. */
static enum status body_der(struct bytes body, struct encoding *encoding)
{
    char text[DER_MAX * 4 / 3 + 4];
    size_t n = 0, der_n = 0;
    bool last = false;
    struct bytes line = BYTES_NONE;
    body = bytes_from(body, strlen(begin_line));
    body = bytes_first(body, body.n - strlen(end_line));
    if (bytes_index(body, '\r') < body.n)
        return ST_BAD;
    while (bytes_line(&body, &line)) {
        if (last || line.n == 0 || line.n > LINE_LENGTH || n + line.n > sizeof text)
            return ST_BAD;
        memcpy(text + n, line.p, line.n);
        n += line.n;
        last = line.n < LINE_LENGTH;
    }
    if (base64_decode((struct bytes){(const uint8_t *)text, n}, PADDED, encoding->space,
                      sizeof encoding->space, &der_n) != ST_OK)
        return ST_BAD;
    encoding->der = (struct bytes){encoding->space, der_n};
    return ST_OK;
}

enum status params_read(struct bytes file, const struct sign_public *authority,
                        struct params *params_out, struct why *why)
{
    struct bytes body = BYTES_NONE, signature = BYTES_NONE, comment = BYTES_NONE;
    struct encoding encoding, again;
    struct params params;
    char wanted[COMMENT_SIZE];
    uint8_t hash[SIGN_HASH_SIZE];
    if (file.n > PARAMS_FILE_MAX)
        return why_set(why, ST_BAD, "P-1: longer than %d bytes", PARAMS_FILE_MAX);
    if (divide(file, &body, &signature) != ST_OK)
        return why_set(why, ST_BAD, "P-2: no parameter file");

    /* Nothing is looked at before it is known who wrote it. */
    hash_body(body, hash);
    enum status status = sign_check(authority, hash, signature, &comment);
    if (status != ST_OK)
        return why_set(why, ST_BAD,
                       status == ST_NONE ? "P-3: signed by another key than the pinned authority"
                                         : "P-3: the signature is not good");

    /* One text for each set of parameters: what we would write is what we read. */
    if (body_der(body, &encoding) != ST_OK || decode(encoding.der, &params) != ST_OK ||
        encode(&params, WHOLE, &again) != ST_OK || !bytes_equal(encoding.der, again.der))
        return why_set(why, ST_BAD, "P-4: the parameters are not well-formed");
    if (check(&params, why) != ST_OK || fingerprint(&params, params.fingerprint) != ST_OK)
        return ST_BAD;
    comment_text(&params, wanted);
    if (!bytes_equal(comment, bytes_text(wanted)))
        return why_set(why, ST_BAD, "P-8: the trusted comment is about other parameters");
    *params_out = params;
    return ST_OK;
}

bool params_valid(const struct params *params, int64_t now)
{
    return now >= params->not_before && now <= params->not_after;
}

void params_fingerprint_text(const struct params *params,
                             char text_out[PARAMS_FINGERPRINT_TEXT_SIZE])
{
    char digits[2 * PARAMS_FINGERPRINT_SIZE + 1];
    hex_encode(digits, BYTES_ARRAY(params->fingerprint));
    for (size_t i = 0; i < 16; i++)
        snprintf(text_out + 5 * i, 6, "%.4s%s", digits + 4 * i, i < 15 ? " " : "");
}

enum status params_succeed(const struct params *present, const struct params *next, struct why *why)
{
    if (strcmp(present->district, next->district) != 0)
        return why_set(why, ST_BAD, "P-9: of another district");
    if (next->serial < present->serial)
        return why_set(why, ST_BAD, "P-10: serial %llu is older than the present %llu",
                       (unsigned long long)next->serial, (unsigned long long)present->serial);
    if (next->serial > present->serial)
        return ST_OK;
    if (memcmp(present->fingerprint, next->fingerprint, sizeof present->fingerprint) != 0)
        return why_set(why, ST_BAD, "P-11: other keys under the present serial");
    if (next->not_after < present->not_after)
        return why_set(why, ST_BAD, "P-12: they end before the present ones do");
    return ST_OK;
}

bool params_fingerprint_is(const struct params *params, struct bytes text)
{
    char wanted[2 * PARAMS_FINGERPRINT_SIZE + 1];
    size_t n = 0;
    hex_encode(wanted, BYTES_ARRAY(params->fingerprint));
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i] >= 'A' && text.p[i] <= 'F' ? text.p[i] + 0x20 : text.p[i];
        if (c == ' ')
            continue;
        if (n == sizeof wanted - 1 || c != (uint8_t)wanted[n++])
            return false;
    }
    return n == sizeof wanted - 1;
}

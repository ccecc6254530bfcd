/* SPDX-License-Identifier: Apache-2.0
 * smtp: verified TLS, by OpenSSL's libssl on a socket that does not block. */
#include "smtp_tls.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdlib.h>

#include "buffer.h"
#include "clock.h"
#include "file.h"
#include "memory.h"

#define CA_FILE_MAX (4 << 20)

struct smtp_tls {
    SSL_CTX *context;
    char *name;
};

struct smtp_tls_session {
    SSL *ssl;
    int fd;
};

/* --- whom ---------------------------------------------------------------------------------------
 */

/* The certificates of a PEM text; false if there is none, or something else. */
static bool trust(SSL_CTX *context, struct bytes pem)
{
    X509_STORE *store = SSL_CTX_get_cert_store(context);
    BIO *text = pem.n > INT_MAX ? NULL : BIO_new_mem_buf(pem.p, (int)pem.n);
    STACK_OF(X509_INFO) *found =
        text == NULL ? NULL : PEM_X509_INFO_read_bio(text, NULL, NULL, NULL);
    int count = 0;
    bool good = found != NULL;
    for (int i = 0; good && i < sk_X509_INFO_num(found); i++) {
        X509 *certificate = sk_X509_INFO_value(found, i)->x509;
        if (certificate == NULL)
            continue;
        good = X509_STORE_add_cert(store, certificate) == 1;
        count++;
    }
    sk_X509_INFO_pop_free(found, X509_INFO_free);
    BIO_free(text);
    return good && count > 0;
}

static enum status trust_file(SSL_CTX *context, const char *ca_file, struct why *why)
{
    struct buffer pem;
    buffer_init(&pem, CA_FILE_MAX);
    enum status status = file_read(ca_file, &pem, why);
    if (status == ST_OK && !trust(context, buffer_bytes(&pem)))
        status = why_set(why, ST_BAD, "%s: no certificates of a CA", ca_file);
    buffer_done(&pem);
    return status == ST_OK ? ST_OK : ST_FAIL;
}

enum status smtp_tls_new(const char *name, const char *ca_file, struct smtp_tls **tls_out,
                         struct why *why)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    enum status status = ST_OK;
    if (context == NULL || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1)
        status = why_set(why, ST_FAIL, "TLS can't be set up");
    if (status == ST_OK)
        status = trust_file(context, ca_file, why);
    ERR_clear_error();
    if (status != ST_OK) {
        SSL_CTX_free(context);
        return status;
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    /* A letter is sent once: nothing is kept to make the next handshake shorter. */
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    struct smtp_tls *tls = memory_new(1, sizeof *tls);
    tls->context = context;
    tls->name = memory_text(name);
    *tls_out = tls;
    return ST_OK;
}

void smtp_tls_free(struct smtp_tls *tls)
{
    if (tls == NULL)
        return;
    SSL_CTX_free(tls->context);
    free(tls->name);
    free(tls);
}

/* --- waiting ------------------------------------------------------------------------------------
 */

static bool wait_for(int fd, short events, int64_t deadline)
{
    for (;;) {
        int64_t left = deadline - clock_monotonic_ms();
        struct pollfd ready = {.fd = fd, .events = events};
        if (left <= 0)
            return false;
        int n = poll(&ready, 1, left > 60000 ? 60000 : (int)left);
        if (n > 0)
            return true;
        if (n < 0 && errno != EINTR)
            return false;
    }
}

/* After a call that gave `result`: ST_OK: call it again. ST_NONE: the peer has closed in order.
 * ST_TEMP: anything else. */
static enum status again(const struct smtp_tls_session *session, int result, int64_t deadline)
{
    switch (SSL_get_error(session->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return wait_for(session->fd, POLLIN, deadline) ? ST_OK : ST_TEMP;
    case SSL_ERROR_WANT_WRITE:
        return wait_for(session->fd, POLLOUT, deadline) ? ST_OK : ST_TEMP;
    case SSL_ERROR_ZERO_RETURN:
        return ST_NONE;
    default:
        return ST_TEMP;
    }
}

/* --- the handshake ------------------------------------------------------------------------------
 */

static bool set_up(struct smtp_tls_session *session, const struct smtp_tls *tls)
{
    int flags = fcntl(session->fd, F_GETFL);
    SSL_set_hostflags(session->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return flags >= 0 && fcntl(session->fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
           SSL_set1_host(session->ssl, tls->name) == 1 &&
           SSL_set_tlsext_host_name(session->ssl, tls->name) == 1 &&
           SSL_set_fd(session->ssl, session->fd) == 1;
}

/* Why it failed: the certificate's fault, if there was one, else what libssl says. */
static enum status failed(const struct smtp_tls_session *session, const struct smtp_tls *tls,
                          struct why *why)
{
    long verdict = SSL_get_verify_result(session->ssl);
    unsigned long error = ERR_peek_last_error();
    if (verdict != X509_V_OK)
        return why_set(why, ST_DENIED, "%s is not verified: %s", tls->name,
                       X509_verify_cert_error_string(verdict));
    const char *reason = error == 0 ? NULL : ERR_reason_error_string(error);
    return why_set(why, ST_TEMP, "no TLS with %s: %s", tls->name,
                   reason != NULL ? reason : "the connection ended");
}

enum status smtp_tls_begin(const struct smtp_tls *tls, int fd, int64_t deadline,
                           struct smtp_tls_session **session_out, struct why *why)
{
    struct smtp_tls_session *session = memory_new(1, sizeof *session);
    enum status status = ST_TEMP;
    ERR_clear_error();
    session->fd = fd;
    session->ssl = SSL_new(tls->context);
    if (session->ssl == NULL || !set_up(session, tls)) {
        why_set(why, ST_TEMP, "TLS can't be set up");
        goto out;
    }
    int result;
    do {
        result = SSL_connect(session->ssl);
        status = result == 1 ? ST_OK : again(session, result, deadline);
    } while (result != 1 && status == ST_OK);
    if (status != ST_OK) {
        status = failed(session, tls, why);
        goto out;
    }
    /* libssl has refused what does not verify; that it did is asked once more. */
    if (SSL_get_verify_result(session->ssl) != X509_V_OK ||
        SSL_get0_peername(session->ssl) == NULL) {
        status = why_set(why, ST_DENIED, "%s is not verified", tls->name);
        goto out;
    }
    *session_out = session;
    session = NULL;
out:
    ERR_clear_error();
    if (session != NULL)
        SSL_free(session->ssl);
    free(session);
    return status;
}

void smtp_tls_end(struct smtp_tls_session *session)
{
    if (session == NULL)
        return;
    (void)SSL_shutdown(session->ssl); /* our half; nobody waits for the other */
    ERR_clear_error();
    SSL_free(session->ssl);
    free(session);
}

/* --- data ---------------------------------------------------------------------------------------
 */

enum status smtp_tls_read(struct smtp_tls_session *session, void *p, size_t size, int64_t deadline,
                          size_t *n_out)
{
    for (;;) {
        ERR_clear_error();
        int result = SSL_read_ex(session->ssl, p, size, n_out);
        if (result == 1)
            return ST_OK;
        enum status status = again(session, result, deadline);
        if (status != ST_OK)
            return status;
    }
}

enum status smtp_tls_write_all(struct smtp_tls_session *session, struct bytes bytes,
                               int64_t deadline)
{
    while (bytes.n > 0) {
        size_t n = 0;
        ERR_clear_error();
        int result = SSL_write_ex(session->ssl, bytes.p, bytes.n, &n);
        if (result == 1)
            bytes = bytes_from(bytes, n);
        else if (again(session, result, deadline) != ST_OK)
            return ST_TEMP;
    }
    return ST_OK;
}

/* A record may hold nothing for us (TLS 1.3 sends tickets after the handshake), so it is looked
 * into. */
bool smtp_tls_readable(struct smtp_tls_session *session)
{
    uint8_t byte;
    size_t n = 0;
    ERR_clear_error();
    int result = SSL_peek_ex(session->ssl, &byte, 1, &n);
    bool waits = result != 1 && SSL_get_error(session->ssl, result) == SSL_ERROR_WANT_READ;
    ERR_clear_error();
    return !waits;
}

const char *smtp_tls_version(const struct smtp_tls_session *session)
{
    return SSL_get_version(session->ssl);
}

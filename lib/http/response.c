/* SPDX-License-Identifier: Apache-2.0
 * http: building an answer, and the headers that protect every one of them. */
#include "response_private.h"

#include "io.h"
#include "memory.h"

/* Our own pages: nothing that is not named may load, and nothing runs. */
#define POLICY_PAGE                                                                                \
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "             \
    "frame-src 'self'; frame-ancestors 'none'; base-uri 'none'"

/* A mail's HTML, in a frame of our page: an origin of its own without scripts and forms (sandbox;
 * it also stops meta refresh, which no other directive does), its own inline styles, our pictures.
 * A clicked link opens a new window. */
#define POLICY_MAIL                                                                                \
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "                    \
    "img-src 'self' data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; "       \
    "frame-ancestors 'self'"

/* An attachment shown by itself. */
#define POLICY_FILE                                                                                \
    "sandbox; default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; "               \
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

#define PERMISSIONS                                                                                \
    "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), "           \
    "fullscreen=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), "       \
    "payment=(), publickey-credentials-get=(), screen-wake-lock=(), usb=(), xr-spatial-tracking=()"

static const char *policy_text(enum http_policy policy)
{
    switch (policy) {
    case HTTP_POLICY_PAGE:
        return POLICY_PAGE;
    case HTTP_POLICY_MAIL:
        return POLICY_MAIL;
    case HTTP_POLICY_FILE:
        break;
    }
    return POLICY_FILE; /* the strictest, whatever the value */
}

size_t response_fixed(const struct http_response *response, bool secure,
                      struct response_header headers_out[RESPONSE_FIXED_MAX])
{
    const struct response_header all[] = {
        {"Content-Security-Policy", policy_text(response->policy)},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
        {"Cache-Control", response->lasting ? "public, max-age=3600" : "no-store"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Cross-Origin-Resource-Policy", response->for_frames ? "cross-origin" : "same-origin"},
        {"Permissions-Policy", PERMISSIONS},
        {"X-Robots-Tag", "noindex, nofollow"},
        {"X-DNS-Prefetch-Control", "off"}, /* no look-up of a host that a letter names */
        {"Strict-Transport-Security", "max-age=31536000"}, /* the last one: only if secure */
    };
    size_t n = sizeof(all) / sizeof(all[0]) - (secure ? 0 : 1);

    memcpy(headers_out, all, n * sizeof(all[0]));
    return n;
}

void response_init(struct http_response *response)
{
    memset(response, 0, sizeof(*response));
    buffer_init(&response->body, HTTP_BODY_MAX);
    response->body_fd = -1;
}

void response_done(struct http_response *response)
{
    for (size_t i = 0; i < response->headers_n; i++)
        free(response->headers[i].value);
    response->headers_n = 0;
    buffer_done(&response->body);
    io_close(&response->body_fd);
}

static bool header_clean(const char *value)
{
    for (; *value != '\0'; value++)
        if ((unsigned char)*value < 0x20 || *value == 0x7f)
            return false;
    return true;
}

void http_header(struct http_response *response, const char *name, const char *value)
{
    if (response->headers_n == HTTP_HEADERS_MAX || !header_clean(value)) {
        http_plain(response, 500, "Internal error\n");
        return;
    }
    response->headers[response->headers_n].name = name;
    response->headers[response->headers_n].value = memory_text(value);
    response->headers_n++;
}

void http_see_other(struct http_response *response, const char *path)
{
    response->code = 303;
    response->type = "text/plain; charset=utf-8";
    http_header(response, "Location", path);
}

void http_plain(struct http_response *response, unsigned code, const char *text)
{
    response_done(response);
    response_init(response);
    response->code = code;
    response->type = "text/plain; charset=utf-8";
    buffer_add_text(&response->body, text);
}

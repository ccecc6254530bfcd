/* SPDX-License-Identifier: Apache-2.0
 * http: a small server for HTTP/1.1 on an inherited socket, with one thread per connection. It is
 * made to stand behind nginx on a Unix socket, or alone on loopback for a demonstration; it speaks
 * no TLS. The only user of libmicrohttpd.
 *
 * A request comes to the application twice: `begin` when its headers are there, where it may answer
 * at once or say where the body's form goes; `finish` when the body is complete. `end` follows
 * every `begin`, whatever happened. Each runs in the connection's own thread and may block.
 *
 * What is refused before the application hears of it: methods other than GET, HEAD, POST (405); a
 * path with anything but unreserved characters and slashes (404); a body larger than the limit
 * (413, before it is sent); a body of unknown length (411); a second Host, Content-Length,
 * Content-Type, Cookie or Origin, or a header over its size (400). */
#ifndef SECUREMAIL_HTTP_H
#define SECUREMAIL_HTTP_H

#include "form.h"

#define HTTP_PATH_MAX 512
#define HTTP_PEER_MAX 64

struct http_request {
    bool post; /* else GET */
    bool head; /* HEAD: handled as GET, the body is not sent */
    char path[HTTP_PATH_MAX + 1];
    const char *peer;         /* the address of who asks (behind nginx: X-Forwarded-For), or "" */
    const char *cookies;      /* the Cookie header; these four are "" if not there */
    const char *origin;       /* Origin */
    const char *fetch_site;   /* Sec-Fetch-Site */
    const char *content_type; /* Content-Type */
    uint64_t body_size;       /* bytes of the body */
    struct form *query;       /* the decoded query; never NULL */

    struct form *form;       /* begin() puts one here to have the body; freed after end() */
    enum status form_status; /* in finish(): how it went */
    void *data;              /* the application's own */
};

enum http_policy {
    HTTP_POLICY_PAGE, /* our pages: only our own style sheet, pictures and frames */
    HTTP_POLICY_MAIL, /* a foreign mail's text in its frame: no script, no forms, nothing from
                         outside */
    HTTP_POLICY_FILE, /* a foreign file shown by itself: nothing but what the file's type needs */
};

#define HTTP_HEADERS_MAX 6

/* An answer under construction. */
struct http_response {
    unsigned code;      /* 0: none yet */
    const char *type;   /* Content-Type; a static text */
    struct buffer body; /* wiped when it was sent */
    int body_fd;        /* or: body_size bytes from here; closed afterwards. -1: the buffer */
    uint64_t body_size;
    enum http_policy policy;
    bool at_once; /* set in begin(): answer before the body comes, and close. Without it a body that
                     is not wanted is read, so that the browser listens */
    bool for_frames; /* may be loaded by a frame that has no origin (pictures of a mail) */
    bool lasting;    /* may be kept by caches for an hour: the style sheet, the logo */
    struct {
        const char *name; /* a static text */
        char *value;
    } headers[HTTP_HEADERS_MAX];
    size_t headers_n;
};

/* The largest page that is built in memory. */
#define HTTP_BODY_MAX (4u << 20)

/* Set a header of a response. A value with a control character is a fault of ours: the answer
 * becomes 500. */
void http_header(struct http_response *response, const char *name, const char *value);
/* 303 See Other, to a path of ours. */
void http_see_other(struct http_response *response, const char *path);
/* A short text as the whole answer. */
void http_plain(struct http_response *response, unsigned code, const char *text);

struct http_application {
    /* The headers are there. Answer by setting response->code, or leave it 0 to go on. */
    void (*begin)(void *context, struct http_request *request, struct http_response *response);
    /* The body is there too. Must answer. */
    void (*finish)(void *context, struct http_request *request, struct http_response *response);
    /* Before the request is freed. */
    void (*end)(void *context, struct http_request *request);
    /* Make the page for what the server itself refuses; `code` is 400, 404, 405, 411 or 413. Of the
     * request only post, path ("" if that is what is wrong) and peer may be looked at. */
    void (*refuse)(void *context, const struct http_request *request, unsigned code,
                   struct http_response *response);
    void *context;
};

struct http_settings {
    int listener;         /* a listening socket; the server closes it */
    unsigned connections; /* at once; more wait in the backlog */
    unsigned idle;        /* seconds without a byte until a connection is closed */
    unsigned body_time;   /* seconds a body may take */
    unsigned body_grace;  /* seconds without a demand; after them a body that is behind … */
    unsigned body_rate;   /* … this many bytes a second ends its connection; 0: no demand */
    uint64_t body_max;    /* bytes of a body */
    bool secure;          /* pages are reached by https: say so for a year (HSTS) */
};

struct http_server;

/* Start serving. ST_FAIL with a reason if the library can't. */
enum status http_start(const struct http_settings *settings,
                       const struct http_application *application, struct http_server **server_out,
                       struct why *why) MUST_CHECK;
/* Take no more connections, let requests in hand finish for at most grace_ms, close all, free.
 * Returns how many were still in hand when the time was up. */
unsigned http_stop(struct http_server *server, int grace_ms);

#endif

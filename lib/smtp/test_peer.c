/* SPDX-License-Identifier: Apache-2.0
 * smtp (tests): a peer to talk to. */
#include "test_peer.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io.h"
#include "random.h"

#define TALK_MAX 4000000

struct smtp_server_settings test_server_settings(void)
{
    return (struct smtp_server_settings){
        .flavour = SMTP_FLAVOUR_LMTP,
        .line_ends = SMTP_LINE_ENDS_REJECT,
        .host_name = "gateway.example",
        .size_max = 1000,
        .recipients_max = 3,
        .command_timeout_ms = 5000,
        .letter_timeout_ms = 20000,
        .stop_fd = -1,
        .body = {.directory = "/tmp", .random_fill = random_fill},
    };
}

struct smtp_client_settings test_client_settings(void)
{
    return (struct smtp_client_settings){
        .flavour = SMTP_FLAVOUR_SMTP,
        .line_ends = SMTP_LINE_ENDS_REJECT,
        .host_name = "gateway.example",
        .connect_timeout_ms = 5000,
        .greeting_timeout_ms = 5000,
        .command_timeout_ms = 5000,
        .data_timeout_ms = 5000,
        .end_timeout_ms = 5000,
    };
}

/* --- a session fed from memory ------------------------------------------------------------ */

static void note_letter(struct buffer *letters, const struct smtp_transaction *letter)
{
    const struct smtp_envelope *envelope = &letter->envelope;
    (void)buffer_add_format(letters, "<%s> to", envelope->sender);
    for (size_t i = 0; i < envelope->recipient_count; i++)
        (void)buffer_add_format(letters, " <%s>", envelope->recipients[i].address);
    (void)buffer_add_text(letters, ": ");
    struct bytes piece;
    while (smtp_body_read(letter->body, &piece) == ST_OK)
        (void)buffer_add(letters, piece);
    (void)buffer_add_text(letters, ";");
}

static enum status answer(struct smtp_session *session, const struct smtp_transaction *letter)
{
    struct smtp_reply replies[100];
    for (size_t i = 0; i < letter->envelope.recipient_count; i++) {
        const char *address = letter->envelope.recipients[i].address;
        if (strncmp(address, "later", 5) == 0)
            replies[i] = smtp_reply_make(450, "4.2.0", "Later");
        else if (strncmp(address, "refuse", 6) == 0)
            replies[i] = smtp_reply_make(550, "5.1.1", "Refused");
        else
            replies[i] = smtp_reply_make(250, "2.0.0", "Relayed");
    }
    return smtp_session_answer(session, letter, replies);
}

static enum status run(struct smtp_session *session, struct buffer *letters)
{
    for (;;) {
        struct smtp_transaction *letter = NULL;
        enum status status = smtp_session_next(session, &letter, NULL);
        if (status != ST_OK)
            return status;
        note_letter(letters, letter);
        status = answer(session, letter);
        smtp_transaction_free(letter);
        if (status != ST_OK)
            return status;
    }
}

/* "250-x", "250 2.1.0 OK" → "250 2.1.0|"; only the last line of each reply. */
static void shorten(struct bytes output, struct buffer *replies)
{
    struct bytes line;
    struct smtp_reply reply = {.code = 0};
    while (bytes_line(&output, &line)) {
        bool last;
        if (smtp_reply_read(line, &reply, &last) != ST_OK) {
            (void)buffer_add_text(replies, "not a reply|");
            return;
        }
        if (!last)
            continue;
        (void)buffer_add_format(replies, "%d%s%s|", reply.code, reply.enhanced[0] ? " " : "",
                                reply.enhanced);
        reply.code = 0;
    }
}

struct feeder {
    int fd;
    struct bytes first, rest;
};

/* Sends the input and closes that direction. */
static void *feed(void *context)
{
    struct feeder *feeder = context;
    if (feeder->first.n > 0 && io_write_all(feeder->fd, feeder->first, io_deadline(20000)) != ST_OK)
        return NULL;
    if (feeder->rest.n > 0 && io_write_all(feeder->fd, feeder->rest, io_deadline(20000)) != ST_OK)
        return NULL;
    (void)shutdown(feeder->fd, SHUT_WR);
    return NULL;
}

struct drain {
    int fd;
    struct buffer *output;
};

static void *drain(void *context)
{
    struct drain *drain = context;
    uint8_t p[65536];
    size_t n;
    while (io_read(drain->fd, p, sizeof p, io_deadline(20000), &n) == ST_OK)
        (void)buffer_add(drain->output, (struct bytes){p, n});
    return NULL;
}

void test_talk(const struct smtp_server_settings *settings, struct bytes input, size_t cut,
               struct test_talk *talk_out)
{
    /* With SOCK_SEQPACKET each read returns what one write sent, so that a cut falls where it is
     * wanted. */
    int pair[2];
    int made = socketpair(AF_UNIX, cut > 0 ? SOCK_SEQPACKET : SOCK_STREAM, 0, pair);
    assert(made == 0);
    (void)made;
    buffer_init(&talk_out->output, TALK_MAX);
    buffer_init(&talk_out->replies, TALK_MAX);
    buffer_init(&talk_out->letters, TALK_MAX);

    pthread_t feeding, draining;
    struct feeder feeder = {pair[0], bytes_first(input, cut), bytes_from(input, cut)};
    struct drain drainer = {pair[0], &talk_out->output};
    (void)pthread_create(&feeding, NULL, feed, &feeder);
    (void)pthread_create(&draining, NULL, drain, &drainer);

    struct smtp_session *session = smtp_session_new(pair[1], "192.0.2.1", settings);
    talk_out->end = run(session, &talk_out->letters);
    smtp_session_free(session);
    io_close(&pair[1]);
    (void)pthread_join(feeding, NULL);
    (void)pthread_join(draining, NULL);
    io_close(&pair[0]);
    shorten(buffer_bytes(&talk_out->output), &talk_out->replies);
}

void test_talk_done(struct test_talk *talk)
{
    buffer_done(&talk->output);
    buffer_done(&talk->replies);
    buffer_done(&talk->letters);
}

/* --- dialogues ---------------------------------------------------------------------------- */

bool test_dialogue(const struct smtp_server_settings *settings,
                   const struct test_dialogue *dialogue, size_t cut)
{
    struct test_talk talk;
    test_talk(settings, bytes_text(dialogue->input), cut, &talk);
    char expected[2000];
    (void)snprintf(expected, sizeof expected, "220|%s", dialogue->replies);
    bool good = strcmp(buffer_text(&talk.replies), expected) == 0 &&
                strcmp(buffer_text(&talk.letters), dialogue->letters) == 0 &&
                talk.end == dialogue->end;
    if (!good)
        (void)fprintf(stderr,
                      "%s, cut at %zu: replies %s\nletters %s\nend %s\nwanted  %s\nletters %s\n",
                      dialogue->name, cut, buffer_text(&talk.replies), buffer_text(&talk.letters),
                      status_name(talk.end), expected, dialogue->letters);
    test_talk_done(&talk);
    return good;
}

bool test_dialogues(const struct smtp_server_settings *settings,
                    const struct test_dialogue *dialogues, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t cut = 0; cut < strlen(dialogues[i].input); cut++)
            if (!test_dialogue(settings, &dialogues[i], cut))
                return false;
    return true;
}

/* --- a server that follows a script ------------------------------------------------------- */

/* Read one line, byte by byte: nothing may be read ahead of the script. */
static bool read_line(int fd, char *line, size_t size)
{
    size_t n = 0;
    while (n + 1 < size && io_read_all(fd, line + n, 1, io_deadline(5000)) == ST_OK) {
        n++;
        line[n] = '\0';
        if (n >= 2 && line[n - 2] == '\r' && line[n - 1] == '\n') {
            line[n - 2] = '\0';
            return true;
        }
    }
    (void)snprintf(line, size, "(end)");
    return false;
}

static void expect(struct test_script *script, struct bytes wanted)
{
    char line[2100];
    (void)read_line(script->fd, line, sizeof line);
    if (!bytes_equal(bytes_text(line), wanted) && script->wrong[0] == '\0')
        (void)snprintf(script->wrong, sizeof script->wrong, "wanted \"%.*s\", got \"%.500s\"",
                       (int)wanted.n, (const char *)wanted.p, line);
}

static void send_line(int fd, struct bytes text)
{
    if (io_write_all(fd, text, io_deadline(5000)) != ST_OK ||
        io_write_all(fd, BYTES_LITERAL("\r\n"), io_deadline(5000)) != ST_OK)
        return;
}

static void *follow(void *context)
{
    struct test_script *script = context;
    struct bytes rest = bytes_text(script->lines), line;
    while (bytes_line(&rest, &line)) {
        if (bytes_starts(line, BYTES_LITERAL("S: ")))
            send_line(script->fd, bytes_from(line, 3));
        else if (bytes_starts(line, BYTES_LITERAL("C: ")))
            expect(script, bytes_from(line, 3));
        else if (bytes_equal(line, BYTES_LITERAL("close")))
            break;
    }
    io_close(&script->fd);
    return NULL;
}

int test_script_start(struct test_script *script, const char *lines)
{
    int pair[2];
    int made = socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    assert(made == 0);
    (void)made;
    *script = (struct test_script){.lines = lines, .fd = pair[1]};
    (void)pthread_create(&script->thread, NULL, follow, script);
    return pair[0];
}

void test_script_end(struct test_script *script)
{
    (void)pthread_join(script->thread, NULL);
}

/* --- letters
 * --------------------------------------------------------------------------------------- */

static const struct smtp_recipient bob_and_carol[] = {{.address = "bob@y.example"},
                                                      {.address = "carol@y.example"}};
const struct smtp_envelope test_two = {
    .sender = "a@x.example", .recipients = bob_and_carol, .recipient_count = 2};

enum status test_send_letter(struct smtp_client *client, const struct smtp_envelope *envelope,
                             const char *text)
{
    enum status status = smtp_client_start(client, envelope, NULL);
    if (status == ST_OK)
        status = smtp_client_data(client, bytes_text(text));
    return status == ST_OK ? smtp_client_end(client, NULL) : status;
}

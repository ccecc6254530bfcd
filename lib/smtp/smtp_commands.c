/* SPDX-License-Identifier: Apache-2.0
 * smtp: answering commands, one function each. What may follow what is in `rules`, a table. */
#include "number.h"
#include "smtp_session.h"
#include "smtp_syntax.h"
#include "smtp_transaction.h"

typedef struct smtp_reply answer(struct smtp_session *session, struct bytes rest);

bool smtp_session_in_mail(const struct smtp_session *session)
{
    return session->transaction != NULL && session->transaction->envelope.sender != NULL;
}

/* Forget what was begun: as a whole. */
static void forget(struct smtp_session *session)
{
    smtp_transaction_free(session->transaction);
    session->transaction = NULL;
}

static struct smtp_reply syntax_error(const char *usage)
{
    return smtp_reply_make(501, "5.5.4", "Syntax: %s", usage);
}

/* --- HELO, EHLO, LHLO --------------------------------------------------------------------- */

static bool remember_helo(struct smtp_session *session, struct bytes name)
{
    if (!smtp_syntax_host(name))
        return false;
    forget(session);
    return bytes_to_text(name, session->helo, sizeof session->helo);
}

static struct smtp_reply answer_helo(struct smtp_session *session, struct bytes rest)
{
    if (session->settings->flavour == SMTP_FLAVOUR_LMTP)
        return smtp_reply_make(500, "5.5.1", "This is LMTP: say LHLO");
    if (!remember_helo(session, rest))
        return syntax_error("HELO host");
    return smtp_reply_make(250, "", "%s", session->settings->host_name);
}

/* Replies to EHLO carry no enhanced codes (RFC 2034 §4). */
static struct smtp_reply offer_extensions(struct smtp_session *session)
{
    const struct smtp_server_settings *settings = session->settings;
    (void)buffer_add_format(&session->output, "250-%s\r\n", settings->host_name);
    (void)buffer_add_text(&session->output, "250-PIPELINING\r\n");
    (void)buffer_add_format(&session->output, "250-SIZE %llu\r\n",
                            (unsigned long long)settings->size_max);
    if (session->xforward) {
        (void)buffer_add_text(&session->output, "250-XFORWARD");
        for (enum smtp_xforward_attribute i = 0; i < SMTP_XFORWARD_COUNT; i++)
            (void)buffer_add_format(&session->output, " %s", smtp_syntax_xforward_name(i));
        (void)buffer_add_text(&session->output, "\r\n");
    }
    /* A limit below a hundred is for SMTP to be told (RFC 9422). */
    if (settings->flavour == SMTP_FLAVOUR_SMTP)
        (void)buffer_add_format(&session->output, "250-LIMITS RCPTMAX=%zu\r\n",
                                settings->recipients_max);
    (void)buffer_add_text(&session->output, "250-ENHANCEDSTATUSCODES\r\n"
                                            "250-8BITMIME\r\n"
                                            "250-DSN\r\n");
    return smtp_reply_make(250, "", "SMTPUTF8");
}

static struct smtp_reply answer_ehlo(struct smtp_session *session, struct bytes rest)
{
    if (session->settings->flavour == SMTP_FLAVOUR_LMTP)
        return smtp_reply_make(500, "5.5.1", "This is LMTP: say LHLO");
    if (!remember_helo(session, rest))
        return syntax_error("EHLO host");
    return offer_extensions(session);
}

static struct smtp_reply answer_lhlo(struct smtp_session *session, struct bytes rest)
{
    if (session->settings->flavour == SMTP_FLAVOUR_SMTP)
        return smtp_reply_make(500, "5.5.1", "This is SMTP: say EHLO");
    if (!remember_helo(session, rest))
        return syntax_error("LHLO host");
    return offer_extensions(session);
}

/* --- MAIL --------------------------------------------------------------------------------- */

static bool is(struct bytes text, const char *word)
{
    return bytes_equal_nocase(text, bytes_text(word));
}

/* One parameter of MAIL into the envelope; ST_LIMIT: not known, or not with this value. */
static enum status mail_parameter(struct smtp_transaction *transaction, struct bytes name,
                                  struct bytes value)
{
    struct smtp_envelope *envelope = &transaction->envelope;
    if (is(name, "SIZE"))
        return number_parse(value, 0, INT64_MAX, &envelope->size) == ST_OK ? ST_OK : ST_BAD;
    if (is(name, "BODY") && (is(value, "7BIT") || is(value, "8BITMIME"))) {
        envelope->eight_bit = is(value, "8BITMIME");
        return ST_OK;
    }
    if (is(name, "SMTPUTF8") && value.n == 0) {
        envelope->utf8 = true;
        return ST_OK;
    }
    if (is(name, "RET") && (is(value, "FULL") || is(value, "HDRS"))) {
        envelope->ret = is(value, "FULL") ? "FULL" : "HDRS";
        return ST_OK;
    }
    if (is(name, "ENVID")) {
        if (value.n > 100 || !smtp_syntax_xtext(value))
            return ST_BAD;
        envelope->envid = smtp_transaction_keep(transaction, value);
        return ST_OK;
    }
    return ST_LIMIT;
}

static enum status mail_parameters(struct smtp_transaction *transaction, struct bytes rest)
{
    struct bytes name, value;
    enum status status;
    while ((status = smtp_syntax_parameter(&rest, &name, &value)) == ST_OK) {
        status = mail_parameter(transaction, name, value);
        if (status != ST_OK)
            return status;
    }
    return status == ST_NONE ? ST_OK : status;
}

/* XFORWARD may have begun the transaction already. */
static struct smtp_transaction *begin(struct smtp_session *session)
{
    if (session->transaction == NULL)
        session->transaction = smtp_transaction_new(session->peer, session->helo);
    return session->transaction;
}

static struct smtp_reply answer_mail(struct smtp_session *session, struct bytes rest)
{
    struct bytes sender;
    if (smtp_syntax_path(&rest, BYTES_LITERAL("FROM:"), &sender) != ST_OK)
        return syntax_error("MAIL FROM:<address> [parameters]");
    if (is(sender, "postmaster"))
        return smtp_reply_make(553, "5.1.7", "The sender's address has no domain");

    /* A refused MAIL leaves nothing behind: what it began is forgotten below, but for the sender,
     * which the report of the refusal names. */
    struct smtp_transaction *transaction = begin(session);
    enum status status = mail_parameters(transaction, rest);
    const struct smtp_envelope *envelope = &transaction->envelope;
    struct smtp_reply reply;
    if (status == ST_BAD)
        reply = syntax_error("MAIL FROM:<address> [parameters]");
    else if (status != ST_OK)
        reply = smtp_reply_make(555, "5.5.4", "A parameter of MAIL is not known here");
    else if (smtp_syntax_eight_bit(sender) && !envelope->utf8)
        reply = smtp_reply_make(553, "5.6.7", "Such an address needs SMTPUTF8");
    else if (envelope->size > session->settings->size_max)
        reply = smtp_reply_make(552, "5.3.4", "The letter is larger than %llu bytes",
                                (unsigned long long)session->settings->size_max);
    else
        reply = smtp_reply_make(250, "2.1.0", "Sender OK");

    if (smtp_reply_taken(&reply)) {
        transaction->envelope.sender = smtp_transaction_keep(transaction, sender);
        return reply;
    }
    (void)bytes_to_text(sender, session->refused_sender, sizeof session->refused_sender);
    forget(session);
    return reply;
}

/* --- RCPT --------------------------------------------------------------------------------- */

/* What RCPT's parameters say, as views of the command line; n == 0: not given. */
struct recipient_words {
    struct bytes notify;
    struct bytes original;
};

static enum status recipient_parameters(struct bytes rest, struct recipient_words *words_out)
{
    struct recipient_words words = {BYTES_NONE, BYTES_NONE};
    struct bytes name, value;
    enum status status;
    while ((status = smtp_syntax_parameter(&rest, &name, &value)) == ST_OK) {
        bool notify = is(name, "NOTIFY");
        if (!notify && !is(name, "ORCPT"))
            return ST_LIMIT;
        if (notify ? !smtp_syntax_notify(value) : !smtp_syntax_orcpt(value))
            return ST_BAD;
        *(notify ? &words.notify : &words.original) = value;
    }
    if (status != ST_NONE)
        return status;
    *words_out = words;
    return ST_OK;
}

static void add_recipient(struct smtp_transaction *transaction, const char *address,
                          const struct recipient_words *words)
{
    struct smtp_recipient recipient = {.address = address};
    if (words->notify.n > 0)
        recipient.notify = smtp_transaction_keep(transaction, words->notify);
    if (words->original.n > 0)
        recipient.original = smtp_transaction_keep(transaction, words->original);
    smtp_transaction_add(transaction, recipient);
}

static struct smtp_reply answer_rcpt(struct smtp_session *session, struct bytes rest)
{
    const struct smtp_server_settings *settings = session->settings;
    struct smtp_transaction *transaction = session->transaction;
    struct bytes address;
    if (smtp_syntax_path(&rest, BYTES_LITERAL("TO:"), &address) != ST_OK || address.n == 0)
        return syntax_error("RCPT TO:<address> [parameters]");

    struct recipient_words words;
    enum status status = recipient_parameters(rest, &words);
    if (status == ST_BAD)
        return syntax_error("RCPT TO:<address> [parameters]");
    if (status != ST_OK)
        return smtp_reply_make(555, "5.5.4", "A parameter of RCPT is not known here");
    if (smtp_syntax_eight_bit(address) && !transaction->envelope.utf8)
        return smtp_reply_make(553, "5.6.7", "Such an address needs SMTPUTF8");
    if (transaction->envelope.recipient_count >= settings->recipients_max)
        return smtp_reply_make(452, "4.5.3",
                               "Too many recipients; send the rest in another letter");

    const char *text = smtp_transaction_keep(transaction, address);
    struct smtp_reply reply = smtp_reply_make(250, "2.1.5", "Recipient OK");
    if (settings->recipient_check != NULL)
        reply =
            settings->recipient_check(settings->recipient_context, &transaction->envelope, text);
    if (smtp_reply_taken(&reply))
        add_recipient(transaction, text, &words);
    return reply;
}

/* --- DATA and the short ones -------------------------------------------------------------- */

static struct smtp_reply answer_data(struct smtp_session *session, struct bytes rest)
{
    if (rest.n > 0)
        return syntax_error("DATA");
    if (session->transaction->envelope.recipient_count == 0)
        return smtp_reply_make(503, "5.5.1", "No recipient was accepted");
    return smtp_reply_make(354, "", "Send the letter, end it with <CRLF>.<CRLF>");
}

static struct smtp_reply answer_rset(struct smtp_session *session, struct bytes rest)
{
    if (rest.n > 0)
        return syntax_error("RSET");
    forget(session);
    return smtp_reply_make(250, "2.0.0", "Forgotten");
}

static struct smtp_reply answer_noop(struct smtp_session *session, struct bytes rest)
{
    (void)session;
    (void)rest;
    return smtp_reply_make(250, "2.0.0", "OK");
}

static struct smtp_reply answer_quit(struct smtp_session *session, struct bytes rest)
{
    if (rest.n > 0)
        return syntax_error("QUIT");
    return smtp_reply_make(221, "2.0.0", "%s closes", session->settings->host_name);
}

static struct smtp_reply answer_vrfy(struct smtp_session *session, struct bytes rest)
{
    (void)session;
    if (rest.n == 0)
        return syntax_error("VRFY address");
    return smtp_reply_make(252, "2.1.5", "Send a letter and see");
}

static struct smtp_reply answer_absent(struct smtp_session *session, struct bytes rest)
{
    (void)session;
    (void)rest;
    return smtp_reply_make(502, "5.5.1", "This command is not offered here");
}

static struct smtp_reply answer_unknown(struct smtp_session *session, struct bytes rest)
{
    (void)session;
    (void)rest;
    return smtp_reply_make(500, "5.5.2", "This is not a command");
}

static struct smtp_reply answer_foreign(struct smtp_session *session, struct bytes rest)
{
    (void)rest;
    return smtp_reply_make(421, "4.7.0", "%s speaks no HTTP", session->settings->host_name);
}

/* --- XFORWARD ----------------------------------------------------------------------------- */

/* One attribute; "[UNAVAILABLE]" and "[TEMPUNAVAIL]" are told apart by nobody here. */
static enum status forward_attribute(struct smtp_transaction *transaction, struct bytes name,
                                     struct bytes value)
{
    enum smtp_xforward_attribute attribute = smtp_syntax_xforward(name);
    if (attribute == SMTP_XFORWARD_COUNT)
        return ST_BAD;
    if (is(value, "[UNAVAILABLE]") || is(value, "[TEMPUNAVAIL]")) {
        smtp_transaction_forward(transaction, attribute, NULL);
        return ST_OK;
    }
    struct buffer text;
    buffer_init(&text, SMTP_XFORWARD_MAX);
    enum status status = smtp_syntax_xtext_decode(value, &text);
    if (status == ST_OK)
        smtp_transaction_forward(transaction, attribute,
                                 smtp_transaction_keep(transaction, buffer_bytes(&text)));
    buffer_done(&text);
    return status;
}

static struct smtp_reply answer_xforward(struct smtp_session *session, struct bytes rest)
{
    if (!session->xforward)
        return smtp_reply_make(550, "5.7.0", "%s may not send XFORWARD", session->peer);
    if (smtp_session_in_mail(session))
        return smtp_reply_make(503, "5.5.1", "XFORWARD stands before MAIL");

    struct smtp_transaction *transaction = begin(session);
    struct bytes name, value;
    enum status status = rest.n == 0 ? ST_BAD : ST_OK;
    while (status == ST_OK && (status = smtp_syntax_parameter(&rest, &name, &value)) == ST_OK)
        status = forward_attribute(transaction, name, value);
    if (status == ST_NONE)
        return smtp_reply_make(250, "2.0.0", "OK");
    forget(session);
    return syntax_error("XFORWARD attribute=value …");
}

/* --- the table ---------------------------------------------------------------------------- */

enum when {
    WHEN_ALWAYS,
    WHEN_GREETED, /* after HELO, EHLO or LHLO */
    WHEN_NO_MAIL, /* and no transaction is open */
    WHEN_MAIL,    /* and MAIL was accepted */
};

static const struct {
    answer *answer;
    enum when when;
    const char *name; /* in reports of refusals; never the client's own words */
} rules[] = {
    [SMTP_VERB_UNKNOWN] = {answer_unknown, WHEN_ALWAYS, "unknown"},
    [SMTP_VERB_HELO] = {answer_helo, WHEN_ALWAYS, "HELO"},
    [SMTP_VERB_EHLO] = {answer_ehlo, WHEN_ALWAYS, "EHLO"},
    [SMTP_VERB_LHLO] = {answer_lhlo, WHEN_ALWAYS, "LHLO"},
    [SMTP_VERB_MAIL] = {answer_mail, WHEN_NO_MAIL, "MAIL"},
    [SMTP_VERB_RCPT] = {answer_rcpt, WHEN_MAIL, "RCPT"},
    [SMTP_VERB_DATA] = {answer_data, WHEN_MAIL, "DATA"},
    [SMTP_VERB_RSET] = {answer_rset, WHEN_ALWAYS, "RSET"},
    [SMTP_VERB_NOOP] = {answer_noop, WHEN_ALWAYS, "NOOP"},
    [SMTP_VERB_QUIT] = {answer_quit, WHEN_ALWAYS, "QUIT"},
    [SMTP_VERB_VRFY] = {answer_vrfy, WHEN_ALWAYS, "VRFY"},
    [SMTP_VERB_XFORWARD] = {answer_xforward, WHEN_GREETED, "XFORWARD"},
    [SMTP_VERB_ABSENT] = {answer_absent, WHEN_ALWAYS, "absent"},
    [SMTP_VERB_FOREIGN] = {answer_foreign, WHEN_ALWAYS, "foreign"},
};

static const char *out_of_order(const struct smtp_session *session, enum when when)
{
    if (when != WHEN_ALWAYS && session->helo[0] == '\0')
        return session->settings->flavour == SMTP_FLAVOUR_LMTP ? "Say LHLO first"
                                                               : "Say EHLO first";
    if (when == WHEN_NO_MAIL && smtp_session_in_mail(session))
        return "A transaction is open already";
    if (when == WHEN_MAIL && !smtp_session_in_mail(session))
        return "Say MAIL first";
    return NULL;
}

/* No control character has a place in a command: what hides one is not looked at further. */
static bool has_control(struct bytes line)
{
    for (size_t i = 0; i < line.n; i++)
        if (line.p[i] < ' ' || line.p[i] == 0x7f)
            return true;
    return false;
}

enum smtp_turn smtp_command(struct smtp_session *session, struct bytes line,
                            struct smtp_reply *reply_out)
{
    struct bytes rest = BYTES_NONE;
    enum smtp_verb verb = SMTP_VERB_UNKNOWN;
    if (!has_control(line))
        verb = smtp_syntax_verb(line, &rest);
    session->command = rules[verb].name;

    const char *wrong = out_of_order(session, rules[verb].when);
    struct smtp_reply reply = wrong != NULL ? smtp_reply_make(503, "5.5.1", "%s", wrong)
                                            : rules[verb].answer(session, rest);
    *reply_out = reply;
    if (reply.code == 354)
        return SMTP_TURN_LETTER;
    return reply.code == 221 || reply.code == 421 ? SMTP_TURN_END : SMTP_TURN_COMMAND;
}

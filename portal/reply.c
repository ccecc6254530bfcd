/* SPDX-License-Identifier: Apache-2.0
 * portal: what goes wrong, as an HTTP code and a page that says what happened and what to do.
 * Codes: RFC 9110, 6585. */
#include "reply.h"

#include "human.h"
#include "io.h"
#include "sentence.h"

struct text {
    unsigned code;
    const char *heading, *happened, *advice;
    const char *link, *link_text; /* NULL: none */
};

#define HOME "/", SENTENCE("Go to the start page")
#define NO_LINK NULL, NULL

static const struct text texts[REPLY_COUNT] = {
    [REPLY_MALFORMED] = {400, SENTENCE("This request can’t be understood"),
                         SENTENCE("What your browser or a program between us sent is not complete "
                                  "or not well formed. Nothing was stored."),
                         SENTENCE("Go back and try once more. If you opened an attachment, save it "
                                  "first and choose the saved file on the start page."),
                         HOME},
    [REPLY_NOT_FOUND] = {404, SENTENCE("There is no such page"),
                         SENTENCE(
                             "The address may be mistyped, or the page is not there any more."),
                         SENTENCE("Begin at the start page."), HOME},
    [REPLY_METHOD] = {405, SENTENCE("This page can’t be used that way"),
                      SENTENCE("It was asked for in a way that it does not know."),
                      SENTENCE("Begin at the start page."), HOME},
    [REPLY_NO_LENGTH] = {411, SENTENCE("This request can’t be understood"),
                         SENTENCE("The browser did not say how much it is going to send."),
                         SENTENCE("Please try another browser."), HOME},
    [REPLY_TOO_LARGE] = {413, SENTENCE("This is too large"),
                         SENTENCE("The message or form is larger than this service takes. Nothing "
                                  "was stored."),
                         SENTENCE("If it is a message you received, ask its sender to send it in "
                                  "parts."),
                         HOME},
    [REPLY_FORM_OLD] = {403, SENTENCE("This page was open for too long"),
                        SENTENCE("For your safety a form counts for a limited time and in one "
                                 "browser only. Nothing was changed."),
                        SENTENCE("Go back, load the page again and repeat what you did. This "
                                 "service needs cookies; please allow them."),
                        HOME},
    [REPLY_FORM_FOREIGN] = {403, SENTENCE("This form came from another site"),
                            SENTENCE("Another site tried to act here in your name, or a program "
                                     "between us changed the form. Nothing was changed."),
                            SENTENCE("If you did not expect this, close the page you came from."),
                            HOME},
    [REPLY_SIGNED_OUT] = {403, SENTENCE("You are signed out"),
                          SENTENCE(
                              "You signed out, or nothing happened for a long time. Nothing was "
                              "changed."),
                          SENTENCE("Sign in again, or open the attachment again."), "/sign-in",
                          SENTENCE("Sign in")},

    [REPLY_UPLOAD_EMPTY] = {400, SENTENCE("There was no message"),
                            SENTENCE(
                                "No file was chosen, or a program between us emptied the form."),
                            SENTENCE("Choose the saved attachment, SecureMessage.html."), "/upload",
                            SENTENCE("Choose a file")},
    [REPLY_NO_CARRIER] = {422, SENTENCE("This file is not a secure message"),
                          SENTENCE("It is not an attachment that this service made. Nothing was "
                                   "stored."),
                          SENTENCE("Choose the attachment itself, SecureMessage.html, not the mail "
                                   "it came with."),
                          "/upload", SENTENCE("Choose another file")},
    [REPLY_UPLOAD_CUT] = {422, SENTENCE("This message is incomplete"),
                          SENTENCE("Your mail program cut the attachment: its end is missing. "
                                   "Nothing was stored."),
                          SENTENCE("Save the attachment to your device first and choose the saved "
                                   "file. If that does not help, ask the sender to send it again."),
                          "/upload", SENTENCE("Choose the saved file")},
    [REPLY_UPLOAD_DAMAGED] = {422, SENTENCE("This message is damaged or not complete"),
                              SENTENCE("Part of it is missing or was changed on its way. Some mail "
                                       "programs cut large attachments when they are opened "
                                       "directly. Nothing was stored."),
                              SENTENCE("Save the attachment to your device first and choose the "
                                       "saved file. If that does not help, ask the sender to send "
                                       "it again."),
                              "/upload", SENTENCE("Choose the saved file")},
    [REPLY_UNSIGNED] = {422, SENTENCE("This message is not signed"),
                        SENTENCE("Every message of ours carries a signature that proves where it "
                                 "comes from. This one has none, so it is refused. Nothing was "
                                 "stored."),
                        SENTENCE(
                            "Save the attachment to your device first and choose the saved "
                            "file. If it is refused again, do not trust the mail it came with, "
                            "and tell the help desk."),
                        "/upload", SENTENCE("Choose the saved file")},
    [REPLY_FORGED] = {422, SENTENCE("This message is not genuine, or it was changed"),
                      SENTENCE("Its signature is not ours, or the message was changed after it was "
                               "signed. It is refused, and nothing was stored."),
                      SENTENCE(
                          "Save the attachment to your device first and choose the saved file. "
                          "If it is refused again, do not trust the mail it came with, and "
                          "tell the help desk."),
                      "/upload", SENTENCE("Choose the saved file")},
    [REPLY_FULL] = {503, SENTENCE("Too many messages at the moment"),
                    SENTENCE("This service is holding as many messages for you, or in all, as it "
                             "can. Nothing is lost: yours is in your mailbox."),
                    SENTENCE("Please try again in an hour."), HOME},

    [REPLY_MESSAGE_GONE] = {410, SENTENCE("This message is not here any more"),
                            SENTENCE("We keep a message only for a short time, still encrypted. "
                                     "Yours is safe in your mailbox."),
                            SENTENCE("Open the attachment again and press “Read message”."), HOME},
    [REPLY_EXPIRED] = {410, SENTENCE("This message can’t be opened any more"),
                       SENTENCE("Messages can be opened until a certain date, which also stands in "
                                "the mail. That date is over."),
                       SENTENCE("Ask its sender to send it again."), NO_LINK},
    [REPLY_TOO_EARLY] = {403, SENTENCE("This message can’t be opened yet"),
                         SENTENCE("It was sealed for a time that has not come."),
                         SENTENCE("Please try again later."), NO_LINK},
    [REPLY_RECALLED] = {410, SENTENCE("The sender took this message back"),
                        SENTENCE("It can’t be opened any more."),
                        SENTENCE("If you expected it, ask its sender."), NO_LINK},
    [REPLY_REVOKED] = {403, SENTENCE("Your ID is revoked"),
                       SENTENCE("It can’t sign in or open messages."),
                       SENTENCE("If you think this is a mistake, ask the help desk."), NO_LINK},
    [REPLY_NOT_ADDRESSEE] = {403, SENTENCE("This message is not addressed to you"),
                             SENTENCE("Your ID has not proved the address that the message is "
                                      "addressed to."),
                             SENTENCE("Sign in with that address. If it is not yours, the message "
                                      "was not meant for you; please tell the help desk."),
                             HOME},
    [REPLY_DAMAGED] = {422, SENTENCE("This message can’t be opened"),
                       SENTENCE("It is damaged, or it was not made by us."),
                       SENTENCE("Ask its sender to send it again."), NO_LINK},
    [REPLY_NOT_OURS] = {422, SENTENCE("This message can’t be opened here"),
                        SENTENCE("Its key is not kept by this service."),
                        SENTENCE("Compare the address that the attachment prints with the one your "
                                 "browser shows, and ask the help desk."),
                        NO_LINK},
    [REPLY_PART_GONE] = {404, SENTENCE("There is no such attachment"),
                         SENTENCE("The message has no such part, or it can’t be shown in a "
                                  "browser."),
                         SENTENCE("Go back to the message and download it instead."), HOME},

    [REPLY_LINK_OLD] = {410, SENTENCE("This link is not good any more"),
                        SENTENCE("It was used already, was replaced by a later one, or is too old. "
                                 "If you used it yourself, you are registered."),
                        SENTENCE("Open the attachment of your message again and press “Read "
                                 "message”. You can sign in there, or register again."),
                        "/sign-in", SENTENCE("Sign in")},
    [REPLY_THROTTLED] = {429, SENTENCE("Too many attempts"),
                         SENTENCE("There were too many attempts in a short time."),
                         SENTENCE("Please wait some minutes and try again."), HOME},

    [REPLY_CROWD] = {503, SENTENCE("Please try again in a moment"),
                     SENTENCE("Too many forms are on their way from your network at once. Nothing "
                              "was stored or changed."),
                     SENTENCE("Wait until the others are done and try again."), HOME},
    [REPLY_BUSY] = {503, SENTENCE("Please try again in a moment"),
                    SENTENCE(
                        "A part of this service can’t be reached just now. Nothing is lost: if "
                        "you opened a message, it is kept, still encrypted, for a while."),
                    SENTENCE("Load this page again in a moment."), NO_LINK},
    [REPLY_FAULT] = {500, SENTENCE("Something went wrong on our side"),
                     SENTENCE("That should not have happened; it was written down. Your message is "
                              "safe in your mailbox."),
                     SENTENCE("Please try again. If it happens again, tell the help desk."), HOME},
};

void reply_with(struct visit *visit, enum reply reply, const char *more, const char *link)
{
    const struct text *text = &texts[reply];
    struct page_trouble page = {
        .heading = text->heading,
        .happened = text->happened,
        .more = more,
        .advice = text->advice,
        .link = link != NULL ? link : text->link,
        .link_text = link != NULL ? SENTENCE("Try again") : text->link_text,
    };
    struct page_frame frame;

    visit->errors_n = 0;
    frame = visit_frame(visit);
    buffer_clear(&visit->response->body);
    io_close(&visit->response->body_fd);
    visit->response->policy = HTTP_POLICY_PAGE;
    visit_page(visit, text->code, page_trouble_render(&page, &frame, &visit->response->body));
    if (text->code == 503)
        http_header(visit->response, "Retry-After", "10");
}

void reply(struct visit *visit, enum reply reply)
{
    reply_with(visit, reply, NULL, NULL);
}

static enum reply reply_of(enum status status, enum wire_reason reason)
{
    switch (reason) {
    case REASON_EXPIRED:
        return REPLY_EXPIRED;
    case REASON_TOO_EARLY:
        return REPLY_TOO_EARLY;
    case REASON_RECALLED:
        return REPLY_RECALLED;
    case REASON_REVOKED:
        return REPLY_REVOKED;
    case REASON_NOT_ADDRESSEE:
        return REPLY_NOT_ADDRESSEE;
    case REASON_UNKNOWN_DISTRICT:
        return REPLY_NOT_OURS;
    case REASON_TOKEN:
        return REPLY_LINK_OLD;
    case REASON_THROTTLED:
        return REPLY_THROTTLED;
    case REASON_SESSION:
        return REPLY_SIGNED_OUT;
    case REASON_BUSY:
        return REPLY_BUSY;
    default:
        break;
    }
    switch (status) {
    case ST_TEMP:
    case ST_LIMIT:
        return REPLY_BUSY;
    case ST_BAD:
        return REPLY_DAMAGED;
    default:
        return REPLY_FAULT;
    }
}

void reply_verdict(struct visit *visit, struct wire_verdict verdict)
{
    char wait[HUMAN_SIZE], more[HUMAN_SIZE + 40];

    human_wait(verdict.wait, wait);
    (void)snprintf(more, sizeof(more), SENTENCE("You can try again in %s."), wait);
    reply_with(visit, reply_of(verdict.status, verdict.reason), verdict.wait > 0 ? more : NULL,
               NULL);
}

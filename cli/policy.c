/* SPDX-License-Identifier: Apache-2.0
 * cli: policy: which rule decides, and why. `test` asks for one mail; `simulate` counts over many.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

#include "commands.h"
#include "inspect.h"
#include "io.h"
#include "mail_question.h"
#include "memory.h"
#include "simulate.h"

#define MAIL_MAX (256u << 20)
#define FOREVER_MS (24 * 3600 * INT64_C(1000))

struct options {
    const char *config_path, *from;
    const char *to[MAIL_RECIPIENTS_MAX];
    size_t to_count;
    bool json;
};

static enum status read_options(struct options *options, int count, char **arguments,
                                struct why *why)
{
    static const struct option longs[] = {{"from", required_argument, NULL, 'f'},
                                          {"to", required_argument, NULL, 't'},
                                          {"json", no_argument, NULL, 'j'},
                                          {NULL, 0, NULL, 0}};
    for (int option; (option = getopt_long(count, arguments, "c:", longs, NULL)) != -1;) {
        if (option == 'c')
            options->config_path = optarg;
        else if (option == 'f')
            options->from = optarg;
        else if (option == 'j')
            options->json = true;
        else if (option == 't' && options->to_count < MAIL_RECIPIENTS_MAX)
            options->to[options->to_count++] = optarg;
        else
            return why_set(why, ST_BAD, "there is no such option, or too many recipients");
    }
    return ST_OK;
}

/* --- test --------------------------------------------------------------------------------------
 */

/* What was asked for takes the place of what the mail says. */
static enum status override(const struct options *options, struct mail_question *mail,
                            struct why *why)
{
    struct why reason = {""};
    if (options->from != NULL && options->from[0] == '\0')
        mail->sender.text[0] = '\0';
    else if (options->from != NULL &&
             address_parse(bytes_text(options->from), &mail->sender, &reason) != ST_OK)
        return why_set(why, ST_BAD, "--from: %s", reason.text);
    if (options->to_count > 0)
        mail->recipient_count = 0;
    for (size_t i = 0; i < options->to_count; i++) {
        if (address_parse(bytes_text(options->to[i]), &mail->recipients[i], &reason) != ST_OK)
            return why_set(why, ST_BAD, "--to: %s", reason.text);
        mail->recipient_count++;
    }
    return mail->recipient_count > 0
               ? ST_OK
               : why_set(why, ST_BAD, "the mail names no recipient: give --to");
}

/* One line for the recipient, and one for each rule that was asked before an answer came. */
static void explain(const struct policy *policy, const struct policy_question *question)
{
    const struct policy_decision *decision = policy_decide(policy, question);
    const char *refusal = policy_refusal(decision);
    printf("%s: %s, by rule “%s”%s%s\n", question->recipient,
           policy_action_name(policy_action(decision)), policy_rule(decision),
           refusal == NULL ? "" : ": ", refusal == NULL ? "" : refusal);
    for (size_t i = 0; i < policy_count(policy); i++) {
        const char *fails = policy_fails(policy, i, question);
        printf("    %s: %s%s\n", policy_rule(policy_at(policy, i)),
               fails == NULL ? "holds" : "no, because of ", fails == NULL ? "" : fails);
        if (fails == NULL)
            return;
    }
    printf("    no rule holds: [policies] default decides\n");
}

static enum status read_input(struct buffer *mail, struct why *why)
{
    enum status status = ST_OK;
    while (status == ST_OK) {
        size_t n = 0;
        uint8_t *space = buffer_space(mail, 65536);
        if (space == NULL)
            return why_set(why, ST_LIMIT, "the mail is too large");
        status = io_read(STDIN_FILENO, space, 65536, io_deadline(FOREVER_MS), &n);
        mail->n += status == ST_OK ? n : 0;
    }
    return status == ST_NONE ? ST_OK : why_set(why, status, "the mail can't be read");
}

static enum status test(const struct policy *policy, const struct options *options, struct why *why)
{
    struct buffer text;
    struct mail_question *mail = memory_new(1, sizeof *mail);
    buffer_init(&text, MAIL_MAX);
    enum status status = read_input(&text, why);
    if (status == ST_OK) {
        status = mail_question_read(buffer_bytes(&text), text.n, mail);
        if (status != ST_OK)
            why_set(why, status, "the mail's header is larger than the gateway takes");
    }
    if (status == ST_OK)
        status = override(options, mail, why);
    for (size_t i = 0; status == ST_OK && i < mail->recipient_count; i++) {
        const struct policy_question question =
            mail_question_for(mail, policy, buffer_bytes(&text), &mail->recipients[i]);
        explain(policy, &question);
    }
    mail_question_done(mail);
    buffer_done(&text);
    free(mail);
    return status;
}

/* --- both --------------------------------------------------------------------------------------
 */

int command_policy(int count, char **arguments)
{
    struct options *options = memory_new(1, sizeof *options);
    struct config *config = NULL;
    struct policy *policy = NULL;
    struct why why = {""};
    const char *what = count > 1 ? arguments[1] : "";
    bool simulates = strcmp(what, "simulate") == 0;
    int code = 1;
    options->config_path = CONFIG_DEFAULT;
    if ((!simulates && strcmp(what, "test") != 0) ||
        read_options(options, count - 1, arguments + 1, &why) != ST_OK ||
        (optind + 1 == count) == simulates) {
        code = command_misused("policy");
        goto out;
    }
    enum status status = config_read(options->config_path, &config, &why);
    if (status == ST_OK)
        status = policy_read(config, &policy, &why);
    if (status == ST_OK)
        inspect_prepare();
    if (status == ST_OK && simulates)
        status = simulate(policy, arguments + 1 + optind, options->json, &why);
    else if (status == ST_OK)
        status = test(policy, options, &why);
    code = status == ST_OK ? 0 : command_failed("policy", &why);
out:
    policy_free(policy);
    config_free(config);
    free(options);
    return code;
}

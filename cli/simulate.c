/* SPDX-License-Identifier: Apache-2.0
 * cli: what rules would do to many mails. */
#include "simulate.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "mail_question.h"
#include "memory.h"

#define TOP_MAX (HEADER_MAX + 65536) /* bytes of a mail that are kept: its header is among them */
#define MAIL_MAX ((size_t)256 << 20) /* where rules ask for the content: all of it */
#define PATH_SIZE 4096
#define PROGRESS_MS 200

/* What became of a rule; the default's is behind those of the rules. */
struct tally {
    uint64_t letters, recipients, bytes;
};

struct simulation {
    const struct policy *policy;
    struct tally *tallies;
    struct mail_question *mail;
    struct buffer top; /* of the mail in hand, at most … */
    size_t most;
    uint64_t size; /* of all of it */
    uint64_t mails, unread;
    uint64_t done, total; /* bytes */
    bool shows;
    int64_t shown; /* when */
};

/* --- one mail ----------------------------------------------------------------------------------
 */

static size_t rule_number(const struct policy *policy, const struct policy_decision *decision)
{
    size_t i = 0;
    while (i < policy_count(policy) && policy_at(policy, i) != decision)
        i++;
    return i;
}

static void show(struct simulation *s, bool last)
{
    int64_t now = clock_monotonic_ms();
    if (!s->shows || (!last && now < s->shown + PROGRESS_MS))
        return;
    unsigned percent = s->total == 0 ? 100 : (unsigned)(s->done * 100 / s->total);
    unsigned width = percent > 100 ? 40 : percent * 40 / 100;
    fprintf(stderr, "\r[%.*s%*s] %3u %%  %llu mails%s", (int)width,
            "########################################", (int)(40 - width), "", percent,
            (unsigned long long)s->mails, last ? "\n" : "");
    s->shown = now;
}

static void count(struct simulation *s)
{
    bool *seen = memory_new(policy_count(s->policy) + 1, sizeof *seen);
    s->mails++;
    if (mail_question_read(buffer_bytes(&s->top), s->size, s->mail) != ST_OK)
        s->unread++;
    for (size_t i = 0; i < s->mail->recipient_count; i++) {
        const struct policy_question question =
            mail_question_for(s->mail, s->policy, buffer_bytes(&s->top), &s->mail->recipients[i]);
        size_t rule = rule_number(s->policy, policy_decide(s->policy, &question));
        s->tallies[rule].recipients++;
        s->tallies[rule].letters += !seen[rule];
        s->tallies[rule].bytes += seen[rule] ? 0 : s->size;
        seen[rule] = true;
    }
    mail_question_done(s->mail);
    free(seen);
    show(s, false);
}

/* A line of the mail in hand: what is behind its header counts only by size. */
static void add_line(struct simulation *s, const char *line, size_t n)
{
    struct bytes bytes = {(const uint8_t *)line, n};
    s->size += n;
    s->done += n;
    if (s->top.n + n <= s->most)
        (void)buffer_add(&s->top, bytes);
}

static void next_mail(struct simulation *s)
{
    if (s->size > 0)
        count(s);
    buffer_clear(&s->top);
    s->size = 0;
}

/* --- places ------------------------------------------------------------------------------------
 */

/* A file of one mail, or of many: a line that begins with "From ", the first or behind an empty
 * one, begins a mail (RFC 4155). */
static enum status read_file(struct simulation *s, const char *path, bool many, struct why *why)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    bool between = true;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return why_set(why, ST_NONE, "%s: %s", path, strerror(errno));
    while ((n = getline(&line, &room, file)) > 0) {
        if (many && between && strncmp(line, "From ", 5) == 0) {
            next_mail(s);
            s->done += (uint64_t)n;
        } else {
            add_line(s, line, (size_t)n);
        }
        between = line[0] == '\n' || (line[0] == '\r' && line[1] == '\n');
    }
    next_mail(s);
    free(line);
    fclose(file);
    return ST_OK;
}

/* A Maildir's cur or new; one that is not there is empty. `measure`: only add its bytes up. */
static enum status read_folder(struct simulation *s, const char *place, const char *name,
                               bool measure, struct why *why)
{
    char path[PATH_SIZE];
    struct stat about;
    struct dirent *entry;
    enum status status = ST_OK;
    snprintf(path, sizeof path, "%s/%s", place, name);
    DIR *folder = opendir(path);
    while (folder != NULL && status == ST_OK && (entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.' || (size_t)snprintf(path, sizeof path, "%s/%s/%s", place, name,
                                                        entry->d_name) >= sizeof path)
            continue;
        if (measure)
            s->total += stat(path, &about) == 0 ? (uint64_t)about.st_size : 0;
        else
            status = read_file(s, path, false, why);
    }
    if (folder != NULL)
        closedir(folder);
    return status;
}

static enum status read_place(struct simulation *s, const char *place, bool measure,
                              struct why *why)
{
    struct stat about;
    if (stat(place, &about) != 0)
        return why_set(why, ST_NONE, "%s: %s", place, strerror(errno));
    if (S_ISDIR(about.st_mode)) {
        enum status status = read_folder(s, place, "cur", measure, why);
        return status == ST_OK ? read_folder(s, place, "new", measure, why) : status;
    }
    if (measure) {
        s->total += (uint64_t)about.st_size;
        return ST_OK;
    }
    return read_file(s, place, true, why);
}

/* --- the table ---------------------------------------------------------------------------------
 */

/* A rule's name has neither quotes nor control characters; a backslash it may have. */
static void print_name(const char *name)
{
    for (; *name != '\0'; name++)
        printf(*name == '\\' ? "\\\\" : "%c", *name);
}

static void print_json(const struct tally *tally, const struct policy_decision *decision)
{
    printf("{\"rule\": \"");
    print_name(policy_rule(decision));
    printf("\", \"action\": \"%s\", \"letters\": %llu, \"recipients\": %llu, \"bytes\": %llu}",
           policy_action_name(policy_action(decision)), (unsigned long long)tally->letters,
           (unsigned long long)tally->recipients, (unsigned long long)tally->bytes);
}

static void print_row(const struct tally *tally, const struct policy_decision *decision)
{
    printf("%-30s %-12s %10llu %11llu %14llu\n", policy_rule(decision),
           policy_action_name(policy_action(decision)), (unsigned long long)tally->letters,
           (unsigned long long)tally->recipients, (unsigned long long)tally->bytes);
}

static void print(const struct simulation *s, bool json)
{
    if (json)
        printf("{\"mails\": %llu, \"unread\": %llu, \"rules\": [", (unsigned long long)s->mails,
               (unsigned long long)s->unread);
    else
        printf("%-30s %-12s %10s %11s %14s\n", "rule", "action", "letters", "recipients", "bytes");
    for (size_t i = 0; i <= policy_count(s->policy); i++) {
        if (json && i > 0)
            printf(", ");
        (json ? print_json : print_row)(&s->tallies[i], policy_at(s->policy, i));
    }
    if (json)
        printf("]}\n");
    else
        printf("%llu mails, %llu with a header that the gateway would refuse\n",
               (unsigned long long)s->mails, (unsigned long long)s->unread);
}

enum status simulate(const struct policy *policy, char *const *places, bool json, struct why *why)
{
    struct simulation s = {
        .policy = policy,
        .tallies = memory_new(policy_count(policy) + 1, sizeof *s.tallies),
        .mail = memory_new(1, sizeof *s.mail),
        .shows = isatty(STDERR_FILENO) == 1,
    };
    enum status status = ST_OK;
    s.most = policy_asks_content(policy) ? MAIL_MAX : TOP_MAX;
    buffer_init(&s.top, s.most);
    for (char *const *place = places; *place != NULL && status == ST_OK; place++)
        status = read_place(&s, *place, true, why);
    for (char *const *place = places; *place != NULL && status == ST_OK; place++)
        status = read_place(&s, *place, false, why);
    if (status == ST_OK) {
        show(&s, true);
        print(&s, json);
    }
    buffer_done(&s.top);
    free(s.mail);
    free(s.tallies);
    return status;
}

/* SPDX-License-Identifier: Apache-2.0
 * config: the one table of settings. Every key that a program looks up stands here, and
 * securemail.conf(5) is made from it. */
#include "settings.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define K UINT64_C(1024)
#define M (K * K)
#define G (K * M)
#define HOUR UINT64_C(3600)
#define DAY (24 * HOUR)

/* How a row is written, by its kind. */
/* clang-format off */
#define TEXT(section, key, fallback, help) {section, key, CONFIG_TEXT, false, fallback, 0, 0, NULL, help}
#define TEXTS(section, key, help) {section, key, CONFIG_TEXT, true, NULL, 0, 0, NULL, help}
#define PATH(section, key, fallback, help) {section, key, CONFIG_PATH, false, fallback, 0, 0, NULL, help}
#define SOCKET(section, key, fallback, help) {section, key, CONFIG_SOCKET, false, fallback, 0, 0, NULL, help}
#define SOCKETS(section, key, fallback, help) {section, key, CONFIG_SOCKET, true, fallback, 0, 0, NULL, help}
#define NETWORKS(section, key, fallback, help) {section, key, CONFIG_NETWORK, true, fallback, 0, 0, NULL, help}
#define URL(section, key, help) {section, key, CONFIG_URL, false, NULL, 0, 0, NULL, help}
#define NUMBER(section, key, fallback, min, max, help) \
    {section, key, CONFIG_NUMBER, false, fallback, min, max, NULL, help}
#define SIZE(section, key, fallback, min, max, help) \
    {section, key, CONFIG_SIZE, false, fallback, min, max, NULL, help}
#define DURATION(section, key, fallback, min, max, help) \
    {section, key, CONFIG_DURATION, false, fallback, min, max, NULL, help}
#define SWITCH(section, key, fallback, help) {section, key, CONFIG_SWITCH, false, fallback, 0, 0, NULL, help}
#define CHOICE(section, key, fallback, choices, help) \
    {section, key, CONFIG_CHOICE, false, fallback, 0, 0, choices, help}

static const struct config_setting table[] = {
    TEXT("district", "name", NULL,
         "The name of the district, in every sealed message. It may never change: do not take a host name that could."),
    TEXT("district", "organisation", NULL,
         "The organisation's name, as people know it: on pages, in notices, in mails."),
    URL("district", "portal",
        "Where readers open their messages. Every link in a mail begins with it."),
    TEXT("district", "help", NULL,
         "Whom to ask for help: one line, printed in every notice and on every page."),
    DURATION("district", "lifetime", "90 days", DAY, 3650 * DAY,
             "How long a message can be opened after the week in which it was sealed began."),
    PATH("district", "parameters", "/etc/securemail/public/parameters",
         "The district's signed public parameters, in a directory of their own."),
    DURATION("district", "parameters-validity", "365 days", DAY, 3650 * DAY,
             "How long parameters can be used that the keyserver signs now; gateways fetch new ones long before."),
    TEXT("district", "authority", NULL,
         "The public key (minisign) that must have signed the parameters."),
    TEXTS("district", "fingerprint",
          "Fingerprints of the parameters that may be used; without it, whatever the authority has signed. The next serial's must be added before it comes."),
    TEXT("district", "signer", NULL,
         "The public key (minisign) of the gateway's signature: the portal opens nothing else."),

    SOCKETS("gateway", "listen", "127.0.0.1:10025",
            "Where the mail server hands letters over by LMTP."),
    SOCKETS("gateway", "listen-smtp", NULL,
            "Where mail servers that don't speak LMTP hand letters over by SMTP, one recipient at a time."),
    NETWORKS("gateway", "networks", "127.0.0.0/8",
             "Whose letters are taken at the ports of listen and listen-smtp; nobody needs to be named who comes by a Unix socket. Whoever is in it can have letters sent and signed in the organisation's name."),
    SOCKET("gateway", "relay", "127.0.0.1:10026",
           "Where letters go on, by SMTP: the mail server's door back in."),
    SOCKET("gateway", "metrics", NULL,
           "Where Prometheus may ask for counters, on this host; not set: nowhere."),
    PATH("gateway", "ca-file", "/etc/ssl/certs/ca-certificates.crt",
         "Whose certificates are trusted where a rule sends by TLS and names no CAs of its own: certificates in PEM."),
    TEXT("gateway", "hostname", "localhost",
         "The name the gateway gives in its greetings and in the identifiers it makes."),
    PATH("gateway", "signing-key", "/etc/securemail/signing.key",
         "The secret key that signs sealed messages; its public half is district signer."),
    PATH("gateway", "spool", "/var/spool/securemail/gateway",
         "Directory for letters too large for memory. They lie there encrypted, without a name, while they pass."),
    NUMBER("gateway", "workers", "4", 1, 512,
           "How many processes take letters; each serves one connection at a time."),
    NUMBER("gateway", "letters-per-worker", "1000", 1, 1000000,
           "After so many letters a worker is replaced by a fresh one."),
    NUMBER("gateway", "attempts", "3", 1, 100,
           "How often a letter may end a worker by accident before it is refused for good."),
    DURATION("gateway", "patience", "30 seconds", 1, 600,
             "When all workers are busy and none takes a connection for so long, those that wait are "
             "sent away with 421."),
    SIZE("gateway", "max-size", "50M", 64 * K, 2 * G,
         "The largest letter that is taken."),
    NUMBER("gateway", "max-recipients", "1000", 100, 100000,
           "The most recipients of one letter."),
    CHOICE("gateway", "bare-line-ends", "reject", "reject keep",
           "What happens to a letter with a bare CR or LF: refused, or passed on as it is."),
    TEXT("gateway", "language", "en",
         "The language of the mails that carry sealed messages: en, es and pt are built in."),
    TEXTS("gateway", "languages",
          "Other languages for recipients in some domains, such as es:example.es, pt:.pt; a domain with a dot in front means all below it. The longest domain counts."),
    PATH("gateway", "notices", NULL,
         "The folder of your own words: for each language in use two files, such as es.txt and es.html. Not set: the words built in."),
    TEXT("gateway", "user", NULL,
         "The user to become when started as root."),

    CHOICE("policies", "default", "seal", "seal pass refuse",
           "What happens to a recipient for whom no rule speaks."),

    SOCKET("portal", "listen", "unix:/run/securemail/portal.sock",
           "Where the web server in front hands requests over by HTTP. A TCP address is for a demonstration on loopback: X-Forwarded-For is believed on a Unix socket only, so behind a web server all visitors would share one visitor's limits."),
    SOCKET("portal", "accounts", "unix:/run/securemail/accounts.sock",
           "Where the accounts service answers."),
    PATH("portal", "spool", "/var/spool/securemail/portal",
         "Directory for messages that were handed in and wait, still sealed, for their reader."),
    DURATION("portal", "spool-time", "1 hour", 60, 7 * DAY,
             "How long such a message waits."),
    SIZE("portal", "spool-size", "4G", M, 1024 * G,
         "The most that all waiting messages may take together."),
    SIZE("portal", "spool-per-source", "256M", M, 1024 * G,
         "The most that waiting messages from one network address may take."),
    SIZE("portal", "max-upload", "75M", 64 * K, 2 * G,
         "The largest message that can be handed in; a sealed letter is a third larger than the letter."),
    DURATION("portal", "idle", "30 minutes", 60, DAY,
             "How long the key of an opened message is kept without use."),
    NUMBER("portal", "connections", "256", 1, 10000,
           "The most connections at once; the next ones wait."),
    NUMBER("portal", "viewers", "16", 1, 512,
           "The most messages that are decrypted and displayed at the same moment."),
    SWITCH("portal", "secure-cookies", "yes",
           "Cookies for HTTPS only. No is for a demonstration on loopback."),
    TEXT("portal", "user", NULL,
         "The user to become when started as root."),

    SOCKET("accounts", "listen", "unix:/run/securemail/accounts.sock",
           "Where the portal asks."),
    TEXTS("accounts", "allow-user",
          "Users (names or numbers) whose programs may ask; without it only the service's own user."),
    PATH("accounts", "database", "/var/lib/securemail/accounts.sqlite",
         "The database of accounts."),
    SOCKET("accounts", "keyserver", "unix:/run/securemail/keyserver.sock",
           "Where the keyserver answers."),
    SOCKET("accounts", "relay", "127.0.0.1:25",
           "Where the service's own mails go, by SMTP."),
    TEXT("accounts", "hostname", "localhost",
         "The name the service gives to the relay and in the identifiers it makes."),
    TEXT("accounts", "from", NULL,
         "The sender's address of the service's own mails, such as do_not_reply@example.org."),
    DURATION("accounts", "session-idle", "30 minutes", 60, DAY,
             "A session ends when it was not used for so long."),
    DURATION("accounts", "session-max", "12 hours", 60, 30 * DAY,
             "A session ends after so long in any case."),
    DURATION("accounts", "confirm-time", "7 days", 60, 30 * DAY,
             "How long the link that confirms a registration works."),
    SIZE("accounts", "argon2-memory", "19M", 8 * K, G,
         "Memory for computing one password hash (Argon2id)."),
    NUMBER("accounts", "argon2-passes", "2", 1, 100,
           "Passes over that memory."),
    NUMBER("accounts", "argon2-at-once", "4", 1, 256,
           "How many password hashes are computed at the same moment."),
    NUMBER("accounts", "connections", "256", 1, 10000,
           "The most connections at once; the next ones wait."),
    TEXT("accounts", "user", NULL,
         "The user to become when started as root."),

    SOCKET("keyserver", "listen", "unix:/run/securemail/keyserver.sock",
           "Where the accounts service asks."),
    TEXTS("keyserver", "allow-user",
          "Users (names or numbers) whose programs may ask; without it only the keyserver's own user."),
    PATH("keyserver", "master", "/etc/securemail/master",
         "The directory of the district's master secrets: one file for each serial."),
    PATH("keyserver", "passphrase", NULL,
         "The file whose one line is the passphrase of all master secrets, such as a systemd credential; not set: they are not protected."),
    PATH("keyserver", "log", "/var/lib/securemail/key.log",
         "The log of every opened message. If it can't be written, nothing is opened."),
    SWITCH("keyserver", "export-keys", "no",
           "Whether the operator may export keys that open messages without portal and keyserver: for archives and legal hold. Each export is in the log."),
    NUMBER("keyserver", "connections", "64", 1, 10000,
           "The most connections at once; the next ones wait."),
    TEXT("keyserver", "user", NULL,
         "The user to become when started as root."),

    SWITCH("log", "debug", "no",
           "Log what only a developer wants to know, too."),
};
/* clang-format on */

const struct config_setting *config_settings(size_t *count_out)
{
    *count_out = COUNT(table);
    return table;
}

const struct config_setting *settings_find(const char *section, const char *key)
{
    for (size_t i = 0; i < COUNT(table); i++)
        if (strcmp(table[i].section, section) == 0 && strcmp(table[i].key, key) == 0)
            return &table[i];
    return NULL;
}

bool settings_section(const char *section)
{
    for (size_t i = 0; i < COUNT(table); i++)
        if (strcmp(table[i].section, section) == 0)
            return true;
    return false;
}

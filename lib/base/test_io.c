/* SPDX-License-Identifier: Apache-2.0
 * base: files, descriptors, sockets, the log. */
#include <dirent.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "file.h"
#include "io.h"
#include "log.h"
#include "net.h"
#include "net_network.h"

#define T(text) bytes_text(text)
#define PATH_SIZE 64

/* Each test has a folder of its own, which is empty again at the end: nothing is left behind. */
static char folder[32];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/test-base-XXXXXX");
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static const char *in_folder(char path[PATH_SIZE], const char *name)
{
    snprintf(path, PATH_SIZE, "%s/%s", folder, name);
    return path;
}

static void files_are_made_once_and_replaced_whole(void **state)
{
    (void)state;
    char path[PATH_SIZE], below[PATH_SIZE];
    struct buffer content;
    struct stat found;
    buffer_init(&content, 5);
    in_folder(path, "file");
    assert_int_equal(file_read(path, &content, NULL), ST_NONE);
    assert_int_equal(file_create(path, 0640, T("first"), NULL), ST_OK);
    assert_int_equal(file_create(path, 0600, T("other"), NULL), ST_DENIED);
    assert_int_equal(file_read(path, &content, NULL), ST_OK);
    assert_string_equal(buffer_text(&content), "first");
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode & 07777, 0640);
    assert_int_equal(file_replace(path, 0600, T("second"), NULL), ST_OK);
    buffer_clear(&content);
    assert_int_equal(file_read(path, &content, NULL), ST_LIMIT);
    assert_int_equal(file_create(in_folder(below, "none/file"), 0600, T("x"), NULL), ST_FAIL);
    assert_int_equal(file_directory(path, 0700, NULL), ST_FAIL); /* it is a file */
    unlink(path);
    assert_int_equal(file_directory(path, 0700, NULL), ST_OK);
    assert_int_equal(file_directory(path, 0700, NULL), ST_OK);
    rmdir(path);
    buffer_done(&content);
}

static void a_key_file_is_private_or_refused(void **state)
{
    (void)state;
    static const struct {
        mode_t mode;
        enum status status;
    } modes[] = {{0600, ST_OK},     {0400, ST_OK},     {0640, ST_OK},     {0604, ST_DENIED},
                 {0602, ST_DENIED}, {0601, ST_DENIED}, {0620, ST_DENIED}, {0610, ST_DENIED}};
    char path[PATH_SIZE];
    struct secret *secret = NULL;
    in_folder(path, "key");
    assert_int_equal(file_read_secret(path, 5, &secret, NULL), ST_NONE);
    assert_int_equal(file_create(path, 0600, T("bytes"), NULL), ST_OK);
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        chmod(path, modes[i].mode);
        if (file_read_secret(path, 5, &secret, NULL) != modes[i].status)
            fail_msg("mode %04o", modes[i].mode);
        assert_int_equal(secret != NULL, modes[i].status == ST_OK);
        if (secret != NULL)
            assert_true(bytes_equal(secret_bytes(secret), T("bytes")));
        secret_free(secret);
        secret = NULL;
    }
    chmod(path, 0600);
    assert_int_equal(file_read_secret(path, 4, &secret, NULL), ST_LIMIT);
    assert_int_equal(file_replace(path, 0600, BYTES_NONE, NULL), ST_OK);
    assert_int_equal(file_read_secret(path, 4, &secret, NULL), ST_BAD);
    unlink(path);
    assert_int_equal(symlink("/etc/hostname", path), 0);
    assert_int_equal(file_read_secret(path, 1000, &secret, NULL), ST_DENIED);
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(file_read_secret(path, 1000, &secret, NULL), ST_DENIED); /* and no waiting */
    unlink(path);
    assert_null(secret);
}

static void reads_and_writes_end_at_their_deadline(void **state)
{
    (void)state;
    int pair[2];
    uint8_t got[8];
    size_t n;
    static uint8_t much[1 << 20];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(io_read(pair[0], got, sizeof got, io_deadline(20), &n), ST_TEMP);
    /* Nobody reads; then nobody is there, and there is no SIGPIPE. */
    assert_int_equal(io_write_all(pair[0], BYTES_ARRAY(much), io_deadline(20)), ST_TEMP);
    io_close(&pair[1]);
    assert_int_equal(io_write_all(pair[0], T("x"), io_deadline(20)), ST_TEMP);
    io_close(&pair[0]);
    assert_int_equal(pair[0], -1);

    /* A pipe blocks, but our call does not; less than PIPE_BUF of room is no room. */
    assert_int_equal(pipe(pair), 0);
    assert_int_equal(io_write_all(pair[1], T("x"), io_deadline(20)), ST_OK);
    assert_int_equal(io_write_all(pair[1], BYTES_ARRAY(much), io_deadline(20)), ST_TEMP);
    close(pair[0]), close(pair[1]);
}

static void reading_all_tells_an_end_from_a_cut(void **state)
{
    (void)state;
    int pair[2];
    uint8_t got[8];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(io_write_all(pair[0], T("abc"), io_deadline(1000)), ST_OK);
    io_close(&pair[0]);
    assert_int_equal(io_read_all(pair[1], got, 2, io_deadline(1000)), ST_OK);
    assert_int_equal(io_read_all(pair[1], got, 2, io_deadline(1000)), ST_TEMP);
    assert_int_equal(io_read_all(pair[1], got, 2, io_deadline(1000)), ST_NONE);
    io_close(&pair[1]);
}

static int open_descriptors(void)
{
    int count = 0;
    DIR *all = opendir("/proc/self/fd");
    while (readdir(all) != NULL)
        count++;
    closedir(all);
    return count;
}

static void descriptors_travel_over_a_socket(void **state)
{
    (void)state;
    int pair[2], tube[2], received = -1;
    uint8_t got[8];
    size_t n = 0;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    assert_int_equal(pipe(tube), 0);
    assert_int_equal(io_send_fd(pair[0], T("hello"), tube[1]), ST_OK);
    assert_int_equal(io_receive_fd(pair[1], got, sizeof got, &n, &received), ST_OK);
    assert_int_equal(n, 5);
    assert_int_equal(write(received, "x", 1), 1);
    assert_int_equal(read(tube[0], got, 1), 1);

    /* Without a descriptor; cut short: refused, and nothing stays open. */
    int open_before = open_descriptors();
    assert_int_equal(send(pair[0], "y", 1, 0), 1);
    assert_int_equal(io_receive_fd(pair[1], got, sizeof got, &n, &received), ST_BAD);
    assert_int_equal(io_send_fd(pair[0], T("too long for it"), tube[1]), ST_OK);
    assert_int_equal(io_receive_fd(pair[1], got, sizeof got, &n, &received), ST_BAD);
    assert_int_equal(open_descriptors(), open_before);
    io_close(&pair[0]);
    assert_int_equal(io_receive_fd(pair[1], got, sizeof got, &n, &received), ST_NONE);
    close(pair[1]), close(tube[0]), close(tube[1]), close(received);
}

static void two_descriptors_in_one_message_are_refused(void **state)
{
    (void)state;
    int pair[2], received = -1;
    uint8_t got[8];
    size_t n = 0;
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(2 * sizeof(int))];
    } control = {0};
    struct iovec part = {.iov_base = got, .iov_len = 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.space,
                             .msg_controllen = sizeof control.space};
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(2 * sizeof(int));
    memcpy(CMSG_DATA(header), pair, 2 * sizeof(int));
    int open_before = open_descriptors();
    assert_int_equal(sendmsg(pair[0], &message, 0), 1);
    assert_int_equal(io_receive_fd(pair[1], got, sizeof got, &n, &received), ST_BAD);
    assert_int_equal(open_descriptors(), open_before);
    close(pair[0]), close(pair[1]);
}

static void a_unix_socket_listens_once_and_a_dead_one_is_cleared_away(void **state)
{
    (void)state;
    char path[PATH_SIZE], where[PATH_SIZE + 8], peer[NET_PEER_SIZE], wanted[NET_PEER_SIZE];
    int listener = -1, second = -1, client = -1, server = -1;
    struct stat found;
    uid_t uid = 12345;
    snprintf(where, sizeof where, "unix:%s", in_folder(path, "s"));
    assert_int_equal(net_connect(where, 100, &client, NULL), ST_TEMP);
    assert_int_equal(net_listen(where, 0620, &listener, NULL), ST_OK);
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode & 07777, 0620);
    assert_int_equal(net_accept(listener, &server, peer), ST_TEMP); /* nobody yet, and no waiting */
    assert_int_equal(net_listen(where, 0600, &second, NULL), ST_FAIL);
    assert_int_equal(net_accept(listener, &server, peer), ST_OK); /* that was its question */
    io_close(&server);
    assert_int_equal(net_connect(where, 1000, &client, NULL), ST_OK);
    assert_int_equal(net_accept(listener, &server, peer), ST_OK);
    snprintf(wanted, sizeof wanted, "unix:uid=%u", (unsigned)getuid());
    assert_string_equal(peer, wanted);
    assert_int_equal(net_peer_user(server, &uid), ST_OK);
    assert_int_equal(uid, getuid());
    io_close(&client), io_close(&server), io_close(&listener);

    assert_int_equal(net_listen(where, 0600, &listener, NULL), ST_OK);
    io_close(&listener);
    unlink(path);
    /* What is no socket is not cleared away. */
    assert_int_equal(file_create(path, 0600, T("x"), NULL), ST_OK);
    assert_int_equal(net_listen(where, 0600, &listener, NULL), ST_FAIL);
    assert_int_equal(unlink(path), 0);
}

static void *accept_three(void *listener)
{
    for (int i = 0; i < 3; i++)
        close(accept(*(int *)listener, NULL, NULL));
    return NULL;
}

/* A listener with a full backlog is alive: its socket stays, and whoever connects waits. */
static void a_busy_unix_socket_is_waited_for(void **state)
{
    (void)state;
    char path[PATH_SIZE], where[PATH_SIZE + 8];
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM, 0), first = -1, second = -1;
    pthread_t thread;
    snprintf(where, sizeof where, "unix:%s", in_folder(path, "s"));
    memcpy(address.sun_path, path, strlen(path) + 1);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 0), 0);
    assert_int_equal(net_connect(where, 1000, &first, NULL), ST_OK);
    assert_int_equal(net_connect(where, 20, &second, NULL), ST_TEMP);
    assert_int_equal(net_listen(where, 0600, &second, NULL), ST_FAIL);
    assert_int_equal(access(path, F_OK), 0);
    pthread_create(&thread, NULL, accept_three, &listener);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(net_connect(where, 30000, &second, NULL), ST_OK);
        io_close(&second);
    }
    pthread_join(thread, NULL);
    close(first), close(listener), unlink(path);
}

/* Connect to `host` and the port of a listener on `where`; the peer as the listener sees it. */
static bool peer_of(const char *where, const char *host, char peer_out[NET_PEER_SIZE])
{
    int listener = -1, client = -1, server = -1, port = 0;
    char there[64];
    struct stat inherited;
    if (net_listen(where, 0, &listener, NULL) != ST_OK)
        return false;
    assert_int_equal(net_port(listener, &port), ST_OK);
    snprintf(there, sizeof there, "%s:%d", host, port);
    assert_int_equal(net_connect(there, 1000, &client, NULL), ST_OK);
    while (net_accept(listener, &server, peer_out) != ST_OK)
        ;
    assert_int_equal(fstat(server, &inherited), 0);
    close(client), close(server), close(listener);
    assert_int_equal(net_connect(there, 1000, &client, NULL), ST_TEMP);
    return true;
}

static void internet_peers_go_by_their_address(void **state)
{
    (void)state;
    char peer[NET_PEER_SIZE];
    assert_true(peer_of("127.0.0.1:0", "127.0.0.1", peer));
    assert_string_equal(peer, "127.0.0.1");
    if (!peer_of("[::1]:0", "[::1]", peer))
        skip(); /* this machine has no IPv6 */
    assert_string_equal(peer, "::1");
    assert_true(peer_of("[::]:0", "127.0.0.1", peer));
    assert_string_equal(peer, "127.0.0.1"); /* not ::ffff:127.0.0.1 */
}

static void an_address_has_one_form(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",       "25",           "localhost:25", "127.0.0.1",      "127.0.0.1:x",
        "::1:25", "127.0.0.1:",   "127.1:25",     "[127.0.0.1]:25", "127.0.0.1:65536",
        "[::1]",  "[::1%lo]:25",  ":25",          "unix:relative",  "unix:",
        "[]:25",  "127.0.0.1:025"};
    char longer[300] = "unix:/";
    int fd = -1;
    struct why why;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (net_listen(wrong[i], 0, &fd, &why) != ST_BAD ||
            net_connect(wrong[i], 1, &fd, &why) != ST_BAD)
            fail_msg("“%s”", wrong[i]);
    memset(longer + 6, 'x', sizeof longer - 7); /* sun_path has 108 bytes */
    assert_int_equal(net_listen(longer, 0, &fd, &why), ST_BAD);
    assert_int_equal(fd, -1);
}

/* What one log call writes to standard error. */
static void captured(char line_out[4096], enum log_level level, struct log_field field)
{
    int tube[2], saved = dup(STDERR_FILENO);
    assert_int_equal(pipe(tube), 0);
    dup2(tube[1], STDERR_FILENO);
    log_open("gateway", false);
    log_write(level, "letter-relayed", (struct log_field[]){field, L_NUMBER("size", -5)}, 2);
    dup2(saved, STDERR_FILENO);
    close(tube[1]), close(saved);
    ssize_t n = read(tube[0], line_out, 4095);
    line_out[n < 0 ? 0 : n] = '\0';
    close(tube[0]);
}

/* A value can't forge a field or a line, nor move a terminal's cursor. */
static void a_log_line_is_one_line_with_its_own_fields(void **state)
{
    (void)state;
    static const struct {
        const char *text, *line;
    } cases[] = {
        {"bob@example.org", "to=bob@example.org"},
        {"", "to=\"\""},
        {"a b", "to=\"a b\""},
        {"x size=1", "to=\"x size=1\""},
        {"a\nb\r", "to=\"a\\x0ab\\x0d\""},
        {"\" \\", "to=\"\\\" \\\\\""},
        {"\x1b[2J", "to=\"\\x1b[2J\""},
        {"jürgen@example.org", "to=\"jürgen@example.org\""},
        {"\xc2\x9b\x32J", "to=\"\\xc2\\x9b2J\""}, /* U+009B does what ESC [ does */
        {"\xc2\xa0", "to=\"\xc2\xa0\""},
        {"\xff\xc3", "to=\"\\xff\\xc3\""},
    };
    char line[4096], wanted[256];
    unsetenv("JOURNAL_STREAM");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        captured(line, LOG_LEVEL_INFO, L_TEXT("to", cases[i].text));
        snprintf(wanted, sizeof wanted, "gateway letter-relayed %s size=-5\n", cases[i].line);
        assert_string_equal(line, wanted);
    }
    captured(line, LOG_LEVEL_DEBUG, L_NUMBER("hidden", 1));
    assert_string_equal(line, "");
}

static void a_long_value_is_cut_and_hides_nothing(void **state)
{
    (void)state;
    char line[4096], longer[3000];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    unsetenv("JOURNAL_STREAM");
    captured(line, LOG_LEVEL_INFO, L_TEXT("to", longer));
    assert_non_null(strstr(line, "x…\" size=-5\n"));
}

static void the_journal_is_told_the_priority(void **state)
{
    (void)state;
    char line[4096];
    setenv("JOURNAL_STREAM", "1:2", 1);
    captured(line, LOG_LEVEL_ERROR, L_NUMBER("n", 1));
    assert_string_equal(line, "<3>gateway letter-relayed n=1 size=-5\n");
    unsetenv("JOURNAL_STREAM");
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

static void networks_hold_their_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *network, *peer;
        bool valid, holds;
    } table[] = {
        {"192.0.2.0/24", "192.0.2.255", true, true},
        {"192.0.2.0/24", "192.0.3.0", true, false},
        {"192.0.2.128/25", "192.0.2.127", true, false},
        {"192.0.2.7", "192.0.2.7", true, true},
        {"192.0.2.7", "192.0.2.70", true, false},
        {"0.0.0.0/0", "203.0.113.9", true, true},
        {"0.0.0.0/0", "::1", true, false},
        {"0.0.0.0/0", "unix:uid=0", true, false},
        {"2001:db8::/32", "2001:db8:ffff::1", true, true},
        {"2001:db8::/32", "2001:db9::1", true, false},
        {"::/0", "2001:db8::1", true, true},
        {"::1", "::1", true, true},
        {"192.0.2.1/24", "192.0.2.1", false, false},
        {"192.0.2.0/33", "192.0.2.0", false, false},
        {"192.0.2.0/", "192.0.2.0", false, false},
        {"192.0.2/24", "192.0.2.0", false, false},
        {"example.org", "192.0.2.0", false, false},
        {"", "", false, false},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct bytes network = bytes_text(table[i].network);
        if (net_network_valid(network) != table[i].valid ||
            net_network_holds(network, table[i].peer) != table[i].holds)
            fail_msg("%s in %s", table[i].peer, table[i].network);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(files_are_made_once_and_replaced_whole),
        IN_FOLDER(a_key_file_is_private_or_refused),
        cmocka_unit_test(networks_hold_their_addresses),
        cmocka_unit_test(reads_and_writes_end_at_their_deadline),
        cmocka_unit_test(reading_all_tells_an_end_from_a_cut),
        cmocka_unit_test(descriptors_travel_over_a_socket),
        cmocka_unit_test(two_descriptors_in_one_message_are_refused),
        IN_FOLDER(a_unix_socket_listens_once_and_a_dead_one_is_cleared_away),
        IN_FOLDER(a_busy_unix_socket_is_waited_for),
        cmocka_unit_test(internet_peers_go_by_their_address),
        cmocka_unit_test(an_address_has_one_form),
        cmocka_unit_test(a_log_line_is_one_line_with_its_own_fields),
        cmocka_unit_test(a_long_value_is_cut_and_hides_nothing),
        cmocka_unit_test(the_journal_is_told_the_priority),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

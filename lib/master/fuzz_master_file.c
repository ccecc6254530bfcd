/* SPDX-License-Identifier: Apache-2.0
 * master: any bytes as a master file; and, because nothing with a wrong check gets far, any bytes
 * as the lines before a right one. What is accepted can be written again, and is the same text. */
#include <assert.h>

#include "encode.h"
#include "master.h"
#include "suite.h"

#define FUZZ_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void read_file(struct bytes file)
{
    struct master *master = NULL;
    struct buffer again;
    struct why why;
    if (master_read(file, NULL, &master, &why) != ST_OK) {
        assert(strncmp(why.text, "M-", 2) == 0);
        return;
    }
    buffer_init(&again, MASTER_FILE_MAX);
    assert(master_write(master, NULL, &again) == ST_OK);
    assert(bytes_equal(buffer_bytes(&again), file));
    buffer_done(&again);
    master_free(master);
}

/* Everything but the last line is the input's. */
static void read_checked(struct bytes lines)
{
    struct buffer file;
    uint8_t hash[32];
    char check[65];
    suite_sha256((struct suite_parts){{lines}}, hash);
    hex_encode(check, BYTES_ARRAY(hash));
    buffer_init(&file, 2 * FUZZ_MAX);
    buffer_add(&file, lines);
    buffer_add_format(&file, "check: %s\n", check);
    read_file(buffer_bytes(&file));
    buffer_done(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct bytes input = {data, n};
    if (n > FUZZ_MAX)
        return 0;
    read_file(input);
    read_checked(bytes_first(input, bytes_find(input, BYTES_LITERAL("check: "))));
    return 0;
}

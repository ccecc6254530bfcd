/* SPDX-License-Identifier: Apache-2.0
 * master: any bytes as a share, and any bytes as the lines before a right check. */
#include <assert.h>

#include "encode.h"
#include "share.h"
#include "suite.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void read_share(struct bytes file)
{
    struct share *share = NULL;
    struct why why;
    if (share_read(file, &share, &why) != ST_OK) {
        assert(strncmp(why.text, "S-", 2) == 0);
        return;
    }
    assert(share_number(share) >= 1 && share_number(share) <= share_count(share));
    assert(share_needed(share) >= 2 && share_needed(share) <= share_count(share));
    assert(share_count(share) <= SHARE_COUNT_MAX);
    share_free(share);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct bytes input = {data, n}, lines;
    struct buffer file;
    uint8_t hash[32];
    char check[65];
    if (n > SHARE_FILE_MAX + 10)
        return 0;
    read_share(input);
    lines = bytes_first(input, bytes_find(input, BYTES_LITERAL("check: ")));
    suite_sha256((struct suite_parts){{lines}}, hash);
    hex_encode(check, BYTES_ARRAY(hash));
    buffer_init(&file, 2 * SHARE_FILE_MAX);
    buffer_add(&file, lines);
    buffer_add_format(&file, "check: %s\n", check);
    read_share(buffer_bytes(&file));
    buffer_done(&file);
    return 0;
}

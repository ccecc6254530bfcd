/* SPDX-License-Identifier: Apache-2.0
 * keyserver: fuzz target: a key log. The chain is made right for each line, or nothing but the
 * first would ever be read. */
#include "key_check.h"
#include "encode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t chain[KEY_CHAIN_SIZE] = {0}, own[KEY_CHAIN_SIZE];
    struct bytes rest = {data, size}, line;
    struct key_head head;
    struct key_record record;
    struct buffer again;
    struct why why;

    /* As it is. */
    while (bytes_line(&rest, &line)) {
        (void)!key_head_read(line, chain, &head, &why);
        (void)!key_record_read(line, chain, &record, &why);
    }

    /* Whatever a record holds: if it can be written, it can be read. */
    memset(&record, 0, sizeof record);
    memcpy(&record, data, size < sizeof record ? size : sizeof record);
    record.result = (enum key_result)((unsigned)record.result % KEY_RESULT_COUNT);
    record.address[ADDRESS_MAX] = '\0';
    record.period_start = record.period_start < 0 ? -1 : record.period_start;
    memcpy(own, chain, sizeof own);
    buffer_init(&again, KEY_LINE_MAX);
    if (key_record_write(&record, own, &again) == ST_OK &&
        key_record_read(bytes_first(buffer_bytes(&again), again.n - 1), chain, &record, &why) !=
            ST_OK)
        abort();
    buffer_done(&again);
    return 0;
}

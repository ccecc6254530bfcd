/* SPDX-License-Identifier: Apache-2.0
 * mail: fuzz target: any bytes as a description out of a cell. What is accepted is written back to
 * the same bytes: there is one form. */
#include "view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct bytes wire = {data, n};
    struct view *view = NULL;
    if (view_parse(wire, &view) != ST_OK)
        return 0;
    struct buffer again;
    buffer_init(&again, n + 1);
    if (view_write(view, &again) != ST_OK || !bytes_equal(buffer_bytes(&again), wire))
        abort();
    buffer_done(&again);
    view_free(view);
    return 0;
}

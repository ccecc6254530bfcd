/* SPDX-License-Identifier: Apache-2.0
 * cli: any bytes as what age says to the plugin; what it answers is of the protocol's form. */
#include <assert.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "age_plugin.h"
#include "bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char answer[3];
    int in = memfd_create("in", 0), out = memfd_create("out", 0);
    assert(in >= 0 && out >= 0);
    assert(write(in, data, n) == (ssize_t)n && lseek(in, 0, SEEK_SET) == 0);
    if (age_plugin_identity(in, out) != ST_TEMP) {
        assert(pread(out, answer, sizeof answer, 0) == sizeof answer);
        assert(memcmp(answer, "-> ", sizeof answer) == 0);
    }
    close(in);
    close(out);
    return 0;
}

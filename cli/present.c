/* SPDX-License-Identifier: Apache-2.0
 * cli: reading the present master secrets. */
#include "present.h"

enum status present_read(const struct config *config, struct secret **passphrase_out,
                         struct master_set **set_out, struct why *why)
{
    const char *path = config_text(config, "keyserver", "passphrase");
    enum status status = ST_OK;
    if (path[0] != '\0')
        status = master_read_passphrase(path, passphrase_out, why);
    if (status == ST_OK)
        status = master_set_read(config_text(config, "keyserver", "master"), *passphrase_out,
                                 set_out, why);
    return status;
}

/* SPDX-License-Identifier: Apache-2.0
 * base: calls that do not compile in this tree; included in front of every source file.
 *   sprintf, vsprintf     → snprintf into a known size, or buffer_add_format
 *   strcpy, strcat, …     → bytes_to_text, buffer_add_text
 *   strtok                → bytes_line, bytes_index
 *   atoi, strtol, scanf   → number_parse
 *   gets                  → io_read */
#ifndef SECUREMAIL_BANNED_H
#define SECUREMAIL_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECUREMAIL_BANNED(name) name##_is_banned_see_lib_base_banned_h
#undef sprintf
#define sprintf SECUREMAIL_BANNED(sprintf)
#undef vsprintf
#define vsprintf SECUREMAIL_BANNED(vsprintf)
#undef strcpy
#define strcpy SECUREMAIL_BANNED(strcpy)
#undef strncpy
#define strncpy SECUREMAIL_BANNED(strncpy)
#undef strcat
#define strcat SECUREMAIL_BANNED(strcat)
#undef strncat
#define strncat SECUREMAIL_BANNED(strncat)
#undef strtok
#define strtok SECUREMAIL_BANNED(strtok)
#undef atoi
#define atoi SECUREMAIL_BANNED(atoi)
#undef atol
#define atol SECUREMAIL_BANNED(atol)
#undef strtol
#define strtol SECUREMAIL_BANNED(strtol)
#undef gets
#define gets SECUREMAIL_BANNED(gets)
#undef scanf
#define scanf SECUREMAIL_BANNED(scanf)
#undef sscanf
#define sscanf SECUREMAIL_BANNED(sscanf)

#endif

/* SPDX-License-Identifier: Apache-2.0
 * base: a main for fuzz targets in ordinary builds: replays every file of the folders named, each
 * copied flush against an unreadable page, so that a read of one byte too many ends the test. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define INPUT_MAX (16 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *content = malloc(INPUT_MAX);
    if (file == NULL || content == NULL) {
        perror(path);
        exit(1);
    }
    size_t n = fread(content, 1, INPUT_MAX, file);
    fclose(file);

    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t space = (n + page - 1) / page * page + page;
    uint8_t *guarded =
        mmap(NULL, space, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (guarded == MAP_FAILED || mprotect(guarded + space - page, page, PROT_NONE) != 0) {
        perror("mmap");
        exit(1);
    }
    uint8_t *data = guarded + space - page - n;
    memcpy(data, content, n);
    free(content);
    LLVMFuzzerTestOneInput(data, n);
    munmap(guarded, space);
}

int main(int count, char **folders)
{
    size_t replayed = 0;
    for (int i = 1; i < count; i++) {
        DIR *folder = opendir(folders[i]);
        if (folder == NULL) {
            perror(folders[i]);
            return 1;
        }
        for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
            char path[4096];
            if (entry->d_name[0] == '.')
                continue;
            snprintf(path, sizeof path, "%s/%s", folders[i], entry->d_name);
            replay(path);
            replayed++;
        }
        closedir(folder);
    }
    printf("%zu inputs replayed\n", replayed);
    return replayed == 0;
}

/* SPDX-License-Identifier: Apache-2.0
 * portal: how many forms each source has in hand. */
#include "crowd.h"

#include <pthread.h>

#include "memory.h"
#include "source.h"

struct row {
    char source[SOURCE_SIZE];
    size_t forms; /* 0: the row is free */
};

struct crowd {
    pthread_mutex_t lock;
    size_t source_max;
    size_t rows_n; /* one for each form, for each may be of a source of its own */
    struct row *rows;
};

struct crowd *crowd_new(size_t forms_max, size_t source_max)
{
    struct crowd *crowd = memory_new(1, sizeof(*crowd));

    pthread_mutex_init(&crowd->lock, NULL);
    crowd->source_max = source_max;
    crowd->rows_n = forms_max;
    crowd->rows = memory_new(forms_max, sizeof(*crowd->rows));
    return crowd;
}

void crowd_free(struct crowd *crowd)
{
    if (crowd == NULL)
        return;
    pthread_mutex_destroy(&crowd->lock);
    free(crowd->rows);
    free(crowd);
}

/* The source's row, else a free one, else NULL. The lock is held. */
static struct row *find(struct crowd *crowd, const char *source)
{
    struct row *unused = NULL;

    for (size_t i = 0; i < crowd->rows_n; i++) {
        if (crowd->rows[i].forms == 0)
            unused = &crowd->rows[i];
        else if (strcmp(crowd->rows[i].source, source) == 0)
            return &crowd->rows[i];
    }
    return unused;
}

bool crowd_enter(struct crowd *crowd, const char *source)
{
    struct row *row;
    bool room;

    pthread_mutex_lock(&crowd->lock);
    row = find(crowd, source);
    room = row != NULL && row->forms < crowd->source_max;
    if (room && row->forms++ == 0)
        (void)snprintf(row->source, sizeof(row->source), "%s", source);
    pthread_mutex_unlock(&crowd->lock);
    return room;
}

void crowd_leave(struct crowd *crowd, const char *source)
{
    struct row *row;

    pthread_mutex_lock(&crowd->lock);
    row = find(crowd, source);
    if (row != NULL && row->forms > 0)
        row->forms--;
    pthread_mutex_unlock(&crowd->lock);
}

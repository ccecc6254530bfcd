/* SPDX-License-Identifier: Apache-2.0
 * base: guarded pages for small secrets.
 *
 *     | guard │ …………………………… secret │ guard |     a secret ends where its page does
 *
 * To map, guard, lock and unmap a page takes ten system calls, and sealing one copy of a letter
 * needs five secrets. So a page that is given back is wiped, made unreadable, and kept for the next
 * secret: it stays guarded, locked and out of core dumps. */
#include "secret_private.h"

#include <assert.h>
#include <pthread.h>
#include <sodium.h>

#define KEPT_MAX 16

static struct {
    pthread_mutex_t lock;
    uint8_t *pages[KEPT_MAX];
    size_t n;
} kept = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void before_fork(void)
{
    pthread_mutex_lock(&kept.lock);
}

static void after_fork(void)
{
    pthread_mutex_unlock(&kept.lock);
}

/* Locks are not inherited: what a child keeps, it must have locked itself. */
static void after_fork_in_child(void)
{
    while (kept.n > 0)
        sodium_free(kept.pages[--kept.n]);
    pthread_mutex_unlock(&kept.lock);
}

void secret_page_start(void)
{
    if (pthread_atfork(before_fork, after_fork, after_fork_in_child) != 0)
        abort();
}

uint8_t *secret_page_take(size_t n)
{
    uint8_t *page = NULL;
    assert(n <= SECRET_PAGE_SIZE);
    pthread_mutex_lock(&kept.lock);
    if (kept.n > 0)
        page = kept.pages[--kept.n];
    pthread_mutex_unlock(&kept.lock);
    if (page == NULL)
        page = sodium_malloc(SECRET_PAGE_SIZE);
    else if (sodium_mprotect_readwrite(page) != 0)
        abort();
    return page == NULL ? NULL : page + SECRET_PAGE_SIZE - n;
}

void secret_page_return(uint8_t *secret, size_t n)
{
    uint8_t *page = secret + n - SECRET_PAGE_SIZE;
    assert((uintptr_t)(secret + n) % 4096 == 0); /* n is what it was */
    sodium_memzero(page, SECRET_PAGE_SIZE);
    pthread_mutex_lock(&kept.lock);
    if (kept.n < KEPT_MAX && sodium_mprotect_noaccess(page) == 0) {
        kept.pages[kept.n++] = page;
        page = NULL;
    }
    pthread_mutex_unlock(&kept.lock);
    sodium_free(page);
}

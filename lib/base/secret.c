/* SPDX-License-Identifier: Apache-2.0
 * base: secret memory, on libsodium's guarded pages. */
#include "secret.h"

#include <assert.h>
#include <pthread.h>
#include <sodium.h>

#include "memory.h"
#include "secret_private.h"

#define SECRET_MAX (1 << 20)
#define STACK_BURNT (64 * 1024)

static void start(void)
{
    if (sodium_init() < 0) {
        fputs("libsodium does not start\n", stderr);
        abort();
    }
    secret_page_start();
}

struct secret *secret_new(size_t n)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    assert(n > 0 && n <= SECRET_MAX);
    pthread_once(&once, start);
    struct secret *secret = memory_new(1, sizeof *secret);
    secret->p = n <= SECRET_PAGE_SIZE ? secret_page_take(n) : sodium_malloc(n);
    if (secret->p == NULL) {
        fputs("out of secret memory\n", stderr);
        abort();
    }
    memset(secret->p, 0, n);
    secret->n = n;
    return secret;
}

struct secret *secret_copy(struct bytes bytes)
{
    struct secret *secret = secret_new(bytes.n);
    memcpy(secret->p, bytes.p, bytes.n);
    return secret;
}

void secret_free(struct secret *secret)
{
    if (secret == NULL)
        return;
    if (secret->n <= SECRET_PAGE_SIZE)
        secret_page_return(secret->p, secret->n);
    else
        sodium_free(secret->p); /* wipes */
    free(secret);
}

void secret_lock_again(const struct secret *secret)
{
    /* As in secret_new: where the limit on locked memory forbids it, the secret is still there. */
    (void)sodium_mlock(secret->p, secret->n);
}

bool secret_lockable(void)
{
    struct secret *tried = secret_new(SECRET_MAX);
    bool locked = sodium_mlock(tried->p, tried->n) == 0;
    secret_free(tried);
    return locked;
}

struct bytes secret_bytes(const struct secret *secret)
{
    return (struct bytes){secret->p, secret->n};
}

bool secret_equal(struct bytes a, struct bytes b)
{
    return a.n == b.n && (a.n == 0 || sodium_memcmp(a.p, b.p, a.n) == 0);
}

void secret_wipe(void *p, size_t n)
{
    if (n > 0)
        sodium_memzero(p, n);
}

#if defined(__x86_64__)

/* In assembly, because a compiler leaves gaps of its own between the caller's frame and an array,
 * and a gap keeps what was in it. Nothing is live in this frame but the return address. */
__attribute__((noinline)) void secret_burn_stack(void)
{
    __asm__ volatile("sub %0, %%rsp\n\t"
                     "mov %%rsp, %%rdi\n\t"
                     "xor %%eax, %%eax\n\t"
                     "mov %0, %%ecx\n\t"
                     "rep stosb\n\t"
                     "add %0, %%rsp"
                     :
                     : "i"(STACK_BURNT)
                     : "rax", "rcx", "rdi", "memory", "cc");
}

#else

/* The array lies where the dead frames of the caller's callees were, up to a gap of a few bytes
 * that the compiler may leave above it; the barrier keeps the store alive. */
__attribute__((noinline)) void secret_burn_stack(void)
{
    uint8_t burnt[STACK_BURNT];
    sodium_memzero(burnt, sizeof burnt);
    __asm__ volatile("" : : "r"(burnt) : "memory");
}

#endif

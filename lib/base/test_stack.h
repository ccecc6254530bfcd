/* SPDX-License-Identifier: Apache-2.0
 * base: for tests of what a function leaves behind: run it on a stack of its own, and look there
 * for words of the secrets it had. */
#ifndef SECUREMAIL_TEST_STACK_H
#define SECUREMAIL_TEST_STACK_H

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define STACK_SIZE ((size_t)512 * 1024)
#define NEEDLE_WORDS 64

/* 8-byte words that must not stand on a dead stack. */
struct needles {
    uint64_t words[NEEDLE_WORDS];
    size_t n;
};

static inline void add_words(struct needles *needles, const void *p, size_t n)
{
    if (needles->n + n / 8 > NEEDLE_WORDS)
        abort();
    memcpy(needles->words + needles->n, p, n / 8 * 8);
    needles->n += n / 8;
}

/* Run on a stack of its own, count the words that are left there, and report them: the number is
 * what a reviewer wants to see, also where it is zero. */
static inline size_t left_on_the_stack(const char *what, void *(*run)(void *),
                                       const struct needles *needles)
{
    pthread_attr_t attributes;
    pthread_t thread;
    size_t count = 0;
    uint8_t *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED || pthread_attr_init(&attributes) != 0 ||
        pthread_attr_setstack(&attributes, stack, STACK_SIZE) != 0 ||
        pthread_create(&thread, &attributes, run, NULL) != 0)
        abort();
    pthread_join(thread, NULL);
    for (size_t i = 0; i < needles->n; i++)
        count += memmem(stack, STACK_SIZE, &needles->words[i], 8) != NULL;
    pthread_attr_destroy(&attributes);
    munmap(stack, STACK_SIZE);
    printf("stack after %-32s %2zu of %zu secret words\n", what, count, needles->n);
    return count;
}

#endif

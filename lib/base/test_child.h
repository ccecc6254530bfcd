/* SPDX-License-Identifier: Apache-2.0
 * base: running a piece of a test in a child, for what a process does only once or dies of. */
#ifndef SECUREMAIL_TEST_CHILD_H
#define SECUREMAIL_TEST_CHILD_H

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* The child's exit code, or minus the signal that ended it. A child that hangs ends by SIGALRM. */
static inline int in_child(int (*what)(void))
{
    pid_t child = fork();
    if (child == 0) {
        alarm(60);
        signal(SIGSEGV, SIG_DFL); /* not cmocka's handlers, which would go on with its tests */
        signal(SIGBUS, SIG_DFL);
        _exit(what());
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

#endif

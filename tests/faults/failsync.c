/* Once the file FAIL_TRIGGER exists, fsync and fdatasync of files whose path holds FAIL_MATCH fail with EIO, as on a failing disk. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fails(int fd) {
    const char *trigger = getenv("FAIL_TRIGGER"), *match = getenv("FAIL_MATCH");
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (!trigger || !match || length < 0)
        return 0;
    path[length] = 0;
    return strstr(path, match) && access(trigger, F_OK) == 0;
}

static int really(const char *name, int fd) {
    int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    if (fails(fd)) {
        errno = EIO;
        return -1;
    }
    return next(fd);
}

int fdatasync(int fd) { return really("fdatasync", fd); }
int fsync(int fd) { return really("fsync", fd); }

/* Calls of the system that fail: a library for LD_PRELOAD that stands before libc's functions for
 * files. It counts calls on paths below $FAULT_BELOW. The call number $FAULT_AT (from 1) fails with
 * the error number $FAULT_ERROR, and so do all later ones with $FAULT_STAYS=1; with
 * $FAULT_ERROR=kill the process is killed there instead. After $FAULT_BYTES written bytes there is
 * no space left (ENOSPC), the last write being short, as on a disk. $FAULT_LOG is a file that gets
 * the number of calls at the end.
 *
 * What it does not see: calls that libc makes to itself (dlopen's open and mmap), and io_uring,
 * which the tests switch off (UV_USE_IO_URING=0). Source: ld.so(8), dlsym(3). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static atomic_long calls, bytes;

static long number(const char *name) {
  const char *text = getenv(name);
  return text ? atol(text) : 0;
}

static int below(const char *path) {
  const char *root = getenv("FAULT_BELOW");
  return root && path && strncmp(path, root, strlen(root)) == 0;
}

static int below_fd(int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, sizeof path - 1);
  if (n < 0) return 0;
  path[n] = 0;
  return below(path);
}

/* Relative paths are of the working folder. */
static int below_path(int folder, const char *path) {
  if (!path) return 0;
  if (path[0] == '/') return below(path);
  char whole[8192];
  if (folder != AT_FDCWD || !getcwd(whole, 4096)) return 0;
  size_t n = strlen(whole);
  snprintf(whole + n, sizeof whole - n, "/%s", path);
  return below(whole);
}

/* Whether this call is to fail, errno being set then. */
static int fails(int counts) {
  if (!counts) return 0;
  long at = number("FAULT_AT"), call = atomic_fetch_add(&calls, 1) + 1;
  if (at == 0 || call < at || (call > at && number("FAULT_STAYS") == 0)) return 0;
  const char *error = getenv("FAULT_ERROR");
  if (error && strcmp(error, "kill") == 0) kill(getpid(), SIGKILL);
  errno = error ? atoi(error) : EIO;
  return 1;
}

/* How much of a write there is room for; -1 for none. */
static ssize_t room(int fd, size_t wanted) {
  if (!below_fd(fd)) return (ssize_t)wanted;
  if (fails(1)) return -1;
  long most = number("FAULT_BYTES");
  if (most == 0) {
    atomic_fetch_add(&bytes, (long)wanted);
    return (ssize_t)wanted;
  }
  long left = most - atomic_load(&bytes);
  if (left <= 0 && wanted > 0) {
    errno = ENOSPC;
    return -1;
  }
  ssize_t n = (long)wanted < left ? (ssize_t)wanted : left;
  atomic_fetch_add(&bytes, n);
  return n;
}

__attribute__((destructor)) static void report(void) {
  const char *log = getenv("FAULT_LOG");
  FILE *file = log ? fopen(log, "w") : NULL;
  if (!file) return;
  fprintf(file, "%ld %ld\n", (long)calls, (long)bytes);
  fclose(file);
}

#define OPEN(name)                                                    \
  int name(const char *path, int flags, ...) {                        \
    va_list rest;                                                     \
    va_start(rest, flags);                                            \
    mode_t mode = va_arg(rest, mode_t);                               \
    va_end(rest);                                                     \
    if (fails(below_path(AT_FDCWD, path))) return -1;                 \
    return NEXT(name)(path, flags, mode);                             \
  }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                  \
  int name(int folder, const char *path, int flags, ...) {            \
    va_list rest;                                                     \
    va_start(rest, flags);                                            \
    mode_t mode = va_arg(rest, mode_t);                               \
    va_end(rest);                                                     \
    if (fails(below_path(folder, path))) return -1;                   \
    return NEXT(name)(folder, path, flags, mode);                     \
  }
OPENAT(openat)
OPENAT(openat64)

ssize_t write(int fd, const void *from, size_t n) {
  ssize_t some = room(fd, n);
  return some < 0 ? -1 : NEXT(write)(fd, from, some);
}

#define PWRITE(name, offset_t)                                        \
  ssize_t name(int fd, const void *from, size_t n, offset_t at) {     \
    ssize_t some = room(fd, n);                                       \
    return some < 0 ? -1 : NEXT(name)(fd, from, some, at);            \
  }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

/* Of several buffers the first alone: a short write, which callers go on after. */
ssize_t writev(int fd, const struct iovec *parts, int count) {
  if (!below_fd(fd)) return NEXT(writev)(fd, parts, count);
  ssize_t some = room(fd, count > 0 ? parts[0].iov_len : 0);
  return some < 0 ? -1 : NEXT(write)(fd, parts[0].iov_base, some);
}

#define PWRITEV(name, offset_t)                                       \
  ssize_t name(int fd, const struct iovec *parts, int count, offset_t at) { \
    if (!below_fd(fd)) return NEXT(name)(fd, parts, count, at);       \
    ssize_t some = room(fd, count > 0 ? parts[0].iov_len : 0);        \
    return some < 0 ? -1 : NEXT(pwrite64)(fd, parts[0].iov_base, some, at); \
  }
PWRITEV(pwritev, off_t)
PWRITEV(pwritev64, off64_t)

#define OF_FD(type, name, declared, given)                            \
  type name declared {                                                \
    if (fails(below_fd(fd))) return (type)-1;                         \
    return NEXT(name) given;                                          \
  }
OF_FD(int, fsync, (int fd), (fd))
OF_FD(int, fdatasync, (int fd), (fd))
OF_FD(int, ftruncate, (int fd, off_t length), (fd, length))
OF_FD(int, ftruncate64, (int fd, off64_t length), (fd, length))
OF_FD(ssize_t, read, (int fd, void *to, size_t n), (fd, to, n))
OF_FD(ssize_t, pread, (int fd, void *to, size_t n, off_t at), (fd, to, n, at))
OF_FD(ssize_t, pread64, (int fd, void *to, size_t n, off64_t at), (fd, to, n, at))
OF_FD(void *, mmap, (void *where, size_t n, int may, int flags, int fd, off_t at), (where, n, may, flags, fd, at))
OF_FD(void *, mmap64, (void *where, size_t n, int may, int flags, int fd, off64_t at), (where, n, may, flags, fd, at))

#define OF_PATH(name, declared, given)                                \
  int name declared {                                                 \
    if (fails(below_path(AT_FDCWD, path))) return -1;                 \
    return NEXT(name) given;                                          \
  }
OF_PATH(rename, (const char *path, const char *to), (path, to))
OF_PATH(link, (const char *path, const char *to), (path, to))
OF_PATH(unlink, (const char *path), (path))
OF_PATH(mkdir, (const char *path, mode_t mode), (path, mode))
OF_PATH(rmdir, (const char *path), (path))

/*
 * A disk that fills up or fails to sync, and a system clock that steps, for one process.
 *
 * Loaded with LD_PRELOAD. Stands between the program and libc for writes, syncs and the realtime clock. What it does is
 * in a small file that both sides map into memory (CHAOS_CONTROL, laid out in control.ts), so that a change is seen at
 * once and looking costs no system call. Only files below CHAOS_FOLDER fail; pipes, sockets and logs never do.
 *
 * What it cannot do: a wait that ends at an absolute realtime (pthread_cond_timedwait) is the kernel's and does not step
 * with us. Node's own timers are monotonic.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum mode { SOUND = 0, FULL = 1, SYNC_FAILS = 2 };

struct control {
  _Atomic int64_t clock_offset_ns;
  _Atomic int32_t mode;
  /* Calls of the faulty kind that still succeed. */
  _Atomic int32_t sound_calls_left;
  _Atomic uint64_t writes;
  _Atomic uint64_t syncs;
  _Atomic uint64_t faults;
  _Atomic uint64_t clock_reads;
};

static struct control *control;
static char folder[PATH_MAX];
static size_t folder_length;

__attribute__((constructor)) static void begin(void) {
  const char *file = getenv("CHAOS_CONTROL");
  const char *below = getenv("CHAOS_FOLDER");
  if (file == NULL || below == NULL || realpath(below, folder) == NULL) return;
  folder_length = strlen(folder);
  int fd = open(file, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void *mapped = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (mapped != MAP_FAILED) control = mapped;
}

static int lies_in_folder(int fd) {
  char link[64];
  char path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  return length > (ssize_t)folder_length && memcmp(path, folder, folder_length) == 0 && path[folder_length] == '/';
}

/* Whether this call, of the kind that `mode` breaks, is to fail now. */
static int fails(enum mode mode, int fd) {
  if (control == NULL || atomic_load(&control->mode) != (int32_t)mode || !lies_in_folder(fd)) return 0;
  if (atomic_fetch_sub(&control->sound_calls_left, 1) > 0) return 0;
  atomic_store(&control->sound_calls_left, 0);
  atomic_fetch_add(&control->faults, 1);
  return 1;
}

#define REAL(name) \
  static __typeof__(&name) real; \
  if (real == NULL) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

/* Positioned writes and syncs are the store's own calls: these are counted, so that a test can see that they come through here. */
#define COUNT(counter, fd) \
  if (control != NULL && lies_in_folder(fd)) atomic_fetch_add(&control->counter, 1)

#define FULL_DISK(fd) \
  if (fails(FULL, fd)) { \
    errno = ENOSPC; \
    return -1; \
  }

#define FAILED_SYNC(fd) \
  if (fails(SYNC_FAILS, fd)) { \
    errno = EIO; \
    return -1; \
  }

ssize_t write(int fd, const void *bytes, size_t count) {
  REAL(write);
  FULL_DISK(fd);
  return real(fd, bytes, count);
}

ssize_t writev(int fd, const struct iovec *pieces, int count) {
  REAL(writev);
  FULL_DISK(fd);
  return real(fd, pieces, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
  REAL(pwrite);
  COUNT(writes, fd);
  FULL_DISK(fd);
  return real(fd, bytes, count, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) {
  REAL(pwrite64);
  COUNT(writes, fd);
  FULL_DISK(fd);
  return real(fd, bytes, count, offset);
}

int fsync(int fd) {
  REAL(fsync);
  COUNT(syncs, fd);
  FAILED_SYNC(fd);
  return real(fd);
}

int fdatasync(int fd) {
  REAL(fdatasync);
  COUNT(syncs, fd);
  FAILED_SYNC(fd);
  return real(fd);
}

static int64_t offset(void) {
  if (control == NULL) return 0;
  atomic_fetch_add_explicit(&control->clock_reads, 1, memory_order_relaxed);
  return atomic_load_explicit(&control->clock_offset_ns, memory_order_relaxed);
}

static const int64_t second = 1000000000;

int clock_gettime(clockid_t clock, struct timespec *now) {
  REAL(clock_gettime);
  int result = real(clock, now);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    int64_t stepped = now->tv_sec * second + now->tv_nsec + offset();
    now->tv_sec = stepped / second;
    now->tv_nsec = stepped % second;
  }
  return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  REAL(gettimeofday);
  int result = real(now, zone);
  if (result == 0) {
    int64_t stepped = now->tv_sec * second + now->tv_usec * 1000 + offset();
    now->tv_sec = stepped / second;
    now->tv_usec = stepped % second / 1000;
  }
  return result;
}

time_t time(time_t *now) {
  struct timespec stepped;
  clock_gettime(CLOCK_REALTIME, &stepped);
  if (now != NULL) *now = stepped.tv_sec;
  return stepped.tv_sec;
}

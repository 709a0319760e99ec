/* faults.c: system calls that fail as they may, for a program that is started with this library in
   LD_PRELOAD. What a test wants is told by the environment:

     FAULTS_MODE    eintr, eagain (sockets that do not block, whatever poll said), short (one
   octet), hard (the call fails for good), mixed (any of the first three) FAULTS_AT      which of
   the calls that the mode knows fails, counted from 1; without it FAULTS_SEED    they fail by
   chance, FAULTS_RATE in a hundred (33) FAULTS_RULE    call:errno:first:count, "accept:24:1:3":
   calls of one name and their numbers FAULTS_SPEED   the clock goes so many times faster, and poll
   waits so many times shorter FAULTS_REPORT  a file that the counts are written to when the program
   ends

   Only what a program calls by name is seen, not what the C library does inside. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { EINTRS = 1, EAGAINS = 2, SHORTS = 4, HARD = 8 };
enum { READ, WRITE, RECV, SEND, ACCEPT, POLL, CONNECT, OPEN, PREAD, SOCKET, FCNTL, CALLS };

/* What each call may do (POSIX says of each which errors it has), and its error for good. */
static const struct {
    const char *name;
    int modes, error;
} calls[CALLS] = {{"read", EINTRS | EAGAINS | SHORTS | HARD, ECONNRESET},
                  {"write", EINTRS | EAGAINS | SHORTS | HARD, EPIPE},
                  {"recv", EINTRS | EAGAINS | SHORTS | HARD, ECONNRESET},
                  {"send", EINTRS | EAGAINS | SHORTS | HARD, EPIPE},
                  {"accept", EINTRS | EAGAINS | HARD, ECONNABORTED},
                  {"poll", EINTRS | HARD, ENOMEM},
                  {"connect", EINTRS | HARD, ECONNREFUSED},
                  {"open", EINTRS | HARD, EMFILE},
                  {"pread", EINTRS | SHORTS | HARD, EIO},
                  {"socket", HARD, EMFILE},
                  {"fcntl", HARD, ENOMEM}};

static struct {
    int ready, mode, rule, rule_error, rate;
    unsigned long at, first, count, speed, seen, failed;
    unsigned long of[CALLS], failed_of[CALLS];
    uint64_t state;
    struct timespec began;
} self;

/* The next definition of a function. */
#define REAL(name) (*(__typeof__(name) **)real(#name))
static void *const *real(const char *name)
{
    static struct {
        const char *name;
        void *at;
    } known[16];
    size_t i = 0;
    while (i < 15 && known[i].name && strcmp(known[i].name, name) != 0)
        i++;
    if (!known[i].name) {
        known[i].at = dlsym(RTLD_NEXT, name);
        known[i].name = name;
    }
    return &known[i].at;
}

static unsigned long number(const char *name, unsigned long otherwise)
{
    const char *text = getenv(name);
    return text ? strtoul(text, NULL, 10) : otherwise;
}

static void read_rule(const char *text)
{
    char name[16] = "";
    self.rule = CALLS;
    if (!text ||
        sscanf(text, "%15[a-z]:%d:%lu:%lu", name, &self.rule_error, &self.first, &self.count) != 4)
        return;
    for (self.rule = 0; self.rule < CALLS && strcmp(calls[self.rule].name, name) != 0;)
        self.rule++;
}

static void start(void)
{
    static const char *const names[] = {"eintr", "eagain", "short", "hard", "mixed"};
    static const int modes[] = {EINTRS, EAGAINS, SHORTS, HARD, EINTRS | EAGAINS | SHORTS};
    const char *mode = getenv("FAULTS_MODE");
    int i;
    self.ready = 1;
    for (i = 0; mode && i < 5; i++)
        if (strcmp(mode, names[i]) == 0)
            self.mode = modes[i];
    self.at = number("FAULTS_AT", 0);
    self.rate = (int)number("FAULTS_RATE", 33);
    self.state = number("FAULTS_SEED", 1) * 0x9e3779b97f4a7c15u + 1;
    self.speed = number("FAULTS_SPEED", 1);
    read_rule(getenv("FAULTS_RULE"));
}

static unsigned draw(unsigned most)
{
    self.state ^= self.state << 13;
    self.state ^= self.state >> 7;
    self.state ^= self.state << 17;
    return (unsigned)(self.state >> 33) % most;
}

/* Whether a call on it may say EAGAIN or break: our own pipes and files hold to their word. */
static int is_peer(int fd)
{
    struct stat st;
    int flags = fd < 0 ? 0 : REAL(fcntl)(fd, F_GETFL);
    return flags >= 0 && (flags & O_NONBLOCK) && fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

/* One of the modes that stand and fit, or 0. */
static int choose(int call, int fd)
{
    int fits = calls[call].modes & self.mode, mode;
    if (!is_peer(fd))
        fits &= call == WRITE ? ~(EAGAINS | HARD) : ~EAGAINS;
    if (!fits)
        return 0;
    self.seen++;
    if (self.at ? self.seen != self.at : draw(100) >= (unsigned)self.rate)
        return 0;
    do
        mode = 1 << draw(4);
    while (!(mode & fits));
    return mode;
}

/* 0: the call goes on; SHORTS: with one octet; -1: it fails, and errno says how. */
static int fault(int call, int fd)
{
    int mode;
    if (!self.ready)
        start();
    self.of[call]++;
    if (call == self.rule && self.of[call] >= self.first &&
        self.of[call] - self.first < self.count) {
        self.failed++;
        self.failed_of[call]++;
        errno = self.rule_error;
        return -1;
    }
    mode = choose(call, fd);
    if (!mode)
        return 0;
    self.failed++;
    self.failed_of[call]++;
    errno = mode == EINTRS ? EINTR : mode == EAGAINS ? EAGAIN : calls[call].error;
    return mode == SHORTS ? SHORTS : -1;
}

ssize_t read(int fd, void *in, size_t len)
{
    int what = fault(READ, fd);
    if (what < 0)
        return -1;
    return REAL(read)(fd, in, what && len ? 1 : len);
}

ssize_t write(int fd, const void *out, size_t len)
{
    int what = fault(WRITE, fd);
    if (what < 0)
        return -1;
    return REAL(write)(fd, out, what && len ? 1 : len);
}

ssize_t recv(int fd, void *in, size_t len, int flags)
{
    int what = fault(RECV, fd);
    if (what < 0)
        return -1;
    return REAL(recv)(fd, in, what && len ? 1 : len, flags);
}

ssize_t send(int fd, const void *out, size_t len, int flags)
{
    int what = fault(SEND, fd);
    if (what < 0)
        return -1;
    return REAL(send)(fd, out, what && len ? 1 : len, flags);
}

ssize_t pread(int fd, void *in, size_t len, off_t at)
{
    int what = fault(PREAD, fd);
    if (what < 0)
        return -1;
    return REAL(pread)(fd, in, what && len ? 1 : len, at);
}

int accept(int fd, struct sockaddr *from, socklen_t *len)
{
    if (fault(ACCEPT, fd) < 0)
        return -1;
    return REAL(accept)(fd, from, len);
}

/* A connect that a signal interrupts goes on without its caller. */
int connect(int fd, const struct sockaddr *to, socklen_t len)
{
    int what = fault(CONNECT, fd), error = errno;
    if (what < 0 && error != EINTR)
        return -1;
    if (REAL(connect)(fd, to, len) == 0)
        return 0;
    if (what < 0 && errno == EINPROGRESS)
        errno = error;
    return -1;
}

int poll(struct pollfd *fds, nfds_t count, int limit)
{
    if (fault(POLL, -1) < 0)
        return -1;
    if (limit > 0)
        limit = (limit + (int)self.speed - 1) / (int)self.speed;
    return REAL(poll)(fds, count, limit);
}

int socket(int domain, int type, int protocol)
{
    if (fault(SOCKET, -1) < 0)
        return -1;
    return REAL(socket)(domain, type, protocol);
}

int open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    if (flags & O_CREAT) {
        va_list more;
        va_start(more, flags);
        mode = (mode_t)va_arg(more, int);
        va_end(more);
    }
    if (fault(OPEN, -1) < 0)
        return -1;
    return REAL(open)(path, flags, mode);
}

int fcntl(int fd, int command, ...)
{
    va_list more;
    void *value;
    va_start(more, command);
    value = va_arg(more, void *);
    va_end(more);
    if (fault(FCNTL, -1) < 0)
        return -1;
    return REAL(fcntl)(fd, command, value);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int failed = REAL(clock_gettime)(clock, now);
    uint64_t since;
    if (!self.ready)
        start();
    if (failed || clock != CLOCK_MONOTONIC || self.speed < 2)
        return failed;
    if (!self.began.tv_sec)
        self.began = *now;
    since = (uint64_t)(now->tv_sec - self.began.tv_sec) * 1000000000u + (uint64_t)now->tv_nsec -
            (uint64_t)self.began.tv_nsec;
    since = since * self.speed + (uint64_t)self.began.tv_nsec;
    now->tv_sec = self.began.tv_sec + (time_t)(since / 1000000000u);
    now->tv_nsec = (long)(since % 1000000000u);
    return 0;
}

__attribute__((destructor)) static void report(void)
{
    const char *path = getenv("FAULTS_REPORT");
    FILE *out = path ? fopen(path, "w") : NULL;
    int i;
    if (!out)
        return;
    fprintf(out, "seen %lu\nfailed %lu\n", self.seen, self.failed);
    for (i = 0; i < CALLS; i++)
        fprintf(out, "%s %lu\n", calls[i].name, self.failed_of[i]);
    fclose(out);
}

#pragma once
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

// Swift's errno is a computed property of the C library overlay; reading it
// here keeps the value of the call that just failed.
static inline int reactor_errno(void) { return errno; }

#pragma once
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

// Swift's errno is a computed property of the C library overlay; reading it
// here keeps the value of the call that just failed.
static inline int reactor_errno(void) { return errno; }

// Names the calling thread; prctl is variadic, and pthread_setname_np a GNU extension.
static inline int reactor_name_thread(const char *name) { return prctl(PR_SET_NAME, name, 0, 0, 0); }

#pragma once
#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// libcurl's set and get functions are variadic, which Swift does not import: one typed door for each kind of argument.

static inline CURLcode transfer_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode transfer_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode transfer_set_string(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode transfer_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode transfer_set_pointer(CURL *easy, CURLoption option, const void *value) {
    return curl_easy_setopt(easy, option, (void *)value);
}

typedef size_t (*transfer_bytes_callback)(char *bytes, size_t size, size_t count, void *owner);

static inline CURLcode transfer_on_header(CURL *easy, transfer_bytes_callback callback, void *owner) {
    CURLcode status = curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, callback);
    return status != CURLE_OK ? status : curl_easy_setopt(easy, CURLOPT_HEADERDATA, owner);
}

static inline CURLcode transfer_on_body(CURL *easy, transfer_bytes_callback callback, void *owner) {
    CURLcode status = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, callback);
    return status != CURLE_OK ? status : curl_easy_setopt(easy, CURLOPT_WRITEDATA, owner);
}

static inline CURLcode transfer_on_read(CURL *easy, transfer_bytes_callback callback, void *owner) {
    CURLcode status = curl_easy_setopt(easy, CURLOPT_READFUNCTION, callback);
    return status != CURLE_OK ? status : curl_easy_setopt(easy, CURLOPT_READDATA, owner);
}

static inline CURLcode transfer_on_seek(CURL *easy, curl_seek_callback callback, void *owner) {
    CURLcode status = curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, callback);
    return status != CURLE_OK ? status : curl_easy_setopt(easy, CURLOPT_SEEKDATA, owner);
}

static inline CURLcode transfer_on_request(CURL *easy, curl_prereq_callback callback, void *owner) {
    CURLcode status = curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, callback);
    return status != CURLE_OK ? status : curl_easy_setopt(easy, CURLOPT_PREREQDATA, owner);
}

static inline CURLcode transfer_on_open(CURL *easy, curl_opensocket_callback callback, void *owner) {
    CURLcode status = curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, callback);
    return status != CURLE_OK ? status : curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, owner);
}

static inline CURLcode transfer_on_close(CURL *easy, curl_closesocket_callback callback, void *owner) {
    CURLcode status = curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, callback);
    return status != CURLE_OK ? status : curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, owner);
}

static inline CURLcode transfer_get_long(CURL *easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}

static inline CURLcode transfer_get_pointer(CURL *easy, CURLINFO info, void **value) {
    return curl_easy_getinfo(easy, info, value);
}

static inline CURLMcode transfer_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

static inline CURLMcode transfer_on_socket(CURLM *multi, curl_socket_callback callback, void *owner) {
    CURLMcode status = curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, callback);
    return status != CURLM_OK ? status : curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, owner);
}

static inline CURLMcode transfer_on_timer(CURLM *multi, curl_multi_timer_callback callback, void *owner) {
    CURLMcode status = curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, callback);
    return status != CURLM_OK ? status : curl_multi_setopt(multi, CURLMOPT_TIMERDATA, owner);
}

static inline CURLSHcode transfer_share(CURLSH *share, curl_lock_data what) {
    return curl_share_setopt(share, CURLSHOPT_SHARE, what);
}

// CURLMsg keeps its result in a union behind the message's kind.
static inline CURLcode transfer_result(const CURLMsg *message) { return message->data.result; }

// These are macros with casts, which Swift does not import.
static inline size_t transfer_write_pause(void) { return CURL_WRITEFUNC_PAUSE; }
static inline size_t transfer_read_pause(void) { return CURL_READFUNC_PAUSE; }
static inline size_t transfer_read_abort(void) { return CURL_READFUNC_ABORT; }
static inline curl_socket_t transfer_bad_socket(void) { return CURL_SOCKET_BAD; }
static inline curl_socket_t transfer_socket_timeout(void) { return CURL_SOCKET_TIMEOUT; }

// A socket that no child process inherits, which curl would open without CLOEXEC.
static inline curl_socket_t transfer_open_socket(const struct curl_sockaddr *address) {
    return socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->protocol);
}

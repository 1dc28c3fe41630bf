/*
 * The receiver of `herald bench bgp`: one BGP session, as little of it as peers accept, and every route counted.
 *
 *   bgp-receiver FROM TO PORT AS ROUTES SETS
 *
 * It connects from address FROM to TO until a session stands, and prints a line of JSON a moment that matters. Route number N is
 * 10.0.0.0 + N/32; the tag of a route is the lower half of its first community, at first 1 + N modulo SETS, else the route is wrong. A
 * route counts once, however often it is told, so the figures cannot be too good. Time is CLOCK_MONOTONIC, which all processes of a machine share, taken as soon as bytes are here.
 *
 *   {"event":"established","atNs":N}                  our KEEPALIVE is on its way and the peer's is here
 *   {"event":"full","atNs":N,…}                       every route is here for the first time
 *   {"event":"change","atNs":N,"route":N,"tag":N}     a route is here again with another tag, after full
 *   {"event":"empty","atNs":N,…}                      every route is withdrawn
 *   {"event":"count","atNs":N,…}                      the answer to a line on standard input
 *
 * RFC 4271 is followed as far as a peer that behaves can see; anything else ends it with a message.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { OPEN = 1, UPDATE = 2, NOTIFICATION = 3, KEEPALIVE = 4, HEADER = 19, BUFFER = 1 << 20, HOLD_SECONDS = 180, RETRY_US = 5000 };
static const int64_t KEEPALIVE_NS = 20000000000;

static uint32_t routes, sets, present, foreign, repeated, wrong;
static uint64_t messages, bytes;
static int32_t *tags; /* -1: not here */
static int was_full;
static int64_t now_ns;

static void fail(const char *what) {
  fprintf(stderr, "bgp-receiver: %s\n", what);
  exit(1);
}

static int64_t clock_ns(clockid_t id) {
  struct timespec t;
  clock_gettime(id, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void say(const char *event) {
  printf("{\"event\":\"%s\",\"atNs\":%lld,\"present\":%u,\"foreign\":%u,\"repeated\":%u,\"wrong\":%u,\"messages\":%llu,\"bytes\":%llu,"
         "\"cpuNs\":%lld}\n",
         event, (long long)now_ns, present, foreign, repeated, wrong, (unsigned long long)messages, (unsigned long long)bytes,
         (long long)clock_ns(CLOCK_PROCESS_CPUTIME_ID));
  fflush(stdout);
}

static uint32_t get16(const uint8_t *p) { return p[0] << 8 | p[1]; }

/* The route of a prefix, or `routes` where it is none of ours. */
static uint32_t number(const uint8_t *p, uint32_t bits) {
  uint32_t address = 0;
  for (uint32_t i = 0; i < 4; i++) address = address << 8 | (i < (bits + 7) / 8 ? p[i] : 0);
  uint32_t n = address - 0x0a000000;
  return bits == 32 && n < routes ? n : routes;
}

static void withdraw(uint32_t n) {
  if (n == routes) { foreign++; return; }
  if (tags[n] < 0) { repeated++; return; }
  tags[n] = -1;
  if (--present == 0) say("empty");
}

static void announce(uint32_t n, int32_t tag) {
  if (n == routes) { foreign++; return; }
  if (tags[n] >= 0) {
    if (tags[n] == tag) { repeated++; return; }
    tags[n] = tag;
    if (!was_full) return;
    printf("{\"event\":\"change\",\"atNs\":%lld,\"route\":%u,\"tag\":%d}\n", (long long)now_ns, n, tag);
    fflush(stdout);
    return;
  }
  tags[n] = tag;
  if (!was_full && tag != (int32_t)(1 + n % sets)) wrong++;
  if (++present == routes && !was_full) { was_full = 1; say("full"); }
}

static void prefixes(const uint8_t *p, const uint8_t *end, int is_withdrawal, int32_t tag) {
  while (p < end) {
    uint32_t bits = *p++, octets = (bits + 7) / 8;
    if (bits > 32 || octets > (uint32_t)(end - p)) fail("a prefix that is none");
    uint32_t n = number(p, bits);
    if (is_withdrawal) withdraw(n);
    else announce(n, tag);
    p += octets;
  }
}

/* Checks the attributes, and answers with the tag. */
static int32_t attributes(const uint8_t *p, const uint8_t *end) {
  int32_t tag = 0;
  while (p < end) {
    if (end - p < 3) fail("an attribute cut short");
    int is_long = (p[0] & 0x10) != 0, code = p[1];
    if (is_long && end - p < 4) fail("an attribute cut short");
    uint32_t length = is_long ? get16(p + 2) : p[2];
    p += is_long ? 4 : 3;
    if (length > (uint32_t)(end - p)) fail("an attribute that is longer than its message");
    if (code == 8 && length >= 4) tag = (int32_t)get16(p + 2);
    p += length;
  }
  return tag;
}

static void update(const uint8_t *p, uint32_t length) {
  const uint8_t *end = p + length;
  uint32_t withdrawn = length < 4 ? 0xffff : get16(p);
  if (withdrawn + 4 > length) fail("an UPDATE whose lengths are wrong");
  uint32_t more = get16(p + 2 + withdrawn);
  if (withdrawn + more + 4 > length) fail("an UPDATE whose lengths are wrong");
  prefixes(p + 2, p + 2 + withdrawn, 1, 0);
  const uint8_t *list = p + 4 + withdrawn;
  prefixes(list + more, end, 0, attributes(list, list + more));
}

static void put(int fd, int type, const uint8_t *body, uint32_t length) {
  uint8_t message[128];
  memset(message, 0xff, 16);
  message[16] = 0;
  message[17] = HEADER + length;
  message[18] = type;
  memcpy(message + HEADER, body, length);
  if (write(fd, message, HEADER + length) != HEADER + length) fail("cannot write");
}

/* Version, AS, hold time, identifier; capabilities: IPv4 unicast (RFC 4760), four-octet AS numbers (RFC 6793). */
static void put_open(int fd, uint32_t as, uint32_t identifier) {
  uint8_t open[] = {4, as >> 8, as, 0, HOLD_SECONDS, identifier >> 24, identifier >> 16, identifier >> 8, identifier, 14, 2, 12,
                    1, 4, 0, 1, 0, 1, 65, 4, as >> 24, as >> 16, as >> 8, as};
  put(fd, OPEN, open, sizeof open);
}

static int dial(struct sockaddr_in from, struct sockaddr_in to) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof from) != 0) fail("cannot bind");
  if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0) return fd;
  close(fd);
  return -1;
}

/* Until the connection ends; 0 where no session came of it. */
static int talk(int fd, uint32_t as, uint32_t identifier) {
  static uint8_t buffer[BUFFER];
  uint32_t held = 0;
  int is_established = 0;
  int64_t kept_ns = clock_ns(CLOCK_MONOTONIC);
  put_open(fd, as, identifier);
  for (;;) {
    struct pollfd polled[] = {{fd, POLLIN, 0}, {0, POLLIN, 0}};
    poll(polled, 2, 1000);
    now_ns = clock_ns(CLOCK_MONOTONIC);
    if (polled[1].revents != 0) {
      char line[64];
      if (read(0, line, sizeof line) <= 0) exit(0);
      say("count");
    }
    if (is_established && now_ns - kept_ns > KEEPALIVE_NS) {
      put(fd, KEEPALIVE, NULL, 0);
      kept_ns = now_ns;
    }
    if (polled[0].revents == 0) continue;
    ssize_t got = read(fd, buffer + held, BUFFER - held);
    now_ns = clock_ns(CLOCK_MONOTONIC);
    if (got <= 0) return is_established;
    held += got;
    bytes += got;
    uint32_t at = 0;
    while (held - at >= HEADER) {
      uint32_t length = get16(buffer + at + 16), type = buffer[at + 18];
      if (length < HEADER || length > 4096) fail("a message of a wrong length");
      if (held - at < length) break;
      if (type == OPEN) put(fd, KEEPALIVE, NULL, 0);
      else if (type == KEEPALIVE && !is_established) {
        is_established = 1;
        say("established");
      } else if (type == UPDATE) {
        messages++;
        update(buffer + at + HEADER, length - HEADER);
      } else if (type == NOTIFICATION) {
        if (!is_established) return 0;
        fprintf(stderr, "bgp-receiver: NOTIFICATION %u/%u\n", buffer[at + HEADER], buffer[at + HEADER + 1]);
        exit(1);
      }
      at += length;
    }
    memmove(buffer, buffer + at, held - at);
    held -= at;
  }
}

int main(int count, char **words) {
  if (count != 7) fail("expected FROM TO PORT AS ROUTES SETS");
  struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET, .sin_port = htons(atoi(words[3]))};
  if (inet_pton(AF_INET, words[1], &from.sin_addr) != 1 || inet_pton(AF_INET, words[2], &to.sin_addr) != 1) fail("expected addresses");
  routes = atoi(words[5]);
  sets = atoi(words[6]);
  tags = malloc(routes * sizeof *tags);
  if (routes == 0 || sets == 0 || tags == NULL) fail("expected a number of routes");
  memset(tags, 0xff, routes * sizeof *tags);
  for (;;) {
    int fd = dial(from, to);
    if (fd >= 0) {
      if (talk(fd, atoi(words[4]), ntohl(from.sin_addr.s_addr))) fail("the peer closed the session");
      close(fd);
    }
    usleep(RETRY_US);
  }
}

/*
 * ARP responders to measure Herald against: the same socket, filter and options, in C.
 *
 *   responder batched|single INDEX MAC FIRST_VIP COUNT
 *
 * "batched" receives and sends up to 128 frames a system call, as Herald does. "single" makes one call for each frame received and one for each
 * sent. Both sleep in poll(2) when nothing waits. Prints "ready" once it answers, and runs until it is killed.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BATCH = 128, SLOT_BYTES = 256, FRAME_BYTES = 42, ETHERTYPE_ARP = 0x0806, RECEIVE_BUFFER_BYTES = 512 * 1024 };

/* RFC 826 "Packet format", behind an Ethernet header. */
enum { DESTINATION = 0, SOURCE = 6, ETHERTYPE = 12, HRD = 14, OPER = 20, SHA = 22, SPA = 28, THA = 32, TPA = 38 };

static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
/* Ethernet, IPv4, lengths 6 and 4. */
static const uint8_t kind[6] = {0, 1, 8, 0, 6, 4};
static const uint8_t request[2] = {0, 1};
static const uint8_t reply[2] = {0, 2};

static uint8_t own_mac[6];

/* Addresses in network byte order, open addressing, 0 is empty; four times as many buckets as addresses. */
static uint32_t *buckets;
static uint32_t mask;

static uint32_t hash(uint32_t address) { return (address * 2654435761u) >> 7; }

static void add(uint32_t address) {
  uint32_t at = hash(address) & mask;
  while (buckets[at] != 0) at = (at + 1) & mask;
  buckets[at] = address;
}

static int holds(uint32_t address) {
  uint32_t at = hash(address) & mask;
  while (buckets[at] != 0 && buckets[at] != address) at = (at + 1) & mask;
  return buckets[at] == address && address != 0;
}

static void fill_table(uint32_t first, uint32_t count) {
  uint32_t size = 1024;
  while (size < count * 4) size *= 2;
  mask = size - 1;
  buckets = calloc(size, sizeof *buckets);
  if (buckets == NULL) exit(1);
  for (uint32_t at = 0; at < count; at++) add(htonl(first + at));
}

/* Writes the reply to a received frame; gives 0 where there is none. */
static int answer(const uint8_t *in, uint32_t length, uint8_t *out) {
  uint32_t target;
  if (length < FRAME_BYTES || length > SLOT_BYTES) return 0;
  if (in[ETHERTYPE] != 0x08 || in[ETHERTYPE + 1] != 0x06) return 0;
  if (memcmp(in + HRD, kind, 6) != 0 || memcmp(in + OPER, request, 2) != 0) return 0;
  if (memcmp(in + DESTINATION, broadcast, 6) != 0 && memcmp(in + DESTINATION, own_mac, 6) != 0) return 0;
  memcpy(&target, in + TPA, 4);
  if (!holds(target)) return 0;
  memcpy(out + DESTINATION, in + SHA, 6);
  memcpy(out + SOURCE, own_mac, 6);
  memcpy(out + ETHERTYPE, in + ETHERTYPE, 2);
  memcpy(out + HRD, kind, 6);
  memcpy(out + OPER, reply, 2);
  memcpy(out + SHA, own_mac, 6);
  memcpy(out + SPA, &target, 4);
  memcpy(out + THA, in + SHA, 10); /* and ar$tpa: the asker's address */
  return 1;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

/* Untagged ARP that is not for another host: the filter of host/packets/filter.ts. */
static void attach_filter(int fd) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 5),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_PKTTYPE),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OTHERHOST, 3, 0),
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, ETHERTYPE),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_ARP, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0x40000),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  struct sock_fprog program = {.len = sizeof code / sizeof code[0], .filter = code};
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0) fail("SO_ATTACH_FILTER");
}

static int open_socket(int index) {
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
  int buffer = RECEIVE_BUFFER_BYTES, on = 1;
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETHERTYPE_ARP), .sll_ifindex = index};
  if (fd < 0) fail("socket");
  attach_filter(fd);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on);
  setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on);
  if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0) fail("bind");
  return fd;
}

static void sleep_on(int fd) {
  struct pollfd wanted = {.fd = fd, .events = POLLIN};
  poll(&wanted, 1, -1);
}

static void run_single(int fd) {
  static uint8_t in[SLOT_BYTES], out[SLOT_BYTES];
  struct sockaddr_ll peer;
  for (;;) {
    socklen_t peer_length = sizeof peer;
    ssize_t length = recvfrom(fd, in, sizeof in, MSG_DONTWAIT | MSG_TRUNC, (struct sockaddr *)&peer, &peer_length);
    if (length < 0) sleep_on(fd);
    else if (answer(in, (uint32_t)length, out)) sendto(fd, out, FRAME_BYTES, MSG_DONTWAIT, (struct sockaddr *)&peer, peer_length);
  }
}

static void run_batched(int fd) {
  static uint8_t in[BATCH][SLOT_BYTES], out[BATCH][SLOT_BYTES];
  static struct mmsghdr rx[BATCH], tx[BATCH];
  static struct iovec rx_bytes[BATCH], tx_bytes[BATCH];
  for (int slot = 0; slot < BATCH; slot++) {
    rx_bytes[slot] = (struct iovec){in[slot], SLOT_BYTES};
    tx_bytes[slot] = (struct iovec){out[slot], FRAME_BYTES};
    rx[slot].msg_hdr = (struct msghdr){.msg_iov = &rx_bytes[slot], .msg_iovlen = 1};
    tx[slot].msg_hdr = (struct msghdr){.msg_iov = &tx_bytes[slot], .msg_iovlen = 1};
  }
  for (;;) {
    int count = recvmmsg(fd, rx, BATCH, MSG_DONTWAIT | MSG_TRUNC, NULL), replies = 0;
    for (int slot = 0; slot < count; slot++) replies += answer(in[slot], rx[slot].msg_len, out[replies]);
    for (int sent = 0; sent < replies;) {
      int taken = sendmmsg(fd, tx + sent, (unsigned)(replies - sent), MSG_DONTWAIT);
      if (taken > 0) sent += taken;
      else if (errno != EINTR) break;
    }
    if (count < BATCH) sleep_on(fd);
  }
}

int main(int argc, char **argv) {
  unsigned mac[6];
  if (argc != 6 || sscanf(argv[3], "%x:%x:%x:%x:%x:%x", mac, mac + 1, mac + 2, mac + 3, mac + 4, mac + 5) != 6) {
    fprintf(stderr, "usage: responder batched|single INDEX MAC FIRST_VIP COUNT\n");
    return 2;
  }
  for (int at = 0; at < 6; at++) own_mac[at] = (uint8_t)mac[at];
  fill_table(ntohl(inet_addr(argv[4])), (uint32_t)atoi(argv[5]));
  int fd = open_socket(atoi(argv[2]));
  printf("ready\n");
  fflush(stdout);
  if (strcmp(argv[1], "single") == 0) run_single(fd);
  else run_batched(fd);
}

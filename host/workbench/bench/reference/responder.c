/*
 * Responders to measure Herald against, for ARP and for NDP: the same sockets, filters, options and checks, in C.
 *
 *   responder arp|ndp batched|single INDEX MAC FIRST_VIP COUNT
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

enum { BATCH = 128, SLOT_BYTES = 256, RECEIVE_BUFFER_BYTES = 512 * 1024 };
enum { DESTINATION = 0, SOURCE = 6, ETHERTYPE = 12, HEADER = 14 };
enum { ETHERTYPE_ARP = 0x0806, ETHERTYPE_IPV6 = 0x86dd };

static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static uint8_t own_mac[6];

/* Addresses in network byte order, one of IPv4 as its four octets alone; open addressing, all zero is empty, four buckets an address. */
struct address {
  uint64_t high, low;
};
static struct address *buckets;
static uint64_t mask;

static uint64_t hash(struct address of) { return ((of.high ^ of.low) * 0x9e3779b97f4a7c15u) >> 32; }

static int is_same(struct address one, struct address other) { return one.high == other.high && one.low == other.low; }

static int is_empty(struct address of) { return (of.high | of.low) == 0; }

static void add(struct address of) {
  uint64_t at = hash(of) & mask;
  while (!is_empty(buckets[at])) at = (at + 1) & mask;
  buckets[at] = of;
}

static int holds(struct address of) {
  uint64_t at = hash(of) & mask;
  while (!is_empty(buckets[at]) && !is_same(buckets[at], of)) at = (at + 1) & mask;
  return is_same(buckets[at], of) && !is_empty(of);
}

static struct address read_address(const uint8_t *at, size_t length) {
  struct address read = {0, 0};
  memcpy(&read, at, length);
  return read;
}

/* `count` addresses from the first on; the last four octets count. */
static void fill_table(uint8_t first[16], size_t length, uint32_t count) {
  uint32_t size = 1024, last;
  while (size < count * 4) size *= 2;
  mask = size - 1;
  buckets = calloc(size, sizeof *buckets);
  if (buckets == NULL) exit(1);
  memcpy(&last, first + length - 4, 4);
  for (uint32_t at = 0; at < count; at++) {
    uint32_t next = htonl(ntohl(last) + at);
    memcpy(first + length - 4, &next, 4);
    add(read_address(first, length));
  }
}

/* RFC 826 "Packet format", behind an Ethernet header. */
enum { HRD = 14, OPER = 20, SHA = 22, SPA = 28, THA = 32, TPA = 38, ARP_BYTES = 42 };

/* Ethernet, IPv4, lengths 6 and 4. */
static const uint8_t kind[6] = {0, 1, 8, 0, 6, 4};
static const uint8_t request[2] = {0, 1};
static const uint8_t reply[2] = {0, 2};

/* Writes the reply to a received frame; gives its length, 0 where there is none. */
static uint32_t answer_arp(const uint8_t *in, uint32_t length, uint8_t *out) {
  if (length < ARP_BYTES || length > SLOT_BYTES) return 0;
  if (in[ETHERTYPE] != 0x08 || in[ETHERTYPE + 1] != 0x06) return 0;
  if (memcmp(in + HRD, kind, 6) != 0 || memcmp(in + OPER, request, 2) != 0) return 0;
  if (memcmp(in + DESTINATION, broadcast, 6) != 0 && memcmp(in + DESTINATION, own_mac, 6) != 0) return 0;
  if (!holds(read_address(in + TPA, 4))) return 0;
  memcpy(out + DESTINATION, in + SHA, 6);
  memcpy(out + SOURCE, own_mac, 6);
  memcpy(out + ETHERTYPE, in + ETHERTYPE, 2);
  memcpy(out + HRD, kind, 6);
  memcpy(out + OPER, reply, 2);
  memcpy(out + SHA, own_mac, 6);
  memcpy(out + SPA, in + TPA, 4);
  memcpy(out + THA, in + SHA, 10); /* and ar$tpa: the asker's address */
  return ARP_BYTES;
}

/* RFC 8200 §3 "IPv6 Header Format", RFC 4861 §4.3 "Neighbor Solicitation Message Format" and §4.4, behind an Ethernet header. */
enum { PAYLOAD = 18, NEXT_HEADER = 20, HOP_LIMIT = 21, SOURCE_IP = 22, DESTINATION_IP = 38, ICMP = 54 };
enum { CODE = 55, CHECKSUM = 56, FLAGS = 58, TARGET = 62, OPTIONS = 78, NEIGHBOR_BYTES = 24, OPTION_BYTES = 8, ADVERTISEMENT_BYTES = 86 };
enum { ICMPV6 = 58, SOLICITATION = 135, ADVERTISEMENT = 136, SOURCE_LINK_LAYER = 1, TARGET_LINK_LAYER = 2, SOLICITED = 0x40, OVERRIDE = 0x20 };

static const uint8_t nobody[16] = {0};
static const uint8_t all_nodes[16] = {0xff, 2, [15] = 1};
static const uint8_t all_nodes_mac[6] = {0x33, 0x33, 0, 0, 0, 1};
static const uint8_t solicited_node[13] = {0xff, 2, [11] = 1, [12] = 0xff};

/* RFC 4443 §2.3 "Message Checksum Calculation", RFC 1071: the sum of pseudo-header and message, in memory order; 0xffff where it is right. */
static uint16_t sum(const uint8_t *frame, uint32_t payload) {
  uint64_t total = htons((uint16_t)payload) + htons(ICMPV6);
  uint32_t at = SOURCE_IP, end = ICMP + payload, last = 0, word;
  for (; at + 4 <= end; at += 4) {
    memcpy(&word, frame + at, 4);
    total += word;
  }
  if (at < end) memcpy(&last, frame + at, end - at);
  total += last;
  total = (total & 0xffffffff) + (total >> 32);
  total = (total & 0xffff) + (total >> 16);
  total = (total & 0xffff) + (total >> 16);
  return (uint16_t)((total & 0xffff) + (total >> 16));
}

/* RFC 4861 §4.6 "Option Formats": 0 where they are not sound; `mac` is then the source's, where it is among them. */
static int read_options(const uint8_t *at, const uint8_t *end, const uint8_t **mac) {
  while (at < end) {
    long size = end - at < OPTION_BYTES ? 0 : at[1] * OPTION_BYTES;
    if (size == 0 || size > end - at) return 0;
    if (at[0] == SOURCE_LINK_LAYER && size == OPTION_BYTES && *mac == NULL) *mac = at + 2;
    at += size;
  }
  return 1;
}

/* To this host, to all nodes or to the group of the target. */
static int is_for_us(const uint8_t *in) {
  const uint8_t *to = in + DESTINATION_IP;
  if ((in[DESTINATION] & 1) == 0 && memcmp(in + DESTINATION, own_mac, 6) != 0) return 0;
  if (to[0] != 0xff || memcmp(to, all_nodes, 16) == 0) return 1;
  return memcmp(to, solicited_node, 13) == 0 && memcmp(to + 13, in + TARGET + 13, 3) == 0;
}

/* RFC 4861 §7.1.1 "Validation of Neighbor Solicitations". */
static int is_solicitation(const uint8_t *in, uint32_t length, const uint8_t **mac) {
  uint32_t payload;
  if (length < ICMP + NEIGHBOR_BYTES || length > SLOT_BYTES) return 0;
  if (in[ETHERTYPE] != 0x86 || in[ETHERTYPE + 1] != 0xdd || in[HEADER] >> 4 != 6 || in[NEXT_HEADER] != ICMPV6) return 0;
  payload = (uint32_t)in[PAYLOAD] << 8 | in[PAYLOAD + 1];
  if (payload < NEIGHBOR_BYTES || payload > length - ICMP) return 0;
  if (in[ICMP] != SOLICITATION || in[CODE] != 0 || in[HOP_LIMIT] != 255 || sum(in, payload) != 0xffff) return 0;
  if ((in[SOURCE] & 1) != 0 || in[TARGET] == 0xff || in[SOURCE_IP] == 0xff) return 0;
  return read_options(in + OPTIONS, in + ICMP + payload, mac) && (*mac == NULL || (**mac & 1) == 0);
}

/* RFC 4861 §7.2.4 "Sending Solicited Neighbor Advertisements". */
static uint32_t answer_ndp(const uint8_t *in, uint32_t length, uint8_t *out) {
  const uint8_t *mac = NULL, *to_mac, *to = in + SOURCE_IP;
  uint16_t checksum;
  if (!is_solicitation(in, length, &mac)) return 0;
  int is_probe = memcmp(to, nobody, 16) == 0;
  if (is_probe && (mac != NULL || memcmp(in + DESTINATION_IP, solicited_node, 13) != 0)) return 0;
  if (!is_for_us(in) || !holds(read_address(in + TARGET, 16))) return 0;
  to_mac = is_probe ? all_nodes_mac : mac != NULL ? mac : in + SOURCE;
  memcpy(out + DESTINATION, to_mac, 6);
  memcpy(out + SOURCE, own_mac, 6);
  memcpy(out + ETHERTYPE, in + ETHERTYPE, 2);
  memcpy(out + HEADER, "\x60\0\0\0\0\x20\x3a\xff", 8); /* version 6; 32 octets of ICMPv6; hop limit 255 */
  memcpy(out + SOURCE_IP, in + TARGET, 16);
  memcpy(out + DESTINATION_IP, is_probe ? all_nodes : to, 16);
  memcpy(out + ICMP, "\x88\0\0\0\0\0\0\0", 8);
  out[FLAGS] = is_probe ? OVERRIDE : SOLICITED | OVERRIDE;
  memcpy(out + TARGET, in + TARGET, 16);
  out[OPTIONS] = TARGET_LINK_LAYER;
  out[OPTIONS + 1] = 1;
  memcpy(out + OPTIONS + 2, own_mac, 6);
  checksum = (uint16_t)~sum(out, ADVERTISEMENT_BYTES - ICMP);
  memcpy(out + CHECKSUM, &checksum, 2);
  return ADVERTISEMENT_BYTES;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

/* Untagged and not for another host: the filters of host/packets/filter.ts. */
#define FOR_THIS_HOST(to_reject) \
  BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT), \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, to_reject), \
  BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_PKTTYPE), \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OTHERHOST, to_reject - 2, 0)

static struct sock_filter arp_filter[] = {
    FOR_THIS_HOST(5),
    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, ETHERTYPE),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_ARP, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, 0x40000),
    BPF_STMT(BPF_RET | BPF_K, 0),
};
static struct sock_filter ndp_filter[] = {
    FOR_THIS_HOST(10),
    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, ETHERTYPE),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_IPV6, 0, 6),
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, NEXT_HEADER),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMPV6, 0, 4),
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ICMP),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SOLICITATION, 1, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ADVERTISEMENT, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, 0x40000),
    BPF_STMT(BPF_RET | BPF_K, 0),
};

struct family {
  const char *name;
  int family, ethertype;
  size_t address_bytes;
  struct sock_fprog filter;
  uint32_t (*answer)(const uint8_t *in, uint32_t length, uint8_t *out);
};
#define FILTER(code) {.len = sizeof code / sizeof code[0], .filter = code}
static const struct family families[] = {
    {"arp", AF_INET, ETHERTYPE_ARP, 4, FILTER(arp_filter), answer_arp},
    {"ndp", AF_INET6, ETHERTYPE_IPV6, 16, FILTER(ndp_filter), answer_ndp},
};

static int open_socket(const struct family *of, int index) {
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
  int buffer = RECEIVE_BUFFER_BYTES, on = 1;
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons((uint16_t)of->ethertype), .sll_ifindex = index};
  if (fd < 0) fail("socket");
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &of->filter, sizeof of->filter) != 0) fail("SO_ATTACH_FILTER");
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

static void run_single(const struct family *of, int fd) {
  static uint8_t in[SLOT_BYTES], out[SLOT_BYTES];
  struct sockaddr_ll peer;
  for (;;) {
    socklen_t peer_length = sizeof peer;
    ssize_t length = recvfrom(fd, in, sizeof in, MSG_DONTWAIT | MSG_TRUNC, (struct sockaddr *)&peer, &peer_length);
    uint32_t bytes = length < 0 ? 0 : of->answer(in, (uint32_t)length, out);
    if (length < 0) sleep_on(fd);
    else if (bytes > 0) sendto(fd, out, bytes, MSG_DONTWAIT, (struct sockaddr *)&peer, peer_length);
  }
}

static void run_batched(const struct family *of, int fd) {
  static uint8_t in[BATCH][SLOT_BYTES], out[BATCH][SLOT_BYTES];
  static struct mmsghdr rx[BATCH], tx[BATCH];
  static struct iovec rx_bytes[BATCH], tx_bytes[BATCH];
  for (int slot = 0; slot < BATCH; slot++) {
    rx_bytes[slot] = (struct iovec){in[slot], SLOT_BYTES};
    tx_bytes[slot] = (struct iovec){out[slot], 0};
    rx[slot].msg_hdr = (struct msghdr){.msg_iov = &rx_bytes[slot], .msg_iovlen = 1};
    tx[slot].msg_hdr = (struct msghdr){.msg_iov = &tx_bytes[slot], .msg_iovlen = 1};
  }
  for (;;) {
    int count = recvmmsg(fd, rx, BATCH, MSG_DONTWAIT | MSG_TRUNC, NULL), replies = 0;
    for (int slot = 0; slot < count; slot++) {
      uint32_t bytes = of->answer(in[slot], rx[slot].msg_len, out[replies]);
      if (bytes > 0) tx_bytes[replies++].iov_len = bytes;
    }
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
  uint8_t first[16];
  const struct family *of = argc > 1 && strcmp(argv[1], "ndp") == 0 ? &families[1] : &families[0];
  if (argc != 7 || strcmp(argv[1], of->name) != 0 || inet_pton(of->family, argv[5], first) != 1 ||
      sscanf(argv[4], "%x:%x:%x:%x:%x:%x", mac, mac + 1, mac + 2, mac + 3, mac + 4, mac + 5) != 6) {
    fprintf(stderr, "usage: responder arp|ndp batched|single INDEX MAC FIRST_VIP COUNT\n");
    return 2;
  }
  for (int at = 0; at < 6; at++) own_mac[at] = (uint8_t)mac[at];
  fill_table(first, of->address_bytes, (uint32_t)atoi(argv[6]));
  int fd = open_socket(of, atoi(argv[3]));
  printf("ready\n");
  fflush(stdout);
  if (strcmp(argv[2], "single") == 0) run_single(of, fd);
  else run_batched(of, fd);
}

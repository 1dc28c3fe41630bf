/** Numbers of the socket API that several files need: asm-generic/socket.h, linux/net.h, linux/socket.h, linux/if_packet.h, linux/in6.h. */

export const AF_UNIX = 1;

export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;

/** With it recvmmsg reports the true length of what a slot cut short. */
export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;
export const MSG_NOSIGNAL = 0x4000;

export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_RCVBUF = 8;
export const SO_BINDTODEVICE = 25;
export const SO_RCVBUFFORCE = 33;
export const SOL_PACKET = 263;
export const PACKET_RX_RING = 5;
export const PACKET_IGNORE_OUTGOING = 23;

export const IPV6_UNICAST_HOPS = 16;
export const IPV6_V6ONLY = 26;

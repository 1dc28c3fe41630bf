/** Why a frame or a datagram must not leave. */
export enum Drop {
  None = 0,
  /** Shorter than what it claims to be. */
  Truncated = 1,
  /** Carries a VLAN tag, behind which anything could stand. */
  Tagged = 2,
  /** No grant for this EtherType on this link. */
  EtherType = 3,
  /** No grant for this protocol of IP. */
  IpProtocol = 4,
  /** Neither the link's own MAC nor one that was granted. */
  SourceMac = 5,
  /** What was denied. */
  Denied = 6,
  /** IPv6 extension headers, behind which anything could stand. */
  ExtensionHeader = 7,
  /** ARP of another form than that for IPv4 on Ethernet, or another operation than request and reply. */
  ArpForm = 8,
  /** Names another MAC as the address's than that it was sent from. */
  ClaimedMac = 9,
  /** Claims an address that is not assigned to the plugin. */
  Address = 10,
  /** A message of ICMPv6 that no announcer has to send: Router Advertisement, Redirect and the like. */
  IcmpType = 11,
  /** No grant to send datagrams there. */
  Destination = 12,
}

/**
 * Module `bgp`: the messages of BGP-4, in both directions.
 *
 * Stateless: no call knows of one before it. The host writes bytes of a stream into `IN`, flush with its end, asks `frame` where the
 * messages in it lie, and `decode` what one says; or it fills a record and asks for bytes in `OUT`. Routes go out in bulk: changes of
 * module `routes` in `CHANGES` become groups (`group`), and each group as many full UPDATEs as it needs (`pack`).
 *
 * Followed: RFC 4271 with 4760 and 2545 (IPv6), 8950 (IPv4 over IPv6 next hops), 6793 (four-octet AS numbers), 5492 and 9072
 * (capabilities), 2918 and 7313 (route refresh), 4724 and 8538 (graceful restart), 8654 (extended messages), 9003 (shutdown communication),
 * 1997, 4360 and 8092 (communities), 4456 (reflected routes), 6286 (identifiers), 7607 (AS zero), and 7606 for what is done about malformed
 * UPDATEs. Left out: confederations, ADD-PATH, families other than IPv4 and IPv6 unicast; what is not read here is kept as bytes.
 *
 * Decoders are total: any bytes give a Status, none traps and none reads past the end. What depends on who the peer is or what was
 * negotiated comes in as parameters, or is left to the session.
 */
export { Segment } from "../wire/bgp/as-path";
export {
  ATTRIBUTE_CODE,
  ATTRIBUTE_FLAGS,
  ATTRIBUTE_FORM,
  ATTRIBUTE_REPEATS,
  ATTRIBUTE_STATUS,
  ATTRIBUTE_VALUE,
  ATTRIBUTE_VALUE_BYTES,
  ATTRIBUTE_VERB,
  FORM_FIELD,
} from "../wire/bgp/attribute-list";
export { Attribute } from "../wire/bgp/attribute-table";
export { Side } from "../wire/bgp/attributes";
export {
  CAPABILITY_CODE,
  CAPABILITY_FORM,
  CAPABILITY_VALUE,
  CAPABILITY_VALUE_BYTES,
  Capability,
  FORM_BYTES,
  FORM_WORDS,
} from "../wire/bgp/capabilities";
export { decode } from "../wire/bgp/decode";
export { ERROR_DATA, ERROR_DATA_BYTES } from "../wire/bgp/error-record";
export {
  GROUP_ATTRIBUTES,
  GROUP_COUNT,
  GROUP_FAMILY,
  GROUP_FIRST,
  GROUP_IS_MOVED,
  GROUP_IS_WITHDRAWAL,
  GROUP_NEXT_HOP,
  group,
} from "../wire/bgp/group";
export {
  encodeKeepalive,
  FRAME_STATUS,
  FRAME_WANTED,
  frame,
  HEADER_TYPE,
  MESSAGE_EXTENDED_MAX,
  MESSAGE_MAX,
  MessageType,
} from "../wire/bgp/header";
export {
  ATTRIBUTE_BYTES,
  ATTRIBUTES,
  ATTRIBUTES_MAX,
  BLOB,
  BLOB_BYTES,
  CAPABILITIES,
  CAPABILITIES_MAX,
  CAPABILITY_BYTES,
  CHANGE_BYTES,
  CHANGES,
  EXTENTS,
  GROUP_BYTES,
  GROUPS,
  IN,
  IN_BYTES,
  KEY_BYTES,
  KEYS,
  KEYS_MAX,
  OUT,
  PACK_KEYS,
  RECORD,
  VALUES,
  VALUES_BYTES,
} from "../wire/bgp/memory";
export {
  encodeNotification,
  NOTIFICATION_CODE,
  NOTIFICATION_DATA,
  NOTIFICATION_DATA_BYTES,
  NOTIFICATION_HAS_TEXT,
  NOTIFICATION_IS_HARD,
  NOTIFICATION_RAW,
  NOTIFICATION_RAW_BYTES,
  NOTIFICATION_SUBCODE,
  NOTIFICATION_TEXT,
  NOTIFICATION_TEXT_BYTES,
  TEXT_MAX,
} from "../wire/bgp/notification";
export { encodeOpen, OPEN_CAPABILITIES, OPEN_HOLD_TIME, OPEN_IDENTIFIER, OPEN_MY_AS } from "../wire/bgp/open";
export { PACK_TAKEN, Pack, pack } from "../wire/bgp/pack";
export {
  FIELD_AFI,
  FIELD_COUNT,
  FIELD_FIRST,
  FIELD_NEXT_HOP,
  FIELD_NEXT_HOP_BYTES,
  FIELD_SAFI,
} from "../wire/bgp/reach";
export {
  encodeRefresh,
  REFRESH_AFI,
  REFRESH_REST,
  REFRESH_REST_BYTES,
  REFRESH_SAFI,
  REFRESH_SUBTYPE,
} from "../wire/bgp/route-refresh";
export { errorCode, errorSubcode, Status, Verb } from "../wire/bgp/status";
export {
  clearUpdate,
  tellAttribute,
  UPDATE_ANNOUNCED,
  UPDATE_ATTRIBUTES,
  UPDATE_REACH,
  UPDATE_UNREACH,
  UPDATE_WITHDRAWN,
} from "../wire/bgp/update";
export { encodeAttributes, encodeUpdate } from "../wire/bgp/update-encode";

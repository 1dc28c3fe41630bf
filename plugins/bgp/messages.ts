/** BGP messages as objects: what the host's codec decodes from bytes and encodes into them, and what the session talks in. */

import type { Bgp } from "../../host/announcer.ts";

export type AfiSafi = Bgp.AfiSafi;
export type Capability = Bgp.Capability;
export type Codec = Bgp.Codec;
export type DecodedMessage = Bgp.DecodedMessage;
export type Framer = Bgp.Framer;
export type Message = Bgp.Message;
export type MessageError = Bgp.MessageError;
/** Once it is negotiated. */
export type MessageFormat = Required<Bgp.MessageFormat>;
export type NotificationMessage = Bgp.NotificationMessage;
export type OpenMessage = Bgp.OpenMessage;
export type PathAttributes = Bgp.PathAttributes;
export type UpdateMessage = Bgp.UpdateMessage;

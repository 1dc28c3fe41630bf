/** UPDATEs that are broken in a multiprotocol attribute. */
import { attribute, external, GLOBAL, goodReach, IPV6, reach, unreach, update } from "./messages.ts";
import type { Row } from "./row.ts";

// biome-ignore format: a row a line
export const multiprotocolRows: readonly Row[] = [
  ["MP_REACH_NLRI transitive", "MP_REACH_NLRI that is transitive", reach(goodReach, { flags: "c0" }), "disable 3/4 WrongFlags 14", "reset 3/1", "reset 3/4"],
  ["MP_REACH_NLRI short", "MP_REACH_NLRI of two octets", reach("0002"), "reset 3/9 MpTooShort", "reset 3/9", "reset 3/1"],
  ["MP_REACH_NLRI short", "MP_REACH_NLRI of four octets", reach("00020110"), "disable 3/9 MpTooShort 14", "reset 3/9", "reset 3/1"],
  ["MP_REACH_NLRI nextHopLength", "MP_REACH_NLRI with a next hop of 15 octets", reach(`0002010f${GLOBAL.slice(2)}00${IPV6}`), "disable 3/9 BadMpNextHop 14", "reset 3/9", "reset 3/1"],
  ["MP_REACH_NLRI nextHopLength", "MP_REACH_NLRI of IPv6 with a next hop of four octets", reach(`00020104c000026500${IPV6}`), "disable 3/9 BadMpNextHop 14", "withdraw", "keep"],
  ["MP_REACH_NLRI nextHopOverrun", "MP_REACH_NLRI whose next hop runs past its end", reach("00020110200100"), "disable 3/9 BadMpNextHop 14", "reset 3/9", "reset 3/1"],
  ["MP_REACH_NLRI prefixLength", "MP_REACH_NLRI with a prefix of 129 bits", reach(`00020110${GLOBAL}0081${GLOBAL}00`), "disable 3/9 BadMpPrefix 14", "reset 3/10", "reset 3/9"],
  ["MP_REACH_NLRI prefixOverrun", "MP_REACH_NLRI whose prefix runs past its end", reach(`00020110${GLOBAL}003020010db8`), "disable 3/9 BadMpPrefix 14", "reset 3/1", "reset 3/9"],
  ["MP_REACH_NLRI overrun", "MP_REACH_NLRI that runs past the others' end", update({ attributes: `${external["ORIGIN"]}${external["AS_PATH"]}800e2500020110` }), "disable 3/1 AttributeOverrun 14", "reset 3/1", "reset 3/5"],
  ["MP_REACH_NLRI overrun", "MP_REACH_NLRI of which only the length is there", update({ attributes: `${external["ORIGIN"]}${external["AS_PATH"]}800e25` }), "reset 3/1 AttributeOverrun", "reset 3/1", "reset 3/5"],
  ["", "MP_REACH_NLRI again, past the others' end", reach("00020110", { changed: { first: attribute("80", "0e", goodReach), last: "800e2500020110" } }), "reset 3/1 RepeatedMpAttribute", "withdraw", "reset 3/1"],
  ["MP_REACH_NLRI repeated", "MP_REACH_NLRI twice", reach(goodReach, { changed: { first: attribute("80", "0e", goodReach) } }), "reset 3/1 RepeatedMpAttribute", "reset 3/1", "reset 3/1"],
  ["MP_REACH_NLRI optional", "MP_REACH_NLRI that is not optional", reach(goodReach, { flags: "00" }), "disable 3/4 WrongFlags 14", "reset 3/1", "reset 3/4"],
  ["MP_REACH_NLRI empty", "MP_REACH_NLRI of no octets", reach(""), "reset 3/9 MpTooShort", "reset 3/9", "reset 3/1"],
  ["MP_REACH_NLRI nextHopLength", "MP_REACH_NLRI with a next hop of no octets", reach(`0002010000${IPV6}`), "disable 3/9 BadMpNextHop 14", "reset 3/9", "reset 3/1"],
  ["MP_REACH_NLRI nextHopLength", "MP_REACH_NLRI with a next hop of 24 octets", reach(`00020118${"00".repeat(8)}${GLOBAL}00${IPV6}`), "disable 3/9 BadMpNextHop 14", "reset 3/9", "keep"],
  ["MP_REACH_NLRI nextHopLength", "MP_REACH_NLRI of IPv4 with a next hop of five octets", reach("00010105c0000265000018c63364"), "disable 3/9 BadMpNextHop 14", "reset 3/9", "reset 3/1"],
  ["MP_REACH_NLRI nextHopValue", "MP_REACH_NLRI with the next hop ::", reach(`00020110${"00".repeat(16)}00${IPV6}`), "withdraw 3/8 BadNextHop 14", "withdraw", "withdraw"],
  ["MP_REACH_NLRI nextHopValue", "MP_REACH_NLRI with the next hop ::1", reach(`00020110${"00".repeat(15)}0100${IPV6}`), "withdraw 3/8 BadNextHop 14", "withdraw", "withdraw"],
  ["MP_REACH_NLRI nextHopValue", "MP_REACH_NLRI with the next hop ff02::1", reach(`00020110ff02${"00".repeat(13)}0100${IPV6}`), "withdraw 3/8 BadNextHop 14", "withdraw", "withdraw"],
  ["MP_REACH_NLRI nextHopValue", "MP_REACH_NLRI of IPv4 with the next hop 224.0.0.1", reach("00010104e00000010018c63364"), "withdraw 3/8 BadNextHop 14", "withdraw", "withdraw"],
  ["MP_REACH_NLRI prefixLength", "MP_REACH_NLRI of IPv4 with a prefix of 33 bits", reach("00010104c00002650021c633640080"), "disable 3/9 BadMpPrefix 14", "reset 3/10", "reset 3/9"],
  ["", "MP_REACH_NLRI without ORIGIN", reach(goodReach, { changed: { ORIGIN: "" } }), "withdraw 3/3 MissingAttribute 1", "withdraw", "withdraw"],
  ["", "MP_REACH_NLRI without AS_PATH", reach(goodReach, { changed: { AS_PATH: "" } }), "withdraw 3/3 MissingAttribute 2", "withdraw", "withdraw"],
  ["", "MP_REACH_NLRI with ORIGIN 3", reach(goodReach, { changed: { ORIGIN: "40010103" } }), "withdraw 3/6 BadOrigin 1", "withdraw", "reset 3/10"],
  ["MP_UNREACH_NLRI transitive", "MP_UNREACH_NLRI that is transitive", unreach(`000201${IPV6}`, "c0"), "disable 3/4 WrongFlags 15", "reset 3/1", "reset 3/4"],
  ["MP_UNREACH_NLRI short", "MP_UNREACH_NLRI of two octets", unreach("0002"), "reset 3/9 MpTooShort", "reset 3/9", "reset 3/1"],
  ["MP_UNREACH_NLRI prefixLength", "MP_UNREACH_NLRI with a prefix of 129 bits", unreach(`00020181${GLOBAL}00`), "disable 3/9 BadMpPrefix 15", "reset 3/10", "reset 3/9"],
  ["MP_UNREACH_NLRI prefixOverrun", "MP_UNREACH_NLRI whose prefix runs past its end", unreach("0002013020010db8"), "disable 3/9 BadMpPrefix 15", "reset 3/1", "reset 3/9"],
  ["MP_UNREACH_NLRI repeated", "MP_UNREACH_NLRI twice", update({ attributes: attribute("80", "0f", `000201${IPV6}`).repeat(2) }), "reset 3/1 RepeatedMpAttribute", "reset 3/1", "reset 3/1"],
  ["MP_UNREACH_NLRI optional", "MP_UNREACH_NLRI that is not optional", unreach(`000201${IPV6}`, "00"), "disable 3/4 WrongFlags 15", "reset 3/1", "reset 3/4"],
  ["MP_UNREACH_NLRI empty", "MP_UNREACH_NLRI of no octets", unreach(""), "reset 3/9 MpTooShort", "reset 3/9", "reset 3/1"],
  ["MP_UNREACH_NLRI overrun", "MP_UNREACH_NLRI that runs past the others' end", update({ attributes: `800f0b000201${IPV6}` }), "disable 3/1 AttributeOverrun 15", "reset 3/1", "reset 3/5"],
  ["MP_UNREACH_NLRI overrun", "MP_UNREACH_NLRI of which only the length is there", update({ attributes: "800f0b" }), "reset 3/1 AttributeOverrun", "reset 3/1", "reset 3/5"],
  ["MP_UNREACH_NLRI prefixLength", "MP_UNREACH_NLRI of IPv4 with a prefix of 33 bits", unreach("00010121c633640080"), "disable 3/9 BadMpPrefix 15", "reset 3/10", "reset 3/9"],
];

// biome-ignore format: a row a line
export const internalMultiprotocolRows: readonly Row[] = [
  ["", "MP_REACH_NLRI without LOCAL_PREF", reach(goodReach, { changed: { LOCAL_PREF: "" }, sender: "internal" }), "withdraw 3/3 MissingAttribute 5", "keep", "withdraw"],
];

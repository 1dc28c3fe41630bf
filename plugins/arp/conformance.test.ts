import { suite } from "uvu";
import { arpNeighbor } from "../../host/workbench/conformance/arp-neighbor.ts";
import { conformance } from "../../host/workbench/conformance/conformance.ts";
import { bridged } from "../../host/workbench/testing/bridged.ts";
import arp from "./plugin.ts";

const arpConformance = suite("arp conformance");

conformance(arpConformance, arp, { outside: arpNeighbor });

const arpBridged = suite("arp conformance, over the bridge");

conformance(arpBridged, bridged(arp), { outside: arpNeighbor });

arpConformance.run();
arpBridged.run();

import { suite } from "uvu";
import { conformance } from "../../host/workbench/conformance/conformance.ts";
import { ndpNeighbor } from "../../host/workbench/conformance/ndp-neighbor.ts";
import { bridged } from "../../host/workbench/testing/bridged.ts";
import ndp from "./plugin.ts";

const ndpConformance = suite("ndp conformance");

conformance(ndpConformance, ndp, { outside: ndpNeighbor });

const ndpBridged = suite("ndp conformance, over the bridge");

conformance(ndpBridged, bridged(ndp), { outside: ndpNeighbor });

ndpConformance.run();
ndpBridged.run();

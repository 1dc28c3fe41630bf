import { suite } from "uvu";
import { conformance } from "../../host/workbench/conformance/conformance.ts";
import { ndpNeighbor } from "../../host/workbench/conformance/ndp-neighbor.ts";
import ndp from "./plugin.ts";

const ndpConformance = suite("ndp conformance");

conformance(ndpConformance, ndp, { outside: ndpNeighbor });

ndpConformance.run();

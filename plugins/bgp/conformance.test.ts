/** What every announcer must do, without a router beside it: those are in `plugin.test.ts` and in the interop matrix. */

import { suite } from "uvu";
import { conformance } from "../../host/workbench/conformance/conformance.ts";
import bgp from "./plugin.ts";

const bgpConformance = suite("bgp conformance");

conformance(bgpConformance, bgp);

bgpConformance.run();

import { suite } from "uvu";
import { conformance } from "../../host/workbench/conformance/conformance.ts";
import rip from "./plugin.ts";

const ripConformance = suite("rip conformance");

conformance(ripConformance, rip);

ripConformance.run();

import { suite } from "uvu";
import { conformance } from "../../host/workbench/conformance/conformance.ts";
import mdns from "./plugin.ts";

const mdnsConformance = suite("mdns conformance");

conformance(mdnsConformance, mdns);

mdnsConformance.run();

import { suite } from "uvu";
import { conformance } from "../../host/workbench/conformance/conformance.ts";
import webhook from "./plugin.ts";

const webhookConformance = suite("webhook conformance");

conformance(webhookConformance, webhook);

webhookConformance.run();

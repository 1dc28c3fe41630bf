/** Herald on arm64: 64-bit words. */

import { suite } from "uvu";
import { testOnArm } from "./arm-tests.ts";

const ARM64 = suite("arm64");
testOnArm(ARM64, import.meta.url, "arm64");
ARM64.run();

/** Herald on arm (armv7): 32-bit words. */

import { suite } from "uvu";
import { testOnArm } from "./arm-tests.ts";

const ARM = suite("arm");
testOnArm(ARM, import.meta.url, "arm");
ARM.run();

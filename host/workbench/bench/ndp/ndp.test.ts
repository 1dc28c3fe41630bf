import { suite } from "uvu";
import { testAnswersBench } from "../answers/bench-suite.ts";

const bench = suite("bench ndp");

testAnswersBench(bench, "ndp", "ndppd");

bench.run();

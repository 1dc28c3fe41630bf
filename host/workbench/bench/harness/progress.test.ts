import { suite } from "uvu";
import * as assert from "uvu/assert";
import { barLine, leftSeconds, openProgress } from "./progress.ts";

const progress = suite("progress");

function recorded(isTTY: boolean, everySeconds = 0) {
  let text = "";
  let nowMs = 0;
  const stream = { write: (piece: string) => (text += piece), isTTY, columns: 100 };
  const shown = openProgress({ stream, estimateSeconds: 100, everySeconds, now: () => nowMs });
  return { ...shown, after: (seconds: number) => (nowMs += seconds * 1000), text: () => text };
}

progress("leftSeconds() goes by the estimate first, and by the pace later", () => {
  const left = (share: number, elapsedSeconds: number) => Math.round(leftSeconds({ estimateSeconds: 100, share, elapsedSeconds }));
  assert.equal([left(0, 0), left(0.5, 50), left(1, 300)], [100, 50, 0]);
  // Twice as slow as was expected.
  assert.equal([left(0.01, 2), left(0.5, 100), left(0.9, 180)], [108, 92, 19]);
  // Stuck: it does not promise what it cannot know.
  assert.ok(left(0.5, 500) > 400);
  assert.is(leftSeconds({ estimateSeconds: 0, share: 0, elapsedSeconds: 5 }), 0);
});

progress("openProgress() draws one line on a terminal, and lets lines stay above it", () => {
  const { tell, say, end, after, text } = recorded(true);
  tell("arp: round 1", 0);
  after(50);
  tell("arp: round 2", 0.5);
  say("no compiler");
  end();
  const lines = text().split("\r\x1b[K");
  assert.is(lines[1], "░░░░░░░░░░░░░░░░░░░░░░░░   0 %  about 2 min left  arp: round 1");
  assert.is(lines[2], "████████████░░░░░░░░░░░░  50 %  about 50 s left  arp: round 2");
  assert.equal(lines.slice(3), ["no compiler\n", lines[2], ""]);
});

progress("openProgress() writes plain lines elsewhere, and not too many", () => {
  const { tell, say, end, after, text } = recorded(false, 15);
  tell("arp: round 1", 0);
  after(10);
  tell("arp: round 2", 0.1);
  after(10);
  tell("arp: round 3");
  say("no compiler");
  end();
  assert.is(text(), "arp: round 1; 0 % done, about 2 min left\narp: round 3; 10 % done, about 2 min left\nno compiler\n");
});

progress("openProgress() obeys nobody else's text", () => {
  const { tell, say, end, text } = recorded(true);
  tell("a\x1b[2Jb\nc", 7);
  say("\x07");
  end();
  assert.ok(text().includes("100 %  about 0 s left  a\\x1b[2Jb\\x0ac"));
  assert.not.ok(text().includes("\x07") || text().includes("\n\n") || text().includes("\x1b[2J"));
});

progress("barLine() fits the terminal", () => {
  const line = (columns: number) => barLine({ what: "x".repeat(300), share: 0.3, left: "about 1 s left" }, columns);
  assert.equal([line(79).length, line(10).length, line(0)], [79, 10, "…"]);
});

progress.run();

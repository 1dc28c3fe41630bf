import { suite } from "uvu";
import * as assert from "uvu/assert";
import { describeNotification } from "./notification-words.ts";

const words = suite("bgp session notification-words");

const describe = (errorCode: number, errorSubcode: number) => describeNotification({ errorCode, errorSubcode, data: "" });

words("describeNotification() names codes and subcodes", () => {
  assert.is(describe(1, 1), "Message header error, connection not synchronized (1/1)");
  assert.is(describe(2, 6), "OPEN message error, unacceptable hold time (2/6)");
  assert.is(describe(2, 11), "OPEN message error, role mismatch (2/11)");
  assert.is(describe(3, 11), "UPDATE message error, malformed AS_PATH (3/11)");
  assert.is(describe(4, 0), "Hold timer expired (4/0)");
  assert.is(describe(5, 3), "Finite state machine error, unexpected message in Established (5/3)");
  assert.is(describe(6, 10), "Cease, BFD down (6/10)");
  assert.is(describe(7, 1), "ROUTE-REFRESH message error, invalid message length (7/1)");
  assert.is(describe(8, 0), "Send hold timer expired (8/0)");
});

words("describeNotification() shows what it does not know", () => {
  assert.is(describe(6, 99), "Cease, unknown subcode (6/99)");
  assert.is(describe(2, 5), "OPEN message error, unknown subcode (2/5)");
  assert.is(describe(0, 0), "Unknown error (0/0)");
  assert.is(describe(200, 7), "Unknown error, unknown subcode (200/7)");
});

words("describeNotification() quotes what the peer says, control characters and all", () => {
  const said = { errorCode: 6, errorSubcode: 2, data: "", shutdownCommunication: 'Back "at six"\n' };
  assert.is(describeNotification(said), 'Cease, administrative shutdown (6/2): "Back \\"at six\\"\\n"');
  assert.is(
    describeNotification({ errorCode: 6, errorSubcode: 9, data: "", hardReset: said }),
    'Cease, hard reset (6/9): Cease, administrative shutdown (6/2): "Back \\"at six\\"\\n"',
  );
});

words("describeNotification() lets no text of the peer's steer a terminal", () => {
  const shutdownCommunication = "\u001b[2J\u009b2J\u202eevil";
  const said = describeNotification({ errorCode: 6, errorSubcode: 2, data: "", shutdownCommunication });
  assert.is(said, 'Cease, administrative shutdown (6/2): "\\u001b[2J\\u009b2J\\u202eevil"');
});

words.run();

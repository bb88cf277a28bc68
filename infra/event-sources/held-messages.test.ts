import fc from "fast-check";
import { expect, test } from "vitest";
import { message } from "./fixture-messages.ts";
import { eventOf, type Held, hold, messageIdOf, packedOf } from "./held-messages.ts";
import { unpack } from "./unpack.ts";

const arn = "arn:aws:mq:eu-central-1:123456789012:broker:chat:b-1";

test("messages make the same event whether they wait encoded or are packed with their batch, and weigh the same", () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 20 }), (messages) => {
      const [encoded, whole] = [false, true].map((isPacked) => messages.map((one) => hold(one, isPacked)));
      const event = eventOf(arn, "chat::/", encoded ?? []);
      expect(event).toEqual(eventOf(arn, "chat::/", whole ?? []));
      if (messages.length > 0) expect(event).toEqual(unpack(packedOf(arn, whole ?? [])));
      const weigh = (held: Held[] = []) => held.map((one) => [one.bytes, messageIdOf(one)]);
      expect(weigh(encoded)).toEqual(weigh(whole));
    }),
  );
});

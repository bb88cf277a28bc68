import { expect, test } from "vitest";
import { formatState, parseState, type State } from "./state.ts";

const home = "Europe/Berlin";

test("what the address says comes back as it was", () => {
  const states: State[] = [
    parseState("", home),
    {
      view: "commits",
      range: "custom",
      from: "2026-01-31T00:00",
      to: "2026-02-28T23:59",
      zone: "Asia/Kolkata",
      compare: true,
      filters: { repo: "a&b/=ü", author: "<b>" },
    },
    { view: "chat", range: "7d", from: undefined, to: undefined, zone: home, compare: false, filters: {} },
  ];
  for (const state of states) expect(parseState(formatState(state, home), home)).toEqual(state);
});

test("an address somebody made up is read as far as it makes sense", () => {
  expect(parseState("?view=__proto__&tz=Mars/Olympus&range=&key=secret", home)).toEqual(parseState("", home));
  expect(parseState("?view=toString", home).view).toBe("overview");
});

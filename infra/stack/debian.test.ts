import { expect, it } from "vitest";
import { percent } from "./debian.ts";

it("reads how far apt is from its last status line", () => {
  const printed = [
    "dlstatus:1:20.5882:Retrieving file 8 of 22 (3s remaining)",
    "Selecting previously unselected package erlang-base.",
    "pmstatus:erlang-base:40.9091:Unpacking erlang-base (amd64)",
    "Unpacking erlang-base (1:25.2.3) ...",
  ].join("\n");
  expect(percent(printed)).toBe(", 40 %");
});

it("says nothing before apt does", () => {
  expect(percent("Reading package lists...\n")).toBe("");
});

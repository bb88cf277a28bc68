import { expect, test } from "vitest";
import { namesOf } from "./names.ts";

test.each(["page-view", "page_view", "pageView", "PageView"])("%s is one noun in every spelling", (given) => {
  expect(namesOf(given)).toEqual({
    kebab: "page-view",
    snake: "page_view",
    camel: "pageView",
    pascal: "PageView",
    plural: "page_views",
    words: "page view",
  });
});

test("plurals are those of English", () => {
  expect(["match", "story", "essay", "tax", "rating-2"].map((noun) => namesOf(noun).plural)).toEqual([
    "matches",
    "stories",
    "essays",
    "taxes",
    "rating_2s",
  ]);
});

test.each(["", "-", "a--b", "9lives", "a;b", "../x", "ä", "x".repeat(61)])("%j is refused", (given) => {
  expect(() => namesOf(given)).toThrow("page-view");
});

import { expect, it } from "vitest";
import { suggest } from "./suggest.ts";

const names = ["chat_messages", "chat_top_active_users", "shadow_types"];

it("suggest finds the name that was meant, and nothing for what is like none", () => {
  expect(suggest("shadow_type", names)).toBe("shadow_types");
  expect(suggest("Chat_Mesages", names)).toBe("chat_messages");
  expect(suggest("top_users", names)).toBe("chat_top_active_users");
  expect(suggest("zzz", names)).toBeUndefined();
  expect(suggest("", names)).toBeUndefined();
});

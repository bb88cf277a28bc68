import * as z from "zod";
import { defineJsonContract, text } from "./contract.ts";
import { timestamp } from "./timestamp.ts";

/** What a person (or bot) says in the chat room, as published to the exchange `chat`. */
export const chatMessage = defineJsonContract(
  "chat_message",
  z.object({
    username: text.min(1),
    message: text,
    /** When it was sent. Publishers of older systems leave it out. */
    sent_at: timestamp.optional(),
  }),
);

export type ChatMessage = z.output<typeof chatMessage.schema>;

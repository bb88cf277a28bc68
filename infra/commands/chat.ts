import type { Command } from "commander";
import { registerChatSend } from "./chat-send.ts";
import { registerChatWatch } from "./chat-watch.ts";

export function register(program: Command): void {
  const chat = program.command("chat").description("talk in the chat room, and listen to it");
  registerChatSend(chat);
  registerChatWatch(chat);
}

/** index-chat itself, as it is deployed. */
export { handler } from "../../../functions/index-chat/handler.ts";

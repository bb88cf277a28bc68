/** store-events itself, as it is deployed. */
export { handler } from "../../../functions/store-events/handler.ts";

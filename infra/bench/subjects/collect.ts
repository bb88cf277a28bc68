/** collect-events itself, as it is deployed. */
export { handler } from "../../../functions/collect-events/handler.ts";

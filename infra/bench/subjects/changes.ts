/** apply-changes itself, as it is deployed. */
export { handler } from "../../../functions/apply-changes/handler.ts";

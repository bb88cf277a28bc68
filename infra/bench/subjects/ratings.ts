/** classify-ratings itself, as it is deployed. */
export { handler } from "../../../functions/classify-ratings/handler.ts";

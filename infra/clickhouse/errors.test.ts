import { expect, test } from "vitest";
import { asServerError, errorText, httpStatus, ServerError } from "./errors.ts";

test("the engine's message is taken apart", () => {
  const error = asServerError(
    new Error("Query failed: Code: 60. DB::Exception: Table a (b) is unknown. (UNKNOWN_TABLE)"),
  );
  expect(error).toMatchObject({ code: 60, type: "UNKNOWN_TABLE", message: "Table a (b) is unknown." });
  expect(httpStatus(error)).toBe(404);
});

test("an error told several times over is told once", () => {
  const inner = "Code: 164. DB::Exception: Cannot modify 'a'. (READONLY) (version 26.7.2.1)";
  const error = asServerError(new Error(`Code: 164. DB::Exception: ${inner}. (READONLY)`));
  expect(error.message).toBe("Cannot modify 'a'.");
});

test("a full disk is ClickHouse's own error for it", () => {
  const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  expect(asServerError(full)).toMatchObject({ code: 243, type: "NOT_ENOUGH_SPACE" });
});

test("anything else is an unknown exception, told as ClickHouse tells errors", () => {
  expect(errorText(asServerError("boom"), "26.7")).toBe(
    "Code: 1002. DB::Exception: boom (UNKNOWN_EXCEPTION) (version 26.7 (official build))\n",
  );
  expect(httpStatus(new ServerError(1002, "UNKNOWN_EXCEPTION", "boom"))).toBe(500);
});

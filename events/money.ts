import * as z from "zod";

/** Fraction digits that are kept: those of every currency of ISO 4217, and one more. */
export const moneyScale = 4;

/** A JSON number, or text such as `"12.50"`. A double shows its shortest digits, so 19.99 is 19.99. */
const pattern = /^(\d{1,12})(?:\.(\d{1,4})0*)?$/;

/** An amount of money, not negative, decoded to ten-thousandths: exact up to 900 thousand million. */
export const money = z.union([z.number(), z.string()]).transform((value, context) => {
  const [, whole, fraction = ""] = pattern.exec(String(value)) ?? [];
  const units = Number(`${whole}${fraction.padEnd(moneyScale, "0")}`);
  if (whole !== undefined && Number.isSafeInteger(units)) return units;
  const message = `is no amount of 0 to 900,000,000,000 with at most ${moneyScale} digits after the point`;
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});

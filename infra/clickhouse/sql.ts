/** A string as a SQL literal. */
export const literal = (value: string) => `'${value.replace(/[\\']/g, "\\$&")}'`;

/** A name as a quoted identifier. */
export const identifier = (name: string) => `\`${name.replace(/[\\`]/g, "\\$&")}\``;

/** Requests are lexed as latin1, one character per byte; the engine takes UTF-8. */
export const utf8 = (latin1: string) => Buffer.from(latin1, "latin1").toString("utf8");

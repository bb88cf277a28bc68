import * as z from "zod";

/**
 * The variables a function needs, parsed once at its cold start.
 * @throws Error naming each variable that is missing or wrong, so that the first invocation fails with a reason.
 */
export function readEnv<Shape extends z.ZodRawShape>(
  shape: Shape,
  env: NodeJS.ProcessEnv = process.env,
): z.output<z.ZodObject<Shape>> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const parsed = z.object(shape).safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
  throw new Error(
    `Wrong environment: ${problems}. Set them in serverless.yml; locally \`npx sluice up\` writes the secrets to .env.`,
  );
}

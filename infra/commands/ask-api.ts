import * as z from "zod";
import { loadSettings } from "../settings.ts";
import { suggest } from "../terminal/suggest.ts";

const endpointList = z.object({
  endpoints: z.array(
    z.object({
      name: z.string(),
      description: z.string(),
      /** JSON Schema of each parameter. */
      params: z.record(
        z.string(),
        z.object({ description: z.string().optional(), default: z.unknown().optional() }),
      ),
    }),
  ),
});

const answer = z.object({
  meta: z.array(z.object({ name: z.string(), type: z.string() })),
  data: z.array(z.record(z.string(), z.unknown())),
  rows: z.number(),
  next: z.string().nullable(),
  statistics: z.object({ elapsed_ms: z.number(), rows_read: z.number(), bytes_read: z.number() }),
});

const problem = z.object({ title: z.string().optional(), detail: z.string().optional() });

export type Endpoint = z.output<typeof endpointList>["endpoints"][number];
export type Answer = z.output<typeof answer>;

export async function listEndpoints(): Promise<Endpoint[]> {
  const { status, body } = await get("/v1/endpoints");
  if (status !== 200) throw refused(status, body);
  return expect(endpointList, body).endpoints;
}

/** @throws Error with the API's own words for a refusal; for an unknown name with the one that was probably meant. */
export async function askEndpoint(name: string, params: Record<string, string>): Promise<Answer> {
  const { status, body } = await get(
    `/v1/endpoints/${encodeURIComponent(name)}?${new URLSearchParams(params)}`,
  );
  if (status === 200) return expect(answer, body);
  if (status !== 404) throw refused(status, body);
  const names = (await listEndpoints()).map((endpoint) => endpoint.name);
  const meant = suggest(name, names);
  throw new Error(
    `There is no endpoint "${name}". ${meant ? `Did you mean ${meant}?` : `There are: ${names.join(", ")}.`}`,
  );
}

async function get(path: string): Promise<{ status: number; body: unknown }> {
  const { HTTP_PORT, SLUICE_READ_KEY } = loadSettings();
  const origin = `http://127.0.0.1:${HTTP_PORT}`;
  const headers = { authorization: `Bearer ${SLUICE_READ_KEY}` };
  const response = await fetch(origin + path, { headers, signal: AbortSignal.timeout(60_000) }).catch(
    (cause) => {
      throw new Error(
        `The HTTP API at ${origin} does not answer: start it with \`npx sluice up\` (HTTP_PORT is its port).`,
        {
          cause,
        },
      );
    },
  );
  const text = await response.text();
  try {
    return { status: response.status, body: JSON.parse(text) };
  } catch (cause) {
    throw new Error(`${origin}${path} answered ${response.status} with something other than JSON.`, {
      cause,
    });
  }
}

function expect<Body>(shape: z.ZodType<Body>, body: unknown): Body {
  const parsed = shape.safeParse(body);
  if (parsed.success) return parsed.data;
  const given = JSON.stringify(body).slice(0, 200);
  throw new Error(`HTTP_PORT leads to something other than this project's HTTP API: it answered ${given}`, {
    cause: parsed.error,
  });
}

function refused(status: number, body: unknown): Error {
  const { title, detail } = problem.catch({}).parse(body);
  return new Error(
    `The HTTP API answered ${status}: ${[title, detail].filter(Boolean).join(". ") || "no reason given"}`,
  );
}

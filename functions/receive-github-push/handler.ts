import * as z from "zod";
import { type CommitInput, commit } from "../../events/commit.ts";
import {
  type GitHubPush,
  githubPush,
  type IncompletePush,
  incompletePush,
} from "../../events/github-push.ts";
import { readEnv } from "../lib/env.ts";
import { linesVariables } from "../lib/github/lines.ts";
import { HttpError, httpFunction, json } from "../lib/http.ts";
import { bodyBytes, header } from "../lib/http-event.ts";
import { kafkaVariables, openProducer, type Produce } from "../lib/kafka.ts";
import { branchOf, divide } from "./push.ts";
import { isSigned } from "./signature.ts";

/**
 * `POST /v1/github/push`, GitHub's webhook: the commits of a push → the topic `commits_topic`, answered when Kafka has them.
 * A delivery that comes again (`X-GitHub-Delivery`) brings the same commits, and a commit counts once. With lines the push itself goes to
 * `incomplete_pushes`: only GitHub knows them.
 */
export const createHandler = (produce: Produce, secret: string, lines: boolean) =>
  httpFunction(async (event) => {
    const body = bodyBytes(event); // What was signed.
    if (!isSigned(secret, body, header(event, "x-hub-signature-256")))
      throw new HttpError(
        401,
        "The signature is wrong",
        "X-Hub-Signature-256 is not that of the body: the webhook's secret must be GITHUB_WEBHOOK_SECRET.",
      );
    const kind = header(event, "x-github-event");
    const delivery = header(event, "x-github-delivery");
    if (!kind || !delivery)
      throw new HttpError(400, "No delivery", "GitHub sends X-GitHub-Event and X-GitHub-Delivery.");
    if (kind === "ping") return json(200, { delivery, pong: true });
    if (kind !== "push") return json(200, { delivery, ignored: `${kind}: only pushes are of interest` });
    const push = parsePush(body, header(event, "content-type") ?? "");
    const branch = branchOf(push);
    if (branch === undefined)
      return json(200, { delivery, ignored: `${push.ref}: no branch, or one that is gone` });
    const repo = push.repository.full_name;
    const { commits, incomplete } = divide(push, branch, lines);
    const rest = incomplete && { repo, branch, before: push.before, after: push.after };
    await deliver(produce, delivery, commits, rest);
    return json(202, { delivery, repo, branch, commits: commits.length, complete: !incomplete });
  });

async function deliver(
  produce: Produce,
  delivery: string,
  commits: CommitInput[],
  rest: IncompletePush | false,
): Promise<void> {
  const headers = { "github-delivery": delivery };
  try {
    await produce(
      "commits_topic",
      commits.map((one) => ({ key: one.commit_id, value: commit.encode(one), headers })),
    );
    if (rest)
      await produce("incomplete_pushes", [{ key: rest.repo, value: incompletePush.encode(rest), headers }]);
  } catch (cause) {
    throw new HttpError(503, "Kafka does not answer", "Deliver it again in a moment.", { cause });
  }
}

/** A webhook may be set to send JSON, or a form whose `payload` is JSON. @throws HttpError 400 */
function parsePush(body: Buffer, contentType: string): GitHubPush {
  const text = body.toString();
  const isForm = contentType.startsWith("application/x-www-form-urlencoded");
  let given: unknown;
  try {
    given = JSON.parse(isForm ? (new URLSearchParams(text).get("payload") ?? "") : text);
  } catch {
    throw new HttpError(400, "No JSON", "The body is neither JSON nor a form with a `payload` of JSON.");
  }
  const parsed = githubPush.safeParse(given);
  if (parsed.success) return parsed.data;
  const details = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new HttpError(400, "Not a push", details.join("; "));
}

const env = readEnv({ ...kafkaVariables, GITHUB_WEBHOOK_SECRET: z.string(), ...linesVariables });

export const handler = createHandler(openProducer(env), env.GITHUB_WEBHOOK_SECRET, env.GITHUB_LINES);

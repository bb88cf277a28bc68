import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { AwsV4Signer } from "aws4fetch";
import type { Answer } from "./answer.ts";
import { reconnectDelay } from "./backoff.ts";
import { pause } from "./source.ts";

/**
 * Runs functions through Lambda's Invoke API, of AWS or of an emulator.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export class LambdaApi {
  readonly #endpoint: string;
  readonly #signal: AbortSignal;
  readonly #trouble: (line: string) => void;

  constructor(endpoint: string, signal: AbortSignal, trouble: (line: string) => void) {
    this.#endpoint = endpoint.replace(/\/$/, "");
    this.#signal = signal;
    this.#trouble = trouble;
  }

  /** An invocation that does not reach the function is no attempt of it: it is repeated here, until the signal. */
  async invoke(functionName: string, event: unknown): Promise<Answer> {
    const body = JSON.stringify(event);
    for (let failures = 1; ; failures += 1) {
      const trouble = await this.#post(functionName, body).then(
        (answer) => answer,
        (error: Error) => `${this.#endpoint}: ${error.message}`,
      );
      if (typeof trouble !== "string") return trouble;
      if (failures === 1) this.#trouble(`${functionName} is not invoked: ${trouble}`);
      await pause(reconnectDelay(failures), this.#signal);
      if (this.#signal.aborted) return { failure: { type: "Stopped", message: trouble } };
    }
  }

  /** @returns a line when Lambda itself refused or failed. */
  async #post(functionName: string, body: string): Promise<Answer | string> {
    const url = `${this.#endpoint}/2015-03-31/functions/${encodeURIComponent(functionName)}/invocations`;
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION } = process.env;
    const signed = await new AwsV4Signer({
      method: "POST",
      url,
      headers: { "x-amz-invocation-type": "RequestResponse", "content-type": "application/json" },
      body,
      accessKeyId: AWS_ACCESS_KEY_ID ?? "test",
      secretAccessKey: AWS_SECRET_ACCESS_KEY ?? "test",
      ...(AWS_SESSION_TOKEN !== undefined && { sessionToken: AWS_SESSION_TOKEN }),
      region: AWS_REGION ?? "us-east-1",
      service: "lambda",
    }).sign();
    const { status, headers, text } = await this.#send(url, Object.fromEntries(signed.headers), body);
    if (status !== 200) return `it answered ${status}: ${text.slice(0, 200)}`;
    if (headers["x-amz-function-error"] === undefined) return { payload: text === "" ? null : text };
    const { errorType = "Error", errorMessage = text } = parse(text);
    return { failure: { type: String(errorType), message: String(errorMessage) } };
  }

  /** Not `fetch`: it gives up after five minutes, an invocation may take fourteen. */
  #send(url: string, headers: Record<string, string>, body: string) {
    const { promise, resolve, reject } = Promise.withResolvers<{
      status: number;
      headers: Record<string, unknown>;
      text: string;
    }>();
    const start = url.startsWith("https:") ? httpsRequest : httpRequest;
    const request = start(url, { method: "POST", headers }, async (response) => {
      try {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk);
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: String(Buffer.concat(chunks)),
        });
      } catch (error) {
        reject(error);
      }
    });
    request.on("error", reject).end(body);
    return promise;
  }
}

function parse(text: string): { errorType?: unknown; errorMessage?: unknown } {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

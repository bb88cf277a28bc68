import { once } from "node:events";

interface Message {
  method?: string;
  params?: { sessionId?: string; message?: string };
}

/** A worker thread under a debugger, as an editor attaches to it. */
export interface Debugged extends AsyncDisposable {
  /** Once it stands at a `debugger` statement. */
  paused: Promise<void>;
  resume(): void;
}

/** @param output of a process that was started with `--inspect`; it has one worker. */
export async function attachToWorker(output: string): Promise<Debugged> {
  const [, address = ""] = /Debugger listening on (ws:\S+)/.exec(output) ?? [];
  const socket = new WebSocket(address);
  await once(socket, "open");
  const attached = Promise.withResolvers<string>();
  const paused = Promise.withResolvers<void>();
  socket.addEventListener("message", ({ data }) => {
    const { method, params } = JSON.parse(String(data)) as Message;
    if (method === "NodeWorker.attachedToWorker") attached.resolve(params?.sessionId ?? "");
    if (params?.message?.includes("Debugger.paused")) paused.resolve();
  });
  let id = 0;
  const send = (method: string, params: object) => {
    id += 1;
    socket.send(JSON.stringify({ id, method, params }));
  };
  send("NodeWorker.enable", { waitForDebuggerOnStart: false });
  const sessionId = await attached.promise;
  const tell = (method: string) => {
    id += 1;
    send("NodeWorker.sendMessageToWorker", { sessionId, message: JSON.stringify({ id, method }) });
  };
  tell("Debugger.enable");
  return {
    paused: paused.promise,
    resume: () => tell("Debugger.resume"),
    [Symbol.asyncDispose]: async () => socket.close(),
  };
}

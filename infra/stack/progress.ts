import type { ServiceName } from "./service.ts";

/** A service answers. `started`: by this call; otherwise it ran already. */
export type Ready = { service: ServiceName; state: "ready"; by: By; started: boolean; seconds: number };

/** A service cannot be had; `reason` says why and what to do about it. */
export type Missing = { service: ServiceName; state: "unavailable"; reason: string; seconds: number };

/** What happens to a service while the stack starts or stops; `note` tells what a long step is doing. */
export type Progress =
  | { service: ServiceName; state: "starting" | "stopping"; note?: string }
  | { service: ServiceName; state: "stopped"; seconds: number }
  | Ready
  | Missing;

export type Report = (progress: Progress) => void;

/** By which means a service is had: named by an environment variable, or started by us. (`compose` joins here.) */
export type By = "env" | "native";

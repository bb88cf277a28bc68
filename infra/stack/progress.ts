import type { ServiceName } from "./service.ts";

/** A service answers. `started`: by this call; otherwise it ran already. */
export type Ready = { service: ServiceName; state: "ready"; by: By; started: boolean; seconds: number };

/** A service cannot be had; `reason` says why and what to do about it. */
export type Missing = { service: ServiceName; state: "unavailable"; reason: string; seconds: number };

/** How the start of a service ended. */
export type Outcome = Ready | Missing;

export type Stopped = { service: ServiceName; state: "stopped"; seconds: number };

/** What is under way; `note` tells what a long step is doing. */
export type Doing = { service: ServiceName; state: "starting" | "stopping"; note?: string };

/** What happens to a service while the stack starts or stops. */
export type Progress = Doing | Outcome | Stopped;

export type Report = (progress: Progress) => void;

/** By which means a service is had: named by an environment variable, or started by us. (`compose` joins here.) */
export type By = "env" | "native";

import type { Drawing } from "./draw/drawing.ts";
import type { View } from "./state.ts";
import { chat } from "./views/chat.ts";
import { commits } from "./views/commits.ts";
import { domination } from "./views/domination.ts";
import { health } from "./views/health.ts";
import { overview } from "./views/overview.ts";
import { product } from "./views/product.ts";

/** One question of the page and how its answer is shown. */
export interface Panel {
  id: string;
  title: string;
  endpoint: string;
  /** What is asked for besides span, zone and filters; an endpoint that does not take it is not sent it. */
  params?: Record<string, string>;
  /** Seconds of the interval, where the endpoint has but one. */
  step?: number;
  /** Seconds from one asking to the next. */
  every?: number;
  /** Twelfths of the width. */
  size: 3 | 4 | 6 | 8 | 12;
  /** As high as three beside it. */
  tall?: true;
  /** What time its rows are of, where the endpoint takes none. */
  about?: string;
  draw: Drawing | { kind: "chat" };
  /** How to make it show something. */
  hint?: string;
  /** What it means that there is nothing; empty where the figure says it. */
  empty?: string;
}

export const panels: Record<View, readonly Panel[]> = {
  overview,
  product,
  commits,
  domination,
  chat,
  health,
};

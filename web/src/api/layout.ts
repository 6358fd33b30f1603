// What a planogram or a model would change, as the pages use it.

import type { ChannelGood, PlanogramChange } from "./types";

/** Why something cannot be done to a channel; line is 0 where there is no file. */
export interface ChannelProblem {
  line: number;
  channel: string;
  reason: string;
}

export interface StagedPlanogram {
  changes: PlanogramChange[];
  goods: ChannelGood[];
  problems: ChannelProblem[];
}

/** What became of a copy at one machine; reason is that of a problem, or the code of an error. */
export interface CopiedPlanogram {
  machine_no: string;
  done: boolean;
  changes: number;
  channel: string;
  reason: string;
}

// What a planogram or a model would change, as the pages use it.

import { useQuery } from "@tanstack/react-query";
import { api } from "./client";
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

export interface LayoutBoard {
  addr: number;
  floor_type: number;
  lift: boolean;
  drop_detection: boolean;
}

/** A channel of a layout; x counts rows, y columns. */
export interface LayoutChannel {
  addr: number;
  motor: number;
  name: string;
  x: number;
  y: number;
  is_auxiliary: boolean;
  capacity: number;
}

export interface Layout {
  boards: LayoutBoard[];
  channels: LayoutChannel[];
}

/** A layout template with its newest version. */
export interface ModelRow {
  id: number;
  name: string;
  version: number;
  boards: number;
  channels: number;
  machines: number;
  changed_at: number;
}

/** A layout template at one version, and which there are, newest first. */
export interface Model {
  id: number;
  name: string;
  version: number;
  layout: Layout;
  versions: { version: number; channels: number; machines: number; created_by: string; created_at: number }[];
}

/** The version of a template that a machine has; id is 0 for none. */
export interface MachineModel {
  id: number;
  name: string;
  version: number;
  newest: number;
}

export interface LayoutDiff {
  added: LayoutChannel[];
  removed: LayoutChannel[];
  changed: { before: LayoutChannel; after: LayoutChannel }[];
  boards: boolean;
  problems: ChannelProblem[];
}

export const machineModelPath = (machineNo: string) => `/machines/${encodeURIComponent(machineNo)}/model`;

/** A template at a version; 0 is the newest. */
export function useModel(id: number, version: number) {
  const path = `/models/${id}`;
  return useQuery({ queryKey: [path, version], queryFn: ({ signal }) => api.get<Model>(path, { version }, signal), enabled: id > 0 });
}

// What a planogram or a model would change, as the pages use it.

import { useQuery } from "@tanstack/react-query";
import { api } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];

/** Why something cannot be done to a channel; line is 0 where there is no file. */
export type ChannelProblem = Schemas["ChannelProblem"];
export type StagedPlanogram = Schemas["StagedPlanogram"];
/** What became of a copy at one machine; reason is that of a problem, or the code of an error. */
export type CopiedPlanogram = Schemas["CopiedPlanogram"];
export type LayoutBoard = Schemas["LayoutBoard"];
/** A channel of a layout; x counts rows, y columns. */
export type LayoutChannel = Schemas["LayoutChannel"];
export type Layout = Schemas["Layout"];
/** A layout template with its newest version. */
export type ModelRow = Schemas["ModelRow"];
/** A layout template at one version, and which there are, newest first. */
export type Model = Schemas["Model"];
/** The version of a template that a machine has; id is 0 for none. */
export type MachineModel = Schemas["MachineModel"];
export type LayoutDiff = Schemas["LayoutDiff"];

export const machineModelPath = (machineNo: string) => `/machines/${encodeURIComponent(machineNo)}/model`;

/** A template at a version; 0 is the newest. */
export function useModel(id: number, version: number) {
  const path = `/models/${id}`;
  return useQuery({ queryKey: [path, version], queryFn: ({ signal }) => api.get<Model>(path, { version }, signal), enabled: id > 0 });
}

import { useQuery } from "@tanstack/react-query";
import { api } from "./client";
import { machinePath } from "./machine";
import type { Model } from "./types";

export const machineModelPath = (machineNo: string) => `${machinePath(machineNo)}/model`;

/** A template at a version; 0 is the newest. */
export function useModel(id: number, version: number) {
  const path = `/models/${id}`;
  return useQuery({ queryKey: [path, version], queryFn: ({ signal }) => api.get<Model>(path, { version }, signal), enabled: id > 0 });
}

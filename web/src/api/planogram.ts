import { useQuery } from "@tanstack/react-query";
import { api } from "./client";
import { machinePath } from "./machine";
import type { Planogram } from "./types";

export const planogramPath = (machineNo: string) => `${machinePath(machineNo)}/planogram`;

/** What a machine holds; nothing is asked for while no machine is chosen. */
export function usePlanogram(machineNo: string) {
  const path = planogramPath(machineNo);
  return useQuery({ queryKey: [path], queryFn: ({ signal }) => api.get<Planogram>(path, {}, signal), enabled: machineNo !== "" });
}

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "./client";
import type { ChannelFailures, List, MachineInfo, MachineRow } from "./types";

export const machinePath = (machineNo: string) => `/machines/${encodeURIComponent(machineNo)}`;

/** What a machine is; nothing is asked for while none is chosen. */
export function useMachine(machineNo: string) {
  return useQuery({
    queryKey: ["/machines", machineNo],
    queryFn: ({ signal }) => api.get<MachineInfo>(machinePath(machineNo), {}, signal),
    enabled: machineNo !== "",
  });
}

/** The machines to choose from. */
export function useMachines() {
  return useQuery({ queryKey: ["/machines", "choice"], queryFn: () => api.get<List<MachineRow>>("/machines", { limit: 200 }) });
}

/** How a machine's deliveries of the last 30 days ended, by product. */
export function useFailures(machineNo: string, enabled: boolean) {
  const path = `${machinePath(machineNo)}/failures`;
  return useQuery({
    queryKey: [path],
    queryFn: ({ signal }) => api.get<List<ChannelFailures>>(path, {}, signal),
    select: (data) => new Map(data.items.map((channel) => [channel.product_id, channel])),
    enabled,
  });
}

/** Lets channels sell again that somebody has seen to. */
export function useClearFault(machineNo: string, productIds: number[]) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => api.post(`${machinePath(machineNo)}/actions`, { action: "clear_fault", product_ids: productIds }),
    onSuccess: () => queries.invalidateQueries(),
  });
}

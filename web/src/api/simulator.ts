// The virtual machines that the platform runs, as the pages use them.
import type { components } from "./schema";

type Schemas = components["schemas"];

export const simulatorPath = "/developers/simulator";

export type VirtualMachine = Schemas["VirtualMachine"];
export type VirtualCommand = Schemas["VirtualCommand"];

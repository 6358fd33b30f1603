export const simulatorPath = "/developers/simulator";

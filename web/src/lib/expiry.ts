const hour = 3_600_000;

/** How long codes are good for, in milliseconds. */
const expiries = { hour, day: 24 * hour, week: 7 * 24 * hour, month: 30 * 24 * hour };
export type Expiry = keyof typeof expiries | "never";
export const limited = Object.keys(expiries) as (keyof typeof expiries)[];

/** When a code ends that begins now; 0 is never. */
export const endOf = (expiry: Expiry) => (expiry === "never" ? 0 : Date.now() + expiries[expiry]);

const hour = 3_600_000;

/** How long codes are good for, in milliseconds. */
export const expiries = { hour, day: 24 * hour, week: 7 * 24 * hour, month: 30 * 24 * hour };
export type Expiry = keyof typeof expiries;

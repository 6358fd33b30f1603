/** A minute of the day as hh:mm, as time fields hold it. */
export const clockOf = (minute: number) => `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;

/** The minute of the day that a time field holds; an empty one is midnight. */
export function minuteOf(clock: string): number {
  const [hours = 0, minutes = 0] = clock.split(":").map(Number);
  return (hours || 0) * 60 + (minutes || 0);
}

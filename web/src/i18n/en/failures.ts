export const failures = {
  "planogram.overlay.failures": "Failures",
  "failures.title": "Deliveries of 30 days",
  "failures.lead": "How many deliveries of the last 30 days failed, or were never reported; tests do not count.",
  "failures.legend": "Legend",
  "failures.of": "{failed} of {all} failed",
  "failures.counts": "{all} deliveries: {failed} failed, {unknown} unknown.",
  "failures.heat.unused": "No deliveries",
  "failures.heat.none": "No failures",
  "failures.heat.few": "Below 5 %",
  "failures.heat.some": "5 to 20 %",
  "failures.heat.many": "20 % and up",
};

import type { failures as en } from "../en/failures";

export const failures: Record<keyof typeof en, string> = {
  "planogram.overlay.failures": "失败",
  "failures.title": "近 30 天出货",
  "failures.lead": "最近 30 天出货失败或未上报结果的次数；测试不计入。",
  "failures.legend": "图例",
  "failures.of": "失败 {failed}/{all}",
  "failures.counts": "共出货 {all} 次：失败 {failed} 次，未知 {unknown} 次。",
  "failures.heat.unused": "无出货",
  "failures.heat.none": "无失败",
  "failures.heat.few": "低于 5%",
  "failures.heat.some": "5% 至 20%",
  "failures.heat.many": "20% 及以上",
};

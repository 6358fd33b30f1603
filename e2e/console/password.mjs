// The password of a machine, which somebody has stolen.
const words = {
  en: { change: "Change password", revoke: "is refused at once: it was stolen", go: "Change", online: "Online", offline: "Offline", close: "Close" },
  "zh-CN": { change: "更换密码", revoke: "立即失效：密码已泄露", go: "更换", online: "在线", offline: "离线", close: "关闭" },
};

/** Revokes the password of a machine: whoever is connected with it is cut off, and the new one is shown once. */
export async function revokePassword({ page, look }, demo, language, machine) {
  const text = words[language];
  await page.goto(`${demo.console.url}machines/${machine.machine_no}/settings`);
  await page.getByText(text.online, { exact: true }).waitFor();
  await page.getByRole("button", { name: text.change }).click();
  const dialog = page.getByRole("dialog");
  await dialog.locator("select").selectOption({ label: text.revoke });
  await look("password-revoke");
  await dialog.getByRole("button", { name: text.go, exact: true }).click();
  await dialog.getByText(/^[0-9a-f]{16}\s*$/).waitFor();
  await look("password-new");
  await dialog.getByRole("button", { name: text.close }).click();
  await page.getByText(text.offline, { exact: true }).waitFor(); // the stream tells
}

// Steps that several journeys take.

/** Signs in at the desk. */
export async function signIn({ page }, demo) {
  await page.goto(demo.console.url);
  await page.locator("input[name=email]").fill(demo.console.email);
  await page.locator("input[name=password]").fill(demo.console.password);
  await page.locator("button[type=submit]").click();
  await page.locator("#content h1").waitFor();
}

/** Issues a code for a channel of the page that is open and returns it. */
export async function issueCode({ page }, text, channel) {
  await page.getByRole("button", { name: text.create }).click();
  const dialog = page.getByRole("dialog");
  await dialog.locator("select").first().selectOption({ index: channel });
  await dialog.getByRole("button", { name: text.create }).click();
  await dialog.getByText(text.created).waitFor();
  const code = (await dialog.locator("[data-code]").first().textContent()).trim();
  await page.keyboard.press("Escape");
  return code;
}

const api = "/api/console/v1";
const byId = (id) => document.getElementById(id);
let csrf = "";

async function call(method, path, body) {
  const headers = { "X-CSRF": csrf };
  if (body) headers["Content-Type"] = "application/json";
  const response = await fetch(api + path, { method, headers, body: body && JSON.stringify(body) });
  const answer = response.status === 204 ? null : await response.json();
  if (!response.ok) throw new Error(answer.error.code);
  return answer;
}

function show(id) {
  for (const other of ["setup", "signin", "session"]) byId(other).hidden = other !== id;
}

function welcome(session) {
  csrf = session.csrf;
  byId("message").textContent = "";
  byId("who").textContent = session.user.name + " (" + session.user.email + ")";
  byId("where").textContent = session.merchant ? "at " + session.merchant.title + ", " + session.merchant.role : "";
  show("session");
}

async function start() {
  try {
    welcome(await call("GET", "/session"));
  } catch {
    show((await call("GET", "/setup")).needed ? "setup" : "signin");
  }
}

for (const [id, path] of [["setup", "/setup"], ["signin", "/session"]]) {
  byId(id).addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      welcome(await call("POST", path, Object.fromEntries(new FormData(event.target))));
      event.target.reset();
    } catch (error) {
      byId("message").textContent = error.message;
    }
  });
}

byId("signout").addEventListener("click", async () => {
  await call("DELETE", "/session");
  csrf = "";
  show("signin");
});

start();

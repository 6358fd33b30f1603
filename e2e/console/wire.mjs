import net from "node:net";

/** A way to a server that can be cut: what goes over it breaks, and nothing gets through until it is mended. */
export async function wireTo(url) {
  const { hostname, port } = new URL(url);
  const ends = new Set();
  let broken = false;
  const server = net.createServer((near) => {
    if (broken) return near.destroy();
    const far = net.connect(Number(port), hostname);
    for (const [end, other] of [[near, far], [far, near]]) {
      ends.add(end);
      end.pipe(other);
      end.on("error", () => other.destroy());
      end.on("close", () => {
        ends.delete(end);
        other.destroy();
      });
    }
  });
  await new Promise((resolve) => server.listen(0, hostname, resolve));
  return {
    url: url.replace(`:${port}`, `:${server.address().port}`),
    cut() {
      broken = true;
      for (const end of ends) end.destroy();
    },
    mend() {
      broken = false;
    },
    close() {
      this.cut();
      server.close();
    },
  };
}

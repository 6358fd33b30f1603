import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";

test("what both READMEs show compiles under the strictest settings", { timeout: 60_000 }, () => {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const files = new Map<string, string>();
  for (const name of ["README.md", "README.zh-CN.md"]) {
    for (const block of readFileSync(root + name, "utf8").matchAll(/^```ts\n(.*?)^```$/gms)) {
      files.set(`${root}readme${files.size}.ts`, block[1]!.replaceAll("@vendlane/client", "./src/index.js"));
    }
  }
  expect(files.size).toBe(4);

  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root, { noEmit: true, rootDir: root, skipLibCheck: true });
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists } = host;
  host.readFile = (file) => files.get(file) ?? readFile(file);
  host.fileExists = (file) => files.has(file) || fileExists(file);
  host.getSourceFile = (file, language) => {
    const source = host.readFile(file);
    return source === undefined ? undefined : ts.createSourceFile(file, source, language);
  };
  const problems = ts.getPreEmitDiagnostics(ts.createProgram([...files.keys()], options, host));
  expect(problems.map((p) => `${p.file?.fileName}: ${ts.flattenDiagnosticMessageText(p.messageText, "\n")}`)).toEqual([]);
});

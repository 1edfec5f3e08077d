// secretlint's verdicts over a list of files, one JSON line a file: {"path", "lines": [line numbers]}. The list comes on
// stdin, a path a line.
import { createEngine } from "@secretlint/node";
import { readFileSync } from "node:fs";

const engine = await createEngine({
  color: false,
  formatter: "json",
  configFileJSON: { rules: [{ id: "@secretlint/secretlint-rule-preset-recommend" }] },
});
for (const path of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const { output } = await engine.executeOnContent({ content: readFileSync(path, "utf8"), filePath: path });
  const lines = new Set();
  for (const file of JSON.parse(output || "[]")) for (const m of file.messages) lines.add(m.loc.start.line);
  console.log(JSON.stringify({ path, lines: [...lines] }));
}

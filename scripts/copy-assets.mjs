// Copies what `tsc` leaves behind (templates, styles, SQL, Markdown) from one folder to another.
import { cpSync, statSync } from "node:fs";
import { extname } from "node:path";

const kept = new Set([".ejs", ".css", ".sql", ".json", ".md", ".svg", ".js"]);
const [from, to] = process.argv.slice(2);
cpSync(from, to, {
  recursive: true,
  // What is a link here has to be a file in the package.
  dereference: true,
  filter: (path) => statSync(path).isDirectory() || kept.has(extname(path)),
});

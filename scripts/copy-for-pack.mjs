// `prepack` of a package: copies files of the repository's root into the package, so that they are in its tarball.
// The copies are ignored by git; AUTH.md and LICENSE live at the root only.
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
for (const name of process.argv.slice(2)) copyFileSync(join(root, name), join(process.cwd(), name));

// Jest resolver: an import of `./x.js` in our own TypeScript means `./x.ts`, as tsc reads it.
// Files under node_modules are resolved as they are written.
const { existsSync } = require("node:fs");
const { resolve, sep } = require("node:path");

module.exports = (request, options) => {
  const isOurs = !options.basedir.split(sep).includes("node_modules");
  if (isOurs && /^\.{1,2}\/.*\.js$/.test(request)) {
    const source = resolve(options.basedir, request.replace(/\.js$/, ".ts"));
    if (existsSync(source)) return source;
  }
  if (isOurs && /^[a-z]/.test(request)) {
    const shared = resolve(__dirname, "../.test-results/shared", `${request.replaceAll("/", "__")}.mjs`);
    if (existsSync(shared)) return shared;
  }
  return options.defaultResolver(request, options);
};

/** Express 4 under its second name: only what the tests use. */
declare module "express4" {
  import type express from "express";

  const create: typeof express;
  export default create;
}

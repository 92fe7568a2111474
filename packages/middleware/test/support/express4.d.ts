/** Express 4 under its alias. The types are those of Express 5: the tests use what both have in common. */
declare module "express4" {
  import express from "express";
  export default express;
}

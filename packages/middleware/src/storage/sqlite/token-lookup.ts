/**
 * Owns the one read every request to the host's API pays for: a token joined with its registration.
 *
 * Rows come as arrays here, which the driver builds in about two thirds of the time of objects with 37 names. The
 * statement and the positions are written from the same two column lists, so they cannot drift apart.
 */
import { getTableColumns } from "drizzle-orm";
import type { TokenWithRegistration } from "../../ports.js";
import type { Hashed } from "../../protocol/model.js";
import { type RegistrationRow, registrationFromRow, type TokenRow, tokenFromRow } from "../rows.js";
import type { Connection } from "./connection.js";
import { accessTokens, registrations } from "./schema.js";

const tokenColumns = Object.keys(getTableColumns(accessTokens));
const holderColumns = Object.keys(getTableColumns(registrations));

const lookup = `
  SELECT ${tokenColumns.map((column) => `token.${column}`).join(", ")},
    ${holderColumns.map((column) => `holder.${column}`).join(", ")}
  FROM access_tokens AS token JOIN registrations AS holder ON holder.id = token.registration_id
  WHERE token.hash = ?`;

/** Reads part of an array row by column name, through getters: building a named copy of it costs four times more. */
function columnsFrom<Row>(columns: string[], first: number): new (values: unknown[]) => Row {
  class ArrayRow {
    constructor(readonly values: unknown[]) {}
  }
  for (const [offset, column] of columns.entries()) {
    Object.defineProperty(ArrayRow.prototype, column, {
      get(this: ArrayRow) {
        return this.values[first + offset];
      },
    });
  }
  return ArrayRow as new (
    values: unknown[],
  ) => Row;
}

const TokenPart = columnsFrom<TokenRow>(tokenColumns, 0);
const HolderPart = columnsFrom<RegistrationRow>(holderColumns, tokenColumns.length);

/** Compiles the lookup once and returns it. */
export function createTokenLookup(
  connection: Connection,
): (hash: Hashed<"access_token">) => TokenWithRegistration | null {
  const select = connection.prepare<unknown[]>(lookup).raw(true);
  return (hash) => {
    const values = connection.read(() => select.get(hash));
    if (values === undefined) return null;
    return {
      token: tokenFromRow(new TokenPart(values)),
      registration: registrationFromRow(new HolderPart(values)),
    };
  };
}

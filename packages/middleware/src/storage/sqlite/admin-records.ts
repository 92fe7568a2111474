/** Owns the listings around registrations: their attempts and tokens, delegations, and mail. */
import type { AdminQueries } from "../../admin-queries-port.js";
import { type DelegationRow, delegationFromRow } from "../identity-rows.js";
import { type MailRow, mailFromRow } from "../mail-rows.js";
import { type AttemptRow, attemptFromRow, type TokenRow, tokenFromRow } from "../rows.js";
import type { Arm, Walker } from "./admin-walk.js";
import type { Connection } from "./connection.js";
import { mailStateOfRow } from "./counter-schema.js";
import { accessTokens, claimAttempts, delegations, mailOutbox } from "./schema.js";
import { columnsOf } from "./statements.js";

type RecordQueries = Pick<
  AdminQueries,
  "listAttempts" | "listTokens" | "findToken" | "pageDelegations" | "pageMail"
>;

const mailStates = ["waiting", "sent", "failed"] as const;
const templates = ["claim_link", "agent_connected", "agent_revoked", "manage_link"] as const;

/** Every combination that is asked for lies in the order of ids, so nothing is left to compare. */
function mailArms({ state, template }: Parameters<AdminQueries["pageMail"]>[0]): Arm[] {
  if (state === undefined && template === undefined) return [{ from: "mail_outbox", where: "true" }];
  return (state === undefined ? mailStates : [state]).flatMap((oneState) =>
    (template === undefined ? templates : [template]).map((oneTemplate) => ({
      from: "mail_outbox INDEXED BY mail_outbox_by_state",
      where: `${mailStateOfRow} = '${oneState}' AND template = '${oneTemplate}'`,
    })),
  );
}

function delegationArm({ issuer, userId }: Parameters<AdminQueries["pageDelegations"]>[0]): Arm {
  const index = userId === undefined ? "delegations_linked" : "delegations_by_user";
  const conditions = [
    "user_id IS NOT NULL",
    ...(userId === undefined ? [] : ["user_id = @userId"]),
    ...(issuer === undefined ? [] : ["issuer = @issuer"]),
  ];
  return { from: `delegations INDEXED BY ${index}`, where: conditions.join(" AND ") };
}

/** Builds the queries. */
export function createRecordQueries(connection: Connection, walker: Walker): RecordQueries {
  const tokenColumns = columnsOf(accessTokens);
  const selectAttempts = connection.prepare<AttemptRow>(
    `SELECT ${columnsOf(claimAttempts)} FROM claim_attempts
     WHERE registration_id = ? ORDER BY created_at DESC, rowid DESC LIMIT 50`,
  );
  const selectTokens = connection.prepare<TokenRow>(
    `SELECT ${tokenColumns} FROM access_tokens
     WHERE registration_id = ? ORDER BY created_at DESC, rowid DESC LIMIT 100`,
  );
  const selectToken = connection.prepare<TokenRow>(
    `SELECT ${tokenColumns} FROM access_tokens WHERE hash = ?`,
  );
  const selectDelegation = connection.prepare<DelegationRow>(
    `SELECT ${columnsOf(delegations)} FROM delegations WHERE rowid = ?`,
  );
  const selectMail = connection.prepare<MailRow>(
    `SELECT ${columnsOf(mailOutbox)} FROM mail_outbox WHERE id = ?`,
  );

  return {
    async listAttempts(registrationId) {
      return connection.read(() => selectAttempts.all(registrationId)).map(attemptFromRow);
    },

    async listTokens(registrationId) {
      return connection.read(() => selectTokens.all(registrationId)).map(tokenFromRow);
    },

    async findToken(hash) {
      const row = connection.read(() => selectToken.get(hash));
      return row === undefined ? null : tokenFromRow(row);
    },

    async pageDelegations(filter, page) {
      // Where the issuer is given, it is no part of the order: SQLite would seek by it alone, and read on from there.
      const order =
        filter.issuer === undefined
          ? { name: "delegations", columns: ["issuer", "subject"], start: ["", ""] }
          : { name: "delegations_of_issuer", columns: ["subject"], start: [""] };
      const { entries, next, previous } = walker.walk(
        {
          ...{ ...order, table: "delegations", direction: "ascending", end: null },
          ...{ arms: [delegationArm(filter)], members: [], residual: "true" },
          parameters: { issuer: filter.issuer ?? null, userId: filter.userId ?? null },
        },
        page,
      );
      const rows = connection.read(() => entries.map((entry) => selectDelegation.get(entry)));
      return { rows: rows.filter((row) => row !== undefined).map(delegationFromRow), next, previous };
    },

    async pageMail(filter, page) {
      const { entries, next, previous } = walker.walk(
        {
          ...{ name: "mail", table: "mail_outbox", columns: ["id"], direction: "descending" },
          ...{ start: [Number.MAX_SAFE_INTEGER], end: null, arms: mailArms(filter) },
          ...{ members: [], residual: "true", parameters: {} },
        },
        page,
      );
      const rows = connection.read(() => entries.map((id) => selectMail.get(id)));
      return { rows: rows.filter((row) => row !== undefined).map(mailFromRow), next, previous };
    },
  };
}

/** Owns the listings around registrations: their attempts and tokens, delegations, and mail. */
import type { AdminQueries } from "../../admin-queries-port.js";
import { type DelegationRow, delegationFromRow } from "../identity-rows.js";
import { type MailRow, mailFromRow } from "../mail-rows.js";
import { mailStateOfRow } from "../row-standing.js";
import { type AttemptRow, attemptFromRow, type TokenRow, tokenFromRow } from "../rows.js";
import type { Arm, Walker } from "./admin-walk.js";
import type { Connection } from "./connection.js";
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
  if (state === undefined && template === undefined) return [{ where: "true" }];
  return (state === undefined ? mailStates : [state]).flatMap((oneState) =>
    (template === undefined ? templates : [template]).map((oneTemplate) => ({
      where: `(${mailStateOfRow}) = '${oneState}' AND template = '${oneTemplate}'`,
    })),
  );
}

function delegationArm({ issuer, userId }: Parameters<AdminQueries["pageDelegations"]>[0]): Arm {
  const conditions = [
    "user_id IS NOT NULL",
    ...(userId === undefined ? [] : ["user_id = @userId"]),
    ...(issuer === undefined ? [] : ["issuer = @issuer"]),
  ];
  return { where: conditions.join(" AND ") };
}

/** Builds the queries. */
export function createRecordQueries(connection: Connection, walker: Walker): RecordQueries {
  const tokenColumns = columnsOf(accessTokens);
  const selectAttempts = connection.prepare<AttemptRow>(
    `SELECT ${columnsOf(claimAttempts)} FROM agent_auth.claim_attempts
     WHERE registration_id = @registrationId ORDER BY created_at DESC, position DESC LIMIT 50`,
  );
  const selectTokens = connection.prepare<TokenRow>(
    `SELECT ${tokenColumns} FROM agent_auth.access_tokens
     WHERE registration_id = @registrationId ORDER BY created_at DESC, position DESC LIMIT 100`,
  );
  const selectToken = connection.prepare<TokenRow>(
    `SELECT ${tokenColumns} FROM agent_auth.access_tokens WHERE hash = @hash`,
  );
  const selectDelegations = connection.prepare<DelegationRow>(
    `SELECT ${columnsOf(delegations)} FROM agent_auth.delegations
     WHERE (issuer, subject) IN (SELECT * FROM unnest(@issuers::text[], @subjects::text[]))
     ORDER BY issuer, subject`,
  );
  const selectMail = connection.prepare<MailRow>(
    `SELECT ${columnsOf(mailOutbox)} FROM agent_auth.mail_outbox WHERE id = ANY(@ids::bigint[]) ORDER BY id DESC`,
  );

  return {
    async listAttempts(registrationId) {
      return (await connection.read(selectAttempts, { registrationId })).map(attemptFromRow);
    },

    async listTokens(registrationId) {
      return (await connection.read(selectTokens, { registrationId })).map(tokenFromRow);
    },

    async findToken(hash) {
      const [row] = await connection.read(selectToken, { hash });
      return row === undefined ? null : tokenFromRow(row);
    },

    async pageDelegations(filter, page) {
      // An issuer that is asked for is no part of the cut: next to itself, every page would be read from its first row.
      const order =
        filter.issuer === undefined
          ? { name: "delegations", columns: ["issuer", "subject"], start: ["", ""] }
          : { name: "delegations_of_issuer", columns: ["subject"], start: [""] };
      const { places, next, previous } = await walker.walk(
        {
          ...{ ...order, table: "delegations", direction: "ascending", end: null },
          ...{ arms: [delegationArm(filter)], residual: "true", parameters: { ...filter } },
        },
        page,
      );
      const subjects = places.map((place) => String(place.at(-1)));
      const issuers = places.map(([first]) => filter.issuer ?? String(first));
      const rows = await connection.read(selectDelegations, { issuers, subjects });
      return { rows: rows.map(delegationFromRow), next, previous };
    },

    async pageMail(filter, page) {
      const { places, next, previous } = await walker.walk(
        {
          ...{ name: "mail", table: "mail_outbox", columns: ["id"], direction: "descending" },
          ...{ start: [Number.MAX_SAFE_INTEGER], end: null, arms: mailArms(filter) },
          ...{ residual: "true", parameters: {} },
        },
        page,
      );
      const rows = await connection.read(selectMail, { ids: places.map(([id]) => Number(id)) });
      return { rows: rows.map(mailFromRow), next, previous };
    },
  };
}

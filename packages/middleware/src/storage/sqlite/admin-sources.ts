/**
 * Owns which stretches of which indexes hold the registrations a filter can mean. They may hold more, never less:
 * every row is still compared with the whole filter. Read next: `admin-listings.ts`, which chooses among them.
 */
import type { RegistrationFilter } from "../../admin-queries-port.js";
import type { Arm } from "./admin-walk.js";
import { phaseOfRow } from "./counter-schema.js";
import { statusAtNow } from "./statements.js";

/** Where the rows of one condition are. */
export interface Source {
  arms: Arm[];
  /** The order its arms are read in. */
  order: "created" | "last_used" | "none";
}

const phases = ["revoked", "suspended", "claimed", "expired", "pending_claim", "unclaimed"] as const;
const kinds = ["anonymous", "service_auth", "identity_assertion"] as const;

const created = "created_at >= @createdFrom AND created_at < @createdBefore";
const range = { column: "created_at", from: "createdFrom", before: "createdBefore" };
const used = "last_used_at >= @usedFrom AND last_used_at < @usedBefore";

/** The whole filter, row by row. What is not given is null. */
export const wholeFilter = `(@id IS NULL OR id = @id) AND (@userId IS NULL OR user_id = @userId)
  AND (@clientName IS NULL OR (client_name COLLATE NOCASE >= @clientName AND client_name COLLATE NOCASE < @clientName || CAST(x'ff' AS TEXT)))
  AND (@issuer IS NULL OR issuer = @issuer) AND (@ip IS NULL OR created_ip = @ip)
  AND (@kind IS NULL OR kind = @kind) AND (@scope IS NULL OR instr(' ' || scopes || ' ', ' ' || @scope || ' ') > 0)
  AND ${created} AND (@usedMatters = 0 OR (${used})) AND (@status IS NULL OR @status = ${statusAtNow})`;

const ordered = (index: string, where: string): Source => ({
  arms: [{ from: `registrations INDEXED BY ${index}`, where, range }],
  order: "created",
});

/** At most one row. */
export const byId: Source = {
  arms: [{ from: "registrations INDEXED BY sqlite_autoindex_registrations_1", where: "id = @id" }],
  order: "none",
};
export const byUser = ordered("registrations_by_user", "user_id = @userId");
export const byIp = ordered("registrations_by_ip", "created_ip = @ip");
export const byIssuer = ordered("registrations_by_issuer", "issuer = @issuer");
export const byUse: Source = {
  arms: [
    {
      from: "registrations INDEXED BY registrations_by_use",
      where: "last_used_at IS NOT NULL",
      range: { column: "last_used_at", from: "usedFrom", before: "usedBefore" },
    },
  ],
  order: "last_used",
};
/** Sorted by name, so it serves only where all of it can be sorted. The byte FF is greater than any text. */
export const byName: Source = {
  arms: [
    {
      from: "registrations INDEXED BY registrations_by_name",
      where:
        "client_name IS NOT NULL AND client_name COLLATE NOCASE >= @clientName" +
        " AND client_name COLLATE NOCASE < @clientName || CAST(x'ff' AS TEXT)",
    },
  ],
  order: "none",
};

/** The registrations whose scopes are one of `count` texts, given as `@scopes0` and so on. */
export function byScopes(count: number): Source {
  const arms = Array.from({ length: count }, (_, index) => ({
    from: "registrations INDEXED BY registrations_by_scopes",
    where: `scopes = @scopes${index}`,
    range,
  }));
  return { arms, order: "created" };
}

/** Registrations whose claim window is over at `@now` and that no sweep has noted yet. Usually a handful. */
export const dueArm: Arm = {
  from: "registrations INDEXED BY registrations_to_expire",
  where: "claimed_at IS NULL AND revoked_at IS NULL AND expired_at IS NULL AND claim_expires_at <= @now",
  range,
};

function standingArms(ofPhases: readonly (typeof phases)[number][], kind: RegistrationFilter["kind"]): Arm[] {
  return ofPhases.flatMap((phase) =>
    (kind === undefined ? kinds : [kind]).map((oneKind) => ({
      from: "registrations INDEXED BY registrations_by_phase",
      where: `${phaseOfRow} = '${phase}' AND kind = '${oneKind}'`,
      range,
    })),
  );
}

/**
 * Where the rows of a status and a kind are. `dueIsShort` tells whether those that expired unnoticed can be sorted at
 * once; if not, they are picked out of everything that waits for its claim.
 */
export function byStanding(
  { status, kind }: Pick<RegistrationFilter, "status" | "kind">,
  dueIsShort: () => boolean,
): Source {
  const arms = (...ofPhases: (typeof phases)[number][]) => standingArms(ofPhases, kind);
  switch (status) {
    case undefined:
      return { arms: arms(...phases), order: "created" };
    case "ended":
      return ordered("registrations_by_end", "ends_at IS NOT NULL");
    case "expired": {
      const unnoticed = dueIsShort() ? [dueArm] : arms("pending_claim", "unclaimed");
      return { arms: [...arms("expired"), ...unnoticed], order: "created" };
    }
    default:
      return { arms: arms(status), order: "created" };
  }
}

/** Every registration. */
export const all = byStanding({}, () => false);

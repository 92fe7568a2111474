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
  /** What it can be sorted by without reading a row: its index holds the columns. */
  covers: ("created" | "last_used")[];
  /** Tells of an entry of another index, without reading a row, whether it is in here. Null: only the row can tell. */
  member: string | null;
  /**
   * In how many places of an index `member` looks for one entry; infinitely many when it collects all that is in here
   * first. The more, the shorter this has to be for the asking to be worth it: reading the row is one place, too.
   */
  places: number;
}

const phases = ["revoked", "suspended", "claimed", "expired", "pending_claim", "unclaimed"] as const;
const kinds = ["anonymous", "service_auth", "identity_assertion"] as const;

const created = "created_at >= @createdFrom AND created_at < @createdBefore";
const range = { column: "created_at", from: "createdFrom", before: "createdBefore" };
const used = "last_used_at >= @usedFrom AND last_used_at < @usedBefore";
/** The byte FF is greater than any text. */
const named =
  "client_name COLLATE NOCASE >= @clientName AND client_name COLLATE NOCASE < @clientName || CAST(x'ff' AS TEXT)";

/** The whole filter, row by row. What is not given is null. */
export const wholeFilter = `(@id IS NULL OR id = @id) AND (@userId IS NULL OR user_id = @userId)
  AND (@clientName IS NULL OR (${named})) AND (@issuer IS NULL OR issuer = @issuer) AND (@ip IS NULL OR created_ip = @ip)
  AND (@kind IS NULL OR kind = @kind) AND (@scope IS NULL OR instr(' ' || scopes || ' ', ' ' || @scope || ' ') > 0)
  AND ${created} AND (@usedMatters = 0 OR (${used})) AND (@status IS NULL OR @status = ${statusAtNow})`;

/** Whether the index has an entry with the same time and id. */
const found = (index: string, where: string): string =>
  `EXISTS (SELECT 1 FROM registrations AS other INDEXED BY ${index}
    WHERE (${where}) AND other.created_at = stretch.made AND other.id = stretch.k1)`;

/** Whether the entry is among all that the condition finds. */
const among = (index: string, where: string): string =>
  `stretch.entry IN (SELECT rowid FROM registrations INDEXED BY ${index} WHERE ${where})`;

/** Stretches of an index that goes on with the time of creation and the id. `where` is all of them in one condition. */
function byCreation(index: string, where: string, arms: string[] = [where]): Source {
  return {
    arms: arms.map((arm) => ({ from: `registrations INDEXED BY ${index}`, where: arm, range })),
    order: "created",
    covers: ["created"],
    member: found(index, where),
    places: arms.length,
  };
}

/** At most one row. */
export const byId: Source = {
  arms: [{ from: "registrations INDEXED BY sqlite_autoindex_registrations_1", where: "id = @id" }],
  order: "none",
  covers: [],
  member: null,
  places: 1,
};
export const byUser = byCreation("registrations_by_user", "user_id = @userId");
export const byIp = byCreation("registrations_by_ip", "created_ip = @ip");
export const byIssuer = byCreation("registrations_by_issuer", "issuer = @issuer");
export const byUse: Source = {
  arms: [
    {
      from: "registrations INDEXED BY registrations_by_use",
      where: "last_used_at IS NOT NULL",
      range: { column: "last_used_at", from: "usedFrom", before: "usedBefore" },
    },
  ],
  order: "last_used",
  covers: ["last_used", "created"],
  member: among("registrations_by_use", used),
  places: Number.POSITIVE_INFINITY,
};
export const byName: Source = {
  arms: [{ from: "registrations INDEXED BY registrations_by_name", where: named }],
  order: "none",
  covers: ["created"],
  member: among("registrations_by_name", named),
  places: Number.POSITIVE_INFINITY,
};

/** The registrations whose scopes are one of `count` texts, given as `@scopes0` and so on. */
export function byScopes(count: number): Source {
  const texts = Array.from({ length: count }, (_, index) => `@scopes${index}`);
  const arms = texts.map((text) => `scopes = ${text}`);
  return byCreation("registrations_by_scopes", `scopes IN (${texts.join(", ")})`, arms);
}

/** Registrations whose claim window is over at `@now` and that no sweep has noted yet. Usually a handful. */
const due = "claimed_at IS NULL AND revoked_at IS NULL AND expired_at IS NULL AND claim_expires_at <= @now";
export const dueArm: Arm = {
  from: "registrations INDEXED BY registrations_to_expire",
  where: due,
  range,
};

function inPhases(ofPhases: readonly (typeof phases)[number][], kind: RegistrationFilter["kind"]): Source {
  const ofKinds = kind === undefined ? kinds : [kind];
  const list = (names: readonly string[]) => names.map((name) => `'${name}'`).join(", ");
  return byCreation(
    "registrations_by_phase",
    `${phaseOfRow} IN (${list(ofPhases)}) AND kind IN (${list(ofKinds)})`,
    ofPhases.flatMap((phase) => ofKinds.map((one) => `${phaseOfRow} = '${phase}' AND kind = '${one}'`)),
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
  switch (status) {
    case undefined:
      return inPhases(phases, kind);
    case "ended":
      return byCreation("registrations_by_end", "ends_at IS NOT NULL");
    case "expired": {
      if (!dueIsShort()) return inPhases(["expired", "pending_claim", "unclaimed"], kind);
      const noted = inPhases(["expired"], kind);
      const unnoticed = among("registrations_to_expire", due);
      return { ...noted, arms: [...noted.arms, dueArm], member: `(${noted.member} OR ${unnoticed})` };
    }
    default:
      return inPhases([status], kind);
  }
}

/** Every registration. */
export const all = inPhases(phases, undefined);
/** Those of a range of creation, which every entry tells of itself. */
export const byCreationRange: Source = {
  ...all,
  places: 0,
  member: "stretch.made >= @createdFrom AND stretch.made < @createdBefore",
};

/** The rows of one source that are in others as well, collected by indexes alone. For few of them. */
export function inAll({ arms }: Source, members: string[]): Arm {
  const stretches = arms.map(
    ({ from, where }) =>
      `SELECT rowid AS entry, created_at AS made, id AS k1 FROM ${from} WHERE ${where} AND ${created}`,
  );
  const entries = `SELECT stretch.entry FROM (${stretches.join(" UNION ALL ")}) AS stretch WHERE ${members.join(" AND ")}`;
  return { from: "registrations", where: `rowid IN (${entries})` };
}

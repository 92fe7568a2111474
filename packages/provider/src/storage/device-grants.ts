/** Owns stored device grants: each is answered by one person once, and delivered once. */
import type { Database } from "better-sqlite3";
import type { Store } from "../ports.js";
import { type DeviceGrantRow, deviceGrantOf, deviceGrantRow } from "./rows.js";
import { deviceGrants } from "./schema.js";
import { columnsOf, insertInto } from "./statements.js";

type DeviceVerbs = Pick<
  Store,
  "addDeviceGrant" | "findPendingDeviceGrant" | "settleDeviceGrant" | "pollDeviceGrant" | "deliverDeviceGrant"
>;

export function createDeviceVerbs(database: Database): DeviceVerbs {
  const columns = columnsOf(deviceGrants);
  const insert = database.prepare(`${insertInto(deviceGrants)} ON CONFLICT DO NOTHING`);
  const findPending = database.prepare<object, DeviceGrantRow>(
    `SELECT ${columns} FROM device_grants
     WHERE user_code = @userCode AND status = 'pending' AND expires_at > @now`,
  );
  const settle = database.prepare(
    `UPDATE device_grants SET status = @status, user_id = @userId, auth_time = @authTime
     WHERE user_code = @userCode AND status = 'pending' AND expires_at > @now`,
  );
  const find = database.prepare<object, DeviceGrantRow>(
    `SELECT ${columns} FROM device_grants WHERE device_code_hash = @deviceCodeHash`,
  );
  // The first poll is never too early, and an answer is never held back.
  const notePoll = database.prepare(
    `UPDATE device_grants SET last_polled_at = @now,
       poll_interval = CASE WHEN status = 'pending' AND last_polled_at IS NOT NULL
                              AND last_polled_at + poll_interval > @now
                            THEN poll_interval + @slowDownSeconds ELSE poll_interval END
     WHERE device_code_hash = @deviceCodeHash`,
  );
  const deliver = database.prepare(
    `UPDATE device_grants SET status = 'delivered' WHERE device_code_hash = ? AND status = 'approved'`,
  );
  const poll = database.transaction((input: object) => {
    const row = find.get(input);
    if (row !== undefined) notePoll.run(input);
    return row;
  });
  return {
    addDeviceGrant: (grant) => insert.run(deviceGrantRow(grant)).changes === 1,
    findPendingDeviceGrant: (userCode, now) => {
      const row = findPending.get({ userCode, now });
      return row === undefined ? null : deviceGrantOf(row);
    },
    settleDeviceGrant: (userCode, now, answer) =>
      settle.run({ userId: null, authTime: null, ...answer, userCode, now }).changes === 1,
    pollDeviceGrant: (deviceCodeHash, now, slowDownSeconds) => {
      const row = poll.immediate({ deviceCodeHash, now, slowDownSeconds });
      return row === undefined ? null : deviceGrantOf(row);
    },
    deliverDeviceGrant: (deviceCodeHash) => deliver.run(deviceCodeHash).changes === 1,
  };
}

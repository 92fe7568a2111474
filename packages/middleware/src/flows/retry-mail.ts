/** Makes a mail that was given up due again because an operator says so. Its rows in the audit log tell both. */
import { type ChangeContext, type Operator, operatorEvent } from "./admin-registration.js";

/** False when it is not a failed one by now: somebody was faster, or it was cleaned up. */
export async function retryMail(
  { store, jobs, clock, outbox }: ChangeContext,
  { id, operator }: { id: number; operator: Operator },
): Promise<boolean> {
  const now = clock.now();
  const mail = await store.findMail(id);
  if (mail === null) return false;
  const { registrationId, template, failure } = mail;
  const detail = { registrationId, template, mailId: id, failure };
  const isDue = await jobs.retryMail({
    id,
    now,
    audit: [operatorEvent("mail.retried", operator, now, detail)],
  });
  if (isDue) outbox.committed();
  return isDue;
}

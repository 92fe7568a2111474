/** Owns what the pages are called, in the words of the pages themselves, so that a test names a page and not its words. */
import type { NoticePage } from "../../src/views/page.js";
import { asText } from "../../src/views/sentence.js";
import { texts } from "../../src/views/texts-en.js";

const serviceName = "Example Notes";
const values = { serviceName, email: null, retryAfterSeconds: null, requestId: null };
const ofContinue = (purpose: keyof typeof texts.continue.byPurpose) =>
  texts.continue.byPurpose[purpose](serviceName);
const ofMail = (reason: keyof typeof texts.checkMail.byReason) =>
  texts.checkMail.byReason[reason]({ maskedHint: "", serviceName });

/** The heading of a notice. */
export const notice = (name: NoticePage["notice"]) => texts.notices[name](values).heading;

/** The headings of the pages with a form, and their buttons. */
export const pages = {
  review: asText(texts.review.heading(serviceName)),
  code: texts.code.heading,
  checkMail: ofMail("first").heading,
  usedLink: ofMail("used").heading,
  resent: ofMail("resent").heading,
  prove: ofContinue("prove_mailbox").heading,
  notMe: ofContinue("deny").heading,
  openConnected: ofContinue("open_connected").heading,
  requestLink: texts.requestLink.heading,
  connected: asText(texts.connected.heading(serviceName)),
};
export const buttons = {
  authorize: texts.answers.authorize,
  deny: texts.answers.deny,
  resend: ofMail("first").resend,
  prove: ofContinue("prove_mailbox").button,
  notMe: ofContinue("deny").button,
  openConnected: ofContinue("open_connected").button,
  revoke: texts.connected.revoke,
  revokeConfirm: texts.connected.revokeConfirm,
};
export { texts };

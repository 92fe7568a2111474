/** Owns the person's part of a claim: follow the link, sign in if asked to, type the code or get one. */
import { type Browser, fieldValue, formOf, type Page } from "./browser.js";

/** Opens the claim page, signing in when the page sends the person there. */
export async function openClaimPage(
  browser: Browser,
  uri: string,
  email: string,
  password: string,
): Promise<Page> {
  const page = await browser.get(uri);
  if (page.status !== 302 || page.location === null) return page;
  const login = await browser.get(page.location);
  const signedIn = await browser.signIn(email, password, fieldValue(login.html, "return_to"));
  return browser.get(signedIn.location ?? "/");
}

/** Submits a form of one of the library's pages as it stands, and shows what it leads to. */
export async function press(
  browser: Browser,
  page: Page,
  filledIn: Record<string, string> = {},
  which = 0,
): Promise<Page> {
  const { target, fields } = formOf(page.html, which);
  const answer = await browser.submit(target, [...fields, ...Object.entries(filledIn)]);
  return answer.status === 303 && answer.location !== null ? browser.get(answer.location) : answer;
}

/** Decides on the review page. Without a code, Authorize asks for one to read to the agent. */
export function decide(
  browser: Browser,
  page: Page,
  action: "authorize" | "deny",
  code: string,
): Promise<Page> {
  return press(browser, page, { user_code: code, action });
}

/** The code a page shows for the agent. */
export function shownCode(page: Page): string {
  const code = />(\d{3}-\d{3})</.exec(page.html)?.[1];
  if (code === undefined) throw new Error(`The page (${page.status}) shows no code`);
  return code;
}

/** The whole of code entry; answers with the page the person sees at the end. */
export async function approve(
  browser: Browser,
  claim: { verification_uri: string; user_code: string },
  { email, password } = { email: "alice@example.com", password: "alice-demo" },
): Promise<Page> {
  const page = await openClaimPage(browser, claim.verification_uri, email, password);
  return decide(browser, page, "authorize", claim.user_code);
}

/** The person's half of read-back; answers with the code they read to the agent. */
export async function authorizeForCode(browser: Browser, claim: { verification_uri: string }) {
  const page = await openClaimPage(browser, claim.verification_uri, "alice@example.com", "alice-demo");
  return shownCode(await decide(browser, page, "authorize", ""));
}

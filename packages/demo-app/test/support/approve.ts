/** Owns the person's part of a claim: follow the link, sign in if asked to, type the code. */
import { type Browser, fieldValue, type Page } from "./browser.js";

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

/** Submits the review page and shows what it leads to. */
export async function decide(
  browser: Browser,
  page: Page,
  action: "authorize" | "deny",
  code: string,
): Promise<Page> {
  const [, target = ""] = /<form method="post" action="([^"]+)"/.exec(page.html) ?? [];
  const scopes = [...page.html.matchAll(/name="scope"[^>]*value="([^"]+)"/g)].map(([, scope = ""]) => scope);
  const answer = await browser.submit(target, [
    ["claim_attempt_token", fieldValue(page.html, "claim_attempt_token")],
    ["csrf", fieldValue(page.html, "csrf")],
    ...scopes.map((scope): [string, string] => ["scope", scope]),
    ["user_code", code],
    ["action", action],
  ]);
  return answer.status === 303 && answer.location !== null ? browser.get(answer.location) : answer;
}

/** The whole of it; answers with the page the person sees at the end. */
export async function approve(
  browser: Browser,
  claim: { verification_uri: string; user_code: string },
  { email, password } = { email: "alice@example.com", password: "alice-demo" },
): Promise<Page> {
  const page = await openClaimPage(browser, claim.verification_uri, email, password);
  return decide(browser, page, "authorize", claim.user_code);
}

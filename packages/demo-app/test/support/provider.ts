/**
 * Owns a person at the sample provider, and the agent runtime they sign in there: device code, consent, ID-JAGs,
 * Revoke. Everything goes through the provider's real endpoints and pages.
 */
import { type Answer, call } from "./agent.js";
import { Browser, fieldValue, type Page } from "./browser.js";

const urn = "urn:ietf:params:oauth";
const grants = {
  device: `${urn}:grant-type:device_code`,
  exchange: `${urn}:grant-type:token-exchange`,
};
export const idJagUrn = `${urn}:token-type:id-jag`;

export class ProviderPerson {
  readonly browser: Browser;
  readonly #clientId: string;
  idToken = "";

  /** `name` is the part of the address before the @. */
  constructor(
    readonly issuer: string,
    readonly name: string,
  ) {
    this.browser = new Browser(issuer);
    this.#clientId = `${issuer}/agent-client.json`;
  }

  /** The agent shows a code; the person signs in and lets it in. The agent keeps the ID token. */
  async signIn(): Promise<Answer> {
    const started = await this.#post("/device_authorization", {});
    const question = await this.#open(started.body.verification_uri_complete);
    await this.browser.submit("/device", {
      csrf: fieldValue(question.html, "csrf"),
      user_code: started.body.user_code,
      answer: "allow",
    });
    const { device_code } = started.body;
    const collected = await this.#post("/token", { grant_type: grants.device, device_code });
    this.idToken = collected.body.id_token;
    return collected;
  }

  /** What the agent is answered when it asks for an ID-JAG. */
  askForIdJag(audience: string): Promise<Answer> {
    return this.#post("/token", {
      grant_type: grants.exchange,
      requested_token_type: idJagUrn,
      subject_token: this.idToken,
      subject_token_type: `${urn}:token-type:id_token`,
      audience,
    });
  }

  /** From nothing to an ID-JAG: signs in where needed, and allows the service when the provider asks for that. */
  async idJag(audience: string): Promise<string> {
    if (this.idToken === "") await this.signIn();
    let answer = await this.askForIdJag(audience);
    if (answer.body.error === "interaction_required") {
      await this.allow(answer.body.consent_uri);
      answer = await this.askForIdJag(audience);
    }
    if (answer.status !== 200) throw new Error(`No ID-JAG: ${JSON.stringify(answer.body)}`);
    return answer.body.access_token;
  }

  async allow(consentUri: string): Promise<Page> {
    const page = await this.#open(consentUri);
    return this.browser.submit("/consent", {
      csrf: fieldValue(page.html, "csrf"),
      audience: fieldValue(page.html, "audience"),
      decision: "always",
    });
  }

  /** The page with everything the person delegated. */
  connections(): Promise<Page> {
    return this.#open("/delegations");
  }

  /** Presses Revoke at the only service on the page, and shows what the page says then. */
  async revoke(): Promise<Page> {
    const page = await this.connections();
    await this.browser.submit("/delegations/revoke", {
      csrf: fieldValue(page.html, "csrf"),
      audience: fieldValue(page.html, "audience"),
    });
    return this.connections();
  }

  /** Opens a page, signing in when it asks for that. */
  async #open(uri: string): Promise<Page> {
    const page = await this.browser.get(uri);
    if (page.status !== 302 || page.location === null) return page;
    const form = await this.browser.get(page.location);
    const signedIn = await this.browser.submit("/sign-in", {
      csrf: fieldValue(form.html, "csrf"),
      return_to: fieldValue(form.html, "return_to"),
      email: `${this.name}@example.com`,
      password: `${this.name}-demo`,
    });
    return this.browser.get(signedIn.location ?? "/");
  }

  #post(path: string, fields: Record<string, string>): Promise<Answer> {
    const body = new URLSearchParams({ client_id: this.#clientId, ...fields });
    return call(this.issuer + path, { method: "POST", body });
  }
}

/** Header and claims of a JWT. Nothing is verified. */
export function decoded(token: string): {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
} {
  const [header = "", claims = ""] = token.split(".");
  const read = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString());
  return { header: read(header), claims: read(claims) };
}

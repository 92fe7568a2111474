/** Owns an agent that speaks to the demo over HTTP, starting from nothing but the address of the API. */

export const grants = {
  jwtBearer: "urn:ietf:params:oauth:grant-type:jwt-bearer",
  claim: "urn:workos:agent-auth:grant-type:claim",
};

export interface Answer {
  status: number;
  challenge: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes are looked into, and asserted on
  body: any;
}

export class AgentClient {
  token: string | null = null;

  private constructor(
    readonly api: string,
    readonly endpoints: { identity: string; claim: string; token: string; revocation: string },
  ) {}

  /** Calls the API, and finds the endpoints from its challenge on. */
  static async discover(baseUrl: string): Promise<AgentClient> {
    const api = `${baseUrl}/api/notes`;
    const refused = await call(api);
    const [, metadataUrl = ""] = /resource_metadata="([^"]+)"/.exec(refused.challenge) ?? [];
    const resource = (await call(metadataUrl)).body;
    const server = (await call(`${resource.authorization_servers[0]}/.well-known/oauth-authorization-server`))
      .body;
    return new AgentClient(api, {
      identity: server.agent_auth.identity_endpoint,
      claim: server.agent_auth.claim_endpoint,
      token: server.token_endpoint,
      revocation: server.revocation_endpoint,
    });
  }

  register(body: object): Promise<Answer> {
    return postJson(this.endpoints.identity, body);
  }

  startClaim(body: object): Promise<Answer> {
    return postJson(this.endpoints.claim, body);
  }

  /** Brings the code that the person read out. */
  complete(body: object): Promise<Answer> {
    return postJson(`${this.endpoints.claim}/complete`, body);
  }

  /** Keeps the access token of a good answer for the calls that follow. */
  async getToken(fields: Record<string, string>): Promise<Answer> {
    const answer = await call(this.endpoints.token, { method: "POST", body: new URLSearchParams(fields) });
    if (answer.status === 200) this.token = answer.body.access_token;
    return answer;
  }

  revoke(): Promise<Answer> {
    const body = new URLSearchParams({ token: this.token ?? "" });
    return call(this.endpoints.revocation, { method: "POST", body });
  }

  readNotes(): Promise<Answer> {
    return call(this.api, { headers: this.#bearer() });
  }

  writeNote(text: string): Promise<Answer> {
    return postJson(this.api, { text }, this.#bearer());
  }

  deleteNote(id: string): Promise<Answer> {
    return call(`${this.api}/${id}`, { method: "DELETE", headers: this.#bearer() });
  }

  #bearer(): Record<string, string> {
    return this.token === null ? {} : { Authorization: `Bearer ${this.token}` };
  }
}

export async function call(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, { redirect: "error", ...init });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") === true;
  return {
    status: response.status,
    challenge: response.headers.get("www-authenticate") ?? "",
    body: isJson ? JSON.parse(text) : text,
  };
}

export function postJson(url: string, body: object, headers: Record<string, string> = {}): Promise<Answer> {
  return call(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

/** Owns the three lines with which a newcomer plays an agent from a terminal. */
import type { Environment } from "./environment.js";

export interface CurlLine {
  says: string;
  command: string;
}

type Settings = Pick<Environment, "ceremony" | "claimSignIn">;

export function curlLines(baseUrl: string, { ceremony, claimSignIn }: Settings): CurlLine[] {
  const isReadBack = ceremony === "read-back";
  const registration = JSON.stringify({
    type: "service_auth",
    login_hint: "alice@example.com",
    client_name: "curl",
  });
  const place = claimSignIn === "host" ? "open verification_uri as alice" : "follow the link in alice's mail";
  const task = isReadBack ? "press Authorize to get a code" : "type the user_code";
  const completion = '{"claim_token": "\'"$CLAIM_TOKEN"\'", "user_code": "\'"$CODE"\'"}';
  return [
    {
      says: "Call the API without a token: the 401 says where to begin",
      command: `curl -i ${baseUrl}/api/notes`,
    },
    {
      says: `Register an agent for alice: ${place} and ${task}`,
      command: `curl -s ${baseUrl}/agent/identity -H 'Content-Type: application/json' -d '${registration}'`,
    },
    isReadBack
      ? {
          says: "Complete the claim with that code and the claim_token of line 2; /oauth2/token takes the assertion",
          command: `curl -s ${baseUrl}/agent/identity/claim/complete -H 'Content-Type: application/json' -d '${completion}'`,
        }
      : {
          says: "Collect the access token, with the claim_token of line 2",
          command: `curl -s ${baseUrl}/oauth2/token -d grant_type=urn:workos:agent-auth:grant-type:claim -d claim_token="$CLAIM_TOKEN"`,
        },
  ];
}

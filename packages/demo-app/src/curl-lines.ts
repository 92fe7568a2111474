/** Owns the three lines with which a newcomer plays an agent from a terminal. */

export interface CurlLine {
  says: string;
  command: string;
}

export function curlLines(baseUrl: string): CurlLine[] {
  const registration = JSON.stringify({
    type: "service_auth",
    login_hint: "alice@example.com",
    client_name: "curl",
  });
  return [
    {
      says: "Call the API without a token: the 401 says where to begin",
      command: `curl -i ${baseUrl}/api/notes`,
    },
    {
      says: "Register an agent for alice: open verification_uri as alice and type the user_code",
      command: `curl -s ${baseUrl}/agent/identity -H 'Content-Type: application/json' -d '${registration}'`,
    },
    {
      says: "Collect the access token, with the claim_token of line 2",
      command: `curl -s ${baseUrl}/oauth2/token -d grant_type=urn:workos:agent-auth:grant-type:claim -d claim_token="$CLAIM_TOKEN"`,
    },
  ];
}

/**
 * Owns the two ways a code travels between a person and an agent (PROTOCOL section 4.1). With code entry the agent
 * shows it and the person types it on our page; with read-back our page shows it and the person reads it to the agent.
 */

export const ceremonies = ["both", "code-entry", "read-back"] as const;
export type Ceremony = (typeof ceremonies)[number];

/** Whether agents are given a code to show, and may poll. */
export function usesCodeEntry(ceremony: Ceremony): boolean {
  return ceremony !== "read-back";
}

/** Whether our page reveals a code, and agents may bring it. */
export function usesReadBack(ceremony: Ceremony): boolean {
  return ceremony !== "code-entry";
}

/** `claim_methods_supported` of the metadata. */
export function claimMethods(ceremony: Ceremony): string[] {
  return [
    ...(usesCodeEntry(ceremony) ? ["code_entry"] : []),
    ...(usesReadBack(ceremony) ? ["read_back"] : []),
  ];
}

/**
 * The hub's accounts at the simulated partners. Invented, in the style of each vendor; they open nothing but the
 * simulators.
 */
export const ACCOUNTS = {
  onfleet: {
    apiKey: 'sim-onfleet-api-key-0001',
    /** Onfleet's secrets are hexadecimal and are decoded before use. */
    webhookSecret: '00112233445566778899aabbccddeeff'.repeat(4),
  },
  uberDirect: {
    clientId: 'sim-uber-client-0001',
    clientSecret: 'sim-uber-client-secret-0001',
    customerId: 'cus_sim_0001',
    webhookSecret: 'sim-uber-signing-key-0001',
  },
  easypost: {
    apiKey: 'sim-easypost-api-key-0001',
    carrierAccount: 'ca_sim0001',
    /** With an accent on purpose: EasyPost normalises the secret (NFKD) before use. */
    webhookSecret: 'sim-sécret-0001',
  },
  sap: { username: 'sim-cartage', password: 'sim-sap-password-0001', webhookSecret: 'sim-sap-event-token-0001' },
  d365: {
    tenant: 'sim-tenant',
    legalEntity: 'fict',
    clientId: 'sim-d365-client-0001',
    clientSecret: 'sim-d365-secret-0001',
  },
  shiphero: { token: 'sim.shiphero.jwt-0001', webhookSecret: 'sim-shiphero-shared-signature-secret' },
  zendesk: {
    email: 'hub@example.com',
    apiToken: 'sim-zendesk-token-0001',
    webhookSecret: 'dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==',
  },
  postmark: { apiKey: 'sim-postmark-server-token-0001' },
  twilio: {
    accountSid: 'AC00000000000000000000000000000001',
    apiKey: 'sim-twilio-auth-token-0001',
    from: '+15550100199',
  },
  optimoroute: { apiKey: 'sim-optimoroute-key-0001' },
} as const

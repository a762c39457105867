import { ACCOUNTS } from './accounts.ts'

/**
 * The environment that makes a hub talk to the simulators: for each partner its address, credentials and parameters.
 * @param url base address of the simulators, such as http://127.0.0.1:1881
 */
export function simulatorEnvironment(url: string): Record<string, string> {
  const base = url.replace(/\/$/, '')
  return {
    CARTAGE_ONFLEET_URL: `${base}/onfleet/api/v2`,
    CARTAGE_ONFLEET_ATTACHMENTS: `${base}/onfleet/attachments`,
    CARTAGE_ONFLEET_API_KEY: ACCOUNTS.onfleet.apiKey,
    CARTAGE_ONFLEET_WEBHOOK_SECRET: ACCOUNTS.onfleet.webhookSecret,

    CARTAGE_UBER_DIRECT_URL: `${base}/uber-direct`,
    CARTAGE_UBER_DIRECT_TOKEN_URL: `${base}/uber-direct/oauth/v2/token`,
    CARTAGE_UBER_DIRECT_CLIENT_ID: ACCOUNTS.uberDirect.clientId,
    CARTAGE_UBER_DIRECT_CLIENT_SECRET: ACCOUNTS.uberDirect.clientSecret,
    CARTAGE_UBER_DIRECT_CUSTOMER_ID: ACCOUNTS.uberDirect.customerId,
    CARTAGE_UBER_DIRECT_WEBHOOK_SECRET: ACCOUNTS.uberDirect.webhookSecret,

    CARTAGE_EASYPOST_URL: `${base}/easypost/v2`,
    CARTAGE_EASYPOST_API_KEY: ACCOUNTS.easypost.apiKey,
    CARTAGE_EASYPOST_CARRIER_ACCOUNT: ACCOUNTS.easypost.carrierAccount,
    CARTAGE_EASYPOST_WEBHOOK_SECRET: ACCOUNTS.easypost.webhookSecret,

    CARTAGE_SAP_S4HANA_URL: `${base}/sap-s4hana`,
    CARTAGE_SAP_S4HANA_HOST: new URL(base).host,
    CARTAGE_SAP_S4HANA_USERNAME: ACCOUNTS.sap.username,
    CARTAGE_SAP_S4HANA_PASSWORD: ACCOUNTS.sap.password,
    CARTAGE_SAP_S4HANA_WEBHOOK_SECRET: ACCOUNTS.sap.webhookSecret,
    CARTAGE_SAP_S4HANA_COMPANY_CODE: 'FIC1',
    CARTAGE_SAP_S4HANA_SUPPLIERS: 'onfleet=100001; uber-direct=100002; easypost=100003',
    CARTAGE_SAP_S4HANA_FREIGHT_ACCOUNT: '61000000',
    CARTAGE_SAP_S4HANA_FUEL_ACCOUNT: '61000100',
    CARTAGE_SAP_S4HANA_OTHER_ACCOUNT: '61000200',

    CARTAGE_D365_FINANCE_OPERATIONS_URL: `${base}/d365-finance-operations`,
    CARTAGE_D365_FINANCE_OPERATIONS_TOKEN_URL: `${base}/d365-finance-operations/${ACCOUNTS.d365.tenant}/oauth2/v2.0/token`,
    CARTAGE_D365_FINANCE_OPERATIONS_HOST: new URL(base).host,
    CARTAGE_D365_FINANCE_OPERATIONS_TENANT: ACCOUNTS.d365.tenant,
    CARTAGE_D365_FINANCE_OPERATIONS_LEGAL_ENTITY: ACCOUNTS.d365.legalEntity,
    CARTAGE_D365_FINANCE_OPERATIONS_CLIENT_ID: ACCOUNTS.d365.clientId,
    CARTAGE_D365_FINANCE_OPERATIONS_CLIENT_SECRET: ACCOUNTS.d365.clientSecret,

    CARTAGE_SHIPHERO_URL: `${base}/shiphero`,
    CARTAGE_SHIPHERO_ACCESS_TOKEN: ACCOUNTS.shiphero.token,
    CARTAGE_SHIPHERO_WEBHOOK_SECRET: ACCOUNTS.shiphero.webhookSecret,

    CARTAGE_ZENDESK_URL: `${base}/zendesk`,
    CARTAGE_ZENDESK_SUBDOMAIN: 'simulated',
    CARTAGE_ZENDESK_EMAIL: ACCOUNTS.zendesk.email,
    CARTAGE_ZENDESK_API_TOKEN: ACCOUNTS.zendesk.apiToken,
    CARTAGE_ZENDESK_WEBHOOK_SECRET: ACCOUNTS.zendesk.webhookSecret,

    CARTAGE_POSTMARK_URL: `${base}/postmark`,
    CARTAGE_POSTMARK_API_KEY: ACCOUNTS.postmark.apiKey,
    CARTAGE_POSTMARK_FROM: 'Shop <service@shop.example>',

    CARTAGE_TWILIO_URL: `${base}/twilio`,
    CARTAGE_TWILIO_ACCOUNT_SID: ACCOUNTS.twilio.accountSid,
    CARTAGE_TWILIO_API_KEY: ACCOUNTS.twilio.apiKey,
    CARTAGE_TWILIO_FROM: ACCOUNTS.twilio.from,

    CARTAGE_OPTIMOROUTE_URL: `${base}/optimoroute/v1`,
    CARTAGE_OPTIMOROUTE_API_KEY: ACCOUNTS.optimoroute.apiKey,
    CARTAGE_OPTIMOROUTE_UTC_OFFSET: '-05:00',

    CARTAGE_NOMINATIM_URL: `${base}/nominatim`,
    CARTAGE_NOMINATIM_APPLICATION: 'cartage-simulated (hub@example.com)',
  }
}

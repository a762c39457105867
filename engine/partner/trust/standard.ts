import type { HmacSignature, StandardSignature } from './types.ts'

const TOLERANCE_SECONDS = 300

/** Standard Webhooks in the words of any other scheme. */
export function standardWebhooks({ names = 'webhook', toleranceSeconds, secret }: StandardSignature): HmacSignature {
  return {
    type: 'hmac',
    headers: [`${names}-signature`],
    algorithm: 'sha256',
    encoding: 'base64',
    prefix: 'v1,',
    several: true,
    keyDecoding: 'whsec',
    secret,
    signed: '{id}.{timestamp}.{body}',
    id: { header: `${names}-id` },
    timestamp: {
      header: `${names}-timestamp`,
      unit: 's',
      toleranceSeconds: toleranceSeconds ?? TOLERANCE_SECONDS,
    },
  }
}

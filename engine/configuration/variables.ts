import {
  addresses,
  apiKeys,
  bytes,
  choice,
  either,
  type Kind,
  key32,
  mqttDevices,
  onOff,
  path,
  port,
  secret,
  slug,
  store,
  text,
  url,
  users,
  whole,
} from './kinds.ts'

/** One row of the table: what docs/configuration.md shows and the start checks. */
export interface Variable<T> {
  readonly name: string
  readonly kind: Kind<T>
  /** As it would be written in the environment; null = unset unless somebody sets it. */
  readonly fallback: string | null
  /** The fallback in production, where it differs. */
  readonly inProduction?: string
  readonly doc: string
  /** Never shown, in no message and no document. */
  readonly secret?: true
}

function row<T>(name: string, kind: Kind<T>, fallback: string, doc: string, more?: Partial<Variable<T>>) {
  return { name, kind, fallback, doc, ...more } as Variable<T> & { readonly fallback: string }
}

function optional<T>(name: string, kind: Kind<T>, doc: string, more?: Partial<Variable<T>>) {
  return { name, kind, fallback: null, doc, ...more } as Variable<T> & { readonly fallback: null }
}

const LONGEST_DAYS = 36_500

function days(name: string, fallback: string, doc: string) {
  return row(name, whole(0, LONGEST_DAYS), fallback, `${doc} 0: for ever.`)
}

/**
 * Every setting of Cartage: the one place where it is named, typed, defaulted and explained.
 * Partners have variables of their own beside these (CARTAGE_<PARTNER>_<NAME>), declared in their manifests.
 */
export const VARIABLES = {
  host: row(
    'CARTAGE_HOST',
    text,
    '127.0.0.1',
    'Address that the hub listens on. Outside production only a loopback address is taken.',
  ),
  port: row('CARTAGE_PORT', port(), '1880', 'Port of the editor, the API, webhooks and tracking pages.'),
  publicUrl: optional(
    'CARTAGE_PUBLIC_URL',
    url('https', 'http'),
    'Address under which others reach the hub; stands in tracking links.',
  ),
  alarmEmail: optional(
    'CARTAGE_ALARM_EMAIL',
    text,
    'Address that alarms and steps of a ladder are mailed to by the flows *Failures* and *SLA watch*; without it they are shown in the editor only.',
  ),
  returnDays: days('CARTAGE_RETURN_DAYS', '30', 'Days after the delivery in which a customer may send goods back.'),
  trackingDays: days(
    'CARTAGE_TRACKING_DAYS',
    '30',
    "Days that a customer's page is there after its delivery has ended; then its link is as good as unknown.",
  ),
  dataDir: row(
    'CARTAGE_DATA',
    path,
    '.cartage',
    'Folder of everything that must survive a restart; relative to the package.',
  ),
  store: optional(
    'CARTAGE_STORE',
    store,
    'Where messages and documents are kept: `sqlite:<file>` for one process, `mongodb://<hosts>/<database>` for many. Without it: a SQLite file, cartage.db, in the data folder.',
  ),
  redis: optional(
    'CARTAGE_REDIS',
    url('redis', 'rediss'),
    'The Redis that wakes the processes of a cluster and holds their shared limits; belongs to a store on MongoDB. It needs `appendonly yes` and `maxmemory-policy noeviction`.',
  ),
  role: row(
    'CARTAGE_ROLE',
    choice('all', 'editor', 'worker'),
    'all',
    'What this process does: `worker` takes messages and has no editor, `editor` edits and deploys and takes no work, `all` does both. `editor` and `worker` need the cluster store.',
  ),
  worker: optional(
    'CARTAGE_WORKER',
    slug,
    'Name of this process among those of a cluster, the same after a restart; names its session at an external MQTT broker. Without it: host name and port.',
  ),
  leaseSeconds: row(
    'CARTAGE_LEASE_SECONDS',
    whole(3, 600),
    '30',
    'Seconds after which the other processes of a cluster take over what one that does not answer any more was at.',
  ),
  flowsDir: row(
    'CARTAGE_FLOWS',
    path,
    'flows',
    'Folder of the flows, one JSON file per tab; relative to the package. With the cluster store only what its first start takes them from.',
  ),
  templatesDir: row(
    'CARTAGE_TEMPLATES',
    path,
    'templates',
    'Folder of the partner templates; relative to the package.',
  ),
  partnersDir: optional(
    'CARTAGE_PARTNERS',
    path,
    'Folder where partners of your own are laid out; what holds is in the store. Without it: partners, in the data folder.',
  ),
  filesDir: optional(
    'CARTAGE_FILES',
    path,
    'Folder below which partners leave and find files that go over no SFTP server. Without it: files, in the data folder.',
  ),
  fileLimitMb: row(
    'CARTAGE_FILE_LIMIT_MB',
    whole(1, 1_000_000),
    '1024',
    'Largest file that is taken in from a folder or an SFTP server, in MB. While it is read, the data folder holds a copy.',
  ),
  simulators: row('CARTAGE_SIMULATORS', onOff, 'on', 'Whether `npm start` also starts simulated partners.', {
    inProduction: 'off',
  }),
  simulatorPort: row('CARTAGE_SIM_PORT', port(), '1881', 'Port of the simulated partners.'),
  mqtt: row(
    'CARTAGE_MQTT',
    either('embedded', url('mqtt', 'mqtts')),
    'embedded',
    'The broker that vehicles publish to: the embedded one, or the address of another.',
  ),
  mqttHost: row(
    'CARTAGE_MQTT_HOST',
    text,
    '127.0.0.1',
    'Address that the embedded broker listens on; beyond loopback it needs CARTAGE_MQTT_DEVICES.',
  ),
  mqttPort: row('CARTAGE_MQTT_PORT', port(), '1883', 'Port of the embedded broker.'),
  mqttDevices: optional(
    'CARTAGE_MQTT_DEVICES',
    mqttDevices,
    'Who may log in to the embedded broker: `van-7:secret` publishes to `fleet/van-7/#`, `anna/phone:secret` to `<app>/anna/phone`; a third part names other topics (`tracker:secret:tracker/#`). Unset: anybody on this machine.',
    { secret: true },
  ),
  mqttUsername: optional('CARTAGE_MQTT_USERNAME', text, 'User name at an external broker.'),
  mqttPassword: optional('CARTAGE_MQTT_PASSWORD', text, 'Password at an external broker.', { secret: true }),
  apiKeys: optional(
    'CARTAGE_API_KEYS',
    apiKeys,
    'Who may call the API, as `name:secret:role`, separated by commas. Outside production one is generated.',
    { secret: true },
  ),
  users: optional(
    'CARTAGE_USERS',
    users,
    'Who may log in to the editor: a JSON array, or a file with one, of `username`, `passwordHash` (`npx node-red admin hash-pw`) and `role`. Required in production.',
    { secret: true },
  ),
  credentialSecret: optional(
    'CARTAGE_CREDENTIAL_SECRET',
    secret(16),
    'Encrypts the credentials that are typed in the editor. Required in production, generated otherwise.',
    { secret: true },
  ),
  encryptionKey: optional(
    'CARTAGE_ENCRYPTION_KEY',
    key32,
    'Encrypts personal data at rest. Required in production, generated otherwise.',
    { secret: true },
  ),
  tlsCert: optional(
    'CARTAGE_TLS_CERT',
    path,
    'File with the certificate chain (PEM). Production needs it with its key, or a trusted proxy.',
  ),
  tlsKey: optional('CARTAGE_TLS_KEY', path, 'File with the private key (PEM).'),
  trustedProxy: optional(
    'CARTAGE_TRUSTED_PROXY',
    addresses,
    'Addresses of the proxy that ends TLS in front of the hub and sets X-Forwarded-For.',
  ),
  tlsClientCa: optional(
    'CARTAGE_TLS_CLIENT_CA',
    path,
    'File with the authorities (PEM) of client certificates: senders of webhooks are asked for one, for templates that trust them by it.',
  ),
  clientCertificateHeader: optional(
    'CARTAGE_CLIENT_CERTIFICATE_HEADER',
    text,
    'Header in which the trusted proxy hands on the client certificate that it has checked: `Client-Cert` (RFC 9440), or one with the PEM in URL encoding, as nginx writes it. The proxy must remove it from what clients send.',
  ),
  privateAddresses: row(
    'CARTAGE_PRIVATE_ADDRESSES',
    onOff,
    'on',
    'Whether partners may be at private addresses (an ERP in the house, simulators). Off: only public addresses are called, whatever a profile or a payload says, save for accounts whose partner node allows it.',
    { inProduction: 'off' },
  ),
  bodyLimit: row(
    'CARTAGE_BODY_LIMIT',
    bytes,
    '1mb',
    'Largest request body that is read, counted after decompression (b, kb or mb).',
  ),
  sessionHours: row(
    'CARTAGE_SESSION_HOURS',
    whole(1, 168),
    '8',
    'Hours until a login to the editor ends; a changed role works from the next login on.',
  ),
  retryBaseMs: row(
    'CARTAGE_RETRY_BASE_MS',
    whole(1, 600_000),
    '1000',
    'Milliseconds before a failed delivery is tried the second time; doubles with each further try.',
  ),
  retryMaxMs: row(
    'CARTAGE_RETRY_MAX_MS',
    whole(1, 3_600_000),
    '300000',
    'Longest wait between two tries of a delivery, in milliseconds.',
  ),
  drainSeconds: row(
    'CARTAGE_DRAIN_SECONDS',
    whole(0, 120),
    '10',
    'Seconds that a stopping hub gives to deliveries under way; the rest is delivered again after the start.',
  ),
  keepMessagesDays: days(
    'CARTAGE_KEEP_MESSAGES_DAYS',
    '30',
    'Days that settled messages are kept after their acceptance, with the raw bytes as they came in; matched events that had waited go by it too.',
  ),
  keepDeadLettersDays: days(
    'CARTAGE_KEEP_DEAD_LETTERS_DAYS',
    '90',
    'Days that dead letters are kept for repair; then they are discarded, which the audit log says.',
  ),
  keepEffectsDays: days(
    'CARTAGE_KEEP_EFFECTS_DAYS',
    '180',
    'Days that the answers of partners are kept, by which an effect is known to have happened: at least as long as messages and dead letters. One whose message is still there stays longer.',
  ),
  keepAgreementsDays: days('CARTAGE_KEEP_SLA_DAYS', '90', 'Days that SLA timers are kept after they ended.'),
  keepPositionsDays: days(
    'CARTAGE_KEEP_POSITIONS_DAYS',
    '30',
    'Days that the latest position of a vehicle is kept when no newer one comes.',
  ),
  keepEvidenceDays: days(
    'CARTAGE_KEEP_EVIDENCE_DAYS',
    '730',
    'Days that photos, signatures and documents of proofs of delivery are kept; the proofs themselves stay, with the hashes.',
  ),
  keepChargesDays: days(
    'CARTAGE_KEEP_CHARGES_DAYS',
    '3650',
    "Days that couriers' charges are kept after they were paid or refused, and with them the statements: as long as the books must be kept.",
  ),
  parkedDays: days(
    'CARTAGE_PARKED_DAYS',
    '7',
    'Days that an event waits for a shipment that is not known; then it is a dead letter.',
  ),
  fourEyes: row(
    'CARTAGE_FOUR_EYES',
    onOff,
    'off',
    'Whether a replay of more than 20 dead letters must be started by somebody else than who prepared it.',
    { inProduction: 'on' },
  ),
  logLevel: row(
    'CARTAGE_LOG_LEVEL',
    choice('fatal', 'error', 'warn', 'info', 'debug', 'trace'),
    'info',
    'Least level that is logged.',
  ),
} as const

type Value<V> = V extends Variable<infer T> ? (V extends { readonly fallback: string } ? T : T | undefined) : never

/** The table's values, by the name of their row. */
export type Values = { -readonly [K in keyof typeof VARIABLES]: Value<(typeof VARIABLES)[K]> }

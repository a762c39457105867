// HEALTHCHECK of the image: exit code 0 when the hub says that it is ready.
import { readFileSync } from 'node:fs'
import { request } from './ready.mjs'

const { CARTAGE_PORT: port = '1880', CARTAGE_TLS_CERT: certificate } = process.env
const status = await request(
  `${certificate ? 'https' : 'http'}://127.0.0.1:${port}/readyz`,
  certificate ? readFileSync(certificate) : undefined,
)
process.exit(status === 200 ? 0 : 1)

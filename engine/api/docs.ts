import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { openapiYaml } from './openapi.ts'
import { HttpProblem } from './problem.ts'
import type { Reply } from './reply.ts'

/** The files of swagger-ui that are served; nothing else of the package is. */
const ASSETS: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
}

const START = `window.onload = () => SwaggerUIBundle({ url: '/api/openapi.yaml', dom_id: '#docs', deepLinking: true,
  validatorUrl: null, tryItOutEnabled: true, persistAuthorization: false })\n`

const PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Cartage API</title><link rel="icon" href="/api/docs/favicon-32x32.png"><link rel="stylesheet" href="/api/docs/swagger-ui.css"></head>
<body><div id="docs"></div><script src="/api/docs/swagger-ui-bundle.js"></script><script src="/api/docs/start.js"></script></body></html>\n`

/** swagger-ui sets styles from its script and has images in its styles; scripts come from here only. */
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
  "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** The page to try the API, from this machine alone. */
export class Docs {
  #yaml: string | undefined

  async answer(path: string): Promise<Reply> {
    if (path === '/api/openapi.yaml') {
      this.#yaml ??= openapiYaml()
      return file(this.#yaml, 'application/yaml; charset=utf-8')
    }
    if (path === '/api/docs' || path === '/api/docs/') return file(PAGE, 'text/html; charset=utf-8')
    if (path === '/api/docs/start.js') return file(START, 'text/javascript; charset=utf-8')
    const name = path.startsWith('/api/docs/') ? path.slice('/api/docs/'.length) : ''
    const type = Object.hasOwn(ASSETS, name) ? ASSETS[name] : undefined
    if (type === undefined) throw new HttpProblem(404, 'api.not-found', 'There is nothing at this address.')
    const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
    return file(await readFile(join(folder, name)), type)
  }

  static owns(path: string): boolean {
    return path === '/api/openapi.yaml' || path === '/api/docs' || path.startsWith('/api/docs/')
  }
}

function file(body: string | Uint8Array, type: string): Reply {
  return {
    status: 200,
    headers: { 'Content-Type': type, 'Content-Security-Policy': CSP, 'Cache-Control': 'no-cache' },
    body,
  }
}

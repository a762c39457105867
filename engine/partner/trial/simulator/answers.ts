import { decode } from '../../../formats/index.ts'
import { mappingsOf, type SampleFolder, samplesOf } from '../../../mapping/catalogue.ts'
import type { Profile } from '../../profile-types.ts'
import type { Evaluate } from '../../template.ts'
import { escaped } from './routes.ts'

export interface SaidAnswer {
  status: number
  headers: Record<string, string>
  body: Buffer
}

const JSON_TYPE = 'application/json'

/** The partner's answers as the template's samples show them. */
export class SampleAnswers {
  readonly #profile: Profile
  readonly #samples: SampleFolder

  constructor(profile: Profile, samples: SampleFolder) {
    this.#profile = profile
    this.#samples = samples
  }

  /** A good answer; the first sample's, or the one of that file. */
  good(name: string, file = this.files(name)[0]): SaidAnswer {
    const { expects } = this.#profile.operations[name] ?? {}
    if (expects === 'none') return { status: 204, headers: {}, body: Buffer.alloc(0) }
    if (file === undefined)
      return said(200, expects === 'text' ? 'text/plain' : JSON_TYPE, expects === 'text' ? 'ok' : '{}')
    const text = this.#samples.read(file).toString('utf8')
    if (expects === 'bytes') {
      const { mediaType, base64 } = JSON.parse(text) as { mediaType: string; base64: string }
      return { status: 200, headers: { 'content-type': mediaType }, body: Buffer.from(base64, 'base64') }
    }
    const answer = said(200, typeOf(file), text)
    return { ...answer, headers: { ...this.#headersBeside(file), ...answer.headers } }
  }

  /** A "no" of the partner, in its own words where a sample has them. */
  refusal(name: string, file = this.refusals(name)[0]): SaidAnswer {
    if (file === undefined) return said(422, JSON_TYPE, JSON.stringify({ message: 'simulated refusal' }))
    // JSON-RPC says everything with 200.
    const status = this.#profile.operations[name]?.body === 'json-rpc' ? 200 : statusOf(file)
    return said(status, typeOf(file), this.#samples.read(file).toString('utf8'))
  }

  /** The answer by which the partner says that it no longer knows a session; undefined where no sample shows it. */
  async sessionOver(evaluate: Evaluate, expired: string | undefined): Promise<SaidAnswer | undefined> {
    if (expired === undefined) return said(401, JSON_TYPE, '{"message":"not let in"}')
    for (const file of this.#samples.names().filter((one) => /^error\..*\.(json|xml)$/.test(one))) {
      if (file.endsWith('.messages.json')) continue
      const answer = said(file.endsWith('.xml') ? 500 : 200, typeOf(file), this.#samples.read(file).toString('utf8'))
      const { status, headers } = answer
      const body = decode(file.endsWith('.xml') ? 'xml' : 'json', answer.body)
      if (await evaluate(expired, { status, headers, body })) return answer
    }
    return undefined
  }

  /** Samples of answers to the operation. */
  files(name: string): string[] {
    const ref = this.#refs().find(({ role, operation }) => role === 'answer' && operation === name)
    if (ref) return samplesOf(this.#profile, ref, this.#samples).map(({ input }) => input)
    const named = new RegExp(`^${escaped(name)}\\.(?:.+\\.)?response\\.\\w+$`)
    return this.#samples.names().filter((file) => named.test(file))
  }

  /** Samples of refusals of the operation; one that says "not now" is none. */
  refusals(name: string): string[] {
    const ref = this.#refs().find(({ role, operation }) => role === 'refusal' && operation === name)
    if (!ref) return []
    return samplesOf(this.#profile, ref, this.#samples)
      .map(({ input }) => input)
      .filter((input) => !/\b429\b|throttled|busy/.test(input))
  }

  /** `book.response.http.json` holds headers of the answer in `book.response.json` that matter. */
  #headersBeside(file: string): Record<string, string> {
    const beside = file.replace(/\.\w+$/, '.http.json')
    if (!this.#samples.names().includes(beside)) return {}
    const { headers } = JSON.parse(this.#samples.read(beside).toString('utf8')) as { headers: Record<string, string> }
    return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  }

  #refs() {
    return mappingsOf(this.#profile)
  }
}

/** `error.422.json` comes with 422. */
function statusOf(file: string): number {
  return Number(/\b4\d\d\b/.exec(file)?.[0] ?? 400)
}

function typeOf(file: string): string {
  return file.endsWith('.xml') ? 'application/xml' : JSON_TYPE
}

export function said(status: number, type: string, text: string): SaidAnswer {
  return { status, headers: { 'content-type': type }, body: Buffer.from(text) }
}

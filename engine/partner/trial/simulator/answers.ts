import { mappingsOf, type SampleFolder, samplesOf } from '../../../mapping/catalogue.ts'
import type { Profile } from '../../profile-types.ts'
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
    const { expects = 'json' } = this.#profile.operations[name] ?? {}
    if (expects === 'none') return { status: 204, headers: {}, body: Buffer.alloc(0) }
    if (file === undefined)
      return said(200, expects === 'text' ? 'text/plain' : JSON_TYPE, expects === 'text' ? 'ok' : '{}')
    const text = this.#samples.read(file).toString('utf8')
    if (expects === 'bytes') {
      const { mediaType, base64 } = JSON.parse(text) as { mediaType: string; base64: string }
      return { status: 200, headers: { 'content-type': mediaType }, body: Buffer.from(base64, 'base64') }
    }
    return said(200, typeOf(file), text)
  }

  /** A "no" of the partner, in its own words where a sample has them. */
  refusal(name: string, file = this.refusals(name)[0]): SaidAnswer {
    if (file === undefined) return said(422, JSON_TYPE, JSON.stringify({ message: 'simulated refusal' }))
    return said(statusOf(file), typeOf(file), this.#samples.read(file).toString('utf8'))
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

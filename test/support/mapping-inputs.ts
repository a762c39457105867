import { decode } from '../../engine/formats/index.ts'
import type { Profile } from '../../engine/partner/profile.ts'
import { codeFunction } from '../../engine/mapping/codes.ts'
import { mappingsOf, samplesOf } from '../../engine/mapping/catalogue.ts'
import { sample, sampleParameters, sampleText } from './templates.ts'

/** A mapping of a template with what it is given in one of its samples. */
export interface MappingInput {
  mapping: string
  source: string
  sample: string
  input: unknown
  bindings: Record<string, unknown>
}

/** Every mapping of a template with each of its samples. */
export function mappingInputs(profile: Profile): MappingInput[] {
  return mappingsOf(profile).flatMap((ref) =>
    samplesOf(profile, ref).map(({ name, input, headers, asked }) => {
      const body = input.endsWith('.json') ? sample(profile, input) : decode(ref.format, sampleText(profile, input))
      const given: Record<string, string> = headers ? sample(profile, headers).headers : {}
      const lower = Object.fromEntries(Object.entries(given).map(([key, value]) => [key.toLowerCase(), value]))
      return {
        mapping: ref.name,
        source: profile.mappings[ref.name]!,
        sample: name,
        input: ref.input === 'delivery' ? { body, headers: lower } : body,
        bindings: {
          code: codeFunction(profile.codes),
          receivedAt: '2026-03-02T15:00:00Z',
          params: sampleParameters(profile),
          key: 'fict-key',
          status: 200,
          headers: { date: 'Mon, 02 Mar 2026 12:00:00 GMT' },
          ...(asked && { input: sample(profile, asked) }),
        },
      }
    }),
  )
}

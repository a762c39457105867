import { randomBytes } from 'node:crypto'
import type { Hub } from '../../engine/hub.ts'
import type { SampleFolder } from '../../engine/mapping/catalogue.ts'
import { createEvaluator } from '../../engine/mapping/evaluate.ts'
import { EvidenceBook } from '../../engine/mapping/lab/evidence.ts'
import { splitter } from '../../engine/mapping/lab/goldens.ts'
import { baselineOf } from '../../engine/mapping/lab/samples.ts'
import { MappingWatch } from '../../engine/mapping/lab/watch.ts'
import type { TemplateDesk } from '../../engine/partner/desk/desk.ts'
import type { Profile } from '../../engine/partner/profile.ts'
import type { Logger } from '../../engine/telemetry/log.ts'
import type { PartnerHandle } from '../support/partners.ts'
import type { CartageRuntime } from '../support/runtime.ts'

export interface LabOptions {
  profiles: Map<string, Profile>
  /** Deployed partners. */
  partners: ReadonlyMap<string, PartnerHandle>
  desk: TemplateDesk
  log: Logger
  complain: (error: unknown) => void
}

/** Every keystroke is another draft; saved mappings are compiled again when their turn comes. */
const DRAFTS = 300

/** Where mappings are tried, and what watches the payloads that they are given. */
export function openLab(hub: Hub, { profiles, partners, desk, log, complain }: LabOptions): CartageRuntime['lab'] {
  const { messages, documents } = hub.store
  const samples = ({ id }: Profile): SampleFolder => ({
    names: () => desk.samples(id),
    read: (name) => Buffer.from(desk.read(id, `samples/${name}`).text),
  })
  const evaluator = createEvaluator({ most: DRAFTS })
  const watch = new MappingWatch({
    ...{ documents, messages },
    clock: hub.clock,
    baseline: async (partner, mapping) => {
      const profile = profiles.get(partner)
      return profile ? baselineOf(profile, mapping, samples(profile), splitter({ evaluator }, profile)) : new Set()
    },
    tell: ({ partner, mapping, path, kind }) => log.warn({ partner, mapping, path, kind }, 'payload drift'),
    complain,
  })
  if (hub.options.takesWork) watch.start()
  hub.drains.add(() => watch.stop())
  return {
    ...{ profiles, messages, watch, samples },
    evaluator,
    parameters: (partner) => partners.get(partner)?.parameters ?? {},
    evidence: new EvidenceBook(),
    salt: randomBytes(16).toString('hex'),
  }
}

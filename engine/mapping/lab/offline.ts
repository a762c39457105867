import type { Profile } from '../../partner/profile-types.ts'
import { folderOf } from '../catalogue.ts'
import type { Evaluator } from '../evaluate.ts'
import { EvidenceBook } from './evidence.ts'
import type { Lab } from './place.ts'

/** A lab over folders of templates alone: no hub runs, so there are no messages. For command lines and tests. */
export function offlineLab(profiles: ReadonlyMap<string, Profile>, evaluator: Evaluator): Lab {
  return {
    ...{ profiles, evaluator, samples: folderOf, evidence: new EvidenceBook(), salt: '' },
    parameters: () => ({}),
    messages: { get: async () => undefined, deadLetters: async () => ({ items: [] }) },
    watch: { record: async () => undefined },
  }
}

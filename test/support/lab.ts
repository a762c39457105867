import assert from 'node:assert/strict'
import { folderOf } from '../../engine/mapping/catalogue.ts'
import { createEvaluator } from '../../engine/mapping/evaluate.ts'
import { EvidenceBook } from '../../engine/mapping/lab/evidence.ts'
import type { Lab } from '../../engine/mapping/lab/place.ts'
import { MappingWatch } from '../../engine/mapping/lab/watch.ts'
import type { Store } from '../../engine/store/ports.ts'
import { SettableClock } from './clock.ts'
import { templateFolders, templateIn } from './templates.ts'

/** A lab over this repository's templates; a store only where messages are asked for. */
export function labOver(store?: Store): Lab {
  const none = new Proxy({}, { get: () => assert.fail('this lab has no store') })
  const { messages, documents } = (store ?? { messages: none, documents: none }) as Store
  return {
    profiles: new Map(
      templateFolders()
        .map((folder) => templateIn(folder))
        .map((profile) => [profile.id, profile]),
    ),
    ...{
      messages,
      documents,
      samples: folderOf,
      evaluator: createEvaluator(),
      salt: 'salt',
      evidence: new EvidenceBook(),
      parameters: () => ({}),
    },
    watch: new MappingWatch({
      documents,
      clock: new SettableClock(),
      baseline: async () => new Set(),
      tell: () => {},
      complain: (error) => assert.fail(String(error)),
    }),
  }
}

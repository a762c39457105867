import { createEvaluator } from '../../engine/mapping/evaluate.ts'
import { offlineLab } from '../../engine/mapping/lab/offline.ts'
import type { Lab } from '../../engine/mapping/lab/place.ts'
import { loadProfiles } from '../../engine/partner/profile.ts'
import { templatesFolder } from './templates.ts'

/** A lab over this repository's templates, without messages. */
export function labOver(): Lab {
  const evaluator = createEvaluator()
  return offlineLab(loadProfiles(templatesFolder, { compile: evaluator.compile }), evaluator)
}

import { offlineLab } from '../../engine/mapping/lab/offline.ts'
import { loadProfiles } from '../../engine/partner/profile.ts'
import { evaluator, templatesFolder } from './templates.ts'

/** A lab over this repository's templates, without messages. */
export const lab = offlineLab(loadProfiles(templatesFolder), evaluator)

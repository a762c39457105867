import type { Files } from '../../registry/files.ts'
import type { Verdict } from '../types.ts'
import { type CheckSpec, failed, passed } from './check.ts'

/** What a partner has beside what the template for anything brought it. */
export interface Brought {
  base: Files
  files: Files
}

const MOST = 8

/**
 * A template for anything stands for an invented courier, which its own samples fit: a copy that nobody has touched would
 * pass every other check.
 */
export function untouchedChecks(brought: Brought | undefined): CheckSpec[] {
  if (!brought) return []
  const about = { group: 'setup' } as const
  return [
    {
      ...about,
      id: 'own',
      title: 'Mappings or samples say what is particular to this partner',
      required: true,
      run: () => isOwn(brought),
    },
    {
      ...about,
      id: 'own.samples',
      title: 'No sample is left of the invented partner of the template',
      required: false,
      run: () => isWithoutInvented(brought),
    },
  ]
}

function isOwn({ base, files }: Brought): Verdict {
  const acting = Object.keys({ ...base, ...files }).filter((path) => /^(map|samples)\//.test(path))
  if (acting.some((path) => base[path] !== files[path])) return passed()
  const [sample] = acting.filter((path) => path.startsWith('samples/webhook.') || path.startsWith('samples/polled.'))
  return failed(
    'Every mapping and every sample is still that of the invented partner of the template. Put in what the documentation of this one shows, then try again.',
    sample === undefined ? {} : { link: { kind: 'sample', path: sample } },
  )
}

function isWithoutInvented({ base, files }: Brought): Verdict {
  const left = Object.keys(files).filter((path) => path.startsWith('samples/') && files[path] === base[path])
  const [first] = left
  if (first === undefined) return passed()
  const named = left.slice(0, MOST).join(', ')
  const more = left.length > MOST ? ` and ${left.length - MOST} more` : ''
  return failed(`${named}${more}: what passes with them says little. Replace them, or take them away.`, {
    link: { kind: 'sample', path: first },
  })
}

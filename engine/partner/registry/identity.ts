import { MANIFEST } from '../desk/checks.ts'
import type { Manifest } from '../profile-types.ts'
import type { Files } from './files.ts'

/** The files of a template as they are in a partner of that name, before anybody says anything else. */
export function filesAs(files: Files, { slug, label }: { slug: string; label: string }): Files {
  const manifest: Manifest = { ...(JSON.parse(files[MANIFEST] ?? '{}') as Manifest), id: slug, label, status: 'draft' }
  // One product is no general template any more, and an address is one partner's.
  delete manifest.generic
  if (manifest.webhook) delete manifest.webhook.path
  return { ...files, [MANIFEST]: `${JSON.stringify(manifest, null, 2)}\n` }
}

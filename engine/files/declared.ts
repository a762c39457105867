import type { Manifest, PartnerDocument } from '../partner/profile-types.ts'
import type { FileFormat, FilesIn, PartnerFiles } from './types.ts'

/** What a schema cannot say of a manifest's files: the field that is wrong, and how; undefined when all of it fits. */
export function filesIssue(
  manifest: Pick<Manifest, 'files' | 'documents' | 'credentials' | 'parameters'>,
): { field: string; problem: string } | undefined {
  const { files, documents = {} } = manifest
  if (!files) return undefined
  const declared = new Set([...manifest.credentials, ...manifest.parameters].map(({ name }) => name))
  for (const [field, text] of Object.entries(texts(files)))
    for (const [, name = ''] of text.matchAll(/\{([^{}]*)\}/g))
      if (!declared.has(name))
        return { field: `files.${field}`, problem: `{${name}} is neither a credential nor a parameter` }
  for (const direction of ['in', 'out'] as const) {
    const names = new Set<string>()
    for (const [index, { name, document }] of (files[direction] ?? []).entries()) {
      const field = `files.${direction}[${index}]`
      if (names.has(name)) return { field: `${field}.name`, problem: `"${name}" is there twice` }
      names.add(name)
      if (document !== undefined && documents[document]?.direction !== direction)
        return { field: `${field}.document`, problem: `there is no document "${document}" of direction ${direction}` }
    }
  }
  return undefined
}

/** The fields in which names of parameters and credentials stand. */
export function texts({ in: _in, out: _out, ...texts }: PartnerFiles): Record<string, string> {
  return texts
}

/** How a file is written: what it says itself, else what its document says. */
export function formatOf(
  { format, document }: FilesIn,
  documents: Record<string, PartnerDocument> | undefined,
): FileFormat {
  return format ?? (document === undefined ? undefined : documents?.[document]?.format) ?? 'json'
}

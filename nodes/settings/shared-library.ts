import { CartageError } from '../../engine/errors.ts'
import type { JsonObject } from '../../engine/json.ts'
import type { Reference, Store } from '../../engine/store/ports.ts'

const KIND = 'library'

interface Entry {
  type: string
  path: string
  meta: JsonObject
  body: string
}

/** A folder's content as Node-RED wants it: names of folders, then files with what is said about them. */
type Listing = Array<string | (JsonObject & { fn: string })>

/** The editor's library of functions and flows, one document an entry. */
export function sharedLibrary(store: () => Promise<Store>) {
  const find = async (type: string, path: string) =>
    (await (await store()).documents.get<Entry>(KIND, `${type}/${path}`))?.body

  async function list(type: string, folder: string): Promise<Listing> {
    const entries = await (await store()).documents.find<Entry>(KIND, `${type}/${folder}`, 'folder')
    const folders = new Set<string>()
    const files: Listing = []
    for (const { body } of entries) {
      const [name = '', ...deeper] = body.path.slice(folder === '' ? 0 : folder.length + 1).split('/')
      if (deeper.length > 0) folders.add(name)
      else files.push({ ...body.meta, fn: name })
    }
    return [...[...folders].sort(), ...files]
  }

  return {
    async getLibraryEntry(type: string, given: string): Promise<string | Listing> {
      const path = plain(given)
      const entry = (await find(type, path)) ?? (type === 'flows' ? await find(type, `${path}.json`) : undefined)
      if (entry) return entry.body
      const listing = await list(type, path)
      if (listing.length > 0 || path === '' || given.endsWith('/')) return listing
      throw new Error(`there is no library entry ${given}`)
    },

    async saveLibraryEntry(type: string, given: string, meta: JsonObject, body: string): Promise<void> {
      const path = type === 'flows' && !given.endsWith('.json') ? plain(`${given}.json`) : plain(given)
      if (path === '') throw new CartageError('invalid', 'library.path', 'a library entry needs a name')
      const { documents } = await store()
      const id = `${type}/${path}`
      const known = await documents.get<Entry>(KIND, id)
      const references = foldersOf(path).map((folder): Reference => ({ type: 'folder', value: `${type}/${folder}` }))
      await documents.put<Entry>(KIND, id, { type, path, meta, body }, { expect: known?.version ?? 0, references })
    },
  }
}

/** Every folder that the path lies in, the root (empty) first. */
function foldersOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1)
  return ['', ...parts.map((_part, index) => parts.slice(0, index + 1).join('/'))]
}

/** Node-RED gives paths with and without slashes around them. */
function plain(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '')
    .join('/')
}

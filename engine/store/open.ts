import { CartageError } from '../errors.ts'
import type { OpenStore } from './ports.ts'

export const openStore: OpenStore = async (url, options) => {
  const scheme = /^([a-z][a-z0-9+]*):/.exec(url)?.[1]
  if (scheme === 'sqlite') {
    const { openEmbedded } = await import('./embedded/open.ts')
    return openEmbedded(filePath(url), options)
  }
  if (scheme === 'mongodb' || scheme === 'mongodb+srv') {
    const { openCluster } = await import('./cluster/open.ts')
    return openCluster(url, options)
  }
  throw new CartageError(
    'invalid',
    'store.url',
    `There is no store for "${scheme ?? url}"; use sqlite:<file> or mongodb://<hosts>/<database>.`,
  )
}

/** `sqlite:data/cartage.db`, `sqlite:/data/cartage.db` and `sqlite:///data/cartage.db` are all understood. */
export function filePath(url: string): string {
  const path = url.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, '')
  if (path === '' || path === ':memory:') {
    throw new CartageError('invalid', 'store.url', `The store "${url}" names no file; use sqlite:<file>.`)
  }
  return path
}

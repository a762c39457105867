import { CartageError } from '../../engine/errors.ts'
import type { JsonObject } from '../../engine/json.ts'
import { type Keyring, openText, sealText } from '../../engine/security/seal.ts'
import { isVersionLost } from '../../engine/store/failures.ts'
import type { Store } from '../../engine/store/ports.ts'

const KIND = 'node-red'
const SESSIONS = 'node-red/sessions'

/**
 * Node-RED's own settings and the logins to the editor. A worker reads the settings and keeps its changes to itself: what
 * it finds out about its palette must not undo what somebody set in the editor.
 */
export function sharedSettings(store: () => Promise<Store>, writes: boolean, keys: Keyring) {
  let own: JsonObject | undefined
  async function get(id: string): Promise<JsonObject | undefined> {
    return (await (await store()).documents.get(KIND, id))?.body
  }
  return {
    getSettings: async () => own ?? (await get('settings')) ?? {},
    async saveSettings(settings: JsonObject) {
      if (writes) await replace(await store(), 'settings', settings)
      else own = structuredClone(settings)
    },
    async getSessions(): Promise<unknown> {
      const sealed = (await get('sessions'))?.sealed
      try {
        return typeof sealed === 'string' ? JSON.parse(openText(keys, sealed, SESSIONS)) : {}
      } catch (error) {
        // Sealed with a key that is no longer there: everybody logs in again.
        if (error instanceof CartageError) return {}
        throw error
      }
    },
    // Whoever reads the database must not be able to act as one of them.
    saveSessions: async (sessions: unknown) =>
      replace(await store(), 'sessions', { sealed: sealText(keys.current, JSON.stringify(sessions), SESSIONS) }),
  }
}

/** The last one to write counts: there is nothing to decide between two editors' lists of open tabs. */
async function replace({ documents }: Store, id: string, body: JsonObject): Promise<void> {
  for (;;) {
    const known = await documents.get(KIND, id)
    try {
      await documents.put(KIND, id, body, { expect: known?.version ?? 0 })
      return
    } catch (error) {
      if (!isVersionLost(error)) throw error
    }
  }
}

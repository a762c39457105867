import { crashPoints } from '../../engine/delivery/crash-points.ts'
import { Effects } from '../../engine/delivery/effects.ts'
import { openStore } from '../../engine/store/open.ts'
import { clientOf, profileOf } from './partner-client.ts'

/**
 * The outbox of a process that may be killed at any step (`CRASH_AT`), and a partner who does one thing at `path` and can be asked for
 * it. The process is started with the file of its store and the partner's address.
 */
export async function crashingEffects(operation: string, path: string) {
  const [file, baseUrl] = process.argv.slice(2)
  const clock = { now: () => Date.now() }
  const store = await openStore(`sqlite:${file}`, { clock })
  const client = clientOf({
    profile: profileOf({
      [operation]: { method: 'POST', path, body: 'json', lookup: { operation: 'find', found: 'id' } },
      find: { method: 'GET', path: `${path}/{input.ref}` },
    }),
    baseUrl: baseUrl!,
    clock,
  })
  const { documents } = store
  const effects = new Effects({ documents, clock, alone: true, crash: crashPoints(process.env.CRASH_AT) })
  return { clock, store, client, effects }
}

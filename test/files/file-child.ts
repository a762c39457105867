import { crashPoints } from '../../engine/delivery/crash-points.ts'
import { deliverFile } from '../../engine/files/deliver.ts'
import { LocalPlace } from '../../engine/files/local-place.ts'
import { type SftpAccount, SftpPlace } from '../../engine/files/sftp-place.ts'
import { openStore } from '../../engine/store/open.ts'
import { SettableClock } from '../support/clock.ts'
import { fileBench } from '../support/file-intake.ts'

/** A process that takes in and leaves files, and may be killed at any step: `node file-child.ts <folder> in|out`, with an account
 * in `SFTP` on that server. */
const [folder = '', what] = process.argv.slice(2)
const account = process.env.SFTP === undefined ? undefined : (JSON.parse(process.env.SFTP) as SftpAccount)
const open = async () => (account ? SftpPlace.connect(account) : new LocalPlace(`${folder}/partner`))
const clock = new SettableClock()
const store = await openStore(`sqlite:${folder}/cartage.db`, { clock })
const crash = crashPoints(process.env.CRASH_AT)
if (what === 'in') {
  const { looks } = fileBench({ store, clock, folder }, {}, { crash, open })
  process.stdout.write(JSON.stringify((await looks()).taken))
} else {
  const box = { name: 'out', folder: 'out', fileName: '{key}.csv' }
  const file = { id: 'effect-1', key: 'SO-1', bytes: Buffer.from('a;b\n1;2\n') }
  process.stdout.write(JSON.stringify(await deliverFile(file, { box, open, documents: store.documents, clock, crash })))
}
await store.close()

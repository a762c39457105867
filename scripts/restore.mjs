// npm run restore -- <folder> [--replace]: puts a backup in the place of the hub's data, after checking every byte of it.
import { parseArgs } from 'node:util'
import { load, place, run, teller } from './command.mjs'

await run('restore', async () => {
  const { values, positionals } = parseArgs({ options: { replace: { type: 'boolean' } }, allowPositionals: true })
  if (positionals.length !== 1) throw new Error('name the folder of a backup: npm run restore -- <folder> [--replace]')
  const folder = place(positionals[0])
  const { loadConfig } = await load('engine/config.js')
  const { restoreBackup } = await load('engine/backup/restore.js')
  const { systemClock } = await load('engine/clock.js')
  const options = { clock: systemClock, progress: teller(), replace: values.replace ?? false }
  const { manifest, aside } = await restoreBackup(loadConfig(), folder, options)
  console.log(`restore: ${manifest.files} files of ${manifest.createdAt} (Cartage ${manifest.version}) are in place`)
  if (aside) console.log(`restore: what was there before is in ${aside}`)
})

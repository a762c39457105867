import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../temp.ts'
import { findProgram } from './programs.ts'
import { freePort, ServerProcess } from './server.ts'

/** A real Mosquitto that anybody on this machine may use. It keeps sessions over a restart, as a broker in service does. */
export interface Mosquitto {
  server: ServerProcess
  url: string
  stop(): Promise<void>
}

export async function startMosquitto(): Promise<Mosquitto> {
  const folder = temporaryFolder()
  const port = await freePort()
  const settings = join(folder.path, 'mosquitto.conf')
  writeFileSync(
    settings,
    `listener ${port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location ${folder.path}/
autosave_interval 1
max_queued_messages 0
${process.getuid?.() === 0 ? 'user root' : ''}
`,
  )
  const server = new ServerProcess(port, findProgram('mosquitto') ?? 'mosquitto', ['-c', settings])
  await server.start()
  const stop = async () => {
    await server.kill('SIGTERM')
    folder.remove()
  }
  return { server, url: `mqtt://127.0.0.1:${port}`, stop }
}

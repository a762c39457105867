import { execFileSync } from 'node:child_process'
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

/** Somebody who may log in, and what for: lines of an ACL file (`write owntracks/van-1/#`). */
export interface MosquittoUser {
  name: string
  password: string
  topics: string[]
}

/** `users`: only these may log in; without them anybody may do anything. */
export async function startMosquitto(users: MosquittoUser[] = []): Promise<Mosquitto> {
  const folder = temporaryFolder()
  const port = await freePort()
  const settings = join(folder.path, 'mosquitto.conf')
  writeFileSync(
    settings,
    `listener ${port} 127.0.0.1
${users.length > 0 ? usersOf(folder.path, users) : 'allow_anonymous true'}
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

function usersOf(folder: string, users: MosquittoUser[]): string {
  const [passwords, rights] = [join(folder, 'passwords'), join(folder, 'rights')]
  writeFileSync(passwords, users.map(({ name, password }) => `${name}:${password}\n`).join(''), { mode: 0o600 })
  execFileSync(findProgram('mosquitto_passwd') ?? 'mosquitto_passwd', ['-U', passwords])
  const lines = users.map(({ name, topics }) => [`user ${name}`, ...topics.map((topic) => `topic ${topic}`)].join('\n'))
  writeFileSync(rights, `${lines.join('\n\n')}\n`)
  return `allow_anonymous false\npassword_file ${passwords}\nacl_file ${rights}`
}

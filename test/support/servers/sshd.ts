import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { temporaryFolder } from '../temp.ts'
import { findProgram } from './programs.ts'
import { freePort, ServerProcess } from './server.ts'

/** Root runs it as this user: an ordinary one, for whom permissions hold. */
const NOBODY = { name: 'nobody', id: 65534 }

/** A real OpenSSH server as an ordinary user, with nothing in it but SFTP. */
export interface Sshd {
  server: ServerProcess
  port: number
  username: string
  /** Of the one who may log in, OpenSSH's format. */
  privateKey: string
  /** `SHA256:…` of the server's key. */
  hostKey: string
  /** What the user sees after the log-in; a folder of this machine. */
  folder: string
  /** Makes a folder of the server's own user. */
  makeFolder(path: string): string
  stop(): Promise<void>
}

/** Why there can be none here, if so. */
export function lackingForSshd(): string | undefined {
  return findProgram('sshd') && findProgram('ssh-keygen') ? undefined : 'no SFTP server: apt-get install openssh-server'
}

/** `largestFile`: bytes beyond which the server can write no more to a file, as on a full disk. */
export async function startSshd({ largestFile }: { largestFile?: number } = {}): Promise<Sshd> {
  const asRoot = process.getuid?.() === 0
  const home = temporaryFolder()
  const own = (path: string) => asRoot && chownSync(path, NOBODY.id, NOBODY.id)
  const file = (name: string) => join(home.path, name)
  chmodSync(home.path, 0o755)
  for (const name of ['host', 'client']) {
    spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', file(name)])
    own(file(name))
  }
  const makeFolder = (path: string) => {
    mkdirSync(join(home.path, 'data', path), { recursive: true })
    own(join(home.path, 'data', path))
    return join(home.path, 'data', path)
  }
  const folder = makeFolder('.')
  const port = await freePort()
  writeFileSync(
    file('sshd_config'),
    `ListenAddress 127.0.0.1:${port}
HostKey ${file('host')}
PidFile none
AuthorizedKeysFile ${file('client.pub')}
StrictModes no
UsePAM ${asRoot ? 'yes' : 'no'}
PrintMotd no
PasswordAuthentication no
KbdInteractiveAuthentication no
Subsystem sftp internal-sftp
ForceCommand internal-sftp -d ${folder}
`,
  )
  const sshd = [findProgram('sshd') ?? 'sshd', '-D', '-e', '-f', file('sshd_config')]
  const bounded =
    largestFile === undefined
      ? sshd
      : ['sh', '-c', `trap '' XFSZ; ulimit -f ${Math.ceil(largestFile / 512)}; exec "$@"`, 'sh', ...sshd]
  const id = String(NOBODY.id)
  const [command = '', ...args] = asRoot
    ? ['setpriv', `--reuid=${id}`, `--regid=${id}`, '--clear-groups', ...bounded]
    : bounded
  const server = new ServerProcess(port, command, args)
  await server.start()
  const print = spawnSync('ssh-keygen', ['-lf', file('host.pub')], { encoding: 'utf8' }).stdout
  return {
    ...{ server, port, folder, makeFolder, username: asRoot ? NOBODY.name : userInfo().username },
    privateKey: readFileSync(file('client'), 'utf8'),
    hostKey: /SHA256:\S+/.exec(print)?.[0] ?? '',
    async stop() {
      await server.kill('SIGTERM')
      home.remove()
    },
  }
}

import type { Config } from '../../engine/config.ts'
import { createLog } from '../../engine/telemetry/log.ts'

/** An entry as Node-RED hands it to a log handler. */
interface LogEntry {
  level: number
  msg?: unknown
  id?: string
  type?: string
  name?: string
}

/** Node-RED's numbers for its levels, as pino's words; audit entries (98) are information. */
const LEVELS = { 10: 'fatal', 20: 'error', 30: 'warn', 40: 'info', 50: 'debug', 60: 'trace', 98: 'info' } as const

/** Node-RED's log as JSON lines, for production. */
export function jsonConsole(config: Config): () => (entry: LogEntry) => void {
  return () => {
    const log = createLog({ level: config.logLevel })
    return ({ level, msg, id, type, name, ...rest }) => {
      const word = LEVELS[level as keyof typeof LEVELS] ?? 'info'
      log[word]({ ...(level === 98 ? { audit: rest } : {}), node: id, type, name }, textOf(msg))
    }
  }
}

function textOf(message: unknown): string {
  if (message instanceof Error) return message.stack ?? message.message
  return typeof message === 'string' ? message : (JSON.stringify(message) ?? '')
}

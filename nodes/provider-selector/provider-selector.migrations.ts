import { type RoutingTable, type SelectionRule, tableOfRules } from '../../engine/routing/table.ts'

/** As the node is saved now. */
export interface SelectorSettings {
  version: 2
  table: RoutingTable
  /** Id of a `business-calendar`: when the site is open. Empty: always. */
  calendar: string
  /** Couriers that are asked at most. */
  tries: number
}

const DEFAULT_TRIES = 3

interface Migration {
  version: number
  /** Pure: never changes what it is given. */
  up: (config: Record<string, unknown>) => Record<string, unknown>
}

/** Each brings what was saved before its version to it. */
export const MIGRATIONS: readonly Migration[] = [
  {
    version: 2,
    up: ({ rules, strategy, ...rest }) => ({
      ...rest,
      table: tableOfRules((rules as SelectionRule[] | undefined) ?? [], strategy as string | undefined),
      calendar: '',
      tries: DEFAULT_TRIES,
    }),
  },
]

/** A node of any version as it would be saved now. */
export function migrated(config: Record<string, unknown>): SelectorSettings & Record<string, unknown> {
  const version = typeof config['version'] === 'number' ? config['version'] : 1
  const due = MIGRATIONS.filter((migration) => migration.version > version)
  const up = due.reduce((settings, migration) => ({ ...migration.up(settings), version: migration.version }), config)
  return up as SelectorSettings & Record<string, unknown>
}

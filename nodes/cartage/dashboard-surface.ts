import type { Config } from '../../engine/config.ts'
import { dashboardSessions } from '../settings/dashboard/session.ts'
import type { AdminRoutes } from './admin-routes.ts'

/** Whoever is at the editor may go on to the dashboard. */
export function mountDashboard({ get }: AdminRoutes, config: Config): void {
  const sessions = dashboardSessions(config)
  get('dashboard', async ({ by }) => ({ handover: await sessions.handOver(by) }))
}

import { shownLine, shownTrial } from '../../engine/partner/trial/shown-trial.ts'
import type { CartageRuntime } from '../support/runtime.ts'
import type { AdminCall, AdminRoutes } from './admin-routes.ts'

/** Test runs of partners in the editor. */
export function mountTrials({ get, post }: AdminRoutes, { trials }: CartageRuntime): void {
  const slugOf = ({ params }: AdminCall) => params.slug ?? ''
  const idOf = ({ params }: AdminCall) => params.id ?? ''
  post('partners/:slug/trial', async (call) => {
    const { id } = await trials.start(slugOf(call), call.by, call.body.target)
    return { id }
  })
  get('partners/:slug/trial/:id', async (call) => shownTrial(await trials.get(slugOf(call), idOf(call))))
  get('partners/:slug/trials', async (call) => {
    const version = trials.versionOf(slugOf(call))
    return (await trials.list(slugOf(call))).map((trial) => shownLine(trial, version))
  })
  post('partners/:slug/trial/:id/cancel', async (call) => shownTrial(await trials.cancel(slugOf(call), idOf(call))))
}

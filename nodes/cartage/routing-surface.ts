import type { NodeAPI } from 'node-red'
import { CartageError } from '../../engine/errors.ts'
import { tryRules } from '../../engine/routing/try.ts'
import { Calendar } from '../../engine/delivery/calendar.ts'
import type { BusinessCalendarNode } from '../business-calendar/business-calendar.ts'
import { migrated } from '../provider-selector/provider-selector.migrations.ts'
import { routingDeps } from '../support/routing.ts'
import type { CartageRuntime } from '../support/runtime.ts'
import type { AdminRoutes } from './admin-routes.ts'

/** Tries of rules that are being edited: for those who may edit them, since an expression reads the whole shipment. */
export function mountRouting(RED: Pick<NodeAPI, 'nodes'>, { post }: AdminRoutes, runtime: CartageRuntime): void {
  const { hub, evaluator } = runtime
  const ask = ({ body }: { body: Record<string, unknown> }) => {
    const { quote, ...deps } = routingDeps(runtime, calendarOf(RED, body.calendar))
    const asks = body.quotes === true && quote
    const given = { ...deps, ...(asks && { quote }), documents: hub.store.documents, now: hub.clock.now() }
    const question = { rules: body.rules, subject: body.subject, now: body.now }
    return tryRules(question, given, { compile: evaluator.compile })
  }
  post('routing/try', ask)
  const upToDate = ({ body }: { body: Record<string, unknown> }) => {
    const { rules = [] } = body
    if (!Array.isArray(rules) || rules.some((rule) => rule === null || typeof rule !== 'object'))
      throw new CartageError('invalid', 'routing.question', 'rules must be a list of rules', { field: 'rules' })
    return migrated({ ...body })
  }
  post('routing/table', upToDate, 'cartage.read')
}

/** A plan that is being edited, or the deployed calendar of this id. */
function calendarOf(RED: Pick<NodeAPI, 'nodes'>, said: unknown): Calendar | undefined {
  if (said === undefined || said === '' || said === null) return undefined
  if (typeof said === 'object') return new Calendar(said as Calendar['plan'])
  const { calendar } = (RED.nodes.getNode(String(said)) as unknown as BusinessCalendarNode | null) ?? {}
  if (calendar) return calendar
  throw new CartageError('invalid', 'routing.calendar', 'this business calendar is not deployed', { field: 'calendar' })
}

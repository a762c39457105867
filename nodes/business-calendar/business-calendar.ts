import type { Node, NodeAPI, NodeDef } from 'node-red'
import { Calendar } from '../../engine/delivery/calendar.ts'
import { type CalendarPlan, WEEKDAYS, type Weekday } from '../../engine/delivery/calendar-plan.ts'
import { runtimeOf } from '../support/runtime.ts'

/** Hours of each weekday in a field of its own. */
interface BusinessCalendarConfig extends NodeDef, Record<Weekday, string> {
  zone: string
  holidays: string
  cutOff: string
}

export type BusinessCalendarNode = Node & { calendar?: Calendar }

/** The calendar as its node is configured. A calendar that never opens is refused here, not when the first timer starts. */
export function calendarOf(config: BusinessCalendarConfig, now: number): Calendar {
  const hours = Object.fromEntries(WEEKDAYS.map((day) => [day, config[day] ?? '']))
  const { zone, holidays = '', cutOff = '' } = config
  const calendar = new Calendar({ zone, hours: hours as CalendarPlan['hours'], holidays, cutOff })
  calendar.nextOpening(now)
  return calendar
}

/** The deployed calendar that a node names; what should go by one and cannot must not go by the clock instead. */
export function calendarNamed(RED: NodeAPI, id: string | undefined): Calendar | undefined {
  if (!id) return undefined
  const { calendar } = (RED.nodes.getNode(id) as BusinessCalendarNode | null) ?? {}
  if (!calendar) throw new Error(`business calendar ${id} is not deployed or not usable`)
  return calendar
}

export default function (RED: NodeAPI): void {
  function construct(this: BusinessCalendarNode, config: BusinessCalendarConfig): void {
    RED.nodes.createNode(this, config)
    try {
      this.calendar = calendarOf(config, runtimeOf(RED).hub.clock.now())
    } catch (error) {
      this.error(error)
    }
  }
  RED.nodes.registerType('business-calendar', construct as never)
}

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
